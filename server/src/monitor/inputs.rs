//! The tasks that fill the windows: what is listened to, and what is asked for.
//!
//! Whoever only wants to hear an exchange needs no more than these; the monitor scores beside them.

use std::{collections::HashSet, sync::Arc};

use cache::{Clock, Publisher};
use schema::MarketUniverse;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use venue::{BookChange, Exchange, MarketEvent, Told};

use super::{
    board::Board,
    driver::Driver,
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

const LISTEN: Job = Job { name: "listen", what: "Carries the events of the streams into the windows." };

/// Events that may wait between the streams and the windows.
const EVENTS: usize = 65_536;

/// What wakes the tasks before their time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wakes {
    pub(crate) universe: Arc<Notify>,
    pub(crate) history: Arc<Notify>,
    pub(crate) positions: Arc<Notify>,
    pub(crate) volatility: Arc<Notify>,
    /// Notified when symbols became complete.
    pub(crate) scan: Arc<Notify>,
}

/// What the tasks share with whoever started them.
pub(crate) struct Inputs {
    pub(crate) wakes: Wakes,
    pub(crate) daily: DailyCandles,
}

/// An exchange that is heard, and who is told of it.
pub(crate) struct Heard {
    pub(crate) market: Arc<Market>,
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) board: Board,
    pub(crate) clock: Clock,
    /// The symbols whose page is open: who measures them hears when they move.
    pub(crate) open: OpenSymbols,
    /// Who publishes which contracts are watched, if anyone.
    pub(crate) universe: Option<Arc<Publisher<MarketUniverse>>>,
}

/// Starts the tasks that fill the windows of a market, until the group stops. A panic while an event is taken in breaks the group:
/// what the windows hold after half an event cannot be trusted.
pub(crate) fn spawn(group: &Group, driver: &Driver, rules: &config::Universe, heard: Heard) -> Inputs {
    let Heard { market, exchange, board, clock, open, universe } = heard;
    let (events, told) = mpsc::channel(EVENTS);
    let (wakes, daily) = (Wakes::default(), DailyCandles::default());
    let history = Arc::clone(&wakes.history);
    board.queue(events.downgrade());
    let heard = (Arc::clone(&market), Arc::clone(&exchange), open);
    let listening = listen(told, heard, board.clone(), history, clock.clone(), group.stop());
    group.spawn_bound(LISTEN, async move {
        listening.await;
        Ok(())
    });
    let universe = Universe {
        exchange: Arc::clone(&exchange),
        market: Arc::clone(&market),
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
        scan: Arc::clone(&wakes.scan),
        woken: None,
        schedule: Schedule::default(),
    };
    driver.spawn(group, history, Arc::clone(&wakes.history));
    let positions =
        Positions { exchange: Arc::clone(&exchange), market: Arc::clone(&market), schedule: Schedule::default() };
    driver.spawn(group, positions, Arc::clone(&wakes.positions));
    let volatility = Volatility { exchange: Arc::clone(&exchange), daily: Arc::clone(&daily) };
    driver.spawn(group, volatility, Arc::clone(&wakes.volatility));
    driver.spawn(group, Audit { exchange, market, schedule: Schedule::default() }, Arc::default());
    Inputs { wakes, daily }
}

/// Carries what the stream tells into the windows.
async fn listen(
    mut heard: mpsc::Receiver<Told>,
    (market, exchange, open): (Arc<Market>, Arc<dyn Exchange>, OpenSymbols),
    board: Board,
    history: Arc<Notify>,
    clock: Clock,
    end: CancellationToken,
) {
    let lag = metrics::histogram!("market_event_lag_seconds");
    let handling = metrics::histogram!("market_event_handling_seconds");
    loop {
        let told = tokio::select! {
            biased;
            () = end.cancelled() => return,
            told = heard.recv() => told,
        };
        let Some(Told { read, event }) = told else { return };
        match &event {
            MarketEvent::Connected { connection } => board.stream_connected(*connection),
            MarketEvent::Lost { connection, cause, .. } => board.stream_lost(*connection, cause),
            _ => {}
        }
        let asked_for = matches!(event, MarketEvent::Hearing { .. } | MarketEvent::Missed { .. });
        let sent = match &event {
            MarketEvent::Book { at, change: BookChange::Delta { .. }, .. } => Some(*at),
            _ => None,
        };
        let moved = if let MarketEvent::Ticker { symbol, .. } = &event { Some(*symbol) } else { None };
        let now = clock.now();
        if let Some(symbol) = market.apply(event, now) {
            exchange.resync_book(symbol);
        }
        if let Some(symbol) = moved {
            open.note_moved(symbol);
        }
        if asked_for {
            history.notify_one();
        }
        if let Some(sent) = sent {
            // From reading its message to the window: waiting and handling.
            handling.record(read.elapsed());
            // From the exchange's clock to the window: transport as well, and what the two clocks are apart.
            let lag_ms = clock.now().0.saturating_sub(sent.0);
            board.lag().note(lag_ms);
            lag.record(lag_ms as f64 / 1_000.0);
        }
    }
}
