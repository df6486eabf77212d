//! Fetching whole books for a connection, one after the other.

use schema::Symbol;
use tokio::sync::mpsc;

use super::book::Whole;
use crate::{VenueError, guard::guarded};

/// A whole book that was asked for; none where it could not be had.
pub(super) type Fetched = (Symbol, Option<Whole>);

/// A connection's ends of its way to whole books.
#[derive(Debug)]
pub(super) struct Books {
    wanted: mpsc::Sender<Symbol>,
    fetched: mpsc::Receiver<Fetched>,
}

/// The other ends.
#[derive(Debug)]
pub(super) struct Fetcher {
    wanted: mpsc::Receiver<Symbol>,
    fetched: mpsc::Sender<Fetched>,
}

impl Books {
    /// A way for so many symbols, each of which is wanted once at a time.
    pub(super) fn new(symbols: usize) -> (Self, Fetcher) {
        let (wanted, asked) = mpsc::channel(symbols.max(1));
        let (answers, fetched) = mpsc::channel(symbols.max(1));
        (Self { wanted, fetched }, Fetcher { wanted: asked, fetched: answers })
    }

    /// Asks for a book; whether there was room to.
    pub(super) fn want(&self, symbol: Symbol) -> bool {
        self.wanted.try_send(symbol).is_ok()
    }

    /// A book that has come.
    pub(super) fn next(&mut self) -> Option<Fetched> {
        self.fetched.try_recv().ok()
    }
}

impl Fetcher {
    /// Fetches books until nobody wants any. A panic costs the one book that was being fetched; it is asked for again.
    pub(super) async fn run<F>(mut self, fetch: impl Fn(Symbol) -> F)
    where
        F: Future<Output = Result<Whole, VenueError>>,
    {
        while let Some(symbol) = self.wanted.recv().await {
            let whole = match guarded(async { fetch(symbol).await }).await {
                Ok(Ok(whole)) => Some(whole),
                Ok(Err(error)) => {
                    tracing::warn!(%symbol, cause = error.plain(), "the whole book could not be fetched");
                    None
                }
                Err(defect) => {
                    tracing::error!(%symbol, defect, "the whole book could not be fetched");
                    None
                }
            };
            if self.fetched.send((symbol, whole)).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use schema::UnixMs;

    use super::*;

    #[tokio::test]
    async fn a_panic_over_a_book_costs_that_book_alone() {
        let symbol = |text: &str| Symbol::new(text).unwrap();
        let (mut books, fetcher) = Books::new(2);
        assert!(books.want(symbol("AUSDT")) && books.want(symbol("BUSDT")));
        let fetch = |asked: Symbol| async move {
            assert!(asked.as_str() != "AUSDT", "not prepared for {asked}");
            Ok(Whole { at: UnixMs(1), last: 5, bids: Vec::new(), asks: Vec::new() })
        };
        let fetching = fetcher.run(fetch);
        let reading = async {
            let mut came = Vec::new();
            while came.len() < 2 {
                came.extend(books.next());
                tokio::task::yield_now().await;
            }
            came
        };
        let came = tokio::select! {
            came = reading => came,
            () = fetching => panic!("the fetcher ended"),
        };
        assert_eq!((came[0].0, came[0].1.is_none()), (symbol("AUSDT"), true));
        assert_eq!((came[1].0, came[1].1.as_ref().map(|whole| whole.last)), (symbol("BUSDT"), Some(5)));
    }
}
