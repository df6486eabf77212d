//! The figure of a contract that a rule holds against its level.

use schema::{Figure, UnixMs, Why, rule::Watched};

use super::SeenContract;
use crate::market::per_8h;

/// The figure with the time of its newest input, where it is known on which side of the level it is.
pub(super) fn held_against(level: f64, figure: Watched, seen: &SeenContract<'_>) -> Result<(f64, UnixMs), Why> {
    let row = seen.row;
    match figure {
        Watched::Score => of(&row.score, |score| Some(score.get())),
        Watched::Change24h => of(&row.quote.change_24h, |pct| Some(pct.get())),
        Watched::Funding8h => of(&row.funding, per_8h),
        Watched::OiChange1h => of(&row.oi_change_1h, |pct| Some(pct.get())),
        Watched::Liquidated1h => {
            let hour = seen.liquidated.ok_or(Why::NotYet)?;
            let usd = hour.usd.get();
            // What was not covered can only add to the sum: one above the level is above it, one below may be.
            if usd > level || hour.heard.get() >= 1.0 {
                Ok((usd, hour.as_of))
            } else {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share, in percent")]
                let have_pct = (100.0 * hour.heard.get()).floor() as u8;
                Err(Why::LowCoverage { have_pct, need_pct: 100 })
            }
        }
    }
}

fn of<T>(figure: &Figure<T>, number: impl Fn(&T) -> Option<f64>) -> Result<(f64, UnixMs), Why> {
    match figure {
        Figure::Known { value, as_of } => Ok((number(value).ok_or(Why::Undefined)?, *as_of)),
        Figure::Missing(why) => Err(why.clone()),
    }
}
