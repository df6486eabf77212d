//! Candles: whole numbers, made of trades and of nothing else.
//!
//! As on the exchange a candle opens at the close before it, so a contract that does not trade still has a (flat)
//! candle per interval, and the open belongs to the candle's range.

use std::collections::VecDeque;

/// A candle in ticks and lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bar {
    /// When it begins, in ms.
    pub(crate) start: i64,
    /// The close before it, in ticks.
    pub(crate) open: i64,
    /// The highest price.
    pub(crate) high: i64,
    /// The lowest price.
    pub(crate) low: i64,
    /// The last price.
    pub(crate) close: i64,
    /// Traded, in lots.
    pub(crate) lots: i64,
    /// Turnover: the sum of ticks · lots.
    pub(crate) value: i128,
}

impl Bar {
    /// A candle without trades.
    pub(crate) const fn flat(start: i64, price: i64) -> Self {
        Self { start, open: price, high: price, low: price, close: price, lots: 0, value: 0 }
    }

    /// Adds a trade.
    pub(crate) fn trade(&mut self, price: i64, lots: i64) {
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.close = price;
        self.lots += lots;
        self.value += i128::from(price) * i128::from(lots);
    }

    /// Adds a shorter candle that follows what is held.
    fn extend(&mut self, part: &Self) {
        self.high = self.high.max(part.high);
        self.low = self.low.min(part.low);
        self.close = part.close;
        self.lots += part.lots;
        self.value += part.value;
    }
}

/// The candle lengths of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Span {
    /// One minute.
    M1,
    /// Five minutes.
    M5,
    /// Thirty minutes.
    M30,
    /// Four hours.
    H4,
    /// One day, from 00:00 UTC.
    D1,
}

impl Span {
    /// All of them, shortest first.
    pub(crate) const ALL: [Self; 5] = [Self::M1, Self::M5, Self::M30, Self::H4, Self::D1];

    /// The length in milliseconds.
    pub(crate) const fn ms(self) -> i64 {
        match self {
            Self::M1 => MINUTE,
            Self::M5 => 5 * MINUTE,
            Self::M30 => 30 * MINUTE,
            Self::H4 => 240 * MINUTE,
            Self::D1 => DAY,
        }
    }

    /// How the exchange writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::M1 => "1",
            Self::M5 => "5",
            Self::M30 => "30",
            Self::H4 => "240",
            Self::D1 => "D",
        }
    }

    /// The length the exchange writes like this.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|span| span.name() == name)
    }

    /// How many closed candles are kept.
    pub(crate) const fn capacity(self) -> usize {
        match self {
            Self::M1 => 1_000,
            Self::M5 | Self::M30 => 500,
            Self::H4 => 300,
            Self::D1 => 60,
        }
    }

    /// The place in [`ALL`](Self::ALL).
    pub(crate) const fn index(self) -> usize {
        match self {
            Self::M1 => 0,
            Self::M5 => 1,
            Self::M30 => 2,
            Self::H4 => 3,
            Self::D1 => 4,
        }
    }
}

/// A minute in milliseconds.
pub(crate) const MINUTE: i64 = 60_000;
/// An hour in milliseconds.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// A day in milliseconds.
pub(crate) const DAY: i64 = 24 * HOUR;

/// The candles of one length.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    span: Span,
    closed: VecDeque<Bar>,
    running: Bar,
}

impl Series {
    fn new(span: Span, at: i64, price: i64) -> Self {
        let start = at.div_euclid(span.ms()) * span.ms();
        Self { span, closed: VecDeque::with_capacity(span.capacity()), running: Bar::flat(start, price) }
    }

    /// Closed candles, oldest first.
    pub(crate) const fn closed(&self) -> &VecDeque<Bar> {
        &self.closed
    }

    /// The running candle.
    pub(crate) const fn running(&self) -> &Bar {
        &self.running
    }

    /// The candle that was running when `at` was reached, if it ends there; a new one runs from then on.
    fn roll(&mut self, at: i64) -> Option<Bar> {
        let end = self.running.start + self.span.ms();
        if at < end {
            return None;
        }
        let done = self.running;
        if self.closed.len() == self.span.capacity() {
            self.closed.pop_front();
        }
        self.closed.push_back(done);
        self.running = Bar::flat(end, done.close);
        Some(done)
    }
}

/// The candles of a contract in all lengths.
#[derive(Debug, Clone)]
pub(crate) struct Candles {
    series: [Series; 5],
}

impl Candles {
    /// No candles yet; the first ones run from `at`, opened at `price`.
    pub(crate) fn new(at: i64, price: i64) -> Self {
        Self { series: Span::ALL.map(|span| Series::new(span, at, price)) }
    }

    /// The candles of one length.
    pub(crate) const fn of(&self, span: Span) -> &Series {
        &self.series[span.index()]
    }

    /// Adds a trade to the running candles.
    pub(crate) fn trade(&mut self, price: i64, lots: i64) {
        for series in &mut self.series {
            series.running.trade(price, lots);
        }
    }

    /// Adds a piece of history that ends at `end`; it may not reach over the end of a running candle of `finest`
    /// or longer. Shorter candles are not made of it.
    pub(crate) fn absorb(&mut self, part: &Bar, end: i64, finest: Span) {
        for series in &mut self.series {
            if series.span.ms() < finest.ms() {
                series.running = Bar::flat(end, part.close);
                continue;
            }
            series.running.extend(part);
            series.roll(end);
        }
    }

    /// Closes what ends at `at`: the closed candles, by [`Span::index`].
    pub(crate) fn roll(&mut self, at: i64) -> [Option<Bar>; 5] {
        let mut done = [None; 5];
        for (series, slot) in self.series.iter_mut().zip(&mut done) {
            *slot = series.roll(at);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_interval_is_a_flat_candle_at_the_last_close() {
        let mut candles = Candles::new(0, 100);
        candles.trade(103, 2);
        candles.trade(101, 1);
        let done = candles.roll(MINUTE)[0].unwrap();
        assert_eq!(done, Bar { start: 0, open: 100, high: 103, low: 100, close: 101, lots: 3, value: 307 });
        assert_eq!(candles.roll(2 * MINUTE)[0].unwrap(), Bar::flat(MINUTE, 101));
        assert_eq!(candles.of(Span::M5).running().lots, 3);
    }

    #[test]
    fn a_ring_keeps_its_capacity_and_drops_the_oldest() {
        let mut candles = Candles::new(0, 1);
        for minute in 1..=1_200 {
            candles.roll(minute * MINUTE);
        }
        let ring = candles.of(Span::M1).closed();
        assert_eq!(ring.len(), 1_000);
        assert_eq!(ring.front().unwrap().start, 200 * MINUTE);
        assert_eq!(ring.back().unwrap().start, 1_199 * MINUTE);
    }

    #[test]
    fn lengths_are_read_as_they_are_written() {
        for span in Span::ALL {
            assert_eq!(Span::parse(span.name()), Some(span));
            assert_eq!(Span::ALL[span.index()], span);
        }
        assert_eq!(Span::parse("7"), None);
    }
}
