//! Ideas: when one opens, what it is worth, and how bars decide what becomes of it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use analysis::{
    Analysis,
    idea::{Book, ClosedBar, Seen},
    signal::Thresholds,
};
use proptest::{collection::vec, prelude::*};
use schema::{
    ActiveIdeas, Candle, Dimension, Direction, Figure, Lean, Points, Price, Ratio, Schema, Score, Symbol, UnixMs,
    Venue, Why,
    breakdown::{Condition, DimensionBreakdown, Finding, Part},
    ideas::{IdeaSide, Outcome, worth},
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

/// A market of one symbol that is told bar by bar.
struct Market {
    book: Book,
    minutes: Vec<Candle>,
    before: Option<(Analysis, Option<Direction>)>,
}

impl Market {
    fn new() -> Self {
        Self { book: Book::new(&Thresholds::STANDARD), minutes: Vec::new(), before: None }
    }

    fn now(&self) -> UnixMs {
        UnixMs(START + MINUTE * i64::try_from(self.minutes.len()).unwrap())
    }

    /// One more minute: open, high, low and close, and what was found at its close.
    fn bar(&mut self, [open, high, low, close]: [f64; 4], analysis: Analysis, direction: Option<Direction>) {
        let start = self.now();
        self.minutes.push(Candle { start, open, high, low, close, volume: 1.0, turnover: close });
        self.tell(analysis, direction);
    }

    fn tell(&mut self, analysis: Analysis, direction: Option<Direction>) {
        let closed_at = UnixMs(self.minutes.last().unwrap().start.0 + MINUTE);
        self.book.close_bar(&ClosedBar {
            symbol: Symbol::new("BTCUSDT").unwrap(),
            tick: Price::new(0.1).unwrap(),
            closed_at,
            minutes: &self.minutes,
            before: self.before.as_ref().map(|(analysis, direction)| Seen { analysis, direction: *direction }),
            now: Seen { analysis: &analysis, direction },
        });
        self.before = Some((analysis, direction));
    }

    /// A market whose second bar made the symbol long, or short.
    fn with_idea(side: IdeaSide) -> Self {
        let (score, direction) = match side {
            IdeaSide::Long => (75.0, Direction::Long),
            IdeaSide::Short => (25.0, Direction::Short),
        };
        let mut market = Self::new();
        market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
        market.bar([ENTRY; 4], reading(score, 0.9), Some(direction));
        assert_eq!(market.told().open.len(), 1);
        market
    }

    /// The next bar of a symbol that is long.
    fn long(&mut self, prices: [f64; 4]) {
        self.bar(prices, reading(75.0, 0.9), Some(Direction::Long));
    }

    fn told(&mut self) -> ActiveIdeas {
        let (now, last) = (self.now(), self.minutes.last().unwrap().close);
        let told = self.book.told(Venue::Sim, now, |_| Figure::known(Price::new(last).unwrap(), now)).unwrap();
        told.check().unwrap();
        told
    }
}

#[test]
fn an_idea_carries_what_decided_it() {
    let told = Market::with_idea(IdeaSide::Long).told();
    let idea = &told.open[0];
    assert_eq!((idea.side, idea.entry.get(), idea.stop.get()), (IdeaSide::Long, 100.0, 98.0));
    let targets: Vec<_> = idea.targets.iter().map(|target| (target.r.get(), target.price.get())).collect();
    assert_eq!(targets, [(1.5, 103.0), (2.5, 105.0), (4.0, 108.0)]);
    assert_eq!(idea.expires_at.0 - idea.opened_at.0, 24 * 60 * MINUTE);
    assert_eq!((idea.score.get(), idea.score_before.map(Score::get)), (75.0, Some(50.0)));
    assert_eq!((idea.reasons[0].label.as_ref(), idea.reasons[0].contribution.get()), ("CVD", 25.0));
    assert_eq!((idea.shifts[0].dimension, idea.shifts[0].points.get()), (Dimension::Orderflow, 25.0));
    assert_eq!(idea.running.value().unwrap().r.get(), 0.0);
    assert_eq!(told.watched_since, UnixMs(START + MINUTE));
}

#[test]
fn a_symbol_that_was_long_before_it_was_watched_opens_no_idea() {
    let mut market = Market::new();
    market.bar([ENTRY; 4], reading(75.0, 0.9), Some(Direction::Long));
    market.long([ENTRY; 4]);
    assert!(market.told().open.is_empty());
    market.bar([ENTRY; 4], reading(55.0, 0.9), Some(Direction::Neutral));
    market.long([ENTRY; 4]);
    assert_eq!(market.told().open.len(), 1, "it became long under our eyes");
}

#[test]
fn a_reading_of_low_quality_has_to_be_further_from_fifty() {
    for (score, quality, opens) in [(72.0, 0.46, true), (72.0, 0.45, false), (90.0, 0.26, true), (90.0, 0.24, false)] {
        let mut market = Market::new();
        market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
        market.bar([ENTRY; 4], reading(score, quality), Some(Direction::Long));
        assert_eq!(market.told().open.len() == 1, opens, "score {score}, quality {quality}");
    }
    let mut market = Market::new();
    market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
    let unknown = Analysis { quality: Figure::Missing(Why::NotYet), ..reading(90.0, 0.9) };
    market.bar([ENTRY; 4], unknown, Some(Direction::Long));
    let told = market.told();
    assert!(told.open.is_empty(), "a quality that is not known is no good one");
    assert_eq!((told.passed_over.low_quality, told.passed_over.no_stop), (1, 0));
}

#[test]
fn a_bar_that_reaches_the_stop_and_a_target_counts_as_the_stop() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.long([100.0, 109.0, 97.0, 108.0]);
    let told = market.told();
    let ended = told.ended[0];
    assert_eq!((ended.outcome, ended.targets_reached), (Outcome::Stopped, 0));
    assert_eq!(ended.exit.unwrap().r.get(), -1.0);
    assert!(told.open.is_empty(), "no second idea while the symbol stays long");
    assert_eq!((told.counts.stopped, told.counts.n()), (1, 1));
}

#[test]
fn a_bar_that_opens_beyond_the_stop_ends_at_its_open() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.long([97.0, 97.5, 96.0, 97.0]);
    assert_eq!(market.told().ended[0].exit.unwrap().r.get(), -1.5);
}

#[test]
fn targets_are_noted_and_the_last_one_ends_the_idea_at_its_price() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.long([100.0, 105.5, 99.0, 104.0]);
    let told = market.told();
    let reached: Vec<_> = told.open[0].targets.iter().map(|target| target.reached_at.is_some()).collect();
    assert_eq!(reached, [true, true, false]);
    assert_eq!(told.open[0].running.value().unwrap().r.get(), 2.0);
    market.long([104.0, 112.0, 103.0, 111.0]);
    let ended = market.told().ended[0];
    assert_eq!((ended.outcome, ended.targets_reached), (Outcome::TargetReached, 3));
    assert_eq!(ended.exit.unwrap().r.get(), 4.0);
}

#[test]
fn an_idea_ends_when_the_score_leaves_its_side_and_when_its_day_is_over() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.bar([100.0, 101.5, 100.0, 101.0], reading(55.0, 0.9), Some(Direction::Neutral));
    let ended = market.told().ended[0];
    assert_eq!((ended.outcome, ended.exit.unwrap().r.get()), (Outcome::Left, 0.5));

    let mut market = Market::with_idea(IdeaSide::Long);
    for _ in 0..24 * 60 {
        market.long([ENTRY; 4]);
    }
    assert_eq!(market.told().ended[0].outcome, Outcome::Expired);
}

#[test]
fn without_a_true_range_no_stop_is_made_up() {
    let mut market = Market::new();
    market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
    let unknown = Analysis { conditions: Vec::new(), ..reading(90.0, 0.9) };
    market.bar([ENTRY; 4], unknown, Some(Direction::Long));
    let told = market.told();
    assert_eq!((told.open.len(), told.passed_over.low_quality, told.passed_over.no_stop), (0, 0, 1));
}

#[test]
fn a_score_that_is_missing_for_a_while_ends_nothing_and_bars_go_on_deciding() {
    let unscored = || Analysis { score: Figure::Missing(Why::NotYet), ..reading(50.0, 0.9) };
    let mut market = Market::with_idea(IdeaSide::Long);
    market.bar([100.0, 103.5, 100.0, 103.0], unscored(), None);
    assert!(market.told().open[0].targets[0].reached_at.is_some());
    market.long([103.0; 4]);
    assert_eq!(market.told().open.len(), 1, "it pointed nowhere, not to another side");
    market.bar([103.0, 103.0, 97.0, 97.0], unscored(), None);
    assert_eq!(market.told().ended[0].outcome, Outcome::Stopped);
}

#[test]
fn the_opposite_side_ends_one_idea_and_opens_another() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.bar([ENTRY; 4], reading(20.0, 0.9), Some(Direction::Short));
    let told = market.told();
    assert_eq!((told.open[0].side, told.ended[0].side), (IdeaSide::Short, IdeaSide::Long));
}

#[test]
fn what_missing_bars_would_have_decided_is_not_known() {
    let mut market = Market::with_idea(IdeaSide::Long);
    market.long([ENTRY; 4]);
    market.minutes.truncate(1);
    market.minutes[0].start = UnixMs(START + 90 * MINUTE);
    market.tell(reading(75.0, 0.9), Some(Direction::Long));
    let told = market.told();
    assert_eq!((told.ended[0].outcome, told.ended[0].exit), (Outcome::Unknown, None));

    let mut market = Market::with_idea(IdeaSide::Long);
    let much_later = UnixMs(START + 24 * 60 * MINUTE);
    let told = market.book.told(Venue::Sim, much_later, |_| Figure::Missing(Why::NotYet)).unwrap();
    assert_eq!((told.open.len(), told.counts.unknown), (0, 1), "its symbol told nothing for longer than bars are kept");
}

#[test]
fn bars_that_came_late_are_held_against_an_idea_one_by_one() {
    let mut market = Market::with_idea(IdeaSide::Long);
    for low in [99.0, 97.0, 99.0] {
        let start = market.now();
        market.minutes.push(Candle { start, open: 100.0, high: 100.0, low, close: 100.0, volume: 1.0, turnover: 1.0 });
    }
    market.tell(reading(75.0, 0.9), Some(Direction::Long));
    let ended = market.told().ended[0];
    assert_eq!((ended.outcome, ended.ended_at), (Outcome::Stopped, UnixMs(START + 4 * MINUTE)));
}

#[test]
fn the_history_is_bounded_and_its_counts_are_whole() {
    let mut market = Market::new();
    for _ in 0..ActiveIdeas::ENDED + 20 {
        market.bar([ENTRY; 4], reading(50.0, 0.9), Some(Direction::Neutral));
        market.bar([ENTRY; 4], reading(75.0, 0.9), Some(Direction::Long));
    }
    let told = market.told();
    // The last one stands.
    assert_eq!((told.ended.len(), told.counts.n()), (ActiveIdeas::ENDED, 219));
    assert!(told.ended.is_sorted_by(|a, b| a.ended_at >= b.ended_at), "newest first");
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
        let (up, down) = (up.told(), down.told());
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
