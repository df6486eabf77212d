//! What the bars before the newest leave behind for the newest to be measured against.
//!
//! A measure of candles looks at the last [`TAIL`] bars. All of them but the newest are closed and do not change between two
//! closes, so a [`History`] digests them once, and [`History::at`] then adds the newest bar in a few operations, however
//! often it moves. A bar that closes is the newest bar of a closed score first and part of the history afterwards.
//!
//! # Why the history is rebuilt at each close and not rolled on
//!
//! Wilder's and exponential means never forget, so a state that is only ever rolled forward depends on where it began. Two
//! processes, or one that was restarted, would then disagree in the last bits, and a state saved in the middle of a run
//! would have to be restored bit by bit. Here every figure is a pure function of the last [`TAIL`] bars: nothing has to be
//! saved, a score is the same after a restart, and no sum drifts. The price is one pass over 249 bars at a close, a few
//! microseconds once a bar, in which all recurrences run side by side. (The streaming functions of TA-Lib's port roll on: begun
//! again at each close they take twice as long for four of these means, and their states cannot be written down.)
//!
//! # What depends on the newest bar
//!
//! The average true range includes the newest bar, and many measures are counted in it. What is derived from the history
//! *and* that range is cached beside the range it holds for ([`Split`], [`Turns`], [`Breaks`]) or the limits of prices it holds
//! for ([`Volumes`]). Most ticks leave both as they are, because a price within the bar's own range changes neither. A cache
//! is a pure function of its inputs, so it is never part of what decides a result.

mod blocks;
mod breaks;
mod columns;
mod day;
mod gaps;
mod smoothing;
pub(crate) mod split;
mod turns;
mod usual;
mod volumes;
pub(crate) mod windows;

use schema::{Candle, Timeframe, UnixMs, Why};

use self::{
    blocks::Blocks,
    breaks::Breaks,
    gaps::Gaps,
    smoothing::Smoothing,
    split::{Changed, Split, Step},
    turns::{Pivots, Turns},
    volumes::Volumes,
    windows::Windows,
};
pub(crate) use self::{
    columns::Columns,
    day::{Day, DayMean},
    smoothing::Smoothed,
    turns::Turn,
    usual::Usual,
    volumes::Profile,
};
use crate::measure::{at_least, divisor, not_older};

/// Bars that a candle measure looks back on.
///
/// Values of smoothed measures (RSI, ATR, ADX, MACD) depend on where their window starts. Here it always starts this many
/// bars back, so a score needs no memory of older bars; what those would add has faded to about 1e-8 of their weight
/// ((13/14)^250 for Wilder's smoothing over 14 bars).
pub const TAIL: usize = 250;

/// Bars before the newest, at most.
pub(crate) const BEFORE: usize = TAIL - 1;

/// The price difference, in average true ranges, below which a sign or a place within a bar counts only in proportion.
///
/// Half a range: measures that turn a whole bar's volume round with one tick would give the score a cliff.
pub(crate) const EDGE: f64 = 0.5;

/// Returns whether the numbers can be a candle's: the rule of [`Candle::check`] without its words, since this runs a thousand times
/// a score.
pub(crate) fn is_candle(c: &Candle) -> bool {
    let enclosed = (c.low <= c.open) & (c.low <= c.close) & (c.open <= c.high) & (c.close <= c.high);
    (c.low > 0.0) & enclosed & (c.high < f64::INFINITY) & (c.volume >= 0.0) & (c.volume < f64::INFINITY)
}

/// Returns the close of the newest closed bar, refused where it is more than three bars back.
pub(crate) fn is_fresh(last: &Candle, timeframe: Timeframe, now: UnixMs) -> Result<UnixMs, Why> {
    let closed_at = UnixMs(last.start.0.saturating_add(timeframe.ms()));
    not_older(closed_at, now, 3 * timeframe.ms()).map(|()| closed_at)
}

/// Returns how many bars a timeframe needs before anything is measured.
pub(crate) const fn least(timeframe: Timeframe) -> usize {
    match timeframe {
        Timeframe::M1 => 100,
        Timeframe::M5 | Timeframe::M30 | Timeframe::H4 => 50,
    }
}

/// The bars of one timeframe: those that closed, the last [`BEFORE`] before the newest, and the newest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    /// Their length in time.
    pub(crate) timeframe: Timeframe,
    /// Every closed bar that was given.
    pub(crate) closed: &'a [Candle],
    /// The bars before the newest, up to [`BEFORE`].
    pub(crate) before: &'a [Candle],
    /// The newest bar: the open one where it counts, else the last that closed.
    pub(crate) newest: Candle,
    /// The close of the newest bar, or the moment of the analysis where that bar is open.
    pub(crate) as_of: UnixMs,
}

impl<'a> Run<'a> {
    /// Takes the last [`TAIL`] bars.
    ///
    /// # Errors
    ///
    /// Too few bars, or bars that are too old.
    pub(crate) fn of(
        timeframe: Timeframe,
        closed: &'a [Candle],
        open: Option<Candle>,
        now: UnixMs,
    ) -> Result<Self, Why> {
        at_least(closed.len(), least(timeframe))?;
        let Some((last, earlier)) = closed.split_last() else { return Err(Why::NotYet) };
        let closed_at = is_fresh(last, timeframe, now)?;
        let open = open.filter(|candle| candle.start > last.start);
        let before = if open.is_some() { closed } else { earlier };
        Ok(Self {
            timeframe,
            closed,
            before: &before[before.len().saturating_sub(BEFORE)..],
            newest: open.unwrap_or(*last),
            as_of: if open.is_some() { now } else { closed_at },
        })
    }
}

/// By what a run of candles is recognised: its first start, its length and the whole of its last candle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mark {
    first: UnixMs,
    len: usize,
    last: Candle,
}

impl Mark {
    /// Returns the mark of a run, none of an empty one.
    pub(crate) fn of(candles: &[Candle]) -> Option<Self> {
        Some(Self { first: candles.first()?.start, len: candles.len(), last: *candles.last()? })
    }

    /// Returns the last candle.
    pub(crate) const fn last(&self) -> &Candle {
        &self.last
    }
}

/// What the bars before the newest leave behind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct History {
    mark: Option<Mark>,
    top: f64,
    bottom: f64,
    parts: Option<(Smoothing, Windows)>,
    flows: Split,
    balances: Split,
    turns: Turns,
    breaks: Breaks,
    gaps: Gaps,
    blocks: Blocks,
    volumes: Volumes,
}

impl History {
    /// Returns a history of nothing.
    pub(crate) fn new() -> Self {
        Self {
            mark: None,
            top: f64::MIN,
            bottom: f64::MAX,
            parts: None,
            flows: Split::NONE,
            balances: Split::NONE,
            turns: Turns::default(),
            breaks: Breaks::default(),
            gaps: Gaps::default(),
            blocks: Blocks::default(),
            volumes: Volumes::NONE,
        }
    }

    /// Digests the bars before the newest, where they are not those that it knows.
    fn follow(&mut self, before: &[Candle]) -> Result<(), Why> {
        let mark = Mark::of(before);
        if self.mark.is_some() && self.mark == mark {
            return Ok(());
        }
        self.mark = None;
        let bars = Columns::of(before)?;
        at_least(bars.len(), windows::LEAST)?;
        let parts = Smoothing::of(&bars).zip(Windows::of(&bars));
        self.blocks.find(&bars, parts.as_ref().map_or(0.0, |(smoothing, _)| smoothing.least_range()));
        self.parts = parts;
        (self.top, self.bottom) = (bars.top, bars.bottom);
        (self.flows, self.balances) = (Split::NONE, Split::NONE);
        let (highs, lows) = (Pivots::of(bars.high(), 1.0), Pivots::of(bars.low(), -1.0));
        self.turns.find(&bars, &highs, &lows);
        self.breaks.find(&bars, &highs, &lows);
        self.gaps.find(&bars);
        self.volumes = Volumes::NONE;
        self.mark = mark;
        Ok(())
    }

    /// Makes everything ready to be measured at a run's newest bar.
    ///
    /// # Errors
    ///
    /// Too few bars, a number that cannot be a candle's, or prices that do not vary.
    pub(crate) fn at(&mut self, run: &Run<'_>) -> Result<Newest<'_>, Why> {
        self.follow(run.before)?;
        let newest = &run.newest;
        if !is_candle(newest) {
            return Err(Why::NotFinite);
        }
        let (top, bottom) = (self.top.max(newest.high), self.bottom.min(newest.low));
        if top <= bottom {
            return Err(Why::Flat);
        }
        let Some((smoothing, windows)) = &self.parts else { return Err(Why::NotYet) };
        let smoothed = smoothing.at(newest);
        let atr = divisor(smoothed.atr, Why::Flat)?;
        let edge = EDGE * atr;
        if !self.flows.holds(edge) {
            self.flows = Split::of(split::money_flows(run.before), edge);
        }
        if !self.balances.holds(edge) {
            self.balances = Split::of(split::balances(run.before), edge);
        }
        if !self.breaks.hold(atr) {
            self.breaks.measure(|bar| run.before[bar].close, atr);
        }
        if !self.volumes.lie_between(bottom, top) {
            let bars = run.before.iter().map(|candle| (candle.high, candle.low, candle.volume));
            self.volumes = Volumes::of(bars, bottom, top);
        }
        self.turns.weigh(newest, atr);
        Ok(Newest {
            smoothed,
            atr,
            windows,
            flow: self.flows.at(&Step::money_flow(newest), edge),
            balances: &self.balances,
            turns: &self.turns,
            breaks: &self.breaks,
            gaps: &self.gaps,
            blocks: &self.blocks,
            profile: self.volumes.at(newest),
        })
    }

    /// Returns how many bytes it has on the heap.
    #[cfg(test)]
    pub(crate) fn heap(&self) -> usize {
        self.turns.heap() + self.breaks.heap() + self.gaps.heap() + self.blocks.heap()
    }
}

/// A history with what depends on the newest bar ready for it.
#[derive(Debug)]
pub(crate) struct Newest<'a> {
    /// Values of the means.
    pub(crate) smoothed: Smoothed,
    /// Average true range over 14 bars, Wilder's smoothing; above zero.
    pub(crate) atr: f64,
    /// Sums and extremes of the last few bars.
    pub(crate) windows: &'a Windows,
    /// The change of the money flow over 20 bars, of which a range below [`EDGE`] makes less.
    pub(crate) flow: Changed,
    /// Signed volume of the bars, split at [`EDGE`].
    pub(crate) balances: &'a Split,
    /// Turning points of highs and lows.
    pub(crate) turns: &'a Turns,
    /// Closes beyond turning points.
    pub(crate) breaks: &'a Breaks,
    /// Open fair-value gaps.
    pub(crate) gaps: &'a Gaps,
    /// Order blocks.
    pub(crate) blocks: &'a Blocks,
    /// At which prices was traded.
    pub(crate) profile: Result<Profile, Why>,
}
