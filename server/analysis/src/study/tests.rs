//! Properties of the study.

use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;

fn settings() -> Settings {
    Settings { horizons: vec![HOUR], members: 5, resamples: 200, ..Settings::default() }
}

/// A study of hourly sections, in which `returns[n]` follow `values[n]`, eight hours apart, so that there are several days.
fn studied(sections: &[Vec<(f64, f64)>], settings: Settings) -> Study {
    let mut study = Study::new(vec![Column::direction("value")], settings);
    for (n, section) in sections.iter().enumerate() {
        let at = i64::try_from(n).unwrap() * 8 * HOUR;
        let members = |price: &dyn Fn(f64) -> f64| -> Vec<Observation> {
            let one = |(place, (value, gross)): (usize, &(f64, f64))| Observation {
                instrument: u32::try_from(place).unwrap(),
                entry: price(*gross),
                values: vec![Some(*value)],
            };
            section.iter().enumerate().map(one).collect()
        };
        study.add(at, &members(&|_| 100.0)).unwrap();
        study.add(at + HOUR, &members(&|gross| 100.0 * (1.0 + gross))).unwrap();
        // Returns to the start, one hour later: the grid window between has no return.
        study.add(at + 2 * HOUR, &[]).unwrap();
    }
    study
}

fn mean(sections: &[Vec<(f64, f64)>]) -> Option<f64> {
    studied(sections, settings()).rank_ic(0, 0).ok().map(|found| found.mean)
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        (a, b) => a.is_none() && b.is_none(),
    }
}

fn map(sections: &[Vec<(f64, f64)>], f: impl Fn(f64, f64) -> (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    sections.iter().map(|section| section.iter().map(|(value, gross)| f(*value, *gross)).collect()).collect()
}

/// Values and returns in steps, so that there are ties, and sums of steps are not rounded into other orders.
fn sections() -> impl Strategy<Value = Vec<Vec<(f64, f64)>>> {
    let step = (-8_i32..=8).prop_map(|n| f64::from(n) / 16.0);
    let section = proptest::collection::vec((step.clone(), step), 5..24);
    proptest::collection::vec(section, 1..24)
}

proptest! {
    #[test]
    fn a_column_that_is_the_return_has_a_rank_correlation_of_one(all in sections()) {
        let found = mean(&map(&all, |value, _| (value, value)));
        prop_assert!(found.is_none_or(|found| (found - 1.0).abs() < 1e-9), "{found:?}");
    }

    #[test]
    fn a_column_with_its_sign_changed_has_the_opposite_correlation(all in sections()) {
        let found = mean(&map(&all, |value, gross| (-value, gross)));
        prop_assert!(close(found, mean(&all).map(|mean| -mean)));
    }

    #[test]
    fn the_order_of_instruments_changes_nothing(all in sections()) {
        let turned: Vec<Vec<(f64, f64)>> = all.iter().map(|one| one.iter().rev().copied().collect()).collect();
        let (a, b) = (studied(&all, settings()), studied(&turned, settings()));
        prop_assert!(close(mean(&all), mean(&turned)));
        prop_assert!(close(a.spread(0, 0).ok().map(|one| one.mean), b.spread(0, 0).ok().map(|one| one.mean)));
        prop_assert_eq!(a.hit_rate(0, 0), b.hit_rate(0, 0));
    }

    #[test]
    fn what_moves_the_whole_market_changes_nothing(all in sections(), shift in 1_i32..8) {
        let moved = map(&all, |value, gross| (value, gross + f64::from(shift) / 4.0));
        prop_assert!(close(mean(&all), mean(&moved)));
        let spread = |all: &[_]| studied(all, settings()).spread(0, 0).ok().map(|one| one.mean / 1e4);
        prop_assert!(close(spread(&all), spread(&moved)));
    }

    #[test]
    fn a_monotone_transform_of_values_leaves_the_rank_correlation(all in sections()) {
        prop_assert!(close(mean(&all), mean(&map(&all, |value, gross| (value.powi(3) + value, gross)))));
    }

    #[test]
    fn the_interval_contains_the_mean_and_is_the_same_twice(all in sections()) {
        let found = studied(&all, settings()).rank_ic(0, 0);
        prop_assert_eq!(format!("{found:?}"), format!("{:?}", studied(&all, settings()).rank_ic(0, 0)));
        if let Ok(RankIc { mean, interval: Ok(interval), .. }) = found {
            prop_assert!(interval.low - 1e-12 <= mean && mean <= interval.high + 1e-12, "{mean} {interval:?}");
        }
    }

    #[test]
    fn what_comes_later_does_not_change_what_was_measured(all in sections(), more in sections()) {
        let both: Vec<_> = all.iter().chain(&more).cloned().collect();
        let found = studied(&all, settings()).forward[0][0].spreads.clone();
        prop_assert!(studied(&both, settings()).forward[0][0].spreads.starts_with(&found));
    }
}

#[test]
fn agrees_with_a_cross_section_worked_by_hand() {
    // Ranks of values 1 to 5; of returns 2, 1, 3, 5, 4: Σd² = 4, so 1 − 6·4/(5·24) = 0.8.
    let section = vec![(-0.4, 0.01), (-0.2, 0.0), (0.1, 0.02), (0.2, 0.04), (0.4, 0.03)];
    let study = studied(&[section], settings());
    let ic = study.rank_ic(0, 0).unwrap();
    assert!((ic.mean - 0.8).abs() < 1e-9, "{ic:?}");
    assert_eq!((ic.sections, ic.pairs, ic.days), (1, 5, 1));
    assert_eq!(ic.interval, Err(NotEnough::FewDays { days: 1, needed: 5 }));
    let spread = study.spread(0, 0).unwrap();
    assert!((spread.mean - 200.0).abs() < 1e-6 && (spread.after_cost - 178.0).abs() < 1e-6, "{spread:?}");
    // The third is the median and has no direction; the other four agree. Half of each are ups.
    assert_eq!(study.hit_rate(0, 0), Ok(HitRate { rate: 1.0, base: 0.5, pairs: 4 }));
}

#[test]
fn reports_why_there_is_no_figure() {
    let few = studied(&[vec![(0.1, 0.1), (0.2, 0.2)]], settings());
    assert_eq!(few.rank_ic(0, 0), Err(NotEnough::FewMembers { most: 2, needed: 5 }));
    assert_eq!(Study::new(vec![Column::score("score")], settings()).rank_ic(0, 0), Err(NotEnough::NoWindow));
    let flat = studied(&[vec![(0.1, 0.0); 6]], settings());
    assert_eq!((flat.rank_ic(0, 0), flat.hit_rate(0, 0)), (Err(NotEnough::Constant), Err(NotEnough::Constant)));
}

#[test]
fn refuses_a_cross_section_that_is_out_of_order_or_malformed() {
    let one = |instrument, entry, values| Observation { instrument, entry, values };
    let mut study = Study::new(vec![Column::direction("value")], settings());
    study.add(10, &[]).unwrap();
    assert_eq!(study.add(10, &[]), Err(Refused::Order { at: 10, last: 10 }));
    assert_eq!(study.add(20, &[one(0, 1.0, vec![])]), Err(Refused::Width { found: 0, columns: 1 }));
    assert_eq!(study.add(20, &[one(3, 0.0, vec![None])]), Err(Refused::Number { instrument: 3 }));
    assert_eq!(study.add(20, &[one(3, 1.0, vec![Some(f64::NAN)])]), Err(Refused::Number { instrument: 3 }));
    let twice = [one(3, 1.0, vec![None]), one(3, 1.0, vec![None])];
    assert_eq!(study.add(20, &twice), Err(Refused::Twice { instrument: 3 }));
    assert_eq!(study.bars(), 0);
}

#[test]
fn leaves_out_a_window_whose_end_is_not_on_record() {
    let mut study = Study::new(vec![Column::direction("value")], settings());
    study.add(0, &[Observation { instrument: 0, entry: 1.0, values: vec![Some(0.5)] }]).unwrap();
    study.add(HOUR + 1, &[Observation { instrument: 0, entry: 1.0, values: vec![Some(0.5)] }]).unwrap();
    assert_eq!((study.skipped(0), study.rank_ic(0, 0)), (1, Err(NotEnough::NoWindow)));
}
