//! Counts and means over the rows, and the balance of directions.

use schema::{Direction, Ratio, Score, SignalRow, signals::SignalStats};

use super::{enough, mean};
use crate::measure::count;

const TOP: usize = 10;

/// `50 + 50·(long − short)/(long + short)`; `None` where no symbol is scored, 50 where none of the scored has a direction.
#[must_use]
pub fn signal_balance(long: u32, short: u32, scored: u32) -> Option<Score> {
    if scored == 0 {
        return None;
    }
    let (long, short) = (f64::from(long), f64::from(short));
    if long + short == 0.0 {
        return Some(Score::NEUTRAL);
    }
    Score::new(50.0 + 50.0 * (long - short) / (long + short)).ok()
}

/// Counts by direction, mean score and agreement, and the symbols of the highest score. There are no means of fewer rows than
/// [`enough`].
#[must_use]
pub fn stats(rows: &[SignalRow]) -> SignalStats {
    let [mut long, mut neutral, mut short, mut unscored] = [0; 4];
    for row in rows {
        let count = match row.direction {
            Some(Direction::Long) => &mut long,
            Some(Direction::Neutral) => &mut neutral,
            Some(Direction::Short) => &mut short,
            None => &mut unscored,
        };
        *count += 1;
    }
    let mut best: Vec<(f64, &SignalRow)> =
        rows.iter().filter_map(|row| row.score.value().map(|score| (score.get(), row))).collect();
    best.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.symbol.cmp(&b.1.symbol)));
    let whole_market = enough(count(best.len()), count(rows.len())).is_ok();
    let agreement = rows.iter().filter_map(|row| row.agreement).map(Ratio::get);
    SignalStats {
        long,
        neutral,
        short,
        unscored,
        mean_score: mean(best.iter().map(|(score, _)| *score))
            .filter(|_| whole_market)
            .and_then(|mean| Score::new(mean).ok()),
        mean_agreement: mean(agreement).filter(|_| whole_market).and_then(Ratio::clamped),
        top: best.iter().take(TOP).map(|(_, row)| row.symbol).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_balance_follows_its_vectors() {
        let vectors = [
            (0, 0, 50.0),
            (8, 2, 80.0),
            (2, 8, 20.0),
            (10, 2, 83.33),
            (2, 10, 16.67),
            (3, 1, 75.0),
            (56, 494, 10.18),
            (1, 0, 100.0),
        ];
        for (long, short, expected) in vectors {
            let balance = signal_balance(long, short, 600).unwrap().get();
            assert!(((balance * 100.0).round() / 100.0 - expected).abs() < 1e-9, "{long}/{short}: {balance}");
        }
    }

    #[test]
    fn without_a_scored_symbol_there_is_no_balance() {
        assert_eq!(signal_balance(0, 0, 0), None);
    }
}
