//! What opens an idea, and what it is made of.

use schema::{
    Figure, Price, Score, Timeframe,
    breakdown::{DimensionBreakdown, Finding, Part},
    ideas::{Idea, IdeaRules, IdeaSide, Reason, Shift, Target},
    unit::RMultiple,
};

use super::{ClosedBar, Seen, points, side};
use crate::{Analysis, signal::Thresholds};

/// The stop's distance from the entry, in ATR (14, 5m).
const STOP_ATR: f64 = 2.0;
/// Targets, in R.
const TARGETS_R: [f64; 3] = [1.5, 2.5, 4.0];
/// How long an idea stands at most.
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
    /// The mean true range, or the bar's price, is not known.
    NoStop,
}

/// What a bar opens; none where its direction did not become a side.
pub(super) fn opened(rules: &IdeaRules, bar: &ClosedBar<'_>) -> Option<Result<Idea, Refusal>> {
    let before = bar.before?;
    let (was, is) = (before.direction?, side(bar.now.direction)?);
    (side(Some(was)) != Some(is)).then(|| idea(rules, bar, before, is))
}

/// The idea of a side: the reading has to be good enough, and a stop can be placed.
fn idea(rules: &IdeaRules, bar: &ClosedBar<'_>, before: Seen<'_>, is: IdeaSide) -> Result<Idea, Refusal> {
    let analysis = bar.now.analysis;
    let known = analysis.score.value().zip(analysis.quality.value()).zip(analysis.agreement);
    let ((score, quality), agreement) = known.ok_or(Refusal::LowQuality)?;
    if (score.get() - 50.0).abs() * quality.get() < rules.least_weighed.get() {
        return Err(Refusal::LowQuality);
    }
    let (entry, stop, targets) = placed(rules, bar, is).ok_or(Refusal::NoStop)?;
    Ok(Idea {
        symbol: bar.symbol,
        tick: bar.tick,
        side: is,
        opened_at: bar.closed_at,
        entry,
        stop,
        targets,
        expires_at: schema::UnixMs(bar.closed_at.0.saturating_add(rules.expiry_ms)),
        score: *score,
        score_before: before.analysis.score.value().copied(),
        agreement,
        coverage: analysis.coverage,
        quality: *quality,
        reasons: reasons(&analysis.dimensions),
        shifts: shifts(&before.analysis.dimensions, &analysis.dimensions),
        running: Figure::Missing(schema::Why::NotYet),
    })
}

/// Entry, stop and targets; none where a price or the mean true range is not known.
fn placed(rules: &IdeaRules, bar: &ClosedBar<'_>, side: IdeaSide) -> Option<(Price, Price, Vec<Target>)> {
    let last = bar.minutes.last().filter(|candle| candle.start.0 + Timeframe::M1.ms() == bar.closed_at.0)?;
    let entry = Price::new(last.close).ok()?;
    let (stop, targets) = levels(side, entry, atr_share(bar.now.analysis)? * rules.stop_atr)?;
    Some((entry, stop, targets))
}

/// The mean true range of 14 bars of five minutes, as a share of the price.
fn atr_share(analysis: &Analysis) -> Option<f64> {
    let atr = analysis.conditions.iter().find(|condition| condition.id == "atr_pct")?;
    atr.value.value().map(|percent| percent / 100.0)
}

/// The stop at a share of the entry's price away from it, and the targets at multiples of that on the other side. `None` where
/// one of them would be no price.
fn levels(side: IdeaSide, entry: Price, risk_share: f64) -> Option<(Price, Vec<Target>)> {
    let risk = entry.get() * risk_share;
    let sign = match side {
        IdeaSide::Long => 1.0,
        IdeaSide::Short => -1.0,
    };
    let at = |r: f64| Price::new(entry.get() + sign * r * risk).ok();
    let target = |r| Some(Target { r: RMultiple::new(r).ok()?, price: at(r)?, reached_at: None });
    let targets = TARGETS_R.into_iter().map(target).collect::<Option<Vec<_>>>()?;
    let stop = at(-1.0).filter(|stop| *stop != entry)?;
    Some((stop, targets))
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
