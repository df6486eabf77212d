//! From scores of closed bars to a direction that does not flicker.

use schema::{Direction, Score};
use serde::{Deserialize, Serialize};

/// Where a score becomes a direction and where it stops being one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    long: f64,
    short: f64,
    leave_long: f64,
    leave_short: f64,
    dwell_bars: u32,
}

/// Thresholds that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ThresholdError {
    /// They are not in order.
    #[error(
        "thresholds must rise: short {short} < leave short {leave_short} < 50 < leave long {leave_long} < long {long}"
    )]
    Order {
        /// Entry into short.
        short: f64,
        /// Exit from short.
        leave_short: f64,
        /// Exit from long.
        leave_long: f64,
        /// Entry into long.
        long: f64,
    },
    /// One is no score.
    #[error("a threshold must be a score from 0 to 100")]
    NotAScore(#[from] schema::unit::OutOfRange),
}

impl Thresholds {
    /// Long from 70, left at 62; short from 30, left at 38; held for at least three bars.
    pub const STANDARD: Self = Self { long: 70.0, short: 30.0, leave_long: 62.0, leave_short: 38.0, dwell_bars: 3 };

    /// Checks five numbers.
    ///
    /// # Errors
    ///
    /// [`ThresholdError::Order`] unless short < leave short < 50 < leave long < long.
    pub fn new(
        long: Score,
        short: Score,
        leave_long: Score,
        leave_short: Score,
        dwell_bars: u32,
    ) -> Result<Self, ThresholdError> {
        let [long, short, leave_long, leave_short] = [long, short, leave_long, leave_short].map(Score::get);
        if short < leave_short && leave_short < 50.0 && 50.0 < leave_long && leave_long < long {
            Ok(Self { long, short, leave_long, leave_short, dwell_bars })
        } else {
            Err(ThresholdError::Order { short, leave_short, leave_long, long })
        }
    }

    /// Makes thresholds from their entries: a direction is left at three fifths of the way from 50 to its entry and held
    /// for at least three bars.
    ///
    /// # Errors
    ///
    /// [`ThresholdError`] where an entry is no score, or not on its side of 50.
    pub fn entering(long: f64, short: f64) -> Result<Self, ThresholdError> {
        let leave = |entry: f64| Score::new(50.0 + 0.6 * (entry - 50.0));
        Self::new(Score::new(long)?, Score::new(short)?, leave(long)?, leave(short)?, Self::STANDARD.dwell_bars)
    }

    /// The score from which a symbol is long.
    #[must_use]
    pub const fn long(&self) -> f64 {
        self.long
    }

    /// The score down from which a symbol is short.
    #[must_use]
    pub const fn short(&self) -> f64 {
        self.short
    }

    /// The score below which a long symbol is long no more.
    #[must_use]
    pub const fn leave_long(&self) -> f64 {
        self.leave_long
    }

    /// The score above which a short symbol is short no more.
    #[must_use]
    pub const fn leave_short(&self) -> f64 {
        self.leave_short
    }

    /// Closed bars that a direction is held for at least.
    #[must_use]
    pub const fn dwell_bars(&self) -> u32 {
        self.dwell_bars
    }

    /// Where a score points, coming from a direction.
    fn read(&self, from: Direction, score: f64) -> Direction {
        let stays_long = from == Direction::Long && score >= self.leave_long;
        let stays_short = from == Direction::Short && score <= self.leave_short;
        if score >= self.long || stays_long {
            Direction::Long
        } else if score <= self.short || stays_short {
            Direction::Short
        } else {
            Direction::Neutral
        }
    }
}

/// A symbol's direction and how long it has been held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalState {
    held: Option<(Direction, u32)>,
}

impl SignalState {
    /// A symbol that was never scored.
    #[must_use]
    pub const fn new() -> Self {
        Self { held: None }
    }

    /// The direction after the last bar; none where the symbol is not scored.
    #[must_use]
    pub const fn direction(self) -> Option<Direction> {
        match self.held {
            Some((direction, _)) => Some(direction),
            None => None,
        }
    }

    /// Takes in the score of one more closed bar.
    ///
    /// A direction changes only after it was held for the dwell; the first one after a missing score is taken at once,
    /// and a missing score ends every direction at once.
    #[must_use]
    pub fn next(self, thresholds: &Thresholds, score: Option<Score>) -> (Self, Option<Direction>) {
        let held = score.map(|score| match self.held {
            None => (thresholds.read(Direction::Neutral, score.get()), 1),
            Some((from, bars)) => {
                let to = thresholds.read(from, score.get());
                if to == from || bars < thresholds.dwell_bars { (from, bars.saturating_add(1)) } else { (to, 1) }
            }
        });
        (Self { held }, held.map(|(direction, _)| direction))
    }
}

impl Default for SignalState {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(scores: &[Option<f64>]) -> Vec<Option<Direction>> {
        let mut state = SignalState::new();
        let step = |score: &Option<f64>| {
            let (next, direction) = state.next(&Thresholds::STANDARD, score.map(|score| Score::new(score).unwrap()));
            assert_eq!(next.direction(), direction);
            state = next;
            direction
        };
        scores.iter().map(step).collect()
    }

    const LONG: Option<Direction> = Some(Direction::Long);
    const NEUTRAL: Option<Direction> = Some(Direction::Neutral);
    const SHORT: Option<Direction> = Some(Direction::Short);

    #[test]
    fn a_direction_is_entered_at_its_threshold_and_left_at_the_lower_one() {
        let scores = [69.99, 50.0, 50.0, 70.0, 65.0, 62.0, 61.9].map(Some);
        assert_eq!(run(&scores), [NEUTRAL, NEUTRAL, NEUTRAL, LONG, LONG, LONG, NEUTRAL]);
        let scores = [30.0, 35.0, 38.0, 38.1].map(Some);
        assert_eq!(run(&scores), [SHORT, SHORT, SHORT, NEUTRAL]);
    }

    #[test]
    fn a_direction_is_held_for_three_bars() {
        let scores = [75.0, 40.0, 40.0, 40.0, 75.0, 75.0, 75.0].map(Some);
        assert_eq!(run(&scores), [LONG, LONG, LONG, NEUTRAL, NEUTRAL, NEUTRAL, LONG]);
        assert_eq!(run(&[75.0, 20.0, 20.0, 20.0].map(Some)), [LONG, LONG, LONG, SHORT]);
    }

    #[test]
    fn without_a_score_there_is_no_direction() {
        assert_eq!(run(&[Some(75.0), None, Some(65.0)]), [LONG, None, NEUTRAL]);
    }

    #[test]
    fn the_standard_thresholds_are_those_of_their_entries() {
        assert_eq!(Thresholds::entering(70.0, 30.0), Ok(Thresholds::STANDARD));
        assert!(matches!(Thresholds::entering(45.0, 30.0), Err(ThresholdError::Order { .. })));
        assert!(matches!(Thresholds::entering(170.0, 30.0), Err(ThresholdError::NotAScore(_))));
        let error = Thresholds::entering(45.0, 30.0).unwrap_err().to_string();
        assert!(error.contains("long 45"), "{error}");
    }
}
