//! What rests in the book: imbalances of depth near the price, within bands that both sides cover.

use schema::{Level, Why};

use crate::{
    band::{self, LADDER, Labels},
    context::{Context, Depth},
    measure::{Measured, Sub, at_least, divisor, lean_of_z, ramp},
    usual_depth::Usual,
};

const LEVEL_FADE: f64 = 0.95;
/// The widest band of the weighted imbalance, in basis points.
const IMBALANCE_BPS: f64 = 50.0;
const HISTORY_LEAST: usize = 100;

const IMBALANCE: &str = "Book imbalance";
static IMBALANCE_LABELS: Labels = Labels::new(|| band::whole_labels(IMBALANCE), Vec::new);
const BALANCE: &str = "Bid depth";
static BALANCE_LABELS: Labels = Labels::new(|| band::whole_labels(BALANCE), || band::between_labels(BALANCE));

fn imbalance(bid: f64, ask: f64) -> Result<f64, Why> {
    Ok((bid - ask) / divisor(bid + ask, Why::Undefined)?)
}

/// (bid − ask)/(bid + ask) of the sizes within a band of mid, each level weighing .95 of the one before it; `tanh(1.5·x)`.
///
/// The band is ±50 bps, or what both sides cover; below ±1 bps the measure is missing. The label names the band.
pub(crate) fn weighted_imbalance(context: &Context<'_>) -> Measured {
    let depth = context.depth()?;
    let bps = band::at_most(IMBALANCE_BPS, depth.covered_bps)?;
    let side = |levels: &[Level]| {
        let (mut sum, mut weight) = (0.0, 1.0);
        for level in levels {
            sum += weight * band::within(level, depth.mid, bps);
            weight *= LEVEL_FADE;
        }
        sum
    };
    let (bids, asks) = (band::near(depth.bids, depth.mid, bps), band::near(depth.asks, depth.mid, bps));
    let raw = imbalance(side(bids), side(asks))?;
    Sub::measured(raw, (1.5 * raw).tanh(), bids.len() + asks.len(), depth.as_of)
        .map(|sub| Sub { label: IMBALANCE_LABELS.of(bps), ..sub })
}

/// (bid − ask)/(bid + ask) of the first five levels; `tanh(1.5·x)`.
pub(crate) fn top5_imbalance(context: &Context<'_>) -> Measured {
    let depth = context.depth()?;
    let side = |levels: &[Level]| levels[..5].iter().map(|level| level.size).sum::<f64>();
    let raw = imbalance(side(depth.bids), side(depth.asks))?;
    Sub::measured(raw, (1.5 * raw).tanh(), 10, depth.as_of)
}

/// The bid side's share of the depth within a band, now against its history in the same band.
#[derive(Debug, Clone, Copy)]
struct Balance {
    share: f64,
    /// Distance from the median in spreads of 1.4826 · median distance.
    z: f64,
    /// Minutes of history in this band.
    n: usize,
}

impl Balance {
    fn of(context: &Context<'_>, depth: &Depth<'_>, band: usize) -> Result<Self, Why> {
        let history = context.input.book.map_or(&[][..], |book| book.depth_history);
        let kept = context.input.book.and_then(|book| book.usual_depth);
        let Usual { n, middle } = kept.map_or_else(|| Usual::of(history, band), |kept| kept.get(history, band));
        at_least(n, HISTORY_LEAST)?;
        let share = band::bid_share(depth.bids, depth.asks, depth.mid, LADDER[band]).ok_or(Why::Undefined)?;
        let (usual, spread) = middle.ok_or(Why::NotYet)?;
        Ok(Self { share, z: (share - usual) / divisor(spread, Why::Flat)?, n })
    }
}

/// The bid side's share of the depth within a band against its own history in that band; `tanh(z/2)`.
///
/// The band is the widest of [`LADDER`] that both sides cover now and did in 100 minutes of the history; the label names it.
/// Where the book reaches less than a quarter beyond it, the next narrower one counts in proportion, so that nothing jumps
/// while the reach comes and goes over a step of the ladder.
pub(crate) fn depth_balance(context: &Context<'_>) -> Measured {
    let depth = context.depth()?;
    let widest = band::widest(depth.covered_bps)?;
    let mut lacking = None;
    for band in (0..=widest).rev() {
        match Balance::of(context, depth, band) {
            Ok(wide) => return balance(context, depth, band, wide),
            Err(why) => lacking = lacking.or(Some(why)),
        }
    }
    Err(lacking.unwrap_or(Why::NotYet))
}

fn balance(context: &Context<'_>, depth: &Depth<'_>, band: usize, wide: Balance) -> Measured {
    let certain = ramp((depth.covered_bps / LADDER[band] - 1.0) / 0.25);
    let narrower = if certain < 1.0 { band.checked_sub(1) } else { None };
    let narrow = narrower.and_then(|band| Some((band, Balance::of(context, depth, band).ok()?)));
    let (share, lean, n, label) = match narrow {
        None => (wide.share, lean_of_z(wide.z), wide.n, BALANCE_LABELS.of(LADDER[band])),
        Some((place, narrow)) => (
            certain * wide.share + (1.0 - certain) * narrow.share,
            certain * lean_of_z(wide.z) + (1.0 - certain) * lean_of_z(narrow.z),
            wide.n.min(narrow.n),
            BALANCE_LABELS.between(place),
        ),
    };
    Sub::measured(100.0 * share, lean, n, depth.as_of).map(|sub| Sub { label, ..sub })
}
