//! The state of a contract in numbers, and its figures of the last 24 hours.

use super::{
    book::Rung,
    candle::{Candles, Span},
};

/// How a price came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Above the price before.
    Plus,
    /// The same as before, which was above an earlier one.
    ZeroPlus,
    /// Below the price before.
    Minus,
    /// The same as before, which was below an earlier one.
    ZeroMinus,
}

impl Direction {
    /// The direction of a price after `last`.
    pub(crate) const fn next(self, last: i64, price: i64) -> Self {
        if price > last {
            return Self::Plus;
        }
        if price < last {
            return Self::Minus;
        }
        match self {
            Self::Plus | Self::ZeroPlus => Self::ZeroPlus,
            Self::Minus | Self::ZeroMinus => Self::ZeroMinus,
        }
    }

    /// How the exchange writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plus => "PlusTick",
            Self::ZeroPlus => "ZeroPlusTick",
            Self::Minus => "MinusTick",
            Self::ZeroMinus => "ZeroMinusTick",
        }
    }
}

/// The state of a contract as the exchange sends it in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticker {
    /// The last price, in ticks.
    pub(crate) last: i64,
    /// How it came about.
    pub(crate) direction: Direction,
    /// The mark price, in tenths of a tick.
    pub(crate) mark: i64,
    /// The index price, in tenths of a tick.
    pub(crate) index: i64,
    /// The price an hour ago, in ticks.
    pub(crate) prev_1h: i64,
    /// Figures of the last 24 hours.
    pub(crate) day: DayFigures,
    /// Open interest, one side, in lots.
    pub(crate) open: i64,
    /// The funding rate, in 10^−8.
    pub(crate) funding: i64,
    /// When it will be paid, in ms.
    pub(crate) next_funding: i64,
    /// The best bid.
    pub(crate) bid: Rung,
    /// The best ask.
    pub(crate) ask: Rung,
}

impl Ticker {
    /// The change over 24 hours as a fraction, in 10^−6.
    pub(crate) const fn change_24h(&self) -> i64 {
        (self.last - self.day.prev) * 1_000_000 / self.day.prev
    }
}

/// Figures of the last 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DayFigures {
    /// The price 24 hours ago, in ticks.
    pub(crate) prev: i64,
    /// The highest price.
    pub(crate) high: i64,
    /// The lowest price.
    pub(crate) low: i64,
    /// Traded, in lots.
    pub(crate) lots: i64,
    /// Turnover, in ticks · lots.
    pub(crate) value: i128,
}

/// Five-minute candles of a day but one: the running one completes it.
const WINDOW: usize = 287;

/// A window of 24 hours that moves on with each five-minute candle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DayWindow(DayFigures);

impl DayWindow {
    /// The window over the closed candles; to be rebuilt when a five-minute candle closes.
    pub(crate) fn new(candles: &Candles) -> Self {
        let series = candles.of(Span::M5);
        let closed = series.closed();
        let running = series.running();
        let mut window = closed.iter().skip(closed.len().saturating_sub(WINDOW));
        let first = window.next().unwrap_or(running);
        let start =
            DayFigures { prev: first.open, high: first.high, low: first.low, lots: first.lots, value: first.value };
        Self(window.fold(start, |sum, bar| DayFigures {
            prev: sum.prev,
            high: sum.high.max(bar.high),
            low: sum.low.min(bar.low),
            lots: sum.lots + bar.lots,
            value: sum.value + bar.value,
        }))
    }

    /// The figures with the running candle.
    pub(crate) fn figures(&self, candles: &Candles) -> DayFigures {
        let running = candles.of(Span::M5).running();
        DayFigures {
            prev: self.0.prev,
            high: self.0.high.max(running.high),
            low: self.0.low.min(running.low),
            lots: self.0.lots + running.lots,
            value: self.0.value + running.value,
        }
    }
}

/// The price an hour ago.
pub(crate) fn price_an_hour_ago(candles: &Candles) -> i64 {
    let closed = candles.of(Span::M1).closed();
    closed.iter().rev().nth(59).or_else(|| closed.front()).map_or(candles.of(Span::M1).running().open, |bar| bar.open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::candle::MINUTE;

    #[test]
    fn the_direction_of_an_equal_price_is_that_of_the_last_change() {
        let mut direction = Direction::Plus;
        let mut last = 10;
        let mut names = Vec::new();
        for price in [10, 9, 9, 11, 11, 11] {
            direction = direction.next(last, price);
            last = price;
            names.push(direction.name());
        }
        assert_eq!(names, ["ZeroPlusTick", "MinusTick", "ZeroMinusTick", "PlusTick", "ZeroPlusTick", "ZeroPlusTick"]);
    }

    #[test]
    fn the_window_forgets_what_is_older_than_a_day() {
        let mut candles = Candles::new(0, 100);
        candles.trade(900, 5);
        for minute in 1..=1_500 {
            candles.roll(minute * MINUTE);
            candles.trade(100 + minute, 1);
        }
        let figures = DayWindow::new(&candles).figures(&candles);
        assert_eq!(figures.high, 1_600);
        assert_eq!(figures.low, figures.prev);
        assert_eq!(figures.lots, 287 * 5 + 1);
        assert_eq!(price_an_hour_ago(&candles), 100 + 1_500 - 61);
    }
}
