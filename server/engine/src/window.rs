//! Everything that is known of one symbol.

mod audit;
mod close;
mod tape;

use std::sync::Arc;

use analysis::{
    Analysis, Bars, Scorer,
    input::{FlowBar, PerTimeframe, SymbolInput},
    signal::SignalState,
};
use arcstr::ArcStr;
use schema::{
    Bps, Candle, Direction, Figure, Price, Score, Timeframe, Trade, UnixMs, Why, breakdown::ScorePoint,
    levels::KeyLevels,
};
use serde::{Deserialize, Serialize};
use venue::{BookChange, History, Instrument, Kline, Ticker};

pub use audit::{Audited, Unaudited};
pub(crate) use close::{Decided, TOLERANCE_MS};

use crate::{
    book::{FrozenBook, OrderBook, Wrong},
    candles::{Added, CandleRun, aggregate},
    derivatives::DerivativesData,
    flow::Flow,
    recent::Recent,
};

/// Hourly closes in a row's small line.
const SPARK: usize = 24;
const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// Closed-bar scores that are kept: an hour for the trend, and the bar before it.
const SCORES: usize = 61;

/// What has to be fetched over HTTP before the symbol can be scored, or scored again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Candles of every timeframe.
    pub candles: bool,
    /// The latest trades.
    pub trades: bool,
}

/// The result of the last closed bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// When the bar closed.
    pub bar_closed_at: UnixMs,
    /// When it was decided: session time, and the earliest moment at which anyone could act on it.
    pub decided_at: UnixMs,
    /// The second of the exchange's time in which it was decided, its end: whatever this machine's clock says, what is traded later is
    /// traded after the decision.
    pub decided_at_market: UnixMs,
    /// Whether it closed before the start: its candles end with it, everything else is of when it was decided. It counts for what is
    /// shown and for no record of what followed.
    pub is_late: bool,
    /// The last price of the bar.
    pub close: f64,
    /// The difference of the best quotes at its end, in bps of their mid price.
    pub spread: Figure<Bps>,
    /// The score, taken apart.
    pub analysis: Analysis,
    /// Where it points.
    pub direction: Option<Direction>,
    /// Prices at which much happened before.
    pub key_levels: Figure<KeyLevels>,
    /// The end of the newest candle of each timeframe that it was made of.
    pub until: PerTimeframe<Option<UnixMs>>,
}

/// The running candle as the venue sent it last.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Running {
    candle: Candle,
    /// When the venue sent it.
    at: UnixMs,
}

/// What a bar that has ended is decided from, where its stream has gone on since.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Frozen {
    /// The book before its first change after the end; none within where none was held.
    book: Option<Option<FrozenBook>>,
    ticker: Option<Ticker>,
}

/// Everything that is known of one symbol. Only the engine changes it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Window {
    /// The contract as it is listed.
    pub(crate) instrument: Instrument,
    /// The name of its base coin, shared with every row that is made of it.
    pub(crate) base: ArcStr,
    /// The last 24 hourly closing prices, oldest first, as of the last bar that was decided.
    pub(crate) spark: Arc<Vec<Price>>,
    /// Its state; none before the first.
    pub(crate) ticker: Option<Ticker>,
    /// Open interest, funding, accounts and liquidations.
    pub(crate) derivatives: DerivativesData,
    /// The last bar that was decided.
    pub(crate) recorded: Option<Arc<Recorded>>,
    /// The score of the open bar, as the last scan measured it: of all that is here the one thing that others write.
    #[serde(skip, default = "not_yet")]
    pub forming: Figure<Score>,
    signal: SignalState,
    history: History,
    candles: PerTimeframe<CandleRun>,
    /// Whether the history of a timeframe has to be fetched.
    missing: PerTimeframe<bool>,
    running: Option<Running>,
    /// The running candle of the minute before, where its final form has not come yet.
    unfinished: Option<Running>,
    flow: Flow,
    needs_trades: bool,
    /// Whether every trade is being received.
    subscribed: bool,
    book: OrderBook,
    scores: Recent<ScorePoint>,
    as_of: Option<UnixMs>,
    /// The end of the bar that is decided next; none before the first second.
    due: Option<UnixMs>,
    frozen: Frozen,
    /// Candles not yet compared with the venue's, at most one of each timeframe.
    unaudited: Vec<Unaudited>,
    rewritten: u64,
    /// What is kept of candles between two scores; a new one gives the same.
    #[serde(skip, default = "new_scorer")]
    scorer: Scorer,
}

/// What a new window has of the score that others measure.
const fn not_yet() -> Figure<Score> {
    Figure::Missing(Why::NotYet)
}

/// What a new window has of candles that were scored.
const fn new_scorer() -> Scorer {
    Scorer::new(Bars::WithOpen)
}

impl Window {
    /// A symbol of which nothing is known but its listing.
    #[must_use]
    pub fn new(instrument: Instrument, history: History) -> Self {
        Self {
            base: instrument.base.as_str().into(),
            spark: Arc::default(),
            instrument,
            ticker: None,
            derivatives: DerivativesData::new(),
            recorded: None,
            forming: not_yet(),
            signal: SignalState::new(),
            history,
            candles: PerTimeframe::build(|timeframe| CandleRun::new(timeframe, kept(timeframe).into())),
            missing: PerTimeframe([history == History::Fetched; 4]),
            running: None,
            unfinished: None,
            flow: Flow::new(),
            needs_trades: true,
            subscribed: false,
            book: OrderBook::new(),
            scores: Recent::new(SCORES),
            as_of: None,
            due: None,
            frozen: Frozen::default(),
            unaudited: Vec::new(),
            rewritten: 0,
            scorer: new_scorer(),
        }
    }

    /// The contract as it is listed.
    #[must_use]
    pub const fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    /// The name of its base coin, shared with every row that is made of it.
    #[must_use]
    pub fn base(&self) -> ArcStr {
        self.base.clone()
    }

    /// The last 24 hourly closing prices, oldest first, as of the last bar that was decided.
    #[must_use]
    pub fn spark(&self) -> Arc<Vec<Price>> {
        Arc::clone(&self.spark)
    }

    /// Its state; none before the first.
    #[must_use]
    pub const fn ticker(&self) -> Option<&Ticker> {
        self.ticker.as_ref()
    }

    /// Open interest, funding, accounts and liquidations.
    #[must_use]
    pub const fn derivatives(&self) -> &DerivativesData {
        &self.derivatives
    }

    /// The last bar that was decided.
    #[must_use]
    pub const fn recorded(&self) -> Option<&Arc<Recorded>> {
        self.recorded.as_ref()
    }

    /// The time of the newest input.
    #[must_use]
    pub const fn as_of(&self) -> Option<UnixMs> {
        self.as_of
    }

    /// What has to be fetched over HTTP. Trades only once they are subscribed as well: between an answer and the first one of the
    /// stream, some would be missing.
    #[must_use]
    pub fn needs(&self) -> Needs {
        Needs { candles: !self.is_loaded(), trades: self.needs_trades && self.subscribed }
    }

    /// Whether its history was loaded and has no hole.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.missing.0.iter().all(|missing| !missing)
    }

    /// The length of the candles that are received; longer ones are made of them. Each is a bar.
    #[must_use]
    pub const fn finest(&self) -> Timeframe {
        match self.history {
            History::Fetched => Timeframe::M1,
            History::Grown(timeframe) => timeframe,
        }
    }

    /// Whether every trade is being received.
    #[must_use]
    pub const fn is_subscribed(&self) -> bool {
        self.subscribed
    }

    /// Closed candles of a timeframe, oldest first.
    #[must_use]
    pub fn candles(&self, timeframe: Timeframe) -> &[Candle] {
        self.candles.get(timeframe).as_slice()
    }

    /// What takers bought and sold in each minute that has ended, oldest first, with the share of it that was received.
    #[must_use]
    pub fn minutes(&self) -> &[FlowBar] {
        self.flow.minutes_until(self.as_of.unwrap_or(UnixMs(i64::MIN)))
    }

    /// How often closed candles were replaced: by a correction of the venue, or by a history that was loaded again.
    #[must_use]
    pub const fn rewritten(&self) -> u64 {
        self.rewritten
    }

    /// The candles that the recorded score was made of, oldest first, and the close it belongs to; `None` before one
    /// is recorded. What the venue corrected since is shown as it is now.
    #[must_use]
    pub fn scored_candles(&self, timeframe: Timeframe) -> Option<(UnixMs, &[Candle])> {
        let recorded = self.recorded.as_ref()?;
        let run = self.candles.get(timeframe).as_slice();
        let until = *recorded.until.get(timeframe);
        let end = until.map_or(0, |until| run.partition_point(|candle| candle.start < until));
        Some((recorded.bar_closed_at, &run[..end]))
    }

    /// The recorded scores, oldest first, at most 61.
    #[must_use]
    pub fn scores(&self) -> &[ScorePoint] {
        self.scores.as_slice()
    }

    /// Everything as the analysis reads it now; `None` before the first input.
    #[must_use]
    pub fn input(&self) -> Option<SymbolInput<'_>> {
        let as_of = self.as_of?;
        Some(SymbolInput {
            as_of,
            candles: PerTimeframe::build(|timeframe| self.candles.get(timeframe).as_slice()),
            open: PerTimeframe::build(|timeframe| self.open_candle(timeframe)),
            trades: self.flow.latest(),
            flow: self.flow.minutes_until(as_of),
            book: self.book.read(),
            derivatives: self.derivatives.read(self.ticker.as_ref()),
        })
    }

    /// Scores the open bars as they would be recorded if they closed now, without an explanation; `None` before the first input.
    pub fn score_forming(&mut self) -> Option<Figure<Score>> {
        self.scored(|scorer, window| window.input().map(|input| scorer.score(&input)))
    }

    /// Scores the open bars like [`Window::score_forming`], taken apart.
    pub fn analyse_forming(&mut self) -> Option<Analysis> {
        self.scored(|scorer, window| window.input().map(|input| scorer.analyse(&input)))
    }

    /// Lends the scorer out beside the window that it reads.
    fn scored<T>(&mut self, score: impl FnOnce(&mut Scorer, &Self) -> T) -> T {
        let mut scorer = std::mem::replace(&mut self.scorer, new_scorer());
        let scored = score(&mut scorer, self);
        self.scorer = scorer;
        scored
    }

    /// Closed candles were replaced.
    fn note_rewritten(&mut self) {
        self.rewritten += 1;
        self.scorer.forget();
    }

    /// Takes over the contract's merged state.
    pub(crate) fn take_ticker(&mut self, ticker: Ticker) {
        self.note(ticker.at);
        self.flow.advance(ticker.at);
        if let Some(coins) = ticker.open_interest {
            self.derivatives.note_open_interest(ticker.at, coins);
        }
        if self.has_ended(ticker.at) && self.frozen.ticker.is_none() {
            self.frozen.ticker = self.ticker.take().filter(|before| !self.has_ended(before.at));
        }
        self.ticker = Some(ticker);
    }

    /// Takes in trades of the stream.
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
        self.freeze_book(at);
        self.book.apply(at, change)
    }

    /// Takes in a candle of the stream. Only minutes are subscribed; longer ones are made of them.
    pub(crate) fn take_candle(&mut self, timeframe: Timeframe, kline: Kline, closed: bool, at: UnixMs) {
        let Kline { candle, .. } = kline;
        if timeframe != self.finest() {
            return;
        }
        self.note(at);
        // A contract's candle comes within seconds, whether or not anything is closed by force.
        self.derivatives.resume(at);
        let ended = self.candles.get(timeframe).end();
        if !closed {
            // A frame of a bar that was already closed may come late.
            if ended.is_some_and(|end| candle.start < end) {
                return;
            }
            match self.running.filter(|running| running.candle.start < candle.start) {
                Some(before) => self.unfinished = Some(before),
                None if self.running.is_some_and(|running| running.candle.start > candle.start) => return,
                None => {}
            }
            self.running = Some(Running { candle, at });
            return;
        }
        if let Some(sum) = taker_sum(&kline).filter(|_| timeframe == Timeframe::M1) {
            self.flow.load_minutes(&[sum]);
        }
        self.add_bar(candle);
    }

    /// Adds a closed candle of the shortest, and the longer ones that it completes.
    fn add_bar(&mut self, candle: Candle) {
        let finest = self.finest();
        self.running = self.running.filter(|running| running.candle.start > candle.start);
        self.unfinished = self.unfinished.filter(|running| running.candle.start > candle.start);
        let held = self.candles.get(finest).as_slice();
        let same = held.binary_search_by_key(&candle.start, |held| held.start).is_ok_and(|place| held[place] == candle);
        if same {
            return;
        }
        match self.candles.get_mut(finest).add(candle) {
            Added::Next => self.complete_longer(UnixMs(candle.start.0 + finest.ms())),
            Added::Again => self.note_rewritten(),
            Added::Gap => {
                self.restart_or_fetch(finest, candle);
                self.complete_longer(UnixMs(candle.start.0 + finest.ms()));
            }
        }
    }

    /// Takes over candles of an answer for `limit` of them, oldest first.
    pub(crate) fn load_candles(&mut self, timeframe: Timeframe, limit: u16, answer: &[Kline]) {
        self.unaudited.retain(|waiting| waiting.timeframe != timeframe);
        let Some(last) = answer.last().map(|kline| kline.candle.start) else {
            // A contract that was just listed has no longer candles yet.
            *self.missing.get_mut(timeframe) &= limit < kept(timeframe);
            return;
        };
        if timeframe == Timeframe::M1 {
            let sums: Vec<FlowBar> = answer.iter().filter_map(taker_sum).collect();
            self.flow.load_minutes(&sums);
            let closed = UnixMs(last.0 + MINUTE_MS);
            self.running = self.running.filter(|running| running.candle.start >= closed);
            self.unfinished = self.unfinished.filter(|running| running.candle.start >= closed);
        }
        let run = self.candles.get_mut(timeframe);
        let merged = run.merge(answer.iter().map(|kline| kline.candle), audit::is_same);
        let joined = run.as_slice().first().is_some_and(|first| first.start <= last);
        if limit >= kept(timeframe) {
            *self.missing.get_mut(timeframe) = !joined;
            self.note_rewritten();
        } else if merged.corrected {
            // Others of the same time may be as wrong.
            self.missing = PerTimeframe([true; 4]);
            self.note_rewritten();
        } else if merged.replaced {
            // The numbers of the venue in place of those that were measured: they say the same, and not to the last digit.
            self.scorer.forget();
        }
    }

    /// Takes over trades of an answer.
    pub(crate) fn load_trades(&mut self, history: &[Trade]) {
        self.flow.load(history);
        self.needs_trades = false;
    }

    /// From now on every trade is received.
    pub(crate) const fn resume_trades(&mut self) {
        self.subscribed = true;
        self.flow.grant();
    }

    /// Trades and liquidations were missed: trades have to be fetched. What was received stays.
    pub(crate) fn miss_trades(&mut self) {
        if let Some(since) = self.as_of {
            self.flow.pause(since);
            self.derivatives.pause(since);
        }
        self.needs_trades = true;
        if self.subscribed {
            self.flow.grant();
        }
    }

    /// The book was lost with its connection.
    pub(crate) fn lose_book(&mut self, now: UnixMs) {
        self.freeze_book(now);
        self.book.forget();
    }

    /// The connection was lost, and nothing is received until there is another one.
    pub(crate) fn lose(&mut self, now: UnixMs) {
        self.subscribed = false;
        self.miss_trades();
        self.lose_book(now);
    }

    /// Lets its history be fetched again.
    pub(crate) const fn fetch_again(&mut self) {
        self.missing = PerTimeframe([true; 4]);
        self.needs_trades = true;
    }

    /// The candle of a timeframe that is still open.
    fn open_candle(&self, timeframe: Timeframe) -> Option<Candle> {
        let open = self.running?.candle;
        if timeframe == Timeframe::M1 {
            return Some(open);
        }
        let start = open.start.floor(timeframe.ms());
        if start == open.start {
            return Some(Candle { start, ..open });
        }
        let minutes = self.candles.get(Timeframe::M1).as_slice();
        if minutes.last().is_none_or(|last| last.start.0 + MINUTE_MS != open.start.0) {
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

    /// A candle leaves a hole behind the others.
    fn restart_or_fetch(&mut self, timeframe: Timeframe, candle: Candle) {
        match self.history {
            History::Fetched => self.missing = PerTimeframe([true; 4]),
            History::Grown(_) => {
                self.candles.get_mut(timeframe).merge([candle], audit::is_same);
                self.note_rewritten();
            }
        }
    }

    /// Makes the longer candles that end with one of the shortest.
    fn complete_longer(&mut self, end: UnixMs) {
        let finest = self.finest();
        for timeframe in Timeframe::ALL {
            if timeframe <= finest || end.floor(timeframe.ms()) != end {
                continue;
            }
            let start = UnixMs(end.0 - timeframe.ms());
            let candle = aggregate(self.candles.get(finest).as_slice(), finest, start);
            let added = candle.map(|candle| (candle, self.candles.get_mut(timeframe).add(candle)));
            match added {
                Some((_, Added::Next)) if self.history == History::Fetched => {
                    self.unaudited.retain(|waiting| waiting.timeframe != timeframe);
                    self.unaudited.push(Unaudited { timeframe, start });
                }
                Some((_, Added::Next)) => {}
                Some((_, Added::Again)) => self.note_rewritten(),
                Some((candle, Added::Gap)) => self.restart_or_fetch(timeframe, candle),
                None => *self.missing.get_mut(timeframe) |= self.history == History::Fetched,
            }
        }
    }

    fn note(&mut self, at: UnixMs) {
        self.as_of = self.as_of.max(Some(at));
        self.flow.note(at);
    }
}

/// What takers bought and sold of a closed minute, by the venue's own sums.
fn taker_sum(Kline { candle, taker_buy }: &Kline) -> Option<FlowBar> {
    let bought = (*taker_buy)?;
    Some(FlowBar::of_venue(candle.start, bought, (candle.volume - bought).max(0.0)))
}

/// Closed candles that are kept.
///
/// The analysis looks back 250 bars; beyond them it wants a day of five minutes (VWAP) and the same time on seven days of half
/// hours, so that each weekday counts once (relative volume), and four hours are made of 240 minutes; the rest are a few to spare.
/// At 600 symbols a hundred candles are 3.4 MB.
#[must_use]
pub const fn kept(timeframe: Timeframe) -> u16 {
    match timeframe {
        Timeframe::M1 => 280,
        Timeframe::M5 => 300,
        Timeframe::M30 => 340,
        Timeframe::H4 => 260,
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use schema::Symbol;

    use super::*;

    fn window() -> Window {
        let btc = Symbol::new("BTCUSDT").unwrap();
        Window::new(Instrument::usdt_perpetual(btc, 0.1, UnixMs(0)), History::Fetched)
    }

    pub(crate) fn candle(start: i64, close: f64) -> Candle {
        Candle { start: UnixMs(start), open: 100.0, high: 110.0, low: 90.0, close, volume: 1.0, turnover: 100.0 }
    }

    pub(crate) fn loaded() -> Window {
        let mut window = window();
        for (timeframe, n) in Timeframe::ALL.into_iter().zip([60, 12, 2, 1]) {
            let first = if timeframe == Timeframe::H4 { -14_400_000 } else { 0 };
            let answer: Vec<Kline> = (0..n).map(|n| candle(first + n * timeframe.ms(), 100.0).into()).collect();
            window.load_candles(timeframe, kept(timeframe), &answer);
        }
        window
    }

    /// The minute that starts at a minute of the hour after.
    fn close_minute(window: &mut Window, minute: i64, close: f64) {
        let at = UnixMs((minute + 1) * 60_000);
        window.take_candle(Timeframe::M1, candle(minute * 60_000, close).into(), true, at);
    }

    #[test]
    fn five_closed_minutes_close_a_longer_bar() {
        let mut window = loaded();
        for n in 60..65 {
            close_minute(&mut window, n, 101.0);
        }
        assert_eq!(window.candles(Timeframe::M5).last().unwrap().start, UnixMs(3_600_000));
        assert_eq!(window.candles(Timeframe::M5).last().unwrap().volume, 5.0);
        assert!(window.is_loaded());
    }

    #[test]
    fn a_lost_minute_asks_for_the_history_again() {
        let mut window = loaded();
        close_minute(&mut window, 62, 101.0);
        assert!(window.needs().candles);
    }

    #[test]
    fn the_open_candle_of_a_longer_timeframe_holds_the_closed_minutes() {
        let mut window = loaded();
        close_minute(&mut window, 60, 101.0);
        let at = UnixMs(61 * 60_000 + 500);
        window.take_candle(Timeframe::M1, candle(61 * 60_000, 105.0).into(), false, at);
        let input = window.input().unwrap();
        let five = input.open.get(Timeframe::M5).unwrap();
        assert_eq!((five.start, five.close, five.volume), (UnixMs(3_600_000), 105.0, 2.0));
        assert_eq!(input.open.get(Timeframe::M1).unwrap().close, 105.0);
        assert_eq!(input.candles.get(Timeframe::M1).len(), 61, "the open bar is not among the closed ones");
    }

    #[test]
    fn an_answer_that_the_stream_left_behind_is_fetched_again() {
        let mut window = window();
        window.load_candles(Timeframe::M5, 2, &[candle(3_000_000, 100.0).into()]);
        window.load_candles(Timeframe::M5, kept(Timeframe::M5), &[candle(0, 100.0).into()]);
        assert!(*window.missing.get(Timeframe::M5), "there is a hole between the answer and what came meanwhile");
        let answer: Vec<Kline> = (0..11).map(|n| candle(n * 300_000, 100.0).into()).collect();
        window.load_candles(Timeframe::M5, kept(Timeframe::M5), &answer);
        assert!(!*window.missing.get(Timeframe::M5));
    }

    #[test]
    fn a_lost_connection_asks_for_trades_once_they_are_subscribed_again() {
        let mut window = loaded();
        window.resume_trades();
        window.load_trades(&[]);
        assert!(!window.needs().trades);
        window.lose(UnixMs(3));
        assert!(!window.needs().trades, "until trades are subscribed again, an answer would leave a hole");
        window.resume_trades();
        assert!(window.needs().trades);
    }
}
