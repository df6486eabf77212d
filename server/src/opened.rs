//! The symbols whose page is open in a browser, of this process or of another that announced it (`wanted`): between the stream, which knows who reads, and the monitor, which
//! measures those first.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use schema::{Symbol, SymbolLive};
use tokio::sync::Notify;

/// The symbols whose page is open; clones share everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenSymbols(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    symbols: Mutex<HashMap<Symbol, Open>>,
    /// How many there are, for those who ask with every event of the market.
    count: AtomicUsize,
    /// Notified when the price of one changed.
    moved: Arc<Notify>,
    /// Notified when the stream should not wait for its timer.
    flush: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Open {
    readers: usize,
    /// Whether its price changed since it was last measured.
    moved: bool,
    live: Option<Arc<SymbolLive>>,
}

/// Keeps a symbol among the open ones until it is dropped.
#[derive(Debug)]
pub(crate) struct OpenGuard {
    open: OpenSymbols,
    symbol: Symbol,
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        let mut symbols = self.open.symbols();
        if let Some(open) = symbols.get_mut(&self.symbol) {
            open.readers -= 1;
            if open.readers == 0 {
                symbols.remove(&self.symbol);
            }
        }
        self.open.0.count.store(symbols.len(), Ordering::Relaxed);
    }
}

impl OpenSymbols {
    /// Counts one more reader of a symbol's page, and has the symbol measured at once.
    pub(crate) fn open(&self, symbol: Symbol) -> OpenGuard {
        {
            let mut symbols = self.symbols();
            let open = symbols.entry(symbol).or_default();
            open.readers += 1;
            open.moved = true;
            self.0.count.store(symbols.len(), Ordering::Relaxed);
        }
        self.0.moved.notify_one();
        OpenGuard { open: self.clone(), symbol }
    }

    /// Whether somebody has the symbol's page open.
    pub(crate) fn is_open(&self, symbol: Symbol) -> bool {
        self.0.count.load(Ordering::Relaxed) > 0 && self.symbols().contains_key(&symbol)
    }

    /// The symbols of the most readers, at most `limit`.
    pub(crate) fn most_read(&self, limit: usize) -> Vec<Symbol> {
        let symbols = self.symbols();
        let mut read: Vec<_> =
            symbols.iter().map(|(symbol, open)| (std::cmp::Reverse(open.readers), *symbol)).collect();
        drop(symbols);
        read.sort_unstable();
        read.into_iter().take(limit).map(|(_, symbol)| symbol).collect()
    }

    /// Notes that the price of a symbol changed; does nothing where its page is not open.
    pub(crate) fn note_moved(&self, symbol: Symbol) {
        if self.0.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let news = self.symbols().get_mut(&symbol).is_some_and(|open| !std::mem::replace(&mut open.moved, true));
        if news {
            self.0.moved.notify_one();
        }
    }

    /// The open symbols whose price changed since this was last called.
    pub(crate) fn take_moved(&self) -> Vec<Symbol> {
        let mut symbols = self.symbols();
        symbols.iter_mut().filter_map(|(symbol, open)| std::mem::take(&mut open.moved).then_some(*symbol)).collect()
    }

    /// Keeps what is known of an open symbol now.
    pub(crate) fn set_live(&self, live: SymbolLive) {
        if let Some(open) = self.symbols().get_mut(&live.symbol) {
            open.live = Some(Arc::new(live));
        }
    }

    /// What was last known of an open symbol; none where no monitor of this process measured it.
    pub(crate) fn live(&self, symbol: Symbol) -> Option<Arc<SymbolLive>> {
        self.symbols().get(&symbol)?.live.clone()
    }

    /// Is notified when a page was opened, and when the price of an open symbol changed.
    pub(crate) fn moved(&self) -> Arc<Notify> {
        Arc::clone(&self.0.moved)
    }

    /// Has the stream send what changed without waiting for its timer.
    pub(crate) fn flush(&self) {
        self.0.flush.notify_one();
    }

    /// Is notified when the stream should not wait for its timer.
    pub(crate) fn flushes(&self) -> Arc<Notify> {
        Arc::clone(&self.0.flush)
    }

    fn symbols(&self) -> MutexGuard<'_, HashMap<Symbol, Open>> {
        self.0.symbols.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(name: &str) -> Symbol {
        Symbol::new(name).unwrap()
    }

    #[test]
    fn a_symbol_is_open_until_its_last_reader_left() {
        let open = OpenSymbols::default();
        let btc = symbol("BTCUSDT");
        let (first, second) = (open.open(btc), open.open(btc));
        drop(first);
        assert!(open.is_open(btc) && !open.is_open(symbol("ETHUSDT")));
        drop(second);
        assert!(!open.is_open(btc));
        open.note_moved(btc);
        assert_eq!(open.take_moved(), []);
    }

    #[test]
    fn a_symbol_that_moved_is_measured_once() {
        let open = OpenSymbols::default();
        let btc = symbol("BTCUSDT");
        let _reader = open.open(btc);
        assert_eq!(open.take_moved(), [btc], "a page that was just opened is measured at once");
        open.note_moved(symbol("ETHUSDT"));
        assert_eq!(open.take_moved(), []);
        open.note_moved(btc);
        open.note_moved(btc);
        assert_eq!((open.take_moved(), open.take_moved()), (vec![btc], vec![]));
    }
}
