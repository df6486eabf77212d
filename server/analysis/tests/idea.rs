//! Ideas: when one opens, what it is worth, and how bars decide what becomes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use analysis::{
    Analysis,
    idea::{Book, ClosedBar, CostSettings, IdeaEvent, Seen, Settlements, Tape},
    input::FundingPoint,
    signal::Thresholds,
};
use proptest::{collection::vec, prelude::*};
use schema::{
    ActiveIdeas, Bps, Candle, Dimension, Direction, Figure, Lean, Points, Price, Rate, Ratio, Schema, Score, Side,
    Symbol, Timeframe, Trade, UnixMs, Venue, Why,
    breakdown::{Condition, DimensionBreakdown, Finding, Part},
    ideas::{DropReason, EntryPrice, IdeaSide, Outcome, worth},
    signals::Funding,
};

const MINUTE: i64 = 60_000;
const START: i64 = 1_795_225_860_000;
/// The entry of every idea here; one ATR is 1 % of it, so the stop is 2 away.
const ENTRY: f64 = 100.0;

fn ratio(value: f64) -> Ratio {
    Ratio::new(value).unwrap()
}

/// A reading whose orderflow carries the whole score.
fn reading(score: f64, quality: f64) -> Analysis {
    let (at, points) = (UnixMs(START), Points::new(score - 50.0).unwrap());
    let lean = Lean::new((score - 50.0) / 50.0).unwrap();
    let part = Part {
        id: "cvd".into(),
        label: "CVD".into(),
        unit: "".into(),
        timeframe: None,
        weight: ratio(1.0),
        finding: Figure::known(Finding { raw: score - 50.0, lean, contribution: points, n: 20 }, at),
    };
    Analysis {
        score: Figure::known(Score::new(score).unwrap(), at),
        agreement: Some(ratio(0.75)),
        coverage: ratio(0.875),
        dimensions: vec![DimensionBreakdown {
            dimension: Dimension::Orderflow,
            weight: ratio(1.0),
            coverage: ratio(1.0),
            lean: Figure::known(lean, at),
            contribution: Some(points),
            parts: vec![part],
        }]
        .into(),
        factors: Vec::new().into(),
        conditions: vec![Condition {
            id: "atr_pct".into(),
            label: "ATR (14, 5m)".into(),
            unit: "%".into(),
            value: Figure::known(1.0, at),
        }],
        quality: Figure::known(ratio(quality), at),
    }
}

/// How long after its close a bar is decided.
const DECIDED_AFTER: i64 = 1_000;

/// A market of one symbol, bar by bar, with the trades between.
struct Market {
    book: Book,
    minutes: Vec<Candle>,
    before: Option<(Analysis, Option<Direction>)>,
    trades: Vec<Trade>,
    /// From when on trades are missing.
    missing_from: UnixMs,
    mid: Option<(UnixMs, Price)>,
    timeframe: Timeframe,
    is_of_candles: bool,
    events: Vec<IdeaEvent>,
}

impl Market {
    fn new() -> Self {
        Self {
            book: Book::new(&Thresholds::STANDARD, CostSettings::MEASURED.of(Venue::Bybit)),
            minutes: Vec::new(),
            before: None,
            trades: Vec::new(),
            missing_from: UnixMs(i64::MAX),
            mid: None,
            timeframe: Timeframe::M1,
            is_of_candles: false,
            events: Vec::new(),
        }
    }

    /// One whose candles are all that is known, of five minutes.
    fn of_candles() -> Self {
        Self { timeframe: Timeframe::M5, is_of_candles: true, ..Self::new() }
    }

    fn now(&self) -> UnixMs {
        UnixMs(START + self.timeframe.ms() * i64::try_from(self.minutes.len()).unwrap())
    }

    /// One more minute: open, high, low and close, and what was found at its close.
    fn bar(&mut self, [open, high, low, close]: [f64; 4], analysis: Analysis, direction: Option<Direction>) {
        let start = self.now();
        self.minutes.push(Candle { start, open, high, low, close, volume: 1.0, turnover: close });
        self.close(analysis, direction);
    }

    /// The last bar is decided; what was traded before has come.
    fn close(&mut self, analysis: Analysis, direction: Option<Direction>) {
        let closed_at = UnixMs(self.minutes.last().unwrap().start.0 + self.timeframe.ms());
        if !self.is_of_candles {
            self.follow(closed_at);
        }
        let running = Funding { rate: Rate::new(1e-4).unwrap(), interval_hours: 8, next: UnixMs(START + 900 * MINUTE) };
        self.book.close_bar(
            &ClosedBar {
                symbol: symbol(),
                tick: Price::new(0.1).unwrap(),
                timeframe: self.timeframe,
                is_of_candles: self.is_of_candles,
                closed_at,
                decided_at: UnixMs(closed_at.0 + DECIDED_AFTER),
                candles: &self.minutes,
                before: self.before.as_ref().map(|(analysis, direction)| Seen { analysis, direction: *direction }),
                now: Seen { analysis: &analysis, direction },
                spread: &Figure::known(Bps::new(2.0).unwrap(), closed_at),
                settlements: Some(Settlements { paid: &[], running: Some(running) }).filter(|_| !self.is_of_candles),
            },
            &mut |event| self.events.push(event),
        );
        self.before = Some((analysis, direction));
    }

    /// What was traded before a moment has come.
    fn follow(&mut self, settled_until: UnixMs) {
        let (missing_from, mid) = (self.missing_from, self.mid);
        let tape = Tape {
            symbol: symbol(),
            trades: &self.trades,
            settled_until,
            complete_until: &|from| missing_from.max(from),
            mid_after: &|moment| mid.filter(|(at, _)| *at > moment),
            settlements: Settlements { paid: &[] as &[FundingPoint], running: None },
        };
        self.book.follow(&tape, &mut |event| self.events.push(event));
        self.book.give_up(settled_until, &mut |event| self.events.push(event));
    }

    /// A trade so many milliseconds after the last close.
    fn trade(&mut self, after: i64, price: f64) {
        let at = UnixMs(self.now().0 + after);
        let place = self.trades.partition_point(|trade| trade.at <= at);
        self.trades.insert(place, Trade::new(at, Side::Buy, price, 1.0));
    }

    /// A market whose second bar made the symbol long, or short.
    fn decided(side: IdeaSide) -> Self {
        let (score, direction) = match side {
            IdeaSide::Long => (75.0, Direction::Long),
            IdeaSide::Short => (25.0, Direction::Short),
        };
        let mut market = Self::new();
        market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
        market.bar([ENTRY; 4], reading(score, 0.9), Some(direction));
        assert_eq!(market.active().open.len(), 0, "no price came yet");
        market
    }

    /// One that was entered half a second after its decision, and whose minute of entry is over.
    fn with_idea(side: IdeaSide) -> Self {
        let mut market = Self::decided(side);
        market.trade(1_500, ENTRY);
        let (analysis, direction) = market.before.clone().unwrap();
        market.bar([ENTRY; 4], analysis, direction);
        assert_eq!(market.active().open.len(), 1);
        market
    }

    /// The next bar of a symbol that is long.
    fn long(&mut self, prices: [f64; 4]) {
        self.bar(prices, reading(75.0, 0.9), Some(Direction::Long));
    }

    fn active(&self) -> ActiveIdeas {
        let (now, last) = (self.now(), self.minutes.last().unwrap().close);
        let active = self.book.active(Venue::Sim, |_| Figure::known(Price::new(last).unwrap(), now)).unwrap();
        active.check().unwrap();
        active
    }

    fn dropped(&self) -> Vec<DropReason> {
        let reason = |event: &IdeaEvent| match event {
            IdeaEvent::Dropped(dropped) => Some(dropped.reason),
            _ => None,
        };
        self.events.iter().filter_map(reason).collect()
    }
}

fn symbol() -> Symbol {
    Symbol::new("BTCUSDT").unwrap()
}

#[test]
fn an_idea_enters_at_the_first_trade_after_its_decision() {
    let mut market = Market::decided(IdeaSide::Long);
    let closed_at = market.now();
    // Before the decision, and in its very millisecond.
    market.trade(400, 90.0);
    market.trade(DECIDED_AFTER, 91.0);
    market.trade(1_700, 101.0);
    market.follow(UnixMs(closed_at.0 + 1_700));
    assert!(market.active().open.is_empty(), "one that is late might still come before it");
    // It comes out of order.
    market.trade(1_300, 102.0);
    market.follow(UnixMs(closed_at.0 + 2_000));
    let idea = market.active().open.remove(0);
    assert_eq!((idea.entry.get(), idea.entry_price), (102.0, EntryPrice::Trade));
    assert_eq!(idea.bar_closed_at, closed_at);
    assert_eq!([idea.decided_at, idea.opened_at].map(|at| at.0 - closed_at.0), [1_000, 1_300]);
    assert!((idea.stop.get() - 102.0 * 0.98).abs() < 1e-9, "the stop is placed from the entry");
    assert_eq!(idea.expires_at.0 - idea.opened_at.0, 24 * 60 * MINUTE);
}

#[test]
fn an_idea_without_a_trade_for_a_minute_enters_at_the_mid_of_the_next_book() {
    let mut market = Market::decided(IdeaSide::Long);
    let decided_at = market.now().0 + DECIDED_AFTER;
    market.mid = Some((UnixMs(decided_at + 61_000), Price::new(100.5).unwrap()));
    market.follow(UnixMs(decided_at + MINUTE));
    assert!(market.active().open.is_empty(), "a trade may still come");
    // After the minute it counts no more.
    market.trade(DECIDED_AFTER + 60_500, 99.0);
    market.follow(UnixMs(decided_at + 62_000));
    let idea = market.active().open.remove(0);
    assert_eq!((idea.entry.get(), idea.entry_price), (100.5, EntryPrice::Mid));
    assert_eq!(idea.opened_at.0 - decided_at, 61_000);
}

#[test]
fn an_idea_for_which_no_price_comes_is_dropped_with_its_reason() {
    let mut market = Market::decided(IdeaSide::Long);
    let decided_at = market.now().0 + DECIDED_AFTER;
    market.mid = Some((UnixMs(decided_at + 120_001), Price::new(100.5).unwrap()));
    market.follow(UnixMs(decided_at + 120_000));
    assert!(market.dropped().is_empty());
    market.follow(UnixMs(decided_at + 121_000));
    assert_eq!(market.dropped(), [DropReason::NoPrice]);
    let active = market.active();
    assert_eq!((active.open.len(), active.passed_over.no_price), (0, 1));
}

#[test]
fn an_idea_whose_side_is_left_before_a_price_came_is_dropped() {
    let mut market = Market::decided(IdeaSide::Long);
    market.bar([ENTRY; 4], reading(55.0, 0.9), Some(Direction::Neutral));
    assert_eq!(market.dropped(), [DropReason::Left]);
    market.trade(10, ENTRY);
    market.follow(UnixMs(market.now().0 + 1_000));
    assert_eq!((market.active().open.len(), market.active().passed_over.left), (0, 1));
}

#[test]
fn the_minute_of_the_entry_is_judged_by_trades_after_it_in_their_order() {
    let mut market = Market::decided(IdeaSide::Long);
    let closed_at = market.now().0;
    for (after, price) in [(500, 97.0), (1_500, 100.0), (2_000, 103.2), (3_000, 97.9), (4_000, 109.0)] {
        market.trade(after, price);
    }
    market.follow(UnixMs(closed_at + 5_000));
    let ended = market.active().ended.remove(0);
    // The stop was touched before the last target, and left at the price of that trade, which is worse.
    assert_eq!((ended.outcome, ended.targets_reached), (Outcome::Stopped, 1));
    assert_eq!((ended.ended_at.0 - closed_at, ended.exit.unwrap().price.get()), (3_000, 97.9));
    let hit =
        market.events.iter().any(|event| matches!(event, IdeaEvent::TargetHit { target, .. } if target.r.get() == 1.5));
    assert!(hit, "{:?}", market.events);
}

#[test]
fn the_candle_of_the_minute_of_the_entry_decides_nothing_that_came_before_it() {
    let mut market = Market::decided(IdeaSide::Long);
    market.trade(1_500, ENTRY);
    market.long([100.0, 110.0, 90.0, 100.0]);
    let active = market.active();
    assert_eq!((active.open.len(), active.ended.len()), (1, 0), "its extremes were before the entry");
    market.long([100.0, 100.0, 97.0, 98.0]);
    assert_eq!(market.active().ended[0].outcome, Outcome::Stopped);
}

#[test]
fn a_gap_in_the_trades_of_the_minute_of_the_entry_leaves_the_outcome_unknown_unless_its_candle_proves_it() {
    for (low, outcome) in [(97.0, Some(Outcome::Unknown)), (99.0, None)] {
        let mut market = Market::decided(IdeaSide::Long);
        market.trade(1_500, ENTRY);
        market.missing_from = UnixMs(market.now().0 + 10_000);
        market.long([100.0, 101.0, low, 100.0]);
        let ended = market.active().ended.first().cloned();
        assert_eq!(ended.as_ref().map(|ended| ended.outcome), outcome, "low {low}");
        assert!(ended.is_none_or(|ended| ended.exit.is_none() && ended.net.is_none()), "nothing is guessed");
    }
    // What was traded before the gap is known.
    let mut market = Market::decided(IdeaSide::Long);
    market.trade(1_500, ENTRY);
    market.trade(5_000, 97.0);
    market.missing_from = UnixMs(market.now().0 + 10_000);
    market.long([100.0, 101.0, 97.0, 100.0]);
    assert_eq!(market.active().ended[0].outcome, Outcome::Stopped);
}

#[test]
fn of_candles_alone_an_idea_enters_at_the_open_of_the_next_one() {
    let mut market = Market::of_candles();
    market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
    market.bar([ENTRY; 4], reading(75.0, 0.9), Some(Direction::Long));
    assert!(market.active().open.is_empty());
    market.long([101.0, 102.0, 100.0, 101.5]);
    let idea = market.active().open.remove(0);
    assert_eq!((idea.entry.get(), idea.entry_price), (101.0, EntryPrice::CandleOpen));
    assert_eq!(idea.opened_at, UnixMs(START + 10 * MINUTE));
    assert_eq!(idea.net.r, Figure::Missing(Why::NotOffered), "funding is not reported");
    // And the whole of that candle counts.
    let mut market = Market::of_candles();
    market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
    market.bar([ENTRY; 4], reading(75.0, 0.9), Some(Direction::Long));
    market.long([100.0, 100.0, 97.0, 99.0]);
    assert_eq!(market.active().ended[0].outcome, Outcome::Stopped);
}

#[test]
fn of_candles_alone_an_idea_before_a_hole_is_dropped() {
    let mut market = Market::of_candles();
    market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
    market.bar([ENTRY; 4], reading(75.0, 0.9), Some(Direction::Long));
    market.minutes.truncate(1);
    market.minutes[0].start = UnixMs(START + 60 * MINUTE);
    market.close(reading(75.0, 0.9), Some(Direction::Long));
    assert_eq!(market.dropped(), [DropReason::NoPrice]);
}

#[test]
fn costs_are_kept_part_by_part_and_what_is_left_beside_the_gross_result() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.long([100.0, 100.0, 97.0, 98.0]);
    let ended = market.active().ended.remove(0);
    let net = ended.net.unwrap();
    let bps = |part: &Figure<Bps>| part.value().unwrap().get();
    // Both sides on 100 and 98.
    assert!((bps(&net.costs.fee) - 5.5 * 1.98).abs() < 1e-9 && (bps(&net.costs.spread) - 1.98).abs() < 1e-9);
    assert_eq!(bps(&net.costs.funding), 0.0, "no settlement was due");
    let left = net.r.value().unwrap().get();
    assert!((left - (-1.0 - 6.5 * 1.98 / 200.0)).abs() < 1e-9, "one R is 200 bps: {left}");
    assert_eq!(ended.exit.unwrap().r.get(), -1.0);
}

#[test]
fn an_open_idea_ends_as_unknown_once_its_bars_are_out_of_reach() {
    let mut market = Market::with_idea(IdeaSide::Long);
    let read = market.active();
    assert_eq!(market.active(), read, "reading changes nothing");
    market.follow(UnixMs(market.now().0 + 6 * 60 * MINUTE + 1));
    let active = market.active();
    assert_eq!((active.open.len(), active.counts.unknown), (0, 1));
    assert!(matches!(market.events.last(), Some(IdeaEvent::Ended(_))));
}

#[test]
fn an_idea_carries_what_decided_it() {
    let active = Market::with_idea(IdeaSide::Long).active();
    let idea = &active.open[0];
    assert_eq!((idea.side, idea.entry.get(), idea.stop.get()), (IdeaSide::Long, 100.0, 98.0));
    let targets: Vec<_> = idea.targets.iter().map(|target| (target.r.get(), target.price.get())).collect();
    assert_eq!(targets, [(1.5, 103.0), (2.5, 105.0), (4.0, 108.0)]);
    assert_eq!(idea.expires_at.0 - idea.opened_at.0, 24 * 60 * MINUTE);
    assert_eq!((idea.score.get(), idea.score_before.map(Score::get)), (75.0, Some(50.0)));
    assert_eq!((idea.reasons[0].label.as_ref(), idea.reasons[0].contribution.get()), ("CVD", 25.0));
    assert_eq!((idea.shifts[0].dimension, idea.shifts[0].points.get()), (Dimension::Orderflow, 25.0));
    assert_eq!(idea.running.value().unwrap().r.get(), 0.0);
    assert_eq!(active.watched_since, UnixMs(START + MINUTE));
}

#[test]
fn a_symbol_that_was_long_before_it_was_watched_opens_no_idea() {
    let mut market = Market::new();
    market.bar([ENTRY; 4], reading(75.0, 0.9), Some(Direction::Long));
    market.long([ENTRY; 4]);
    assert!(market.active().open.is_empty());
    market.bar([ENTRY; 4], reading(55.0, 0.9), Some(Direction::Neutral));
    market.long([ENTRY; 4]);
    market.trade(1_500, ENTRY);
    market.follow(UnixMs(market.now().0 + 2_000));
    assert_eq!(market.active().open.len(), 1, "it became long under our eyes");
}

#[test]
fn a_reading_of_low_quality_has_to_be_further_from_fifty() {
    for (score, quality, opens) in [(72.0, 0.46, true), (72.0, 0.45, false), (90.0, 0.26, true), (90.0, 0.24, false)] {
        let mut market = Market::new();
        market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
        market.bar([ENTRY; 4], reading(score, quality), Some(Direction::Long));
        market.trade(1_500, ENTRY);
        market.follow(UnixMs(market.now().0 + 2_000));
        assert_eq!(market.active().open.len() == 1, opens, "score {score}, quality {quality}");
    }
    let mut market = Market::new();
    market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
    let unknown = Analysis { quality: Figure::Missing(Why::NotYet), ..reading(90.0, 0.9) };
    market.bar([ENTRY; 4], unknown, Some(Direction::Long));
    let active = market.active();
    assert!(active.open.is_empty(), "a quality that is not known is no good one");
    assert_eq!((active.passed_over.low_quality, active.passed_over.no_stop), (1, 0));
}

#[test]
fn a_bar_that_reaches_the_stop_and_a_target_counts_as_the_stop() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.long([100.0, 109.0, 97.0, 108.0]);
    let active = market.active();
    let ended = active.ended[0].clone();
    assert_eq!((ended.outcome, ended.targets_reached), (Outcome::Stopped, 0));
    assert_eq!(ended.exit.unwrap().r.get(), -1.0);
    assert!(active.open.is_empty(), "no second idea while the symbol stays long");
    assert_eq!((active.counts.stopped, active.counts.n()), (1, 1));
}

#[test]
fn a_bar_that_opens_beyond_the_stop_ends_at_its_open() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.long([97.0, 97.5, 96.0, 97.0]);
    assert_eq!(market.active().ended[0].exit.unwrap().r.get(), -1.5);
}

#[test]
fn targets_are_noted_and_the_last_one_ends_the_idea_at_its_price() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.long([100.0, 105.5, 99.0, 104.0]);
    let active = market.active();
    let reached: Vec<_> = active.open[0].targets.iter().map(|target| target.reached_at.is_some()).collect();
    assert_eq!(reached, [true, true, false]);
    assert_eq!(active.open[0].running.value().unwrap().r.get(), 2.0);
    market.long([104.0, 112.0, 103.0, 111.0]);
    let ended = market.active().ended[0].clone();
    assert_eq!((ended.outcome, ended.targets_reached), (Outcome::TargetReached, 3));
    assert_eq!(ended.exit.unwrap().r.get(), 4.0);
}

#[test]
fn an_idea_ends_when_the_score_leaves_its_side_and_when_its_day_is_over() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.bar([100.0, 101.5, 100.0, 101.0], reading(55.0, 0.9), Some(Direction::Neutral));
    let ended = market.active().ended[0].clone();
    assert_eq!((ended.outcome, ended.exit.unwrap().r.get()), (Outcome::Left, 0.5));

    let mut market = Market::with_idea(IdeaSide::Long);
    for _ in 0..24 * 60 {
        market.long([ENTRY; 4]);
    }
    assert_eq!(market.active().ended[0].outcome, Outcome::Expired);
}

#[test]
fn without_a_true_range_no_stop_is_made_up() {
    let mut market = Market::new();
    market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
    let unknown = Analysis { conditions: Vec::new(), ..reading(90.0, 0.9) };
    market.bar([ENTRY; 4], unknown, Some(Direction::Long));
    let active = market.active();
    assert_eq!((active.open.len(), active.passed_over.low_quality, active.passed_over.no_stop), (0, 0, 1));
}

#[test]
fn a_score_that_is_missing_for_a_while_ends_nothing_and_bars_go_on_deciding() {
    let unscored = || Analysis { score: Figure::Missing(Why::NotYet), ..reading(50.0, 0.9) };
    let mut market = Market::with_idea(IdeaSide::Long);
    market.bar([100.0, 103.5, 100.0, 103.0], unscored(), None);
    assert!(market.active().open[0].targets[0].reached_at.is_some());
    market.long([103.0; 4]);
    assert_eq!(market.active().open.len(), 1, "it pointed nowhere, not to another side");
    market.bar([103.0, 103.0, 97.0, 97.0], unscored(), None);
    assert_eq!(market.active().ended[0].outcome, Outcome::Stopped);
}

#[test]
fn the_opposite_side_ends_one_idea_and_opens_another() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.bar([ENTRY; 4], reading(20.0, 0.9), Some(Direction::Short));
    market.trade(1_500, ENTRY);
    market.follow(UnixMs(market.now().0 + 2_000));
    let active = market.active();
    assert_eq!((active.open[0].side, active.ended[0].side), (IdeaSide::Short, IdeaSide::Long));
}

#[test]
fn what_missing_bars_would_have_decided_is_not_known() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.long([ENTRY; 4]);
    market.minutes.truncate(1);
    market.minutes[0].start = UnixMs(START + 90 * MINUTE);
    market.close(reading(75.0, 0.9), Some(Direction::Long));
    let active = market.active();
    assert_eq!((active.ended[0].outcome, active.ended[0].exit), (Outcome::Unknown, None));
}

#[test]
fn bars_that_came_late_are_held_against_an_idea_one_by_one() {
    let mut market = Market::with_idea(IdeaSide::Long);
    for low in [99.0, 97.0, 99.0] {
        let start = market.now();
        market.minutes.push(Candle { start, open: 100.0, high: 100.0, low, close: 100.0, volume: 1.0, turnover: 1.0 });
    }
    market.close(reading(75.0, 0.9), Some(Direction::Long));
    let ended = market.active().ended[0].clone();
    assert_eq!((ended.outcome, ended.ended_at), (Outcome::Stopped, UnixMs(START + 5 * MINUTE)));
}

#[test]
fn the_history_is_bounded_and_its_counts_are_whole() {
    let mut market = Market::new();
    for _ in 0..ActiveIdeas::ENDED + 20 {
        market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
        market.bar([ENTRY; 4], reading(75.0, 0.9), Some(Direction::Long));
        market.trade(1_500, ENTRY);
        market.follow(UnixMs(market.now().0 + 2_000));
    }
    let active = market.active();
    // The last one stays open.
    assert_eq!((active.ended.len(), active.counts.n()), (ActiveIdeas::ENDED, 219));
    assert!(active.ended.is_sorted_by(|a, b| a.ended_at >= b.ended_at), "newest first");
}

#[test]
fn at_its_entry_an_idea_of_either_side_is_worth_a_zero_without_a_sign() {
    let price = |price: f64| Price::new(price).unwrap();
    for stop in [99.0, 101.0] {
        assert!(worth(price(100.0), price(stop), 100.0).unwrap().get().is_sign_positive());
    }
}

proptest! {
    #[test]
    fn r_is_minus_one_at_the_stop_and_the_multiple_at_a_target(entry in 1e-6..1e6_f64, share in 1e-4..0.2_f64, r in -3.0..5.0_f64) {
        for sign in [1.0, -1.0] {
            let (at, stop) = (Price::new(entry).unwrap(), Price::new(entry * (1.0 - sign * share)).unwrap());
            let price = entry * (1.0 + sign * r * share);
            prop_assert!((worth(at, stop, price).unwrap().get() - r).abs() < 1e-6);
            prop_assert!((worth(at, stop, stop.get()).unwrap().get() + 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_mirrored_market_gives_the_mirrored_idea(steps in vec((-1.5..1.5_f64, 0.0..3.0_f64, 0.0..3.0_f64), 1..30)) {
        let (mut up, mut down) = (Market::with_idea(IdeaSide::Long), Market::with_idea(IdeaSide::Short));
        let mut open = ENTRY;
        for (step, above, below) in steps {
            let close = open + step;
            let (high, low) = (open.max(close) + above, open.min(close) - below);
            let mirror = |price: f64| 2.0 * ENTRY - price;
            up.bar([open, high, low, close], reading(75.0, 0.9), Some(Direction::Long));
            let mirrored = [mirror(open), mirror(low), mirror(high), mirror(close)];
            down.bar(mirrored, reading(25.0, 0.9), Some(Direction::Short));
            open = close;
        }
        let (up, down) = (up.active(), down.active());
        prop_assert_eq!((up.open.len(), up.ended.len(), up.counts), (down.open.len(), down.ended.len(), down.counts));
        for (a, b) in up.ended.iter().zip(&down.ended) {
            prop_assert_eq!((a.outcome, a.targets_reached, a.ended_at), (b.outcome, b.targets_reached, b.ended_at));
            prop_assert!((a.exit.unwrap().r.get() - b.exit.unwrap().r.get()).abs() < 1e-9);
        }
        for (a, b) in up.open.iter().zip(&down.open) {
            prop_assert!((a.running.value().unwrap().r.get() - b.running.value().unwrap().r.get()).abs() < 1e-9);
            prop_assert!((a.entry.get() - a.stop.get() + b.entry.get() - b.stop.get()).abs() < 1e-9);
        }
    }
}
