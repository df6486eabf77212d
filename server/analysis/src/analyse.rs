//! One symbol through every measure, into six dimensions and one score.

use std::sync::Arc;

use schema::{
    Dimension, Factor, FactorReading, Figure, Lean, PerDimension, Points, Ratio, Score, Timeframe, UnixMs, Why,
    breakdown::{Condition, DimensionBreakdown, Finding, Part},
};
use serde::{Deserialize, Serialize};

use crate::{
    candled::Candled,
    condition,
    confluence::{COVERAGE_LEAST, Confluence, Voice},
    context::Context,
    input::SymbolInput,
    measure::{Measured, Sub},
    registry::{Measure, PLACES, REGISTRY, Row, dimension_weight, factor_weight, timeframe_weight},
};

/// The part of a dimension's or a factor's weight that must be known before it has a direction.
const LEAST: f64 = 0.5;
/// Room for the parts of a dimension: up to seven measures on four timeframes. No more, so that it comes from a thread's own store.
const PARTS: usize = 28;

/// Which bars a score is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bars {
    /// Closed bars alone: the score that is recorded.
    Closed,
    /// The open bars too: the score as it would be if they closed now.
    WithOpen,
}

/// One symbol's score with everything that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Analysis {
    /// 0 to 100; missing where less than 60 % of the inputs are known.
    pub score: Figure<Score>,
    /// How much the four factors agree; none exactly where the score is missing.
    pub agreement: Option<Ratio>,
    /// The share of the inputs, by weight, that is known.
    pub coverage: Ratio,
    /// All six, heaviest first, the missing ones with their reason.
    pub dimensions: Arc<[DimensionBreakdown]>,
    /// The four factors, heaviest first.
    pub factors: Arc<[FactorReading]>,
    /// Measures without a direction.
    pub conditions: Vec<Condition>,
    /// How far the reading is trusted.
    pub quality: Figure<Ratio>,
}

impl Analysis {
    /// Returns the direction of a dimension, none where it is missing.
    #[must_use]
    pub fn direction_of(&self, dimension: Dimension) -> Option<Lean> {
        self.dimensions.iter().find(|breakdown| breakdown.dimension == dimension)?.lean.value().copied()
    }

    /// Each dimension on the scale of a score, none where it is missing.
    #[must_use]
    pub fn dimension_scores(&self) -> PerDimension<Option<Score>> {
        PerDimension::build(|dimension| self.direction_of(dimension).map(Score::of))
    }
}

/// Scores one symbol.
///
/// It never fails: an input that is missing, too short, too old, constant or not a number makes the parts that need it
/// missing, each with its reason, and too many of those make the score missing.
#[must_use]
pub fn analyse(input: &SymbolInput<'_>, bars: Bars) -> Analysis {
    weigh(input, &Candled::of(input, bars))
}

/// Measures everything but candles, and makes the score of both.
pub(crate) fn weigh(input: &SymbolInput<'_>, candled: &Candled) -> Analysis {
    let context = Context::of(input, candled);
    let others = measure_others(&context);
    let weighed = Dimension::ALL.map(|dimension| Weighed::of(dimension, candled, &others));
    let confluence = Confluence::of(weighed.iter().flat_map(Weighed::voices));
    let sufficient = is_sufficient(&confluence).then_some(&confluence);
    let (conditions, quality) = condition::of(&context);
    Analysis {
        score: score_of(&confluence, input.as_of),
        agreement: sufficient.and_then(|confluence| Ratio::clamped(confluence.agreement)),
        coverage: share(confluence.coverage),
        factors: factors(&weighed, &confluence),
        dimensions: weighed.map(|dimension| dimension.breakdown(sufficient)).into(),
        conditions,
        quality,
    }
}

/// The score of [`weigh`] without its explanation.
pub(crate) fn weigh_alone(input: &SymbolInput<'_>, candled: &Candled) -> Figure<Score> {
    let others = measure_others(&Context::of(input, candled));
    let weighed = Dimension::ALL.map(|dimension| Weighed::of(dimension, candled, &others));
    score_of(&Confluence::of(weighed.iter().flat_map(Weighed::voices)), input.as_of)
}

/// Whether enough is known for a score.
fn is_sufficient(confluence: &Confluence) -> bool {
    confluence.coverage >= COVERAGE_LEAST
}

fn score_of(confluence: &Confluence, as_of: UnixMs) -> Figure<Score> {
    if is_sufficient(confluence) {
        known(Score::new((50.0 + confluence.points).clamp(0.0, 100.0)).ok(), as_of)
    } else {
        Figure::Missing(low_coverage(confluence.coverage, COVERAGE_LEAST))
    }
}

/// Every finding that is not of candles alone, in the registry's order.
fn measure_others(context: &Context<'_>) -> Vec<Measured> {
    let mut found = Vec::with_capacity(REGISTRY.len());
    for row in REGISTRY {
        match row.measure {
            Measure::Candles(_) => {}
            Measure::Anchored(measure) => {
                found.extend(Timeframe::ALL.map(|tf| context.sketch(tf).and_then(|sketch| measure(sketch, context))));
            }
            Measure::Whole(measure) => found.push(measure(context)),
        }
    }
    found
}

/// A measure with its finding.
struct Weighted<'a> {
    row: &'static Row,
    timeframe: Option<Timeframe>,
    found: &'a Measured,
}

impl Weighted<'_> {
    /// Its share of the dimension.
    fn weight(&self) -> f64 {
        self.row.weight * self.timeframe.map_or(1.0, timeframe_weight)
    }

    /// Its direction times its share of the dimension; nothing where it is missing.
    fn pull(&self) -> f64 {
        self.found.as_ref().map_or(0.0, |sub| self.weight() * sub.lean)
    }
}

/// A dimension with its parts.
struct Weighed<'a> {
    dimension: Dimension,
    parts: Vec<Weighted<'a>>,
    /// The share of its parts, by weight, that is known.
    coverage: f64,
    /// What its known parts say, with what is missing at 0: its mean direction times its coverage.
    pull: f64,
    as_of: UnixMs,
}

impl<'a> Weighed<'a> {
    fn of(dimension: Dimension, candled: &'a Candled, others: &'a [Measured]) -> Self {
        let mut parts = Vec::with_capacity(PARTS);
        for (row, place) in REGISTRY.iter().zip(PLACES).filter(|(row, _)| row.dimension == dimension) {
            match row.measure {
                Measure::Whole(_) => parts.push(Weighted { row, timeframe: None, found: &others[place] }),
                Measure::Candles(_) => parts.extend(Timeframe::ALL.map(|timeframe| Weighted {
                    row,
                    timeframe: Some(timeframe),
                    found: candled.found(timeframe, place),
                })),
                Measure::Anchored(_) => parts.extend(Timeframe::ALL.map(|timeframe| Weighted {
                    row,
                    timeframe: Some(timeframe),
                    found: &others[place + timeframe.index()],
                })),
            }
        }
        let (mut coverage, mut pull, mut as_of) = (0.0, 0.0, UnixMs(i64::MIN));
        for part in &parts {
            if let Ok(sub) = part.found {
                coverage += part.weight();
                pull += part.pull();
                as_of = as_of.max(sub.as_of);
            }
        }
        Self { dimension, parts, coverage, pull, as_of }
    }

    /// Half of the weight, with room for the rounding of a sum.
    fn is_present(&self) -> bool {
        self.coverage >= LEAST - 1e-9
    }

    /// Its known parts as the score weighs them; none where too few of them are known.
    fn known(&self) -> impl Iterator<Item = (&Weighted<'a>, &'a Sub)> {
        let parts = if self.is_present() { &self.parts[..] } else { &[] };
        parts.iter().filter_map(|part| Some((part, part.found.as_ref().ok()?)))
    }

    fn voices(&self) -> impl Iterator<Item = Voice> {
        let weight = dimension_weight(self.dimension);
        self.known().map(move |(part, sub)| Voice {
            factor: part.row.factor,
            weight: weight * part.weight(),
            direction: sub.lean,
        })
    }

    fn breakdown(self, confluence: Option<&Confluence>) -> DimensionBreakdown {
        let weight = dimension_weight(self.dimension);
        let present = self.is_present();
        let adds = |pull: f64| match confluence {
            Some(confluence) if present => confluence.contribution(weight, pull),
            _ => 0.0,
        };
        let parts = self.parts.iter().map(|part| {
            let (label, finding) = match part.found {
                Ok(sub) => {
                    let finding = Lean::clamped(sub.lean).zip(Points::new(adds(part.pull())).ok());
                    let finding =
                        finding.map(|(lean, contribution)| Finding { raw: sub.raw, lean, contribution, n: sub.n });
                    (sub.label.unwrap_or(&part.row.label), known(finding, sub.as_of))
                }
                Err(why) => (&part.row.label, Figure::Missing(why.clone())),
            };
            Part {
                id: part.row.id.clone(),
                label: label.clone(),
                unit: part.row.unit.clone(),
                timeframe: part.timeframe,
                weight: share(part.weight()),
                finding,
            }
        });
        DimensionBreakdown {
            dimension: self.dimension,
            weight: share(weight),
            coverage: share(self.coverage),
            contribution: confluence.filter(|_| present).and_then(|_| Points::new(adds(self.pull)).ok()),
            lean: if present {
                known(Lean::clamped(self.pull / self.coverage), self.as_of)
            } else {
                Figure::Missing(low_coverage(self.coverage, LEAST))
            },
            parts: parts.collect(),
        }
    }
}

/// The four factors, of the dimensions that are present.
fn factors(weighed: &[Weighed<'_>], confluence: &Confluence) -> Arc<[FactorReading]> {
    let newest = |factor: Factor| {
        let known = weighed.iter().flat_map(Weighed::known).filter(|(part, _)| part.row.factor == factor);
        known.map(|(_, sub)| sub.as_of).max().unwrap_or(UnixMs(i64::MIN))
    };
    let reading = |factor: Factor| {
        let (side, weight) = (confluence.sides[factor.index()], factor_weight(factor));
        let coverage = side.known / weight;
        let direction = match side.direction().filter(|_| coverage >= LEAST - 1e-9) {
            Some(direction) => known(Lean::clamped(direction), newest(factor)),
            None => Figure::Missing(low_coverage(coverage, LEAST)),
        };
        FactorReading { factor, weight: share(weight), coverage: share(coverage), direction }
    };
    Factor::ALL.map(reading).into()
}

fn known<T>(value: Option<T>, as_of: UnixMs) -> Figure<T> {
    value.map_or(Figure::Missing(Why::NotFinite), |value| Figure::known(value, as_of))
}

/// A sum of weights, which rounding may have left a hair outside 0..1.
fn share(value: f64) -> Ratio {
    match Ratio::clamped(value) {
        Some(ratio) => ratio,
        None => unreachable!("weights are finite"),
    }
}

fn low_coverage(have: f64, need: f64) -> Why {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share, in percent")]
    let pct = |share: f64| (100.0 * share).floor() as u8;
    Why::LowCoverage { have_pct: pct(have), need_pct: pct(need) }
}
