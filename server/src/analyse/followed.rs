//! What followed the bars of a record, how its readings are distributed and how they go together.

use analysis::study::{HORIZONS, Known, Refused, Settings, Study};
use engine::{Input, Recorded};
use schema::{Symbol, Timeframe, UnixMs};
use serde::Serialize;

use super::{
    columns::Columns,
    sections::{EVERY_MS, Entered, Sections},
};

/// Collects what followed.
#[derive(Debug)]
pub(super) struct Followed {
    sections: Sections,
    /// None before the first bar.
    study: Option<(Columns, Study)>,
}

impl Followed {
    /// Nothing yet; `candle_ms` is the length of the longest recorded candles.
    pub(super) fn new(entered: Entered, candle_ms: i64) -> Self {
        Self { sections: Sections::new(entered, candle_ms), study: None }
    }

    /// Takes an input in before the engine does.
    pub(super) fn see(&mut self, input: &Input) -> Result<(), Refused> {
        match input {
            Input::Second(now) => self.advance(*now),
            input => {
                self.sections.enter(input);
                Ok(())
            }
        }
    }

    /// Adds a decided bar.
    pub(super) fn add(&mut self, symbol: Symbol, recorded: &Recorded) {
        let (columns, _) = self.study.get_or_insert_with(|| {
            let columns = Columns::of(&recorded.analysis);
            let study = Study::new(columns.for_study(), Settings::default());
            (columns, study)
        });
        self.sections.add(symbol, recorded, columns);
    }

    fn advance(&mut self, now: UnixMs) -> Result<(), Refused> {
        for (at, members) in self.sections.complete(now) {
            if let Some((_, study)) = &mut self.study {
                study.add(at.0, &members)?;
            }
        }
        Ok(())
    }

    /// What was found; none without bars.
    pub(super) fn found(&self) -> Option<Found> {
        let (columns, study) = self.study.as_ref()?;
        let of = |place: usize, name: &str| Reading {
            name: name.to_owned(),
            followed: (0..HORIZONS.len()).map(|horizon| Said::of(After::of(study, place, horizon))).collect(),
        };
        let varies = |place: usize| study.together().correlation(place, place).is_ok();
        let known = |places: std::ops::Range<usize>| places.filter(|place| varies(*place)).collect();
        let effective = |places: Vec<usize>| Effective {
            of: places.len(),
            number: Said::of(study.together().effective_number(&places)),
        };
        let shown: Vec<(usize, &str)> = columns.dimensions_and_factors().filter(|(place, _)| varies(*place)).collect();
        let correlation = |a: usize| {
            shown.iter().map(|(b, _)| Said::of(study.together().correlation(a, *b).map(|found| found.r))).collect()
        };
        Some(Found {
            every_minutes: EVERY_MS / 60_000,
            bars: study.bars(),
            not_entered: self.sections.not_entered(),
            members: Settings::default().members,
            cost_bps: Settings::default().round_trip_bps,
            readings: columns.readings().map(|(place, name)| of(place, name)).collect(),
            measures: columns
                .measures()
                .map(|(place, measure)| MeasureReading {
                    timeframe: measure.timeframe.map(Timeframe::as_str),
                    reading: of(place, &measure.id),
                })
                .collect(),
            scores: Said::of(Scores::of(study)),
            correlation: shown.iter().map(|(place, name)| ((*name).to_owned(), correlation(*place))).collect(),
            dimensions: effective(known(Columns::dimensions())),
            factors: effective(known(Columns::factors())),
            all_measures: effective(known(columns.measure_places())),
        })
    }
}

/// A figure, or why the record does not support it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said<T> {
    /// It was measured.
    Known(T),
    /// In words.
    Missing(String),
}

impl<T> Said<T> {
    pub(super) fn of(known: Known<T>) -> Self {
        match known {
            Ok(known) => Self::Known(known),
            Err(reason) => Self::Missing(reason.to_string()),
        }
    }

    pub(super) const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(known) => Some(known),
            Self::Missing(_) => None,
        }
    }

    pub(super) const fn why(&self) -> Option<&String> {
        match self {
            Self::Known(_) => None,
            Self::Missing(why) => Some(why),
        }
    }
}

/// What followed the bars of a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Found {
    pub(super) every_minutes: i64,
    pub(super) bars: u64,
    /// Bars without a price at which they could be entered.
    pub(super) not_entered: u64,
    pub(super) members: usize,
    pub(super) cost_bps: f64,
    pub(super) readings: Vec<Reading>,
    pub(super) measures: Vec<MeasureReading>,
    pub(super) scores: Said<Scores>,
    /// Dimensions and factors that vary, with their correlations among each other.
    pub(super) correlation: Vec<(String, Vec<Said<f64>>)>,
    pub(super) dimensions: Effective,
    pub(super) factors: Effective,
    pub(super) all_measures: Effective,
}

/// How many independent ones some columns are worth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Effective {
    /// How many of them vary.
    pub(super) of: usize,
    pub(super) number: Said<f64>,
}

/// How the scores of a record are distributed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Scores {
    /// The share of bars in each range of ten.
    pub(super) histogram: [f64; 10],
    /// The 5th, 25th, 50th, 75th and 95th percentile.
    pub(super) quantiles: [f64; 5],
}

impl Scores {
    fn of(study: &Study) -> Known<Self> {
        let found = study.distribution(Columns::SCORE);
        let mut quantiles = [0.0; 5];
        for (quantile, p) in quantiles.iter_mut().zip([0.05, 0.25, 0.5, 0.75, 0.95]) {
            *quantile = found.quantile(p)?;
        }
        Ok(Self { histogram: found.histogram()?, quantiles })
    }
}

/// What followed one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Reading {
    pub(super) name: String,
    /// For each horizon.
    pub(super) followed: Vec<Said<After>>,
}

/// What followed a measure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct MeasureReading {
    pub(super) timeframe: Option<&'static str>,
    pub(super) reading: Reading,
}

/// What followed one column over one horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct After {
    pub(super) rank_ic: f64,
    /// The 95 % interval by resampling days, or why there is none.
    pub(super) interval: Said<(f64, f64)>,
    pub(super) windows: usize,
    pub(super) days: usize,
    /// How often the direction was that of the excess return, and how often it would be by chance.
    pub(super) hits: Said<(f64, f64)>,
    /// The top fifth less the bottom fifth, bps: mean, median, and the mean after the cost of both legs.
    pub(super) spread_bps: Said<[f64; 3]>,
}

impl After {
    fn of(study: &Study, column: usize, horizon: usize) -> Known<Self> {
        let ic = study.rank_ic(column, horizon)?;
        let hits = study.hit_rate(column, horizon).map(|hits| (hits.rate, hits.base));
        let spread = study.spread(column, horizon).map(|spread| [spread.mean, spread.median, spread.after_cost]);
        Ok(Self {
            rank_ic: ic.mean,
            interval: Said::of(ic.interval.map(|interval| (interval.low, interval.high))),
            windows: ic.sections,
            days: ic.days,
            hits: Said::of(hits),
            spread_bps: Said::of(spread),
        })
    }
}
