//! How scores spread over a record: the measurement behind `analysis::GAIN`, as Markdown and as JSON.

use std::fmt;

use analysis::{
    GAIN,
    registry::{SATURATED_SHARE, factor_weight},
};
use schema::{Dimension, Factor, Timeframe, UnixMs};
use serde::Serialize;

use super::{
    assume::{GAINS, RANGES, Scores},
    followed::Found,
    spread::{Spread, strength},
};
use crate::{
    args::Analyse,
    backtest::{candles::DIMENSIONS, record::Record},
};

/// What a record is of.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Described {
    pub(super) contracts: usize,
    /// The lengths of recorded candles; none where everything was recorded.
    pub(super) timeframes: Vec<Timeframe>,
    pub(super) from: Option<UnixMs>,
    pub(super) to: Option<UnixMs>,
    /// Lines that repeated others and were left out.
    pub(super) repeated: usize,
    /// Candles that are missing.
    pub(super) missing: i64,
    /// Messages that could not be recorded.
    pub(super) lost: u64,
}

/// How readings spread over a record, and what followed them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    record: Described,
    bars: usize,
    every: usize,
    skip: usize,
    measures: Vec<Measure>,
    dimensions: Option<[DimensionSpread; 3]>,
    /// What scores would be; none where they are on record.
    scores: Option<Scores>,
    followed: Option<Found>,
}

/// One measure of one timeframe.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Measure {
    id: String,
    /// Its candles; none where it is made of something else.
    timeframe: Option<Timeframe>,
    n: u32,
    root_mean_square: f64,
    beyond_09: f64,
}

/// One dimension of candles.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct DimensionSpread {
    dimension: Dimension,
    root_mean_square: f64,
    correlation: [Option<f64>; 3],
}

impl Report {
    /// The report of what was seen of recorded candles.
    pub(super) fn of_candles(spread: &Spread, followed: Option<Found>, records: &[Record], asked: &Analyse) -> Self {
        let mut timeframes: Vec<Timeframe> = records.iter().map(|record| record.timeframe).collect();
        timeframes.sort_unstable();
        timeframes.dedup();
        let record = Described {
            contracts: records.len(),
            timeframes,
            from: records.iter().filter_map(Record::begins).min(),
            to: records.iter().filter_map(Record::ends).max(),
            repeated: records.iter().map(|one| one.repeated).sum(),
            missing: records.iter().map(|one| one.missing).sum(),
            lost: 0,
        };
        Self { scores: Scores::of(spread), ..Self::of_recording(spread, followed, record, asked) }
    }

    /// The report of what was seen of a recorded exchange.
    pub(super) fn of_recording(spread: &Spread, followed: Option<Found>, record: Described, asked: &Analyse) -> Self {
        let measures = spread.measures.iter().map(|((id, timeframe), tally)| Measure {
            id: id.clone(),
            timeframe: timeframe.map(|timeframe| Timeframe::ALL[timeframe]),
            n: tally.n,
            root_mean_square: tally.strength(),
            beyond_09: tally.saturation(),
        });
        let of_place = |place: usize| DimensionSpread {
            dimension: DIMENSIONS[place],
            root_mean_square: strength(&spread.of(place)),
            correlation: std::array::from_fn(|other| spread.correlation(place, other)),
        };
        Self {
            record,
            bars: spread.bars,
            every: asked.every,
            skip: asked.skip,
            measures: measures.collect(),
            dimensions: (!spread.leans.is_empty()).then(|| std::array::from_fn(of_place)),
            scores: None,
            followed,
        }
    }

    fn tell_record(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Described { contracts, timeframes, from, to, repeated, missing, lost } = &self.record;
        let lengths = timeframes.iter().map(|timeframe| timeframe.as_str()).collect::<Vec<_>>().join(", ");
        let counted = if *contracts == 1 { "one contract".to_owned() } else { format!("{contracts} contracts") };
        match timeframes.as_slice() {
            [] => writeln!(f, "## A recorded exchange: {counted}\n")?,
            _ => writeln!(f, "## Candles of {lengths} of {counted}\n")?,
        }
        let day = |at: &Option<UnixMs>| at.map_or_else(|| "-".to_owned(), |at| app::format::utc(at).replace('T', " "));
        let made = if timeframes.is_empty() { "" } else { "; longer candles are made of the recorded ones" };
        writeln!(
            f,
            "Recorded from {} to {}{made}.\n\
             {} bars, each with what was known at its close: one of {}, after the first {} of each contract.",
            day(from),
            day(to),
            self.bars,
            self.every,
            self.skip
        )?;
        if *repeated > 0 {
            writeln!(f, "Repeated lines left out: {repeated}.")?;
        }
        if *missing > 0 {
            writeln!(f, "Missing candles: {missing}; measures begin again after each gap.")?;
        }
        if *lost > 0 {
            writeln!(f, "Messages that could not be recorded: {lost}.")?;
        }
        Ok(())
    }

    fn tell_measures(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n### Measures\n\n\
             Root mean square of the lean, and the share of bars in which it stands beyond ±0.9; from {:.0} % on it is marked.\n",
            100.0 * SATURATED_SHARE
        )?;
        writeln!(f, "| Measure | {} | |", Timeframe::ALL.map(Timeframe::as_str).join(" | "))?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|")?;
        let mut ids: Vec<&str> = self.measures.iter().map(|measure| measure.id.as_str()).collect();
        ids.dedup();
        for id in ids {
            let cell = |timeframe: Option<Timeframe>| {
                let found = self.measures.iter().find(|found| found.id == id && found.timeframe == timeframe);
                found.map_or_else(
                    || "–".to_owned(),
                    |found| {
                        let mark = if found.beyond_09 >= SATURATED_SHARE { " **!**" } else { "" };
                        format!("{:.2}, {:.1} %{mark}", found.root_mean_square, 100.0 * found.beyond_09)
                    },
                )
            };
            let cells = Timeframe::ALL.map(|timeframe| cell(Some(timeframe))).join(" | ");
            writeln!(f, "| `{id}` | {cells} | {} |", cell(None))?;
        }
        Ok(())
    }

    fn tell_dimensions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n### Dimensions of candles\n")?;
        let Some(dimensions) = &self.dimensions else { return writeln!(f, "In no bar all three were known.") };
        let heads = DIMENSIONS.map(|dimension| format!("with {}", dimension.label())).join(" | ");
        writeln!(f, "| | Root mean square | {heads} |\n|---|---:|---:|---:|---:|")?;
        for one in dimensions {
            let cells =
                one.correlation.map(|found| found.map_or_else(|| "–".to_owned(), |found| format!("{found:.2}")));
            writeln!(f, "| {} | {:.3} | {} |", one.dimension.label(), one.root_mean_square, cells.join(" | "))?;
        }
        Ok(())
    }

    fn tell_scores(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Of a recorded exchange there are scores, and nothing has to be assumed.
        if self.record.timeframes.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n### Scores under assumptions\n")?;
        let Some(scores) = &self.scores else { return writeln!(f, "Too few bars, or bars that do not vary.") };
        writeln!(
            f,
            "Taker flow, book and positioning ({:.0} % of the weight) are not on record; the dimensions of candles are one factor, the\n\
             price. Three assumptions: the others say what the price says; they are as strong as a dimension of candles and\n\
             independent of them; they are as strong and go with candles half as closely as the dimensions of candles go with\n\
             each other (a correlation of {:.2}; one common factor, the rest drawn from bars far away), since they watch the\n\
             same market but not the same candles. The first two are limits, the third is what `GAIN` follows until whole\n\
             markets are on record.\n",
            100.0 * (1.0 - factor_weight(Factor::Price)),
            scores.correlation
        )?;
        let [_, a, b, c] = GAINS.map(|gain| format!("at {gain:.1}"));
        writeln!(f, "| Assumption | Gain for 5 % outside 30..70 | Outside at {GAIN} | {a} | {b} | {c} |")?;
        writeln!(f, "|---|---:|---:|---:|---:|---:|")?;
        for one in &scores.assumptions {
            let outside = one.outside.map(|share| format!("{:.1} %", 100.0 * share)).join(" | ");
            writeln!(f, "| {} | {:.2} | {outside} |", one.name, one.gain)?;
        }
        writeln!(
            f,
            "\nScores at a gain of {GAIN} under the third assumption:\n\n| Score | Share of bars |\n|---|---:|"
        )?;
        for (range, share) in scores.histogram.iter().enumerate() {
            let width = 100 / RANGES;
            writeln!(f, "| {} to {} | {:.1} % |", width * range, width * (range + 1), 100.0 * share)?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tell_record(f)?;
        self.tell_measures(f)?;
        self.tell_dimensions(f)?;
        self.tell_scores(f)?;
        self.followed.as_ref().map_or(Ok(()), |followed| followed.fmt(f))
    }
}
