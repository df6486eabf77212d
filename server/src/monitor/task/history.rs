//! Loads what a symbol needs before it can be scored: candles of every timeframe and the latest trades.

use std::{sync::Arc, time::Duration};

use engine::Loaded;
use futures_util::FutureExt as _;
use schema::{Symbol, Timeframe};
use venue::{Exchange, Interval, VenueError};

use super::requests::{Again, Request, make};
use crate::{
    market::{Market, kept, lock, retry::Schedule},
    monitor::{
        driver::{Task, TaskError},
        stepping::Loads,
    },
};

/// Requests that are made side by side; the venue's rate limit is kept by the adapter.
const SIDE_BY_SIDE: usize = 8;
/// A history that is needed again within this time is loaded less and less often: what its exchange gives may be damaged.
const CALM: Duration = Duration::from_secs(600);

const CANDLES: &str = "candles";
const TRADES: &str = "trades";

/// Loads the history of symbols that lack it, candles before trades and most traded first. Candles and trades are independent of each other.
pub(crate) struct History {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) market: Arc<Market>,
    pub(crate) loads: Loads,
    pub(crate) schedule: Schedule,
}

impl Task for History {
    const NAME: &'static str = "history";
    const WHAT: &'static str = "Loads candles and trades of symbols that lack them, most traded first.";
    const PERIOD: Duration = Duration::from_secs(1);

    async fn run(&mut self) -> Result<(), TaskError> {
        let Self { exchange, market, loads, schedule } = self;
        schedule.retain(|symbol| market.window(symbol).is_some());
        let mut lacking = Vec::new();
        for window in market.windows().iter() {
            let guard = lock(window);
            let (needs, symbol) = (guard.needs(), guard.instrument().symbol);
            let turnover = guard.ticker().and_then(|ticker| ticker.turnover_24h).unwrap_or(0.0);
            drop(guard);
            if needs.candles && schedule.is_due(symbol, CANDLES) {
                let made = candles(Arc::clone(exchange), symbol, loads.clone()).boxed();
                lacking.push((turnover, Request { symbol, what: CANDLES, again: Again::WhenNeeded(CALM), made }));
            }
            if needs.trades && schedule.is_due(symbol, TRADES) {
                let made = trades(Arc::clone(exchange), symbol, loads.clone()).boxed();
                lacking.push((turnover, Request { symbol, what: TRADES, again: Again::WhenNeeded(CALM), made }));
            }
        }
        // Candles of every contract before the trades of any: they are most of a score, and on Binance the trades of one contract weigh
        // as much as the candles of two and a half.
        let is_trades = |request: &Request| request.what == TRADES;
        lacking.sort_by(|a, b| is_trades(&a.1).cmp(&is_trades(&b.1)).then(b.0.total_cmp(&a.0)));
        let requests = lacking.into_iter().map(|(_, request)| request).collect();
        // No scan is woken: it comes each second by itself, and the answers about a whole market would make them follow on one another.
        let outcome = make(schedule, requests, SIDE_BY_SIDE, "loading history").await;
        market.note_failing(Self::NAME, schedule.failing());
        outcome
    }
}

async fn candles(exchange: Arc<dyn Exchange>, symbol: Symbol, loads: Loads) -> Result<(), VenueError> {
    // The shortest last: it is the one that a minute of loading could leave a hole in.
    for timeframe in Timeframe::ALL.into_iter().rev() {
        let limit = kept(timeframe);
        let candles = exchange.candles(symbol, Interval::Timeframe(timeframe), limit).await?;
        loads.load(Loaded::Candles { symbol, timeframe, limit, candles }).await;
    }
    Ok(())
}

async fn trades(exchange: Arc<dyn Exchange>, symbol: Symbol, loads: Loads) -> Result<(), VenueError> {
    let trades = exchange.recent_trades(symbol, 1_000).await?;
    loads.load(Loaded::Trades { symbol, trades }).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::{
        example::Stage,
        task::double::{Double, rejected},
    };

    /// A task about contracts whose trades are subscribed.
    fn task(exchange: &Arc<Double>, symbols: &[&str]) -> History {
        let mut stage = Stage::new(symbols);
        let symbols = symbols.iter().map(|symbol| Symbol::new(symbol).unwrap()).collect();
        stage.event(schema::UnixMs(1), venue::MarketEvent::Hearing { symbols });
        History {
            exchange: exchange.clone(),
            market: Arc::clone(&stage.market),
            loads: stage.loads(),
            schedule: Schedule::default(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn candles_of_every_contract_come_before_the_trades_of_any() {
        let exchange = Double::new();
        let mut task = task(&exchange, &["AUSDT", "BUSDT", "CUSDT"]);
        task.run().await.unwrap();
        let asked: Vec<_> = exchange.first_asked().into_iter().map(|(_, what)| what).collect();
        assert_eq!(asked, [CANDLES, CANDLES, CANDLES, TRADES, TRADES, TRADES]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_contract_is_retried_alone_and_keeps_its_trades() {
        let exchange = Double::new();
        exchange.refuse("BUSDT", "candles", rejected);
        let mut task = task(&exchange, &["AUSDT", "BUSDT"]);
        for _ in 0..600 {
            let _ = task.run().await;
            tokio::time::advance(History::PERIOD).await;
        }
        assert_eq!(exchange.asked("AUSDT", "candles"), 4, "one of each timeframe");
        assert_eq!((exchange.asked("AUSDT", "trades"), exchange.asked("BUSDT", "trades")), (1, 1));
        assert_eq!(exchange.asked("BUSDT", "candles"), 10, "after 1, 2, 4 … 256 s");
        tokio::time::advance(CALM).await;
        let error = task.run().await.unwrap_err().plain();
        assert_eq!(error, "loading history of BUSDT: it rejected the request (code 10001)");
    }

    #[tokio::test(start_paused = true)]
    async fn a_history_that_is_needed_again_each_second_is_not_loaded_each_second() {
        let exchange = Double::new();
        let mut task = task(&exchange, &["AUSDT"]);
        for _ in 0..600 {
            task.loads.load(Loaded::FetchAgain).await;
            task.run().await.unwrap();
            tokio::time::advance(History::PERIOD).await;
        }
        assert_eq!(exchange.asked("AUSDT", "candles"), 4 * 10);
    }
}
