//! A scorer that keeps what closed candles said returns what measuring everything again would.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/world.rs"]
mod world;

use analysis::{Bars, Scorer, analyse, input::SymbolInput};
use proptest::{
    prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest},
    test_runner::Config,
};
use schema::{Candle, Timeframe, UnixMs};
use world::{NOW, World};

/// What can happen between two scores.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// Time goes to so many seconds before the end of the record; bars close on the way.
    Jump(i64),
    /// Time goes on by some seconds, with candles or without.
    Tick { seconds: i64, candles: bool },
    /// Trades, book and positions change.
    Flow(u64),
    /// The venue corrects the newest candle of a timeframe.
    Correct(usize, f64),
    /// A trade moves the open candle of a timeframe.
    Trade(usize, f64),
    /// The open candle of a timeframe begins, or is gone.
    Begin(usize, bool),
    /// A timeframe's candles are gone.
    Lose(usize),
    /// Everything is loaded again.
    Reload,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0..20_000_i64).prop_map(Event::Jump),
        5 => (1..200_i64, any::<bool>()).prop_map(|(seconds, candles)| Event::Tick { seconds, candles }),
        3 => any::<u64>().prop_map(Event::Flow),
        2 => (0..4_usize, prop_oneof![4 => 0.999..1.001_f64, 1 => Just(f64::NAN)]).prop_map(|(i, k)| Event::Correct(i, k)),
        3 => (0..4_usize, prop_oneof![4 => 0.999..1.001_f64, 1 => Just(f64::NAN)]).prop_map(|(i, k)| Event::Trade(i, k)),
        2 => (0..4_usize, any::<bool>()).prop_map(|(i, begins)| Event::Begin(i, begins)),
        1 => (0..4_usize).prop_map(Event::Lose),
        1 => Just(Event::Reload),
    ]
}

/// The closed candles of a run at a moment, as the server would hold them.
fn closed(run: &[Candle], timeframe: Timeframe, now: UnixMs, most: usize) -> Vec<Candle> {
    let known = run.partition_point(|candle| candle.start.0 + timeframe.ms() <= now.0);
    run[known.saturating_sub(most)..known].to_vec()
}

proptest! {
    #![proptest_config(Config::with_cases(96))]

    #[test]
    fn a_scorer_says_what_the_full_analysis_says(
        seed in any::<u64>(), events in proptest::collection::vec(event(), 1..14), asked_twice in any::<bool>(),
    ) {
        let source = World::new(seed, [700, 400, 200, 150], 0.0);
        let mut world = source.clone();
        let mut now = NOW;
        let mut scorers = [Bars::Closed, Bars::WithOpen].map(|bars| (bars, Scorer::new(bars)));
        let load = |now: UnixMs| -> [Vec<Candle>; 4] {
            std::array::from_fn(|i| closed(&source.candles[i], Timeframe::ALL[i], now, [300, 300, 120, 100][i]))
        };
        world.candles = load(now);
        for event in events {
            match event {
                Event::Jump(seconds) => {
                    now = UnixMs(NOW.0 - 1_000 * seconds);
                    world.candles = load(now);
                }
                Event::Tick { seconds, candles } => {
                    now = UnixMs(now.0 + 1_000 * seconds);
                    if candles {
                        world.candles = load(now);
                    }
                }
                Event::Flow(other) => {
                    let live = World::new(other, [1, 1, 1, 1], 0.0);
                    world = World { candles: world.candles, open: world.open, flow: world.flow, ..live };
                }
                Event::Correct(i, k) => {
                    if let Some(last) = world.candles[i].last_mut() {
                        last.close = if k.is_nan() { k } else { (last.close * k).clamp(last.low, last.high) };
                    }
                }
                Event::Trade(i, k) => {
                    if let Some(open) = world.open[i].as_mut() {
                        open.close = if k.is_nan() { k } else { (open.close * k).clamp(open.low, open.high) };
                    }
                }
                Event::Begin(i, begins) => world.open[i] = source.open[i].filter(|_| begins),
                Event::Lose(i) => world.candles[i].clear(),
                Event::Reload => {
                    world.candles = load(now);
                    for (_, scorer) in &mut scorers {
                        scorer.forget();
                    }
                }
            }
            let input = SymbolInput { as_of: now, ..world.input() };
            for (bars, scorer) in &mut scorers {
                let whole = analyse(&input, *bars);
                prop_assert_eq!(scorer.score(&input), whole.score.clone(), "{:?} after {:?}", bars, event);
                prop_assert_eq!(scorer.analyse(&input), whole, "{:?} after {:?}", bars, event);
                let halves = input.candles.get(Timeframe::M30);
                let found = analysis::key_levels(halves, input.as_of);
                prop_assert_eq!(scorer.key_levels(halves, input.as_of), found, "{:?} after {:?}", bars, event);
                if asked_twice {
                    let closed = analyse(&input, Bars::Closed);
                    prop_assert_eq!(scorer.analyse_closed(&input), closed, "closed of {:?} after {:?}", bars, event);
                }
            }
        }
    }
}

#[test]
fn an_open_bar_does_not_touch_what_a_scorer_of_closed_bars_says() {
    let world = World::small(2);
    let (mut closed, mut forming) = (Scorer::new(Bars::Closed), Scorer::new(Bars::WithOpen));
    let first = (closed.analyse(&world.input()), forming.analyse(&world.input()));
    let mut moved = world.clone();
    for open in moved.open.iter_mut().flatten() {
        open.close = open.high;
    }
    assert_eq!(closed.analyse(&moved.input()), first.0);
    assert_ne!(forming.analyse(&moved.input()).score, first.1.score, "a forming score follows the open bar");
}

#[test]
fn a_bar_that_closes_is_measured() {
    let world = World::new(5, [300, 130, 120, 110], 0.0);
    let mut before = world.clone();
    before.candles[0].pop();
    let mut scorer = Scorer::new(Bars::Closed);
    let rsi = |analysis: &analysis::Analysis| {
        let mut parts = analysis.dimensions.iter().flat_map(|dimension| &dimension.parts);
        let part = parts.find(|part| part.id == "rsi_14" && part.timeframe == Some(Timeframe::M1)).unwrap();
        part.finding.value().unwrap().raw
    };
    let earlier = rsi(&scorer.analyse(&before.input()));
    assert!((earlier - rsi(&scorer.analyse(&world.input()))).abs() > 1e-6);
}

/// A ring of candles moves on by a minute, and now and then by one of every timeframe; a scorer that follows it all along
/// says what one says that begins there.
#[test]
fn a_scorer_that_followed_a_day_says_what_a_new_one_says() {
    const KEPT: [usize; 4] = [280, 255, 120, 110];
    let source = World::new(17, [520, 300, 140, 120], 0.0);
    let (mut forming, mut recorded) = (Scorer::new(Bars::WithOpen), Scorer::new(Bars::Closed));
    for minute in 0..240_i64 {
        let now = UnixMs(NOW.0 - 60_000 * (239 - minute));
        let mut world = source.clone();
        for (i, timeframe) in Timeframe::ALL.into_iter().enumerate() {
            world.candles[i] = closed(&source.candles[i], timeframe, now, KEPT[i]);
            let running = source.candles[i].iter().find(|candle| candle.start.0 + timeframe.ms() > now.0);
            world.open[i] = running.copied();
        }
        let input = SymbolInput { as_of: now, ..world.input() };
        // Both scorers give the closed score: one follows closed bars alone, the other both kinds in turn.
        let expected = Scorer::new(Bars::Closed).analyse(&input);
        assert_eq!(recorded.analyse(&input), expected, "minute {minute}");
        assert_eq!(forming.analyse_closed(&input), expected, "minute {minute}");
        assert_eq!(forming.analyse(&input), Scorer::new(Bars::WithOpen).analyse(&input), "minute {minute}");
    }
}
