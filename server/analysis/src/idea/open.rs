//! What decides an idea, and what it is made of.

use schema::{
    Score,
    breakdown::{DimensionBreakdown, Finding, Part},
    ideas::{IdeaRules, IdeaSide, Reason, Shift},
};

use super::{
    ClosedBar, Seen,
    entry::{Pending, given_up_at},
    points, side,
};
use crate::{Analysis, signal::Thresholds};

/// The stop's distance from the entry, in ATR (14, 5m).
const STOP_ATR: f64 = 2.0;
/// How long an idea stays open at most.
const EXPIRY_MS: i64 = 24 * 3_600_000;
/// The part of the entry's distance from 50 that is left of it after its quality was counted in.
const WEIGHED_PART: f64 = 0.5;
const REASONS: usize = 5;
const SHIFTS: usize = 3;

/// The rules that follow from the thresholds of directions.
pub(super) fn rules(thresholds: &Thresholds) -> IdeaRules {
    let score = |value: f64| match Score::new(value) {
        Ok(score) => score,
        Err(_) => unreachable!("a threshold is a score"),
    };
    let least = WEIGHED_PART * (thresholds.long() - 50.0).min(50.0 - thresholds.short());
    let Some(least_weighed) = points(least) else { unreachable!("a difference of scores") };
    IdeaRules {
        long: score(thresholds.long()),
        short: score(thresholds.short()),
        least_weighed,
        stop_atr: STOP_ATR,
        expiry_ms: EXPIRY_MS,
    }
}

/// Why a symbol that became long or short opens no idea.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its distance from 50, times its quality, is too small; or its quality is not known.
    LowQuality,
    /// The mean true range is not known.
    NoStop,
}

/// What a bar decides; none where its direction did not become a side.
pub(super) fn decided(rules: &IdeaRules, bar: &ClosedBar<'_>) -> Option<Result<Pending, Refusal>> {
    let before = bar.before?;
    let (was, is) = (before.direction?, side(bar.now.direction)?);
    (side(Some(was)) != Some(is)).then(|| pending(rules, bar, before, is))
}

/// The idea of a side: the reading has to be good enough, and the distance of a stop known.
fn pending(rules: &IdeaRules, bar: &ClosedBar<'_>, before: Seen<'_>, is: IdeaSide) -> Result<Pending, Refusal> {
    let analysis = bar.now.analysis;
    let known = analysis.score.value().zip(analysis.quality.value()).zip(analysis.agreement);
    let ((score, quality), agreement) = known.ok_or(Refusal::LowQuality)?;
    if (score.get() - 50.0).abs() * quality.get() < rules.least_weighed.get() {
        return Err(Refusal::LowQuality);
    }
    let risk_share = atr_share(analysis).ok_or(Refusal::NoStop)? * rules.stop_atr;
    Ok(Pending {
        symbol: bar.symbol,
        tick: bar.tick,
        side: is,
        bar_closed_at: bar.closed_at,
        decided_at: bar.decided_at,
        given_up_at: given_up_at(bar),
        risk_share,
        spread: bar.spread.clone(),
        score: *score,
        score_before: before.analysis.score.value().copied(),
        agreement,
        coverage: analysis.coverage,
        quality: *quality,
        reasons: reasons(&analysis.dimensions),
        shifts: shifts(&before.analysis.dimensions, &analysis.dimensions),
    })
}

/// The mean true range of 14 bars of five minutes, as a share of the price.
fn atr_share(analysis: &Analysis) -> Option<f64> {
    let atr = analysis.conditions.iter().find(|condition| condition.id == "atr_pct")?;
    atr.value.value().map(|percent| percent / 100.0)
}

fn reasons(dimensions: &[DimensionBreakdown]) -> Vec<Reason> {
    let mut found: Vec<(&DimensionBreakdown, &Part, &Finding)> = dimensions
        .iter()
        .flat_map(|dimension| dimension.parts.iter().map(move |part| (dimension, part)))
        .filter_map(|(dimension, part)| part.finding.value().map(|finding| (dimension, part, finding)))
        .collect();
    found.sort_by(|a, b| b.2.contribution.get().abs().total_cmp(&a.2.contribution.get().abs()));
    let reason = |(dimension, part, finding): (&DimensionBreakdown, &Part, &Finding)| Reason {
        dimension: dimension.dimension,
        label: part.label.clone(),
        unit: part.unit.clone(),
        timeframe: part.timeframe,
        raw: finding.raw,
        contribution: finding.contribution,
    };
    found.into_iter().take(REASONS).map(reason).collect()
}

fn shifts(before: &[DimensionBreakdown], now: &[DimensionBreakdown]) -> Vec<Shift> {
    let shift = |is: &DimensionBreakdown| {
        let was = before.iter().find(|was| was.dimension == is.dimension)?;
        let by = points(is.contribution?.get() - was.contribution?.get())?;
        Some(Shift { dimension: is.dimension, points: by })
    };
    let mut shifts: Vec<Shift> = now.iter().filter_map(shift).collect();
    shifts.sort_by(|a, b| b.points.get().abs().total_cmp(&a.points.get().abs()));
    shifts.truncate(SHIFTS);
    shifts
}
