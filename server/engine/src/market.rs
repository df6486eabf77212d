//! Every watched symbol: what the engine writes and others read.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
};

use schema::{Symbol, Venue, universe::FailingRequest};
use venue::Instrument;

use crate::{History, Window};

/// Every watched symbol. The engine alone changes what is known of one.
#[derive(Debug)]
pub struct Market {
    venue: Venue,
    watched: RwLock<Watched>,
    linear_symbols: AtomicU32,
    /// Requests about contracts that fail, by the task that makes them.
    failing: Mutex<HashMap<&'static str, Vec<FailingRequest>>>,
}

/// Windows by symbol, and in the order of symbols: whatever is done with all of them is done in the same order each time.
#[derive(Debug, Default)]
struct Watched {
    by_symbol: HashMap<Symbol, Arc<Mutex<Window>>>,
    in_order: Arc<[Arc<Mutex<Window>>]>,
}

impl Watched {
    fn of(mut windows: Vec<(Symbol, Arc<Mutex<Window>>)>) -> Self {
        windows.sort_by_key(|(symbol, _)| *symbol);
        // A contract that is listed twice has one window.
        windows.dedup_by_key(|(symbol, _)| *symbol);
        Self {
            in_order: windows.iter().map(|(_, window)| Arc::clone(window)).collect(),
            by_symbol: windows.into_iter().collect(),
        }
    }
}

impl Market {
    /// A market of which nothing is known.
    #[must_use]
    pub fn new(venue: Venue) -> Self {
        Self { venue, watched: RwLock::default(), linear_symbols: 0.into(), failing: Mutex::default() }
    }

    /// Where its data comes from.
    #[must_use]
    pub const fn venue(&self) -> Venue {
        self.venue
    }

    /// Contracts the venue lists, watched or not.
    #[must_use]
    pub fn linear_symbols(&self) -> u32 {
        self.linear_symbols.load(Ordering::Relaxed)
    }

    /// Watches exactly these instruments; windows of symbols that stay are kept.
    pub(crate) fn watch(&self, instruments: Vec<Instrument>, linear_symbols: u32, history: History) {
        self.linear_symbols.store(linear_symbols, Ordering::Relaxed);
        let mut watched = self.watched.write().unwrap_or_else(PoisonError::into_inner);
        let mut old = std::mem::take(&mut watched.by_symbol);
        let mut in_order = Vec::with_capacity(instruments.len());
        for instrument in instruments {
            let symbol = instrument.symbol;
            let window = match old.remove(&symbol) {
                Some(window) => {
                    lock(&window).instrument = instrument;
                    window
                }
                None => Arc::new(Mutex::new(Window::new(instrument, history))),
            };
            in_order.push((symbol, window));
        }
        *watched = Watched::of(in_order);
    }

    /// Puts everything that is known of a market in the place of what is known.
    pub(crate) fn replace(&self, linear_symbols: u32, windows: Vec<Window>) {
        self.linear_symbols.store(linear_symbols, Ordering::Relaxed);
        let windows = windows.into_iter().map(|window| (window.instrument.symbol, Arc::new(Mutex::new(window))));
        *self.watched.write().unwrap_or_else(PoisonError::into_inner) = Watched::of(windows.collect());
    }

    /// Notes which requests about contracts a task makes in vain.
    pub fn note_failing(&self, task: &'static str, failing: Vec<FailingRequest>) {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner).insert(task, failing);
    }

    /// Requests about contracts that fail.
    #[must_use]
    pub fn failing(&self) -> Vec<FailingRequest> {
        let noted = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut failing: Vec<_> = noted.values().flatten().cloned().collect();
        failing.sort_by(|a, b| a.symbol.cmp(&b.symbol).then_with(|| a.what.cmp(&b.what)));
        failing
    }

    /// One symbol's window.
    #[must_use]
    pub fn window(&self, symbol: Symbol) -> Option<Arc<Mutex<Window>>> {
        self.watched.read().unwrap_or_else(PoisonError::into_inner).by_symbol.get(&symbol).cloned()
    }

    /// Every window, in the order of symbols.
    #[must_use]
    pub fn windows(&self) -> Arc<[Arc<Mutex<Window>>]> {
        Arc::clone(&self.watched.read().unwrap_or_else(PoisonError::into_inner).in_order)
    }

    /// Symbols whose history is complete, and all of them.
    #[must_use]
    pub fn progress(&self) -> (u32, u32) {
        let windows = self.windows();
        let ready = windows.iter().filter(|window| lock(window).is_loaded()).count();
        (u32::try_from(ready).unwrap_or(u32::MAX), u32::try_from(windows.len()).unwrap_or(u32::MAX))
    }
}

/// Locks a window. A panic elsewhere while it was held leaves measured values behind, which stay usable.
pub fn lock(window: &Mutex<Window>) -> MutexGuard<'_, Window> {
    window.lock().unwrap_or_else(PoisonError::into_inner)
}
