//! The order in which breakdowns are published.

use super::*;
use crate::fixture;

fn of(symbol: &str) -> Breakdown {
    let mut breakdown = fixture::breakdown();
    breakdown.row.symbol = Symbol::new(symbol).unwrap();
    breakdown
}

#[test]
fn open_symbols_go_first_and_the_newest_of_each_symbol_alone_is_published() {
    let (pending, open) = (Pending::default(), OpenSymbols::default());
    let _reader = open.open(Symbol::new("ZECUSDT").unwrap());
    let all = || ["AAVEUSDT", "BTCUSDT", "ZECUSDT"].map(of);
    pending.add(all().map(|breakdown| (UnixMs(1), breakdown)).into(), &open);
    pending.add(vec![(UnixMs(2), of("BTCUSDT")), (UnixMs(2), of("ZECUSDT"))], &open);
    let taken: Vec<_> = std::iter::from_fn(|| pending.next())
        .map(|(as_of, breakdown, last_open)| (breakdown.row.symbol.to_string(), as_of.0, last_open))
        .collect();
    let expected = [("ZECUSDT", 2, true), ("AAVEUSDT", 1, false), ("BTCUSDT", 2, false)];
    assert_eq!(taken, expected.map(|(symbol, at, last)| (symbol.to_owned(), at, last)));
}
