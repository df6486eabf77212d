//! How long the candles of a file are, and whether they are all of that length.

use std::collections::BTreeMap;

use super::{DAY, MINUTE};

/// The longest time that may be missing within a file.
const LONGEST_GAP: i64 = 366 * DAY;
/// So many steps of another length in a row are another candle length, not candles that are missing.
const RUN: usize = 3;

/// What the times of a file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    /// The length of a candle in ms.
    pub(super) span: i64,
    /// How many candles are missing between the first and the last.
    pub(super) missing: i64,
}

/// Finds the length of the candles that begin at `starts`, each later than the one before.
///
/// The most frequent step is the length. A step of a multiple of it is a gap; any other step, a gap of more than a year, or a
/// regular run of longer steps is refused with the place of the row behind it.
pub(super) fn of(starts: impl Iterator<Item = i64> + Clone) -> Result<Length, (usize, String)> {
    let steps = || starts.clone().zip(starts.clone().skip(1)).map(|(one, next)| next - one);
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    steps().for_each(|step| *counts.entry(step).or_default() += 1);
    let most = counts.values().max().copied().unwrap_or(0);
    let Some(span) = counts.iter().find(|(_, count)| **count == most).map(|(step, _)| *step) else {
        return Err((0, "it is the only candle: two are needed to know how long a candle is".to_owned()));
    };
    let gaps: usize = counts.iter().filter(|(step, _)| **step > span).map(|(_, count)| count).sum();
    // Where only minutes with trades are recorded, gaps of every length occur and no longer one is the most frequent.
    let regular = |step: i64| {
        step > span && (step != 2 * span || span >= 15 * MINUTE) && counts.get(&step).is_some_and(|n| 2 * n > gaps)
    };
    let (mut missing, mut run) = (0, (0, 0));
    for (place, step) in steps().enumerate() {
        let row = place + 1;
        if step % span != 0 {
            return Err((
                row,
                format!("it begins {} after the candle before it, the others {}", text(step), text(span)),
            ));
        }
        if step > LONGEST_GAP {
            return Err((row, format!("{} are missing before it: a year at most is expected", text(step - span))));
        }
        run = if step == run.0 { (step, run.1 + 1) } else { (step, 1) };
        if run.1 >= RUN && regular(step) {
            let problem = format!(
                "candles of two lengths: from here on they are {} apart, most others {}; one length is expected in a file",
                text(step),
                text(span)
            );
            return Err((row + 1 - RUN, problem));
        }
        missing += step / span - 1;
    }
    if let Some(row) = starts.clone().position(|start| span <= DAY && start.rem_euclid(span) != 0) {
        let problem = format!("a candle of {} is expected to begin at a multiple of it in UTC", text(span));
        return Err((row, problem));
    }
    Ok(Length { span, missing })
}

/// A length of time in its largest whole unit.
pub(super) fn text(ms: i64) -> String {
    match ms {
        ms if ms % DAY == 0 => format!("{} d", ms / DAY),
        ms if ms % (60 * MINUTE) == 0 => format!("{} h", ms / (60 * MINUTE)),
        ms => format!("{} min", ms / MINUTE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(starts: &[i64]) -> Result<Length, (usize, String)> {
        of(starts.iter().map(|start| start * MINUTE))
    }

    #[test]
    fn counts_what_is_missing() {
        assert_eq!(minutes(&[0, 1, 2, 3]), Ok(Length { span: MINUTE, missing: 0 }));
        assert_eq!(minutes(&[0, 5, 10, 25, 30]), Ok(Length { span: 5 * MINUTE, missing: 2 }));
        assert_eq!(
            minutes(&[0, 1, 3, 4, 6, 8, 9, 14, 15, 16, 18, 20]).map(|found| found.span),
            Ok(MINUTE),
            "rare trades"
        );
    }

    #[test]
    fn refuses_candles_of_two_lengths() {
        for (starts, row, problem) in [
            (&[0, 1, 2, 3, 4, 5, 10, 15, 20][..], 6, "from here on they are 5 min apart, most others 1 min"),
            (&[0, 5, 10, 15, 16], 4, "it begins 1 min after the candle before it, the others 5 min"),
            (&[0, 2, 4, 7, 9], 3, "it begins 3 min after"),
            (&[0], 0, "the only candle"),
            (&[3, 8, 13], 0, "a candle of 5 min is expected to begin at a multiple of it"),
            (&[0, 1, 2, 600_000], 3, "are missing before it: a year at most"),
        ] {
            let (at, said) = minutes(starts).unwrap_err();
            assert!(at == row && said.contains(problem), "{starts:?}: {at} {said}");
        }
    }
}
