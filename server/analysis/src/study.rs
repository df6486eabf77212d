//! What measures, dimensions, factors and scores said of the returns that followed.
//!
//! Cross-sections go in bar by bar, in the order of time. Of each horizon disjoint windows are taken on a fixed grid from
//! the first cross-section on. A window's return is that from the entry price at its start to the entry price at its end,
//! less the median of all instruments that have both. An entry price is the one after the decision, so that no return
//! begins before its value was known.
//!
//! Memory: for each horizon the one open cross-section (16 bytes × instruments × columns), and 8 bytes for each window and
//! column; for each pair of columns 48 bytes. For 104 instruments, 60 columns, 4 horizons and 5 days this is below 1.5 MB.
//! What is not measured here: instruments alone (a time series). Too few in a cross-section are reported as such.

mod days;
mod distribution;
mod fifths;
mod forward;
mod known;
mod rank;
#[cfg(test)]
mod tests;
mod together;

use std::collections::BTreeMap;

use thiserror::Error;

use crate::stats::median;
use forward::Forward;

pub use days::Interval;
pub use distribution::Distribution;
pub use forward::{HitRate, RankIc, Spread};
pub use known::{Known, NotEnough};
pub use together::{Correlation, Together};

/// 15 minutes, 1, 4 and 24 hours, in milliseconds.
pub const HORIZONS: [i64; 4] = [900_000, 3_600_000, 14_400_000, 86_400_000];

/// A named column of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The value that has no direction.
    pub centre: f64,
    /// The distance from the centre to either end of the range.
    pub reach: f64,
}

impl Column {
    /// A column of scores, 0 to 100.
    #[must_use]
    pub fn score(name: &str) -> Self {
        Self { name: name.to_owned(), centre: 50.0, reach: 50.0 }
    }

    /// A column of directions, −1 to 1.
    #[must_use]
    pub fn direction(name: &str) -> Self {
        Self { name: name.to_owned(), centre: 0.0, reach: 1.0 }
    }
}

/// How a study is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Horizons, ms, each above 0.
    pub horizons: Vec<i64>,
    /// The fewest instruments of a cross-section.
    pub members: usize,
    /// The cost of entering and leaving one position, basis points; a spread of two legs pays it twice. By default twice a
    /// taker fee of 5.5, without the spread of the book, which the record lacks.
    pub round_trip_bps: f64,
    /// Draws of a bootstrap.
    pub resamples: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { horizons: HORIZONS.to_vec(), members: 20, round_trip_bps: 11.0, resamples: 2_000 }
    }
}

/// One instrument at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The instrument.
    pub instrument: u32,
    /// The price at which it could be entered after the decision.
    pub entry: f64,
    /// The value of each column.
    pub values: Vec<Option<f64>>,
}

/// A cross-section that a study cannot take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// It is not after the one before.
    #[error("a cross-section at {at} ms does not follow the one at {last} ms")]
    Order {
        /// Its time.
        at: i64,
        /// The time of the one before.
        last: i64,
    },
    /// An instrument has more or fewer values than there are columns.
    #[error("an observation has {found} values for {columns} columns")]
    Width {
        /// Values found.
        found: usize,
        /// Columns of the study.
        columns: usize,
    },
    /// An entry price is not a positive number, or a value is not finite.
    #[error("a price or a value of instrument {instrument} is not a finite number, or the price is not positive")]
    Number {
        /// The instrument.
        instrument: u32,
    },
    /// An instrument occurs twice.
    #[error("instrument {instrument} occurs twice in one cross-section")]
    Twice {
        /// The instrument.
        instrument: u32,
    },
}

#[derive(Debug, Clone)]
struct Open {
    at: i64,
    members: Vec<Observation>,
}

/// The study of a record.
#[derive(Debug, Clone)]
pub struct Study {
    columns: Vec<Column>,
    settings: Settings,
    first: Option<i64>,
    last: Option<i64>,
    bars: u64,
    /// For each horizon, the window that is open.
    open: Vec<Option<Open>>,
    /// For each horizon, windows whose end is not on record.
    skipped: Vec<usize>,
    /// For each horizon, each column.
    forward: Vec<Vec<Forward>>,
    together: Together,
    distributions: Vec<Distribution>,
}

impl Study {
    /// Creates a study without bars.
    #[must_use]
    pub fn new(columns: Vec<Column>, settings: Settings) -> Self {
        let horizons = settings.horizons.len();
        Self {
            first: None,
            last: None,
            bars: 0,
            open: vec![None; horizons],
            skipped: vec![0; horizons],
            forward: vec![vec![Forward::default(); columns.len()]; horizons],
            together: Together::new(columns.len()),
            distributions: columns.iter().map(Distribution::new).collect(),
            columns,
            settings,
        }
    }

    /// Adds all instruments at one time, ms.
    ///
    /// # Errors
    ///
    /// The reason where the cross-section is not after the one before or is malformed; the study is then unchanged.
    pub fn add(&mut self, at: i64, members: &[Observation]) -> Result<(), Refused> {
        self.check(at, members)?;
        let first = *self.first.get_or_insert(at);
        self.last = Some(at);
        self.bars += members.len() as u64;
        for member in members {
            let value = |place: usize| member.values[place].map(|value| value - self.columns[place].centre);
            self.together.add(value);
            for (distribution, value) in self.distributions.iter_mut().zip(&member.values) {
                value.iter().for_each(|value| distribution.add(*value));
            }
        }
        for place in 0..self.settings.horizons.len() {
            let horizon = self.settings.horizons[place];
            if let Some(open) = self.open[place].take_if(|open| at >= open.at + horizon) {
                if at == open.at + horizon {
                    self.close(place, &open, members);
                } else {
                    self.skipped[place] += 1;
                }
            }
            if self.open[place].is_none() && (at - first) % horizon == 0 {
                self.open[place] = Some(Open { at, members: members.to_vec() });
            }
        }
        Ok(())
    }

    /// Returns the columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the number of bars: observations of one instrument at one time.
    #[must_use]
    pub const fn bars(&self) -> u64 {
        self.bars
    }

    /// Returns the windows of a horizon (by its place in the settings) that were left out, because their end is not on record.
    #[must_use]
    pub fn skipped(&self, horizon: usize) -> usize {
        self.skipped[horizon]
    }

    /// Returns the rank correlation of a column with the excess return over a horizon, both by their places.
    ///
    /// # Errors
    ///
    /// The reason where the record does not support it.
    pub fn rank_ic(&self, column: usize, horizon: usize) -> Known<RankIc> {
        self.forward[horizon][column].rank_ic(self.settings.members, self.settings.resamples)
    }

    /// Returns how often a column had the direction of the excess return.
    ///
    /// # Errors
    ///
    /// The reason where the record does not support it.
    pub fn hit_rate(&self, column: usize, horizon: usize) -> Known<HitRate> {
        self.forward[horizon][column].hit_rate(self.settings.members)
    }

    /// Returns the return of the top fifth less that of the bottom fifth.
    ///
    /// # Errors
    ///
    /// The reason where the record does not support it.
    pub fn spread(&self, column: usize, horizon: usize) -> Known<Spread> {
        self.forward[horizon][column].spread(self.settings.members, self.settings.round_trip_bps)
    }

    /// Returns how columns go together.
    #[must_use]
    pub const fn together(&self) -> &Together {
        &self.together
    }

    /// Returns how the values of a column are distributed.
    #[must_use]
    pub fn distribution(&self, column: usize) -> &Distribution {
        &self.distributions[column]
    }

    fn check(&self, at: i64, members: &[Observation]) -> Result<(), Refused> {
        if let Some(last) = self.last.filter(|last| *last >= at) {
            return Err(Refused::Order { at, last });
        }
        let mut seen = std::collections::BTreeSet::new();
        for Observation { instrument, entry, values } in members {
            let instrument = *instrument;
            if values.len() != self.columns.len() {
                return Err(Refused::Width { found: values.len(), columns: self.columns.len() });
            }
            if !(entry.is_finite() && *entry > 0.0 && values.iter().flatten().all(|value| value.is_finite())) {
                return Err(Refused::Number { instrument });
            }
            if !seen.insert(instrument) {
                return Err(Refused::Twice { instrument });
            }
        }
        Ok(())
    }

    fn close(&mut self, horizon: usize, open: &Open, end: &[Observation]) {
        let end: BTreeMap<u32, f64> = end.iter().map(|member| (member.instrument, member.entry)).collect();
        let known: Vec<(&Observation, f64)> = open
            .members
            .iter()
            .filter_map(|member| Some((member, end.get(&member.instrument)? / member.entry - 1.0)))
            .collect();
        let Some(middle) = median(known.iter().map(|(_, gross)| *gross)) else {
            self.skipped[horizon] += 1;
            return;
        };
        for (place, column) in self.columns.iter().enumerate() {
            let (values, returns): (Vec<f64>, Vec<f64>) = known
                .iter()
                .filter_map(|(member, gross)| Some((member.values[place]? - column.centre, gross - middle)))
                .unzip();
            self.forward[horizon][place].add(open.at, &values, &returns, self.settings.members);
        }
    }
}
