//! The simulated exchange as its routes and connections share it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schema::UnixMs;

use super::{FaultSwitch, hub::Hub, lately::Lately, market::Market};

/// The market and those who watch it.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) market: Market,
    pub(crate) hub: Hub,
    /// What its prices were lately.
    pub(crate) lately: Lately,
}

impl Exchange {
    /// A market that nobody watches yet.
    pub(crate) fn new(market: Market) -> Self {
        let contracts = market.contracts().len();
        Self { market, hub: Hub::new(contracts), lately: Lately::new(contracts) }
    }

    /// The market.
    pub(crate) const fn market(&self) -> &Market {
        &self.market
    }

    /// Advances the market and notifies those who watch it.
    pub(crate) fn step(&mut self, now: UnixMs) {
        let Self { market, hub, lately } = self;
        let before = market.restarts();
        market.step(now, |at, place, contract, changes| {
            lately.note(place, contract.ticker().last);
            hub.publish(at, place, contract, changes);
        });
        if market.restarts() > before {
            tracing::info!(times = market.restarts(), "the recorded candles have ended and start over");
        }
    }
}

/// The exchange as its routes and connections share it.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    exchange: Arc<Mutex<Exchange>>,
    /// What it does wrong on purpose.
    pub(crate) faults: FaultSwitch,
}

impl Shared {
    /// The exchange of a market that nobody watches yet, without a fault.
    pub(crate) fn new(exchange: Exchange) -> Self {
        Self { exchange: Arc::new(Mutex::new(exchange)), faults: FaultSwitch::default() }
    }

    /// The exchange, for as long as nobody else has it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Exchange> {
        // A panic while it was held is reported by the task it happened in, which ends the server.
        self.exchange.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the exchange, off the asynchronous threads: a tick of many contracts takes its time.
    pub(crate) async fn with<R: Send + 'static>(&self, work: impl FnOnce(&mut Exchange) -> R + Send + 'static) -> R {
        let shared = self.clone();
        match tokio::task::spawn_blocking(move || work(&mut shared.lock())).await {
            Ok(done) => done,
            Err(failed) => match failed.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // Blocking work is only ever cancelled when the runtime ends, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }
}
