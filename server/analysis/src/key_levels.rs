//! Key levels: where price turned or was mostly traded, for people to look at. No score is made of them here; the measures of
//! price structure read the same turning points and the same profile.

use schema::{
    Candle, Figure, Price, Timeframe, UnixMs,
    levels::{KeyLevel, KeyLevels, LevelKind},
};

use crate::{
    frame::Frame,
    measure::count,
    series::{History, Run, Turn},
};

/// Levels made of turns, at most: the heaviest.
const TURNS: usize = 6;
/// Turns within this many average true ranges of the heaviest among them are one level.
const NEAR: f64 = 0.5;
/// A single turn is no level yet.
const TOUCHES: usize = 2;

const DAY_MS: i64 = 86_400_000;

/// The key levels of a contract from its closed candles of 30 minutes, as of the newest one's close.
///
/// - Turning points within half an average true range of the heaviest among them are one level, at their mean price; they and the
///   level weigh strength times volume. The six heaviest with two turns or more.
/// - Point of control and value area (70 %) of the volume over the same candles.
/// - Highest and lowest price of the UTC day before, where all of that day is known.
///
/// Missing where there are too few candles, or the newest is too old at `now`.
#[must_use]
pub fn key_levels(half_hours: &[Candle], now: UnixMs) -> Figure<KeyLevels> {
    let run = Run::of(Timeframe::M30, half_hours, None, now);
    let mut history = History::new();
    match run.and_then(|run| Frame::of(&run, &mut history)) {
        Ok(frame) => Figure::known(levels_of(&frame), frame.as_of),
        Err(why) => Figure::Missing(why),
    }
}

fn levels_of(frame: &Frame<'_>) -> KeyLevels {
    let mut found = clusters(frame.history.turns.turns(&frame.newest, frame.atr), NEAR * frame.atr);
    if let Ok(profile) = &frame.history.profile {
        found.extend([
            (profile.value_high, LevelKind::ValueHigh),
            (profile.control, LevelKind::Control),
            (profile.value_low, LevelKind::ValueLow),
        ]);
    }
    if let Some((high, low)) = day_before(frame.closed, frame.as_of) {
        found.extend([(high, LevelKind::DayHigh), (low, LevelKind::DayLow)]);
    }
    let known = |(price, kind): (f64, LevelKind)| Some(KeyLevel { price: Price::new(price).ok()?, kind });
    let mut levels: Vec<KeyLevel> = found.into_iter().filter_map(known).collect();
    levels.sort_by(|a, b| b.price.get().total_cmp(&a.price.get()));
    KeyLevels { n: count(frame.len()), levels }
}

/// The heaviest levels that turning points make, each with its mean price.
fn clusters(mut turns: Vec<Turn>, near: f64) -> Vec<(f64, LevelKind)> {
    turns.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.price.total_cmp(&b.price)));
    let mut found: Vec<(f64, f64, usize)> = Vec::with_capacity(turns.len());
    while let Some(heaviest) = turns.first().map(|turn| turn.price) {
        let (mut weight, mut moment, mut touches) = (0.0, 0.0, 0);
        turns.retain(|turn| {
            let apart = (turn.price - heaviest).abs() > near;
            if !apart {
                weight += turn.weight;
                moment += turn.weight * turn.price;
                touches += 1;
            }
            apart
        });
        if touches >= TOUCHES && weight > 0.0 {
            found.push((weight, moment / weight, touches));
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.into_iter().take(TURNS).map(|(_, mean, n)| (mean, LevelKind::Turns(count(n)))).collect()
}

/// The highest and the lowest price of the UTC day before the one that a moment lies in; none where a candle of it is missing.
fn day_before(closed: &[Candle], as_of: UnixMs) -> Option<(f64, f64)> {
    let today = as_of.floor(DAY_MS).0;
    let before = |start: i64| closed.partition_point(|candle| candle.start.0 < start);
    let day = &closed[before(today - DAY_MS)..before(today)];
    let whole = i64::try_from(day.len()).is_ok_and(|n| n * Timeframe::M30.ms() == DAY_MS);
    let reach =
        day.iter().fold((f64::MIN, f64::MAX), |(high, low), candle| (high.max(candle.high), low.min(candle.low)));
    whole.then_some(reach)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use schema::Why;

    use super::*;

    const HALF_HOUR_MS: i64 = Timeframe::M30.ms();

    /// Candles whose middle is `mid(n)`, each one wide, from the start of a day on.
    fn run(len: i64, mid: impl Fn(i64) -> f64) -> Vec<Candle> {
        let candle = |n: i64| {
            let mid = mid(n);
            Candle {
                start: UnixMs(n * HALF_HOUR_MS),
                open: mid - 0.2,
                high: mid + 0.5,
                low: mid - 0.5,
                close: mid + 0.2,
                volume: 10.0,
                turnover: 10.0 * mid,
            }
        };
        (0..len).map(candle).collect()
    }

    fn found(run: &[Candle]) -> KeyLevels {
        let close = UnixMs(run.last().unwrap().start.0 + HALF_HOUR_MS);
        match key_levels(run, close) {
            Figure::Known { value, as_of } => {
                assert_eq!(as_of, close);
                value
            }
            Figure::Missing(why) => panic!("{why}"),
        }
    }

    /// Up and down between 95 and 105, twenty candles each way.
    fn swing(n: i64) -> f64 {
        let step = n.rem_euclid(40);
        95.0 + (if step < 20 { step } else { 40 - step }) as f64 * 0.5
    }

    #[test]
    fn a_market_that_swings_between_two_prices_has_its_levels_there() {
        let levels = found(&run(200, swing)).levels;
        let turned: Vec<_> = levels.iter().filter(|level| matches!(level.kind, LevelKind::Turns(_))).collect();
        assert_eq!(turned.len(), 2, "{levels:?}");
        assert!((turned[0].price.get() - 105.5).abs() < 1e-9 && turned[0].kind == LevelKind::Turns(5), "{levels:?}");
        assert!((turned[1].price.get() - 94.5).abs() < 1e-9 && turned[1].kind == LevelKind::Turns(4), "{levels:?}");
    }

    #[test]
    fn the_day_before_is_that_of_utc_and_all_of_it_is_needed() {
        // Two and a half days: the day before is the second, which climbs to 60 above the first.
        let climbing = run(120, |n| 100.0 + n as f64);
        let days = |run: &[Candle]| {
            let of_day = |level: &&KeyLevel| matches!(level.kind, LevelKind::DayHigh | LevelKind::DayLow);
            found(run).levels.iter().filter(of_day).map(|level| level.price.get()).collect::<Vec<_>>()
        };
        assert_eq!(days(&climbing), [195.5, 147.5]);
        // At midnight the day that just ended is the day before.
        assert_eq!(days(&climbing[..96]), [195.5, 147.5]);
        assert_eq!(days(&climbing[49..]), Vec::<f64>::new(), "its first candle is missing");
    }

    #[test]
    fn too_few_or_too_old_candles_have_no_levels() {
        let run = run(60, swing);
        let close = run.last().unwrap().start.0 + HALF_HOUR_MS;
        let missing = |run: &[Candle], now| key_levels(run, UnixMs(now)).why().cloned();
        assert_eq!(missing(&run[..49], close), Some(Why::TooFewSamples { have: 49, need: 50 }));
        let age_ms = 4 * HALF_HOUR_MS;
        assert!(matches!(missing(&run, close + age_ms), Some(Why::TooOld { .. })));
    }

    proptest! {
        #[test]
        fn levels_lie_where_was_traded_highest_first_and_scale_with_the_price(
            steps in prop::collection::vec(-1.0..1.0f64, 60..250),
        ) {
            let mut at = 100.0;
            let mids: Vec<f64> = steps.iter().map(|step| { at = (at + step).max(20.0); at }).collect();
            let candles = run(i64::try_from(mids.len()).unwrap(), |n| mids[usize::try_from(n).unwrap()]);
            let levels = found(&candles).levels;
            let high = candles.iter().map(|candle| candle.high).fold(f64::MIN, f64::max);
            let low = candles.iter().map(|candle| candle.low).fold(f64::MAX, f64::min);
            for level in &levels {
                prop_assert!((low - 1e-9..=high + 1e-9).contains(&level.price.get()), "{level:?}");
                prop_assert!(!matches!(level.kind, LevelKind::Turns(0 | 1)));
            }
            prop_assert!(levels.is_sorted_by(|a, b| a.price >= b.price));
            let scaled: Vec<Candle> = candles
                .iter()
                .map(|c| Candle {
                    open: c.open * 8.0, high: c.high * 8.0, low: c.low * 8.0, close: c.close * 8.0, ..*c
                })
                .collect();
            let eightfold: Vec<_> = found(&scaled).levels.iter().map(|l| (l.price.get() / 8.0, l.kind)).collect();
            prop_assert_eq!(eightfold.len(), levels.len());
            for ((price, kind), level) in eightfold.into_iter().zip(&levels) {
                prop_assert!((price - level.price.get()).abs() < 1e-9 && kind == level.kind);
            }
        }
    }
}
