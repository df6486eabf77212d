//! Fetching whole books for a connection, one after the other.

use std::sync::Arc;

use schema::Symbol;
use tokio::sync::mpsc;

use super::{book::Whole, http::Routes};

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
        let (told, fetched) = mpsc::channel(symbols.max(1));
        (Self { wanted, fetched }, Fetcher { wanted: asked, fetched: told })
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
    /// Fetches books until nobody wants any.
    pub(super) async fn run(mut self, routes: Arc<Routes>) {
        while let Some(symbol) = self.wanted.recv().await {
            let whole = match routes.depth(symbol).await {
                Ok(whole) => Some(whole),
                Err(error) => {
                    tracing::warn!(%symbol, cause = error.plain(), "the whole book could not be fetched");
                    None
                }
            };
            if self.fetched.send((symbol, whole)).await.is_err() {
                return;
            }
        }
    }
}
