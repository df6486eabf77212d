//! Loads what a symbol needs before it can be scored: candles of every timeframe and the latest trades.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use analysis::input::PerTimeframe;
use futures_util::FutureExt as _;
use schema::Timeframe;
use tokio::{sync::Notify, time::Instant};
use venue::{Exchange, Interval, VenueError};

use super::requests::{Again, Request, make};
use crate::{
    market::{Market, Window, lock, retry::Schedule, window::kept},
    monitor::driver::{Task, TaskError},
};

/// Requests that are made side by side; the venue's rate limit is kept by the adapter.
const SIDE_BY_SIDE: usize = 8;
/// A history that is needed again within this time is loaded less and less often: what its exchange gives may be damaged.
const CALM: Duration = Duration::from_secs(600);

const CANDLES: &str = "candles";
const TRADES: &str = "trades";

/// Loads the history of symbols that lack it, most traded first. Candles and trades are independent of each other.
pub(crate) struct History {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) market: Arc<Market>,
    /// Woken when symbols became complete, so that they are scored at once; no more often than a scan comes by itself.
    pub(crate) scan: Arc<Notify>,
    /// When the scan was woken last.
    pub(crate) woken: Option<Instant>,
    pub(crate) schedule: Schedule,
}

impl Task for History {
    const NAME: &'static str = "history";
    const WHAT: &'static str = "Loads candles and trades of symbols that lack them, most traded first.";
    const PERIOD: Duration = Duration::from_secs(1);

    async fn run(&mut self) -> Result<(), TaskError> {
        let Self { exchange, market, scan, woken, schedule } = self;
        schedule.retain(|symbol| market.window(symbol).is_some());
        let mut lacking = Vec::new();
        for window in market.windows() {
            let guard = lock(&window);
            let (needs, symbol) = (guard.needs(), guard.instrument.symbol);
            let turnover = guard.ticker.as_ref().and_then(|ticker| ticker.turnover_24h).unwrap_or(0.0);
            drop(guard);
            if needs.candles && schedule.is_due(symbol, CANDLES) {
                let made = candles(Arc::clone(exchange), Arc::clone(&window)).boxed();
                lacking.push((turnover, Request { symbol, what: CANDLES, again: Again::WhenNeeded(CALM), made }));
            }
            if needs.trades && schedule.is_due(symbol, TRADES) {
                let made = trades(Arc::clone(exchange), window).boxed();
                lacking.push((turnover, Request { symbol, what: TRADES, again: Again::WhenNeeded(CALM), made }));
            }
        }
        lacking.sort_by(|a, b| b.0.total_cmp(&a.0));
        let requests = lacking.into_iter().map(|(_, request)| request).collect();
        let wake_scan = || {
            let now = Instant::now();
            if woken.is_none_or(|woken| now - woken >= Self::PERIOD) {
                *woken = Some(now);
                scan.notify_one();
            }
        };
        let outcome = make(schedule, requests, SIDE_BY_SIDE, "loading history", wake_scan).await;
        market.note_failing(Self::NAME, schedule.failing());
        outcome
    }
}

async fn candles(exchange: Arc<dyn Exchange>, window: Arc<Mutex<Window>>) -> Result<(), VenueError> {
    let symbol = lock(&window).instrument.symbol;
    // The shortest last: it is the one that a minute of loading could leave a hole in.
    let fetch = |timeframe| exchange.candles(symbol, Interval::Timeframe(timeframe), kept(timeframe));
    let h4 = fetch(Timeframe::H4).await?;
    let m30 = fetch(Timeframe::M30).await?;
    let m5 = fetch(Timeframe::M5).await?;
    let m1 = fetch(Timeframe::M1).await?;
    lock(&window).load_candles(PerTimeframe([m1, m5, m30, h4]));
    Ok(())
}

async fn trades(exchange: Arc<dyn Exchange>, window: Arc<Mutex<Window>>) -> Result<(), VenueError> {
    let symbol = lock(&window).instrument.symbol;
    let trades = exchange.recent_trades(symbol, 1_000).await?;
    // The stream may have been lost meanwhile: then they would leave a gap.
    let mut window = lock(&window);
    if window.needs().trades {
        window.load_trades(trades);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::task::double::{Double, rejected};

    fn task(exchange: &Arc<Double>, symbols: &[&str]) -> History {
        let market = exchange.market(symbols);
        History { exchange: exchange.clone(), market, scan: Arc::default(), woken: None, schedule: Schedule::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_contract_is_retried_alone_and_keeps_its_trades() {
        let exchange = Double::new();
        exchange.refuse("BUSDT", "candles", rejected);
        let mut task = task(&exchange, &["AUSDT", "BUSDT"]);
        for window in task.market.windows() {
            lock(&window).hear_trades();
        }
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
            lock(&task.market.windows()[0]).ask_again();
            task.run().await.unwrap();
            tokio::time::advance(History::PERIOD).await;
        }
        assert_eq!(exchange.asked("AUSDT", "candles"), 4 * 10);
    }
}
