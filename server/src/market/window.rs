//! Everything that is known of one symbol.

mod audit;

use std::sync::Arc;

use analysis::{
    Analysis,
    input::{FlowBar, PerTimeframe, SymbolInput},
    signal::SignalState,
};
use arcstr::ArcStr;
use schema::{
    Candle, Direction, Figure, Price, Score, Timeframe, Trade, UnixMs, Why, breakdown::ScorePoint, levels::KeyLevels,
};
use venue::{BookChange, Instrument, Ticker};

pub(crate) use audit::{Audited, Unaudited};

use super::{
    book::{OrderBook, Wrong},
    candles::{Added, CandleRun, aggregate},
    flow::Flow,
    positions::Positions,
    recent::Recent,
};

/// Hourly closes in a row's small line.
const SPARK: usize = 24;
const HOUR_MS: i64 = 3_600_000;
/// Closed-bar scores that are kept: an hour for the trend, and the bar before it.
const SCORES: usize = 61;

/// What has to be asked for over HTTP before the symbol can be scored, or scored again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Needs {
    /// Candles of every timeframe.
    pub(crate) candles: bool,
    /// The latest trades.
    pub(crate) trades: bool,
}

/// The result of the last closed bar.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    /// When the bar closed.
    pub(crate) bar_closed_at: UnixMs,
    /// The score, taken apart.
    pub(crate) analysis: Analysis,
    /// Where it points.
    pub(crate) direction: Option<Direction>,
    /// Prices at which much happened before.
    pub(crate) key_levels: Figure<KeyLevels>,
    /// The end of the newest candle of each timeframe that it was made of.
    pub(crate) until: PerTimeframe<Option<UnixMs>>,
}

/// Everything that is known of one symbol.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) instrument: Instrument,
    /// The name of its base coin, shared with every row that is made of it.
    pub(crate) base: ArcStr,
    /// The last 24 hourly closing prices, oldest first, as of the last bar that was due.
    pub(crate) spark: Arc<Vec<Price>>,
    pub(crate) ticker: Option<Ticker>,
    pub(crate) positions: Positions,
    pub(crate) recorded: Option<Recorded>,
    pub(crate) signal: SignalState,
    /// The score of the open bar, as the last scan measured it.
    pub(crate) forming: Figure<Score>,
    candles: PerTimeframe<CandleRun>,
    open: Option<Candle>,
    flow: Flow,
    book: OrderBook,
    scores: Recent<ScorePoint>,
    as_of: Option<UnixMs>,
    needs: Needs,
    /// Whether every trade is being told.
    hearing: bool,
    bar_due: Option<UnixMs>,
    /// Candles not yet held against the venue's, at most one of each timeframe.
    unaudited: Vec<Unaudited>,
    rewritten: u64,
}

impl Window {
    /// A symbol of which nothing is known but its listing.
    pub(crate) fn new(instrument: Instrument) -> Self {
        Self {
            base: instrument.base.as_str().into(),
            spark: Arc::default(),
            instrument,
            ticker: None,
            positions: Positions::new(),
            recorded: None,
            signal: SignalState::new(),
            forming: Figure::Missing(Why::NotYet),
            candles: PerTimeframe::build(|timeframe| CandleRun::new(timeframe, kept(timeframe).into())),
            open: None,
            flow: Flow::new(),
            book: OrderBook::new(),
            scores: Recent::new(SCORES),
            as_of: None,
            needs: Needs { candles: true, trades: true },
            hearing: false,
            bar_due: None,
            unaudited: Vec::new(),
            rewritten: 0,
        }
    }

    /// The time of the newest input.
    pub(crate) const fn as_of(&self) -> Option<UnixMs> {
        self.as_of
    }

    /// What has to be asked for over HTTP. Trades only once they are told as well: between an answer and the first one
    /// that is told, some would be missing.
    pub(crate) const fn needs(&self) -> Needs {
        Needs { trades: self.needs.trades && self.hearing, ..self.needs }
    }

    /// Whether its history was loaded and has no hole.
    pub(crate) const fn is_loaded(&self) -> bool {
        !self.needs.candles
    }

    /// Closed candles of a timeframe, oldest first.
    pub(crate) fn candles(&self, timeframe: Timeframe) -> &[Candle] {
        self.candles.get(timeframe).as_slice()
    }

    /// What takers bought and sold in each minute that was heard from beginning to end, oldest first.
    pub(crate) fn minutes(&self) -> &[FlowBar] {
        self.flow.bars()
    }

    /// How often closed candles were replaced: by a correction of the venue, or by a history that was loaded again.
    pub(crate) const fn rewritten(&self) -> u64 {
        self.rewritten
    }

    /// The end of the newest closed candle of each timeframe.
    pub(crate) fn closed_until(&self) -> PerTimeframe<Option<UnixMs>> {
        PerTimeframe::build(|timeframe| self.candles.get(timeframe).end())
    }

    /// The candles that the recorded score was made of, oldest first, and the close it belongs to; `None` before one
    /// is recorded. What the venue corrected since is told as it is now.
    pub(crate) fn scored_candles(&self, timeframe: Timeframe) -> Option<(UnixMs, &[Candle])> {
        let recorded = self.recorded.as_ref()?;
        let run = self.candles.get(timeframe).as_slice();
        let until = *recorded.until.get(timeframe);
        let end = until.map_or(0, |until| run.partition_point(|candle| candle.start < until));
        Some((recorded.bar_closed_at, &run[..end]))
    }

    /// Takes the last hourly closes out of half-hour candles.
    pub(crate) fn trace_hours(&mut self) {
        let halves = self.candles(Timeframe::M30);
        let hourly = halves.iter().filter(|candle| (candle.start.0 + Timeframe::M30.ms()) % HOUR_MS == 0);
        let mut closes: Vec<Price> = hourly.filter_map(|candle| Price::new(candle.close).ok()).collect();
        self.spark = Arc::new(closes.split_off(closes.len().saturating_sub(SPARK)));
    }

    /// The close of a bar that has no score yet.
    pub(crate) const fn bar_due(&self) -> Option<UnixMs> {
        self.bar_due
    }

    /// The recorded scores, oldest first, at most 61.
    pub(crate) fn scores(&self) -> &[ScorePoint] {
        self.scores.as_slice()
    }

    /// Takes over the contract's merged state.
    pub(crate) fn take_ticker(&mut self, ticker: Ticker) {
        self.note(ticker.at);
        self.flow.advance(ticker.at);
        if let Some(coins) = ticker.open_interest {
            self.positions.note_open_interest(ticker.at, coins);
        }
        self.ticker = Some(ticker);
    }

    /// Takes in trades.
    pub(crate) fn take_trades(&mut self, trades: Vec<Trade>) {
        for trade in trades {
            self.note(trade.at);
            self.flow.add(trade);
        }
    }

    /// Takes in a change of the book.
    ///
    /// # Errors
    ///
    /// [`Wrong`] when the book contradicts itself since, and has to be fetched again.
    pub(crate) fn take_book(&mut self, at: UnixMs, change: BookChange) -> Result<(), Wrong> {
        self.note(at);
        self.book.apply(at, change)
    }

    /// Takes in a candle of the stream. Only minutes are listened to; longer ones are made of them.
    pub(crate) fn take_candle(&mut self, timeframe: Timeframe, candle: Candle, closed: bool, at: UnixMs) {
        if timeframe != Timeframe::M1 {
            return;
        }
        self.note(at);
        // A contract's candle is told within seconds, whether or not anything is closed by force.
        self.positions.hear(at);
        if !closed {
            // A frame of a bar that was already closed may come late.
            if self.candles.get(Timeframe::M1).end().is_none_or(|end| candle.start >= end) {
                self.open = Some(candle);
            }
            return;
        }
        self.open = self.open.filter(|open| open.start > candle.start);
        match self.candles.get_mut(Timeframe::M1).add(candle) {
            Added::Next => self.close_bar(UnixMs(candle.start.0 + Timeframe::M1.ms())),
            Added::Again => self.rewritten += 1,
            Added::Gap => self.needs.candles = true,
        }
    }

    /// Takes over loaded candles.
    pub(crate) fn load_candles(&mut self, history: PerTimeframe<Vec<Candle>>) {
        let PerTimeframe(histories) = history;
        for (timeframe, history) in Timeframe::ALL.into_iter().zip(histories) {
            self.candles.get_mut(timeframe).load(history);
        }
        self.needs.candles = false;
        self.unaudited.clear();
        self.rewritten += 1;
        // A bar that has its score keeps it: recorded again, it would count twice.
        let scored = self.recorded.as_ref().filter(|recorded| recorded.analysis.score.value().is_some());
        let scored = scored.map(|recorded| recorded.bar_closed_at);
        self.bar_due = self.candles.get(Timeframe::M1).end().filter(|end| scored.is_none_or(|scored| *end > scored));
    }

    /// Takes over loaded trades.
    pub(crate) fn load_trades(&mut self, history: Vec<Trade>) {
        self.flow.load(history);
        self.needs.trades = false;
    }

    /// From now on every trade is told.
    pub(crate) const fn hear_trades(&mut self) {
        self.hearing = true;
    }

    /// Trades were missed: they have to be asked for, and sums may not be continued.
    pub(crate) fn miss_trades(&mut self) {
        self.flow.forget();
        self.positions.lose();
        self.needs.trades = true;
    }

    /// The book was lost with its connection.
    pub(crate) fn lose_book(&mut self) {
        self.book.forget();
    }

    /// The connection was lost, and nothing is told until there is another one.
    pub(crate) fn lose(&mut self) {
        self.miss_trades();
        self.lose_book();
        self.hearing = false;
    }

    /// Lets its history be asked for again.
    pub(crate) const fn ask_again(&mut self) {
        self.needs = Needs { candles: true, trades: true };
    }

    /// Everything as the analysis reads it; `None` before the first input.
    pub(crate) fn input(&self) -> Option<SymbolInput<'_>> {
        Some(SymbolInput {
            as_of: self.as_of?,
            candles: PerTimeframe::build(|timeframe| self.candles.get(timeframe).as_slice()),
            open: PerTimeframe::build(|timeframe| self.open_candle(timeframe)),
            trades: self.flow.trades(),
            flow: self.flow.bars(),
            book: self.book.read(),
            derivatives: self.positions.read(self.ticker.as_ref()),
        })
    }

    /// Records the result of a closed bar. One without a score stays due.
    pub(crate) fn record(&mut self, recorded: Recorded) {
        if let Some(score) = recorded.analysis.score.value() {
            self.bar_due = None;
            self.scores.push(ScorePoint { at: recorded.bar_closed_at, score: *score });
        }
        self.recorded = Some(recorded);
    }

    /// The candle of a timeframe that is still open.
    fn open_candle(&self, timeframe: Timeframe) -> Option<Candle> {
        let open = self.open?;
        if timeframe == Timeframe::M1 {
            return Some(open);
        }
        let start = open.start.floor(timeframe.ms());
        if start == open.start {
            return Some(Candle { start, ..open });
        }
        let minutes = self.candles.get(Timeframe::M1).as_slice();
        if minutes.last().is_none_or(|last| last.start.0 + Timeframe::M1.ms() != open.start.0) {
            return None;
        }
        let mut whole = aggregate(minutes, Timeframe::M1, start)?;
        whole.high = whole.high.max(open.high);
        whole.low = whole.low.min(open.low);
        whole.close = open.close;
        whole.volume += open.volume;
        whole.turnover += open.turnover;
        Some(whole)
    }

    fn close_bar(&mut self, end: UnixMs) {
        self.book.note_depth();
        for timeframe in [Timeframe::M5, Timeframe::M30, Timeframe::H4] {
            if end.floor(timeframe.ms()) != end {
                continue;
            }
            let start = UnixMs(end.0 - timeframe.ms());
            let candle = aggregate(self.candles.get(Timeframe::M1).as_slice(), Timeframe::M1, start);
            match candle.map(|candle| self.candles.get_mut(timeframe).add(candle)) {
                Some(Added::Next) => {
                    self.unaudited.retain(|waiting| waiting.timeframe != timeframe);
                    self.unaudited.push(Unaudited { timeframe, start });
                }
                Some(Added::Again) => self.rewritten += 1,
                Some(Added::Gap) | None => self.needs.candles = true,
            }
        }
        self.bar_due = Some(end);
    }

    fn note(&mut self, at: UnixMs) {
        self.as_of = self.as_of.max(Some(at));
    }
}

/// Closed candles that are kept.
///
/// The analysis looks back 250 bars; beyond them it wants a day of five minutes (VWAP) and the same time on seven days of half
/// hours, so that each weekday counts once (relative volume), and four hours are made of 240 minutes; the rest are a few to spare.
/// At 600 symbols a hundred candles are 3.4 MB.
pub(crate) const fn kept(timeframe: Timeframe) -> u16 {
    match timeframe {
        Timeframe::M1 => 280,
        Timeframe::M5 => 300,
        Timeframe::M30 => 340,
        Timeframe::H4 => 260,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::market::example::instrument;

    fn window() -> Window {
        Window::new(instrument("BTCUSDT"))
    }

    pub(crate) fn candle(start: i64, close: f64) -> Candle {
        Candle { start: UnixMs(start), open: 100.0, high: 110.0, low: 90.0, close, volume: 1.0, turnover: 100.0 }
    }

    pub(crate) fn loaded() -> Window {
        let mut window = window();
        let minutes = (0..60).map(|n| candle(n * 60_000, 100.0)).collect();
        let fives = (0..12).map(|n| candle(n * 300_000, 100.0)).collect();
        let halves = (0..2).map(|n| candle(n * 1_800_000, 100.0)).collect();
        window.load_candles(PerTimeframe([minutes, fives, halves, Vec::new()]));
        window
    }

    #[test]
    fn five_closed_minutes_close_a_longer_bar() {
        let mut window = loaded();
        for n in 60..65 {
            window.take_candle(Timeframe::M1, candle(n * 60_000, 101.0), true, UnixMs((n + 1) * 60_000));
        }
        assert_eq!(window.candles(Timeframe::M5).last().unwrap().start, UnixMs(3_600_000));
        assert_eq!(window.candles(Timeframe::M5).last().unwrap().volume, 5.0);
        assert!(window.is_loaded());
        assert_eq!(window.bar_due(), Some(UnixMs(65 * 60_000)));
    }

    #[test]
    fn a_lost_minute_asks_for_the_history_again() {
        let mut window = loaded();
        window.take_candle(Timeframe::M1, candle(62 * 60_000, 101.0), true, UnixMs(63 * 60_000));
        assert!(window.needs().candles);
    }

    #[test]
    fn the_open_candle_of_a_longer_timeframe_holds_the_closed_minutes() {
        let mut window = loaded();
        window.take_candle(Timeframe::M1, candle(60 * 60_000, 101.0), true, UnixMs(61 * 60_000));
        window.take_candle(Timeframe::M1, candle(61 * 60_000, 105.0), false, UnixMs(61 * 60_000 + 500));
        let input = window.input().unwrap();
        let five = input.open.get(Timeframe::M5).unwrap();
        assert_eq!((five.start, five.close, five.volume), (UnixMs(3_600_000), 105.0, 2.0));
        assert_eq!(input.open.get(Timeframe::M1).unwrap().close, 105.0);
        assert_eq!(input.candles.get(Timeframe::M1).len(), 61, "the open bar is not among the closed ones");
    }

    #[test]
    fn the_candles_of_a_score_end_where_it_was_recorded() {
        let mut window = loaded();
        assert_eq!(window.scored_candles(Timeframe::M1), None);
        let bar_closed_at = window.bar_due().unwrap();
        window.take_candle(Timeframe::M1, candle(bar_closed_at.0, 100.0), false, bar_closed_at);
        let analysis = analysis::analyse(&window.input().unwrap(), analysis::Bars::Closed);
        let until = window.closed_until();
        let key_levels = analysis::key_levels(window.candles(Timeframe::M30), bar_closed_at);
        window.record(Recorded { bar_closed_at, analysis, direction: None, key_levels, until });
        for n in 60..65 {
            window.take_candle(Timeframe::M1, candle(n * 60_000, 101.0), true, UnixMs((n + 1) * 60_000));
        }
        assert_eq!(window.candles(Timeframe::M1).len(), 65);
        let (at, minutes) = window.scored_candles(Timeframe::M1).unwrap();
        assert_eq!((at, minutes.len(), minutes.last().unwrap().start), (bar_closed_at, 60, UnixMs(59 * 60_000)));
        assert_eq!(window.scored_candles(Timeframe::M5).unwrap().1.len(), 12);
        assert_eq!(window.scored_candles(Timeframe::H4).unwrap().1, []);
    }

    #[test]
    fn a_lost_connection_empties_what_may_have_a_hole() {
        let mut window = loaded();
        window.hear_trades();
        window.load_trades(vec![]);
        window.lose();
        assert!(!window.needs().trades, "until trades are told again, an answer would leave a hole");
        window.hear_trades();
        assert!(window.needs().trades);
        assert!(window.input().is_none_or(|input| input.book.is_none() && input.trades.is_empty()));
    }
}
