//! Which symbols have an open page in one process that serves pages and does not watch the market itself.

use serde::{Deserialize, Serialize};

use crate::{Invalid, Name, Policy, Schema, Scope, Symbol};

/// The symbols whose page is open in one web process, for the monitor to measure those first.
///
/// It is a hint: lost, old or wrong, it changes how soon a breakdown is measured and nothing else. A reader counts its age from when it
/// received it, because the clocks of two machines may differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedSymbols {
    /// At most [`LIMIT`](Self::LIMIT), each once.
    pub symbols: Vec<Symbol>,
}

impl WantedSymbols {
    /// Symbols that one process may want at most.
    pub const LIMIT: usize = 64;
}

impl Schema for WantedSymbols {
    const NAME: Name = Name::new("web:wanted");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy { keep_for: std::time::Duration::from_secs(30), ..Policy::secs(2, 5, 10) };
    type Scope = WebSlot;

    fn check(&self) -> Result<(), Invalid> {
        let mut sorted = self.symbols.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() != self.symbols.len() {
            return Err(Invalid::new("symbols", "names a symbol twice"));
        }
        if sorted.len() > Self::LIMIT {
            return Err(Invalid::new("symbols", format!("{} of at most {}", sorted.len(), Self::LIMIT)));
        }
        Ok(())
    }
}

/// The place of one web process among those that share a cache: each writes in one of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WebSlot(u8);

impl WebSlot {
    /// How many places there are. More web processes share a cache than that? The oldest of them then want nothing.
    pub const COUNT: u8 = 32;

    /// Every place.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// The place after this one, and the first after the last.
    #[must_use]
    pub const fn next(self) -> Self {
        Self((self.0 + 1) % Self::COUNT)
    }

    /// The place that a number leads to.
    #[must_use]
    pub fn of(number: u64) -> Self {
        Self(u8::try_from(number % u64::from(Self::COUNT)).unwrap_or(0))
    }
}

impl Scope for WebSlot {
    const MAX_LEN: usize = 3;

    fn write(&self, out: &mut String) {
        out.push(':');
        out.push_str(&self.0.to_string());
    }

    fn read(text: &str) -> Option<Self> {
        Self::all().find(|slot| slot.0.to_string() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_more_symbols_than_allowed_and_one_that_is_named_twice() {
        let symbols = |names: std::ops::Range<usize>| WantedSymbols {
            symbols: names.map(|n| Symbol::new(&format!("S{n}USDT")).unwrap()).collect(),
        };
        assert!(symbols(0..WantedSymbols::LIMIT).check().is_ok());
        assert_eq!(symbols(0..WantedSymbols::LIMIT + 1).check().unwrap_err().field, "symbols");
        let mut twice = symbols(0..2);
        twice.symbols[1] = twice.symbols[0];
        assert_eq!(twice.check().unwrap_err().problem, "names a symbol twice");
    }

    #[test]
    fn a_key_of_each_place_leads_back_to_it() {
        for slot in WebSlot::all() {
            let mut key = String::new();
            slot.write(&mut key);
            assert!(key.len() <= WebSlot::MAX_LEN);
            assert_eq!(WebSlot::read(&key[1..]), Some(slot));
        }
        assert_eq!((WebSlot::read("32"), WebSlot::read("01"), WebSlot::read("")), (None, None, None));
        assert_eq!((WebSlot::of(33), WebSlot::of(31).next()), (WebSlot::of(1), WebSlot::of(0)));
    }
}
