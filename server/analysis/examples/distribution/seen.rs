//! What the measures and dimensions said over all bars.

use std::{borrow::Cow, collections::BTreeMap};

use analysis::Analysis;
use schema::{Dimension, Timeframe};

/// Observations, how many beyond ±0.9, and the sum of squares.
type Tally = (u32, u32, f64);

#[derive(Default)]
pub(crate) struct Seen {
    /// The leans of the dimensions of candles in each bar, with their weights.
    pub(crate) leans: Vec<Vec<(Dimension, f64, f64)>>,
    parts: BTreeMap<(Cow<'static, str>, Option<usize>), Tally>,
}

impl Seen {
    pub(crate) fn bars(&self) -> usize {
        self.leans.len()
    }

    pub(crate) fn take(&mut self, analysis: &Analysis) {
        let known =
            analysis.dimensions.iter().filter_map(|d| Some((d.dimension, d.weight.get(), d.lean.value()?.get())));
        let known: Vec<_> = known.collect();
        if known.is_empty() {
            return;
        }
        self.leans.push(known);
        for part in analysis.dimensions.iter().flat_map(|dimension| &dimension.parts) {
            let Some(finding) = part.finding.value() else { continue };
            let tally = self.parts.entry((part.id.clone(), part.timeframe.map(Timeframe::index))).or_default();
            tally.0 += 1;
            tally.1 += u32::from(finding.lean.get().abs() > 0.9);
            tally.2 += finding.lean.get().powi(2);
        }
    }

    /// The leans of one dimension, in bars where it is known.
    fn of(&self, dimension: Dimension) -> Vec<f64> {
        self.leans.iter().flatten().filter(|(d, _, _)| *d == dimension).map(|(_, _, lean)| *lean).collect()
    }

    /// The mean correlation of two dimensions of candles.
    pub(crate) fn mean_correlation(&self) -> f64 {
        let [a, b, c] = KNOWN.map(|dimension| self.of(dimension));
        (correlation(&a, &b) + correlation(&b, &c) + correlation(&a, &c)) / 3.0
    }

    pub(crate) fn tell_dimensions(&self) {
        println!("\n## Dimensions of candles\n");
        let names = KNOWN.map(Dimension::label);
        println!(
            "| | Root mean square | {} |\n|---|---:|---:|---:|---:|",
            names.map(|n| format!("with {n}")).join(" | ")
        );
        for dimension in KNOWN {
            let own = self.of(dimension);
            let with = KNOWN.map(|other| format!("{:.2}", correlation(&own, &self.of(other)))).join(" | ");
            println!("| {} | {:.3} | {with} |", dimension.label(), root_mean_square(&own));
        }
    }
}

/// The dimensions that candles tell of.
const KNOWN: [Dimension; 3] = [Dimension::Technical, Dimension::Volume, Dimension::PriceStructure];

/// Strength and saturation of every measure; four hours come from the longer record.
pub(crate) fn tell_parts(days: &Seen, month: &Seen) {
    println!("## Measures\n");
    println!(
        "Root mean square of the lean, and the share of bars in which it stands beyond ±0.9 (a warning from 20 % on).\n"
    );
    println!("| Measure | 1m | 5m | 30m | 4h |\n|---|---:|---:|---:|---:|");
    let mut ids: Vec<_> = days.parts.keys().map(|(id, _)| id).collect();
    ids.dedup();
    for id in ids {
        let cell = |tf: Timeframe| {
            let seen = if tf == Timeframe::H4 { month } else { days };
            let tally = seen.parts.get(&(id.clone(), Some(tf.index())));
            tally.map_or("–".to_owned(), |(n, beyond, squares)| {
                let n = f64::from(*n);
                let share = 100.0 * f64::from(*beyond) / n;
                let mark = if share > 20.0 { " **!**" } else { "" };
                format!("{:.2}, {share:.1} %{mark}", (squares / n).sqrt())
            })
        };
        println!("| `{id}` | {} |", Timeframe::ALL.map(cell).join(" | "));
    }
}

pub(crate) fn root_mean_square(values: &[f64]) -> f64 {
    (values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64).sqrt()
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "both are known in the same bars");
    let n = a.len() as f64;
    let mean = |x: &[f64]| x.iter().sum::<f64>() / n;
    let (ma, mb) = (mean(a), mean(b));
    let product: f64 = a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum();
    let spread = |x: &[f64], m: f64| x.iter().map(|v| (v - m).powi(2)).sum::<f64>().sqrt();
    product / (spread(a, ma) * spread(b, mb))
}
