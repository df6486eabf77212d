//! The tasks that fill the windows: what is listened to, and what is asked for.
//!
//! A reader that only receives an exchange needs no more than these; the monitor scores beside them.

use std::{collections::HashSet, sync::Arc};

use analysis::signal::Thresholds;
use cache::{Clock, Publisher};
use engine::{Engine, IdeaBook};
use schema::MarketUniverse;
use tokio::sync::{Notify, mpsc};
use venue::{Exchange, record::Tap};

use super::{
    board::Board,
    driver::Driver,
    stepping::{Loads, Stepping},
    streams::Streams,
    task::{
        audit::Audit,
        history::History,
        positions::Positions,
        universe::Universe,
        volatility::{DailyCandles, Volatility},
    },
};
use crate::{
    config,
    market::{Market, confirm::Confirm, retry::Schedule},
    opened::OpenSymbols,
    supervise::{Group, Job},
};

const ENGINE: Job = Job { name: "engine", what: "Takes in what the exchange sends and decides each bar that closed." };

/// Events that may wait between the streams and the windows.
const EVENTS: usize = 65_536;

/// What wakes the tasks before their time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wakes {
    pub(crate) universe: Arc<Notify>,
    pub(crate) history: Arc<Notify>,
    pub(crate) positions: Arc<Notify>,
    pub(crate) volatility: Arc<Notify>,
    /// Notified when bars closed.
    pub(crate) scan: Arc<Notify>,
}

/// What the tasks share with whoever started them.
pub(crate) struct Inputs {
    pub(crate) wakes: Wakes,
    pub(crate) daily: DailyCandles,
    pub(crate) loads: Loads,
}

/// An exchange that is received, and the receivers of its events.
pub(crate) struct Heard {
    pub(crate) market: Arc<Market>,
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) board: Board,
    pub(crate) clock: Clock,
    /// The symbols whose page is open: the task that measures them is woken when they move.
    pub(crate) open: OpenSymbols,
    /// Where a score becomes a direction.
    pub(crate) thresholds: Thresholds,
    /// The ideas that follow.
    pub(crate) ideas: IdeaBook,
    /// Where what is taken in is recorded.
    pub(crate) tap: Tap,
    /// Who publishes which contracts are watched, if anyone.
    pub(crate) universe: Option<Arc<Publisher<MarketUniverse>>>,
}

/// The engine of a live session, on the processors of this machine; on one where the system gives no threads.
fn engine(market: &Arc<Market>, thresholds: Thresholds, ideas: &IdeaBook) -> Engine {
    let engine = || Engine::new(Arc::clone(market), thresholds, Arc::clone(ideas));
    let Ok(threads) = std::thread::available_parallelism() else { return engine() };
    engine().on_threads(threads).unwrap_or_else(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "bars are decided on one thread");
        engine()
    })
}

/// Starts the tasks that fill the windows of a market, until the group stops. A panic while an event is taken in breaks the group:
/// what the windows hold after half an event cannot be trusted.
pub(crate) fn spawn(group: &Group, driver: &Driver, rules: &config::Universe, heard: Heard) -> Inputs {
    let Heard { market, exchange, board, clock, open, thresholds, ideas, universe, tap } = heard;
    let (events, received) = mpsc::channel(EVENTS);
    let (wakes, daily) = (Wakes::default(), DailyCandles::default());
    board.queue(events.downgrade());
    let (loads, answers) = Loads::new(clock.clone());
    let stepping = Stepping {
        engine: engine(&market, thresholds, &ideas),
        market: Arc::clone(&market),
        events: received,
        answers,
        exchange: Arc::clone(&exchange),
        board: board.clone(),
        open,
        history: Arc::clone(&wakes.history),
        scan: Arc::clone(&wakes.scan),
        clock: clock.clone(),
        segments: tap.segments(),
        tap,
    };
    let end = group.stop();
    group.spawn_bound(ENGINE, async move {
        // Deciding the bars of a whole market takes some ten milliseconds, which other tasks must not wait for.
        let runtime = tokio::runtime::Handle::current();
        Ok(tokio::task::spawn_blocking(move || runtime.block_on(stepping.run(end))).await.map_err(resumed)?)
    });
    let universe = Universe {
        exchange: Arc::clone(&exchange),
        market: Arc::clone(&market),
        loads: loads.clone(),
        rules: rules.clone(),
        board: board.clone(),
        wakes: [Arc::clone(&wakes.history), Arc::clone(&wakes.positions)],
        streams: Streams::new(Arc::clone(&exchange), board, events),
        publisher: universe,
        clock,
        confirm: Confirm::default(),
        absent: HashSet::new(),
        published: None,
    };
    driver.spawn(group, universe, Arc::clone(&wakes.universe));
    let history = History {
        exchange: Arc::clone(&exchange),
        market: Arc::clone(&market),
        loads: loads.clone(),
        schedule: Schedule::default(),
    };
    driver.spawn(group, history, Arc::clone(&wakes.history));
    let positions = Positions {
        exchange: Arc::clone(&exchange),
        market: Arc::clone(&market),
        loads: loads.clone(),
        schedule: Schedule::default(),
    };
    driver.spawn(group, positions, Arc::clone(&wakes.positions));
    let volatility = Volatility { exchange: Arc::clone(&exchange), daily: Arc::clone(&daily) };
    driver.spawn(group, volatility, Arc::clone(&wakes.volatility));
    let audit = Audit { exchange, market, loads: loads.clone(), schedule: Schedule::default() };
    driver.spawn(group, audit, Arc::default());
    Inputs { wakes, daily, loads }
}

/// Lets a panic go on that another thread caught, so that it is counted under the name of its task.
fn resumed(lost: tokio::task::JoinError) -> tokio::task::JoinError {
    match lost.try_into_panic() {
        Ok(payload) => std::panic::resume_unwind(payload),
        Err(lost) => lost,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cache::ManualClock;
    use engine::idea_book;
    use futures_util::FutureExt as _;
    use schema::UnixMs;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::{
        config::{Config, Settings},
        monitor::task::double::Double,
        supervise::Supervisor,
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn the_answers_about_600_contracts_wake_no_scan() {
        let exchange = Double::new();
        let symbols: Vec<String> = (0..600).map(|i| format!("C{i}USDT")).collect();
        exchange.list(symbols.clone());
        let config = Config::check(&Settings::defaults().unwrap()).unwrap();
        // No bar closes while it is paused.
        let clock = Clock::Manual(ManualClock::at(UnixMs(1_763_654_405_000)));
        let supervisor = Supervisor::new(clock.clone(), CancellationToken::new());
        let market = Arc::new(Market::new(exchange.venue()));
        let heard = Heard {
            market: Arc::clone(&market),
            exchange: exchange.clone(),
            board: Board::new(clock.clone(), exchange.venue()),
            clock: clock.clone(),
            open: OpenSymbols::default(),
            thresholds: config.signals,
            ideas: idea_book(&config.signals, config.costs.of(exchange.venue())),
            tap: Tap::OFF,
            universe: None,
        };
        let driver = Driver::new(clock, &supervisor);
        let group = supervisor.group();
        let inputs = spawn(&group, &driver, &config.universe, heard);
        let all = async {
            while !symbols.iter().all(|symbol| exchange.asked(symbol, "candles") >= 4) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), all).await.unwrap();
        assert!(inputs.wakes.scan.notified().now_or_never().is_none(), "it comes each second by itself");
        group.end().await;
        supervisor.end().await;
    }
}
