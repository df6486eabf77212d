//! The contracts that a reader watches: kept in one cookie of this browser, shown by a star and a filter.
//!
//! Pure: it reads and writes the cookie's value. The server knows of no reader's list but for the request that brings it.

use schema::Symbol;
use serde::{Deserialize, Serialize};

/// Between two symbols in the cookie; one that a symbol has is written as `%2E`.
const BETWEEN: char = '.';

/// The contracts that a reader watches, in the order in which they were chosen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Watchlist(Vec<Symbol>);

impl Watchlist {
    /// The cookie's name.
    pub const COOKIE: &'static str = "virtuoso-watch";
    /// How many contracts can be watched: the cookie is sent with every request.
    pub const MAX: usize = 60;
    /// The longest value of the cookie, in bytes: browsers refuse one above 4096 with its name and attributes.
    const COOKIE_MAX_LEN: usize = 3_600;
    /// Nothing is watched.
    pub const EMPTY: Self = Self(Vec::new());

    /// Reads the value of the cookie. What is no symbol is passed to `ignored`, as is what is too much.
    #[must_use]
    pub fn read(text: &str, mut ignored: impl FnMut(&str)) -> Self {
        let mut list = Self::EMPTY;
        for part in text.split(BETWEEN).filter(|part| !part.is_empty()) {
            match Symbol::unescape(part) {
                Ok(symbol) if list.0.len() < Self::MAX => list.add(symbol),
                _ => ignored(part),
            }
        }
        list
    }

    /// The value of the cookie: each symbol [escaped](Symbol::escaped).
    #[must_use]
    pub fn cookie(&self) -> String {
        let symbols: Vec<_> = self.0.iter().map(spelled).collect();
        symbols.join(&BETWEEN.to_string())
    }

    /// Whether a contract is watched.
    #[must_use]
    pub fn has(&self, symbol: Symbol) -> bool {
        self.0.contains(&symbol)
    }

    /// How many contracts are watched.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is watched.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Watches a contract. Beyond [`Self::MAX`], and where the cookie would become too long, those that were chosen first are
    /// removed.
    pub fn add(&mut self, symbol: Symbol) {
        if self.has(symbol) {
            return;
        }
        if self.0.len() == Self::MAX {
            self.0.remove(0);
        }
        self.0.push(symbol);
        let mut len = self.0.iter().map(|symbol| spelled(symbol).len() + 1).sum::<usize>();
        while len > Self::COOKIE_MAX_LEN {
            len -= spelled(&self.0.remove(0)).len() + 1;
        }
    }

    /// Watches a contract no more.
    pub fn remove(&mut self, symbol: Symbol) {
        self.0.retain(|watched| *watched != symbol);
    }
}

fn spelled(symbol: &Symbol) -> String {
    symbol.escaped().to_string().replace(BETWEEN, "%2E")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn symbol(n: usize) -> Symbol {
        Symbol::new(&format!("C{n}USDT")).unwrap()
    }

    #[test]
    fn a_contract_is_watched_once_until_it_is_removed() {
        let mut list = Watchlist::EMPTY;
        for n in [2, 1, 2] {
            list.add(symbol(n));
        }
        assert_eq!(list.cookie(), "C2USDT.C1USDT");
        assert!(list.has(symbol(1)) && !list.has(symbol(3)));
        list.remove(symbol(2));
        assert_eq!((list.cookie().as_str(), list.len(), list.is_empty()), ("C1USDT", 1, false));
    }

    #[test]
    fn the_first_gives_way_when_the_list_is_full() {
        let mut list = Watchlist::EMPTY;
        (0..=Watchlist::MAX).for_each(|n| list.add(symbol(n)));
        assert_eq!(list.len(), Watchlist::MAX);
        assert!(!list.has(symbol(0)) && list.has(symbol(Watchlist::MAX)));
    }

    #[test]
    fn what_is_no_symbol_is_named_and_left_out() {
        let mut ignored = Vec::new();
        let list = Watchlist::read("BTCUSDT..%0A.ETHUSDT", |part| ignored.push(part.to_owned()));
        assert_eq!((list.cookie().as_str(), ignored), ("BTCUSDT.ETHUSDT", vec!["%0A".to_owned()]));
    }

    #[test]
    fn any_symbol_is_starred_and_the_cookie_stays_short() {
        let mut list = Watchlist::EMPTY;
        for text in ["币安人生USDT", "BTC.D", "xyz:TSLA", "../x"] {
            list.add(Symbol::new(text).unwrap());
        }
        assert_eq!(list.cookie(), "%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT.BTC%2ED.xyz%3ATSLA.~2e2e2f78");
        assert_eq!(Watchlist::read(&list.cookie(), |_| {}), list);
        for n in 10..70 {
            list.add(Symbol::new(&format!("{}{n}", "币".repeat(20))).unwrap());
            assert!(list.cookie().len() <= Watchlist::COOKIE_MAX_LEN);
        }
        assert!(list.has(Symbol::new(&format!("{}69", "币".repeat(20))).unwrap()));
    }

    proptest! {
        #[test]
        fn any_text_gives_a_list_that_survives_the_cookie(text in ".{0,400}") {
            let list = Watchlist::read(&text, |_| {});
            prop_assert!(list.cookie().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '%' | '~')), "{}", list.cookie());
            prop_assert_eq!(Watchlist::read(&list.cookie(), |_| {}), list);
        }
    }
}
