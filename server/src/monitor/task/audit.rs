//! Holds the longer candles, which are made of minutes, against the venue's own.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use engine::{Audited, Loaded, Unaudited};
use futures_util::FutureExt as _;
use schema::UnixMs;
use venue::{Exchange, Interval, VenueError};

use super::requests::{Again, Request, make};
use crate::{
    market::{Market, Window, lock, retry::Schedule},
    monitor::{
        driver::{Task, TaskError},
        stepping::Loads,
    },
};

/// Candles that are asked for in one run: 600 symbols are through half-way to the next close of five minutes.
const PER_RUN: usize = 4;

/// Two, so that the one in question is there even where another closes meanwhile.
const COMPARED_CANDLES: u16 = 2;
const COMPARED: &str = "candles to compare";

/// Compares each candle of 5, 30 and 240 minutes with the venue's once it closed; one that differs loads the symbol again.
pub(crate) struct Audit {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) market: Arc<Market>,
    pub(crate) loads: Loads,
    pub(crate) schedule: Schedule,
}

impl Task for Audit {
    const NAME: &'static str = "audit";
    const WHAT: &'static str = "Compares candles made of minutes with the exchange's own, after each close.";
    const PERIOD: Duration = Duration::from_secs(1);

    async fn run(&mut self) -> Result<(), TaskError> {
        let Self { exchange, market, loads, schedule } = self;
        schedule.retain(|symbol| market.window(symbol).is_some());
        // The oldest first: none waits for ever. One that is refused comes after the others.
        let mut due: Vec<(UnixMs, Request)> = Vec::new();
        for window in market.windows().iter() {
            let (unaudited, symbol) = {
                let window = lock(window);
                (window.unaudited(), window.instrument().symbol)
            };
            let Some(unaudited) = unaudited.filter(|_| schedule.is_due(symbol, COMPARED)) else { continue };
            let made = check(Arc::clone(exchange), unaudited, Arc::clone(window), loads.clone()).boxed();
            let request = Request { symbol, what: COMPARED, again: Again::Every(Duration::ZERO), made };
            due.push((unaudited.closed_at(), request));
        }
        due.sort_by_key(|(closed_at, _)| *closed_at);
        let requests = due.into_iter().take(PER_RUN).map(|(_, request)| request).collect();
        let outcome = make(schedule, requests, 1, "comparing candles with the exchange's").await;
        market.note_failing(Self::NAME, schedule.failing());
        outcome
    }
}

async fn check(
    exchange: Arc<dyn Exchange>,
    unaudited: Unaudited,
    window: Arc<Mutex<Window>>,
    loads: Loads,
) -> Result<(), VenueError> {
    let Unaudited { timeframe, start } = unaudited;
    let symbol = lock(&window).instrument().symbol;
    let own = exchange.candles(symbol, Interval::Timeframe(timeframe), COMPARED_CANDLES).await?;
    let audited =
        lock(&window).audit(unaudited, own.iter().map(|kline| &kline.candle).find(|candle| candle.start == start));
    loads.load(Loaded::Candles { symbol, timeframe, limit: COMPARED_CANDLES, candles: own }).await;
    let result = match audited {
        Audited::Equal => "equal",
        Audited::Unknown => "unknown",
        Audited::Different => {
            tracing::warn!(%symbol, timeframe = timeframe.as_str(), start = start.0, "a candle made of minutes differs from the exchange's: loading again");
            "different"
        }
    };
    metrics::counter!("market_candles_audited_total", "timeframe" => timeframe.as_str(), "result" => result)
        .increment(1);
    Ok(())
}
