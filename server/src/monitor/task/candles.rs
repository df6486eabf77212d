//! Publishes the closed candles of every symbol, for processes that watch no market. Without a shared cache it does not run.

use std::{collections::HashMap, sync::Arc, time::Duration};

use cache::Publisher;
use schema::{CandleSeries, Symbol, Timeframe, UnixMs};
use tokio::time::Instant;

use crate::{
    market::{Market, Window, lock, series::series},
    monitor::{
        driver::{Task, TaskError},
        failures::Failures,
        publish,
    },
};

/// How often a series is published that did not change: the shared cache may have lost it.
const AGAIN: Duration = Duration::from_secs(600);

/// Publishes [`CandleSeries`]: after each close those that have a new candle. Woken when bars closed.
pub(crate) struct Candles {
    pub(crate) market: Arc<Market>,
    pub(crate) publisher: Arc<Publisher<CandleSeries>>,
    /// What was published of each series: three numbers, for at most four series of each symbol that is watched.
    pub(crate) published: HashMap<(Symbol, Timeframe), Known>,
}

/// What was published of a series.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// The start of its newest candle; none where it has none.
    newest: Option<UnixMs>,
    /// How often the symbol's candles had been replaced.
    rewritten: u64,
    at: Instant,
}

impl Known {
    /// What there is to publish; none before a score is recorded.
    fn of(window: &Window, timeframe: Timeframe) -> Option<Self> {
        let (_, run) = window.scored_candles(timeframe)?;
        Some(Self { newest: run.last().map(|last| last.start), rewritten: window.rewritten(), at: Instant::now() })
    }

    /// Whether it was published already, and not so long ago that it may be lost.
    fn is_news_after(&self, before: Option<&Self>) -> bool {
        before.is_none_or(|before| {
            (before.newest, before.rewritten) != (self.newest, self.rewritten) || self.at - before.at >= AGAIN
        })
    }
}

impl Task for Candles {
    const NAME: &'static str = "candles";
    const WHAT: &'static str = "Publishes closed candles, for processes that watch no market.";
    const PERIOD: Duration = Duration::from_secs(60);

    async fn run(&mut self) -> Result<(), TaskError> {
        let (market, source) = (Arc::clone(&self.market), self.market.venue());
        self.published.retain(|(symbol, _), _| market.window(*symbol).is_some());
        let mut failures = Failures::default();
        for window in market.windows().iter() {
            for timeframe in Timeframe::ALL {
                let Some((symbol, known, made)) = self.news(window, timeframe) else { continue };
                let outcome = match made {
                    Ok(Some((as_of, made))) => {
                        publish(&self.publisher, &(source, symbol, timeframe), made, as_of).await
                    }
                    Ok(None) => continue,
                    Err(invalid) => Err(TaskError::Refused { schema: "market:candles", reason: invalid.to_string() }),
                };
                if outcome.is_ok() {
                    self.published.insert((symbol, timeframe), known);
                }
                failures.note(outcome);
                // Hundreds are encoded after a close; others have work to do as well.
                tokio::task::yield_now().await;
            }
        }
        failures.into_result()
    }
}

type Series = Result<Option<(UnixMs, CandleSeries)>, schema::Invalid>;

impl Candles {
    /// A series that changed since it was published.
    fn news(&self, window: &std::sync::Mutex<Window>, timeframe: Timeframe) -> Option<(Symbol, Known, Series)> {
        let window = lock(window);
        let (symbol, known) = (window.instrument().symbol, Known::of(&window, timeframe)?);
        known
            .is_news_after(self.published.get(&(symbol, timeframe)))
            .then(|| (symbol, known, series(self.market.venue(), &window, timeframe)))
    }
}

#[cfg(test)]
mod tests {
    use cache::{Cache, Clock, l2::MemoryL2};

    use super::*;
    use crate::monitor::example::Stage;

    #[tokio::test(start_paused = true)]
    async fn after_a_close_only_the_series_with_a_new_candle_are_published() {
        let cache = Cache::builder(Clock::System, "test").l2(Arc::new(MemoryL2::new())).build();
        let (mut stage, btc) = (Stage::new(&["BTCUSDT"]), Symbol::new("BTCUSDT").unwrap());
        stage.load_hour(btc, UnixMs(14_400_000));
        stage.close_minute(btc, UnixMs(14_400_000), 100.0);
        let publisher = Arc::new(cache.publisher().unwrap());
        let mut task = Candles { market: Arc::clone(&stage.market), publisher, published: HashMap::new() };
        let market = Arc::clone(&stage.market);
        let news = |task: &Candles| {
            let window = market.window(btc).unwrap();
            Timeframe::ALL.map(|timeframe| task.news(&window, timeframe).is_some())
        };
        assert_eq!(news(&task), [true; 4]);
        task.run().await.unwrap();
        assert_eq!(news(&task), [false; 4]);
        stage.close_minute(btc, UnixMs(14_460_000), 101.0);
        assert_eq!(news(&task), [true, false, false, false]);
        task.run().await.unwrap();
        tokio::time::advance(AGAIN).await;
        assert_eq!(news(&task), [true; 4], "memcached may have lost what did not change for long");
    }
}
