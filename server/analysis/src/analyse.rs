//! One symbol through every measure, into six dimensions and one score.

use std::sync::Arc;

use schema::{
    Dimension, Figure, Lean, PerDimension, Points, Ratio, Score, Timeframe, UnixMs, Why,
    breakdown::{Condition, DimensionBreakdown, Finding, Part},
};

use crate::{
    candled::Candled,
    condition,
    confluence::{COVERAGE_LEAST, Confluence, Voice},
    context::Context,
    input::SymbolInput,
    measure::Measured,
    registry::{Measure, PLACES, REGISTRY, Row, dimension_weight, timeframe_weight},
};

const DIMENSION_LEAST: f64 = 0.5;
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
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// 0 to 100; missing where less than 60 % of the inputs are known.
    pub score: Figure<Score>,
    /// How much the dimensions agree; none exactly where the score is missing.
    pub agreement: Option<Ratio>,
    /// The share of the inputs, by weight, that is known.
    pub coverage: Ratio,
    /// All six, heaviest first, the missing ones with their reason.
    pub dimensions: Arc<[DimensionBreakdown]>,
    /// Measures without a direction.
    pub conditions: Vec<Condition>,
    /// How far the reading is trusted.
    pub quality: Figure<Ratio>,
}

impl Analysis {
    /// Each dimension on the scale of a score, none where it is missing.
    #[must_use]
    pub fn dimension_scores(&self) -> PerDimension<Option<Score>> {
        PerDimension::build(|dimension| {
            let found = self.dimensions.iter().find(|breakdown| breakdown.dimension == dimension)?;
            found.lean.value().copied().map(Score::of)
        })
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
    let confluence = Confluence::of(&weighed.each_ref().map(Weighed::voice));
    let told = is_told(&confluence).then_some(&confluence);
    let (conditions, quality) = condition::of(&context);
    Analysis {
        score: score_of(&confluence, input.as_of),
        agreement: told.and_then(|confluence| Ratio::clamped(confluence.agreement)),
        coverage: share(confluence.coverage),
        dimensions: weighed.map(|dimension| dimension.told(told)).into(),
        conditions,
        quality,
    }
}

/// The score of [`weigh`] without its explanation.
pub(crate) fn weigh_alone(input: &SymbolInput<'_>, candled: &Candled) -> Figure<Score> {
    let others = measure_others(&Context::of(input, candled));
    let voices = Dimension::ALL.map(|dimension| Weighed::of(dimension, candled, &others).voice());
    score_of(&Confluence::of(&voices), input.as_of)
}

/// Whether enough is known for a score.
fn is_told(confluence: &Confluence) -> bool {
    confluence.coverage >= COVERAGE_LEAST
}

fn score_of(confluence: &Confluence, as_of: UnixMs) -> Figure<Score> {
    if is_told(confluence) {
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

/// A measure with its finding and its share of the dimension.
struct Weighted<'a> {
    row: &'static Row,
    timeframe: Option<Timeframe>,
    /// Its share after missing parts are left out; 0 where it is missing.
    effective: f64,
    found: &'a Measured,
}

impl Weighted<'_> {
    /// Its share before missing parts are left out.
    fn weight(&self) -> f64 {
        self.row.weight * self.timeframe.map_or(1.0, timeframe_weight)
    }
}

/// A dimension with its parts.
struct Weighed<'a> {
    dimension: Dimension,
    parts: Vec<Weighted<'a>>,
    coverage: f64,
    lean: f64,
    as_of: UnixMs,
}

impl<'a> Weighed<'a> {
    /// Weighs the parts that are known: first the timeframes within a measure, then the measures.
    fn of(dimension: Dimension, candled: &'a Candled, others: &'a [Measured]) -> Self {
        let mut parts = Vec::with_capacity(PARTS);
        for (row, place) in REGISTRY.iter().zip(PLACES).filter(|(row, _)| row.dimension == dimension) {
            let first = parts.len();
            match row.measure {
                Measure::Whole(_) => {
                    let found = &others[place];
                    let effective = if found.is_ok() { row.weight } else { 0.0 };
                    parts.push(Weighted { row, timeframe: None, effective, found });
                }
                Measure::Candles(_) | Measure::Anchored(_) => {
                    let mut known = 0.0;
                    for timeframe in Timeframe::ALL {
                        let found = match row.measure {
                            Measure::Candles(_) => candled.found(timeframe, place),
                            Measure::Anchored(_) | Measure::Whole(_) => &others[place + timeframe.index()],
                        };
                        known += if found.is_ok() { timeframe_weight(timeframe) } else { 0.0 };
                        parts.push(Weighted { row, timeframe: Some(timeframe), effective: 0.0, found });
                    }
                    for part in parts[first..].iter_mut().filter(|part| part.found.is_ok()) {
                        part.effective = part.weight() / known;
                    }
                }
            }
        }
        let coverage = parts.iter().filter(|part| part.found.is_ok()).map(Weighted::weight).sum();
        let whole: f64 = parts.iter().map(|part| part.effective).sum();
        let (mut lean, mut as_of) = (0.0, UnixMs(i64::MIN));
        for part in &mut parts {
            if let Ok(sub) = part.found {
                part.effective /= whole;
                lean += part.effective * sub.lean;
                as_of = as_of.max(sub.as_of);
            }
        }
        Self { dimension, parts, coverage, lean, as_of }
    }

    /// Half of the weight, with room for the rounding of a sum.
    fn is_present(&self) -> bool {
        self.coverage >= DIMENSION_LEAST - 1e-9
    }

    fn voice(&self) -> Voice {
        Voice {
            weight: dimension_weight(self.dimension),
            coverage: self.coverage,
            lean: self.is_present().then_some(self.lean),
        }
    }

    fn told(self, confluence: Option<&Confluence>) -> DimensionBreakdown {
        let weight = dimension_weight(self.dimension);
        let present = self.is_present();
        let adds = |share: f64, lean: f64| match confluence {
            Some(confluence) if present => confluence.contribution(weight * share, lean),
            _ => 0.0,
        };
        let parts = self.parts.into_iter().map(|part| {
            let (label, finding) = match part.found {
                Ok(sub) => {
                    let finding = Lean::clamped(sub.lean).zip(Points::new(adds(part.effective, sub.lean)).ok());
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
            contribution: confluence
                .filter(|_| present)
                .and_then(|confluence| Points::new(confluence.contribution(weight, self.lean)).ok()),
            lean: if present {
                known(Lean::clamped(self.lean), self.as_of)
            } else {
                Figure::Missing(low_coverage(self.coverage, DIMENSION_LEAST))
            },
            parts: parts.collect(),
        }
    }
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
