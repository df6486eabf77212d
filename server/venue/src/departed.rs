//! Symbols that a connection watched until a moment ago: messages about them may still be on their way.

use std::{collections::HashMap, time::Duration};

use schema::Symbol;
use tokio::time::Instant;

/// The symbols that left a connection lately.
#[derive(Debug, Default)]
pub(crate) struct Departed(HashMap<Symbol, Instant>);

impl Departed {
    /// After this long no message of an ended stream comes any more.
    const REMEMBERED: Duration = Duration::from_secs(60);

    /// Notes that symbols left; those that left long ago are forgotten.
    pub(crate) fn note(&mut self, symbols: &[Symbol], now: Instant) {
        self.0.retain(|_, left| now.duration_since(*left) < Self::REMEMBERED);
        self.0.extend(symbols.iter().map(|symbol| (*symbol, now)));
    }

    /// Whether a symbol left lately.
    pub(crate) fn contains(&self, symbol: Symbol, now: Instant) -> bool {
        self.0.get(&symbol).is_some_and(|left| now.duration_since(*left) < Self::REMEMBERED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_is_remembered_for_a_minute() {
        let [a, b] = ["AUSDT", "BUSDT"].map(|text| Symbol::new(text).unwrap());
        let (start, mut departed) = (Instant::now(), Departed::default());
        departed.note(&[a], start);
        assert!(departed.contains(a, start + Duration::from_secs(59)) && !departed.contains(b, start));
        assert!(!departed.contains(a, start + Duration::from_secs(60)));
        departed.note(&[b], start + Duration::from_secs(90));
        assert_eq!(departed.0.len(), 1);
    }
}
