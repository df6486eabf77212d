//! Holding candles that were made of minutes against the venue's own.

use schema::{Candle, Timeframe, UnixMs};

use super::Window;

/// A candle that was made of minutes and not yet held against the venue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unaudited {
    pub(crate) timeframe: Timeframe,
    pub(crate) start: UnixMs,
}

impl Unaudited {
    /// When it closed.
    pub(crate) const fn closed_at(self) -> UnixMs {
        UnixMs(self.start.0 + self.timeframe.ms())
    }
}

/// What came of holding a candle against the venue's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audited {
    /// They agree.
    Equal,
    /// They do not: the history has to be loaded again.
    Different,
    /// The venue did not tell it, or it is not held any more.
    Untold,
}

impl Window {
    /// The next candle to hold against the venue's, longest wait first.
    pub(crate) fn unaudited(&self) -> Option<Unaudited> {
        self.unaudited.first().copied().filter(|_| !self.needs.candles)
    }

    /// Holds a candle against the venue's; a difference asks for the whole history.
    ///
    /// Prices have to be the same. Sums of what was traded may differ in their last digits by the order of summing.
    pub(crate) fn audit(&mut self, unaudited: Unaudited, told: Option<&Candle>) -> Audited {
        self.unaudited.retain(|waiting| *waiting != unaudited);
        let held = self.candles(unaudited.timeframe).iter().rev().find(|candle| candle.start == unaudited.start);
        let (Some(told), Some(held)) = (told, held) else { return Audited::Untold };
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * a.abs().max(b.abs());
        let prices = |candle: &Candle| [candle.open, candle.high, candle.low, candle.close];
        if prices(told) == prices(held) && near(told.volume, held.volume) && near(told.turnover, held.turnover) {
            return Audited::Equal;
        }
        self.needs.candles = true;
        Audited::Different
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::tests::{candle, loaded},
        *,
    };

    #[test]
    fn a_candle_made_of_minutes_is_held_against_the_venues_own() {
        let closed = || {
            let mut window = loaded();
            for n in 60..65 {
                window.take_candle(Timeframe::M1, candle(n * 60_000, 101.0), true, UnixMs((n + 1) * 60_000));
            }
            window
        };
        let mut window = closed();
        let unaudited = window.unaudited().unwrap();
        assert_eq!((unaudited.timeframe, unaudited.closed_at()), (Timeframe::M5, UnixMs(65 * 60_000)));
        let own = *window.candles(Timeframe::M5).last().unwrap();
        let told = Candle { volume: own.volume * (1.0 + 1e-9), ..own };
        assert_eq!(window.audit(unaudited, Some(&told)), Audited::Equal);
        assert_eq!((window.unaudited(), window.needs().candles), (None, false));

        for wrong in [Candle { high: own.high + 0.1, ..own }, Candle { volume: own.volume * 1.01, ..own }] {
            let mut window = closed();
            assert_eq!(window.audit(unaudited, Some(&wrong)), Audited::Different);
            assert!(window.needs().candles, "{wrong:?}");
        }
        let mut window = closed();
        assert_eq!(window.audit(unaudited, None), Audited::Untold);
        assert!(!window.needs().candles);
    }
}
