//! Comparing candles that were made of minutes with the venue's own.

use schema::{Candle, Timeframe, UnixMs};
use serde::{Deserialize, Serialize};

use super::Window;

/// A candle that was made of minutes and not yet compared with the venue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unaudited {
    /// Its length.
    pub timeframe: Timeframe,
    /// Its first millisecond.
    pub start: UnixMs,
}

impl Unaudited {
    /// When it closed.
    #[must_use]
    pub const fn closed_at(self) -> UnixMs {
        UnixMs(self.start.0 + self.timeframe.ms())
    }
}

/// What came of comparing a candle with the venue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audited {
    /// They agree.
    Equal,
    /// They do not: the history has to be loaded again.
    Different,
    /// The answer does not contain it, or it is not held any more.
    Unknown,
}

impl Window {
    /// The next candle to compare with the venue's, longest wait first.
    #[must_use]
    pub fn unaudited(&self) -> Option<Unaudited> {
        self.unaudited.first().copied().filter(|_| self.is_loaded())
    }

    /// Compares a candle with the venue's own.
    ///
    /// Prices have to be the same. Sums of what was traded may differ in their last digits by the order of summing.
    #[must_use]
    pub fn audit(&self, unaudited: Unaudited, own: Option<&Candle>) -> Audited {
        let held = self.candles(unaudited.timeframe).iter().rev().find(|candle| candle.start == unaudited.start);
        let (Some(own), Some(held)) = (own, held) else { return Audited::Unknown };
        if is_same(own, held) { Audited::Equal } else { Audited::Different }
    }
}

/// Whether two candles of the same time say the same.
pub(super) fn is_same(a: &Candle, b: &Candle) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(b.abs());
    let prices = |candle: &Candle| [candle.open, candle.high, candle.low, candle.close];
    prices(a) == prices(b) && near(a.volume, b.volume) && near(a.turnover, b.turnover)
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{candle, loaded},
        *,
    };

    #[test]
    fn a_candle_made_of_minutes_is_compared_with_the_venues_own() {
        let closed = || {
            let mut window = loaded();
            for n in 60..65 {
                window.take_candle(Timeframe::M1, candle(n * 60_000, 101.0).into(), true, UnixMs((n + 1) * 60_000));
            }
            window
        };
        let window = closed();
        let unaudited = window.unaudited().unwrap();
        assert_eq!((unaudited.timeframe, unaudited.closed_at()), (Timeframe::M5, UnixMs(65 * 60_000)));
        let made = *window.candles(Timeframe::M5).last().unwrap();
        let near = Candle { volume: made.volume * (1.0 + 1e-9), ..made };
        let answered = |own: Option<Candle>| {
            let mut window = closed();
            let audited = window.audit(unaudited, own.as_ref());
            let answer = own.unwrap_or(Candle { start: UnixMs(made.start.0 - 300_000), ..made });
            window.load_candles(Timeframe::M5, 2, &[answer.into()]);
            assert_eq!(window.unaudited(), None, "it was asked for once");
            (audited, window.is_loaded())
        };
        assert_eq!(answered(Some(near)), (Audited::Equal, true));
        assert_eq!(answered(Some(Candle { high: made.high + 0.1, ..made })), (Audited::Different, false));
        assert_eq!(answered(Some(Candle { volume: made.volume * 1.01, ..made })), (Audited::Different, false));
        assert_eq!(answered(None).0, Audited::Unknown);
    }
}
