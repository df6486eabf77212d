//! What the candles of one symbol say: every candle measure of every timeframe, kept until its candles change.
//!
//! When a bar closes, its timeframe's [`History`] digests the bars anew; when the newest bar moves, the measures are taken
//! against that history again. What is kept here is owned, so it outlives the candles it was made from.

use schema::{Candle, Timeframe, UnixMs, Why};

use crate::{
    Bars,
    frame::{Frame, Sketch},
    input::{PerTimeframe, SymbolInput},
    measure::Measured,
    registry::{CANDLE_ROWS, Measure, REGISTRY},
    series::{Day, DayMean, History, Run, is_fresh},
};

/// What the candles of all timeframes say.
#[derive(Debug, Clone)]
pub(crate) struct Candled {
    timeframes: PerTimeframe<Told>,
    /// The closed bars of the day.
    closed_of_day: Option<Day>,
    /// The day's mean price.
    pub(crate) day: Result<DayMean, Why>,
}

/// What the candles of one timeframe say.
#[derive(Debug, Clone)]
struct Told {
    /// The candles it was measured from.
    mark: Option<Mark>,
    history: History,
    sketch: Result<Sketch, Why>,
    /// One finding per candle row of the registry, in its order.
    found: Vec<Measured>,
}

/// By what candles are recognised: the ends of the closed ones, their number and the whole of the newest, and the open one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mark {
    first: UnixMs,
    len: usize,
    last: Candle,
    open: Option<Candle>,
}

impl Mark {
    fn of(run: &[Candle], open: Option<Candle>) -> Option<Self> {
        Some(Self { first: run.first()?.start, len: run.len(), last: *run.last()?, open })
    }

    /// The closed candles alone.
    const fn closed(self) -> Self {
        Self { open: None, ..self }
    }
}

/// The open candle of a timeframe, where it counts.
const fn open(input: &SymbolInput<'_>, bars: Bars, timeframe: Timeframe) -> Option<Candle> {
    match bars {
        Bars::Closed => None,
        Bars::WithOpen => *input.open.get(timeframe),
    }
}

impl Candled {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { timeframes: PerTimeframe::build(|_| Told::new()), closed_of_day: None, day: Err(Why::NotYet) }
    }

    /// Measures the candles of every timeframe.
    pub(crate) fn of(input: &SymbolInput<'_>, bars: Bars) -> Self {
        let mut candled = Self::new();
        candled.refresh(input, bars);
        candled
    }

    /// Measures those timeframes again whose candles changed or grew old.
    pub(crate) fn refresh(&mut self, input: &SymbolInput<'_>, bars: Bars) {
        for timeframe in Timeframe::ALL {
            let (closed, open) = (*input.candles.get(timeframe), open(input, bars, timeframe));
            let told = self.timeframes.get_mut(timeframe);
            let mark = Mark::of(closed, open);
            let holds = told.holds(mark, timeframe, input.as_of);
            if timeframe == Timeframe::M5 && (self.day.is_err() || !holds) {
                if told.mark.map(Mark::closed) != mark.map(Mark::closed) {
                    self.closed_of_day = None;
                }
                self.day = Day::mean(&mut self.closed_of_day, closed, open.as_ref(), input.as_of);
            }
            // A finding's absence can depend on the moment, so it is never kept.
            if holds && told.sketch.is_ok() {
                told.date(input.as_of);
            } else {
                told.measure(mark, Run::of(timeframe, closed, open, input.as_of));
            }
        }
    }

    /// What other measures need of a timeframe's candles.
    pub(crate) fn sketch(&self, timeframe: Timeframe) -> &Result<Sketch, Why> {
        &self.timeframes.get(timeframe).sketch
    }

    /// What the candle row at a place of the registry's candle rows found.
    pub(crate) fn found(&self, timeframe: Timeframe, row: usize) -> &Measured {
        &self.timeframes.get(timeframe).found[row]
    }
}

impl Told {
    fn new() -> Self {
        let (sketch, found) = (Err(Why::NotYet), vec![Err(Why::NotYet); CANDLE_ROWS]);
        Self { mark: None, history: History::new(), sketch, found }
    }

    /// Takes every candle measure of a run.
    fn measure(&mut self, mark: Option<Mark>, run: Result<Run<'_>, Why>) {
        self.mark = mark;
        match run.and_then(|run| Frame::of(&run, &mut self.history)) {
            Ok(frame) => {
                self.found.clear();
                for row in REGISTRY {
                    if let Measure::Candles(measure) = row.measure {
                        self.found.push(measure(&frame));
                    }
                }
                self.sketch = Ok(frame.sketch());
            }
            Err(why) => {
                self.found.fill(Err(why.clone()));
                self.sketch = Err(why);
            }
        }
    }

    /// Dates what an open bar says to the moment it still holds at, as a new measurement would.
    fn date(&mut self, now: UnixMs) {
        if self.mark.is_some_and(|mark| mark.open.is_some_and(|open| open.start > mark.last.start)) {
            self.sketch.iter_mut().for_each(|sketch| sketch.as_of = now);
            self.found.iter_mut().flatten().for_each(|sub| sub.as_of = now);
        }
    }

    fn holds(&self, mark: Option<Mark>, timeframe: Timeframe, now: UnixMs) -> bool {
        self.mark == mark && mark.is_some_and(|mark| is_fresh(&mark.last, timeframe, now).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::tests::walk;

    #[test]
    fn what_is_kept_of_a_symbol_is_small_beside_its_candles() {
        let candles = walk(3, 400);
        let (open, closed) = candles.split_last().unwrap();
        let mut told = Told::new();
        let run = Run::of(Timeframe::M1, closed, Some(*open), open.start);
        told.measure(Mark::of(closed, Some(*open)), run);
        assert!(told.sketch.is_ok());
        let heap = told.history.heap() + told.found.capacity() * size_of::<Measured>();
        let kept = size_of::<Candled>() + Timeframe::ALL.len() * heap;
        println!("{kept} bytes");
        // 1,180 candles of 56 bytes are 66,080 bytes.
        assert!(kept < 40_000, "{kept} bytes");
    }
}
