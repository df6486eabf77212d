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
    spread::{Spread, strength},
};
use crate::{
    args::Analyse,
    backtest::{candles::DIMENSIONS, record::Record},
};

/// How scores spread over a record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Report {
    contracts: usize,
    timeframes: Vec<Timeframe>,
    from: Option<UnixMs>,
    to: Option<UnixMs>,
    bars: usize,
    every: usize,
    skip: usize,
    repeated: usize,
    missing: i64,
    measures: Vec<Measure>,
    dimensions: Option<[Told; 3]>,
    scores: Option<Scores>,
}

/// One measure of one timeframe.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Measure {
    id: String,
    timeframe: Timeframe,
    n: u32,
    root_mean_square: f64,
    beyond_09: f64,
}

/// One dimension of candles.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Told {
    dimension: Dimension,
    root_mean_square: f64,
    correlation: [Option<f64>; 3],
}

impl Report {
    /// The report of what was seen of a record.
    pub(super) fn of(spread: &Spread, records: &[Record], asked: &Analyse) -> Self {
        let mut timeframes: Vec<Timeframe> = records.iter().map(|record| record.timeframe).collect();
        timeframes.sort_unstable();
        timeframes.dedup();
        let measures = spread.measures.iter().map(|((id, timeframe), tally)| Measure {
            id: id.clone(),
            timeframe: Timeframe::ALL[*timeframe],
            n: tally.n,
            root_mean_square: tally.strength(),
            beyond_09: tally.saturation(),
        });
        let told = |place: usize| Told {
            dimension: DIMENSIONS[place],
            root_mean_square: strength(&spread.of(place)),
            correlation: std::array::from_fn(|other| spread.correlation(place, other)),
        };
        Self {
            contracts: records.len(),
            timeframes,
            from: records.iter().filter_map(Record::begins).min(),
            to: records.iter().filter_map(Record::ends).max(),
            bars: spread.bars,
            every: asked.every,
            skip: asked.skip,
            repeated: records.iter().map(|one| one.repeated).sum(),
            missing: records.iter().map(|one| one.missing).sum(),
            measures: measures.collect(),
            dimensions: (!spread.leans.is_empty()).then(|| std::array::from_fn(told)),
            scores: Scores::of(spread),
        }
    }

    fn tell_record(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let candles = self.timeframes.iter().map(|timeframe| timeframe.as_str()).collect::<Vec<_>>().join(", ");
        let contracts =
            if self.contracts == 1 { "one contract".to_owned() } else { format!("{} contracts", self.contracts) };
        writeln!(f, "## Candles of {candles} of {contracts}\n")?;
        let day = |at: Option<UnixMs>| at.map_or_else(|| "-".to_owned(), |at| app::format::utc(at).replace('T', " "));
        writeln!(
            f,
            "Recorded from {} to {}; longer candles are made of the recorded ones.\n\
             {} bars, each with what was known at its close: one of {}, after the first {} of each contract.",
            day(self.from),
            day(self.to),
            self.bars,
            self.every,
            self.skip
        )?;
        if self.repeated > 0 {
            writeln!(f, "Repeated lines left out: {}.", self.repeated)?;
        }
        if self.missing > 0 {
            writeln!(f, "Missing candles: {}; measures begin again after each gap.", self.missing)?;
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
        writeln!(f, "| Measure | {} |", Timeframe::ALL.map(Timeframe::as_str).join(" | "))?;
        writeln!(f, "|---|---:|---:|---:|---:|")?;
        let mut ids: Vec<&str> = self.measures.iter().map(|measure| measure.id.as_str()).collect();
        ids.dedup();
        for id in ids {
            let cell = |timeframe: Timeframe| {
                let found = self.measures.iter().find(|found| found.id == id && found.timeframe == timeframe);
                found.map_or_else(
                    || "–".to_owned(),
                    |found| {
                        let mark = if found.beyond_09 >= SATURATED_SHARE { " **!**" } else { "" };
                        format!("{:.2}, {:.1} %{mark}", found.root_mean_square, 100.0 * found.beyond_09)
                    },
                )
            };
            writeln!(f, "| `{id}` | {} |", Timeframe::ALL.map(cell).join(" | "))?;
        }
        Ok(())
    }

    fn tell_dimensions(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n### Dimensions of candles\n")?;
        let Some(told) = &self.dimensions else { return writeln!(f, "In no bar all three were known.") };
        let heads = DIMENSIONS.map(|dimension| format!("with {}", dimension.label())).join(" | ");
        writeln!(f, "| | Root mean square | {heads} |\n|---|---:|---:|---:|---:|")?;
        for one in told {
            let cells =
                one.correlation.map(|found| found.map_or_else(|| "–".to_owned(), |found| format!("{found:.2}")));
            writeln!(f, "| {} | {:.3} | {} |", one.dimension.label(), one.root_mean_square, cells.join(" | "))?;
        }
        Ok(())
    }

    fn tell_scores(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n### Scores\n")?;
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
        self.tell_scores(f)
    }
}
