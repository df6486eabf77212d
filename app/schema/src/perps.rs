//! The pulse of the perpetual contracts: what positions cost, who holds them, what was closed by force.

use serde::{Deserialize, Serialize};

use crate::{Figure, Invalid, Name, Pct, Policy, Ratio, Schema, Usd, Venue};

/// What was closed by force within a window, by the side of the position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Liquidated {
    /// Positions that were long, in US dollars.
    pub longs: Usd,
    /// Positions that were short, in US dollars.
    pub shorts: Usd,
    /// How many.
    pub n: u32,
    /// The part of the window that was covered, weighted by turnover: a liquidation is never sent again. Below 1 the
    /// sums are those of a part.
    pub heard: Ratio,
}

impl Liquidated {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if self.n == 0 && self.longs.get() + self.shorts.get() > 0.0 {
            return Err(Invalid::new("liquidations", "an amount without a liquidation"));
        }
        Ok(())
    }
}

/// All perpetual contracts in one look. Each figure carries the time of its own newest input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PerpsPulse {
    /// Where the data comes from.
    pub source: Venue,
    /// Contracts looked at.
    pub universe: u32,
    /// Mean funding per 8 h weighted by turnover, in percent.
    pub funding_per_8h: Figure<Pct>,
    /// Its distance from the median of the same mean over 30 days of paid funding, in spreads of 1.4826 · median distance.
    pub funding_z: Figure<f64>,
    /// Accounts that are long ÷ all, weighted by turnover. It counts accounts, not size.
    pub accounts_long: Figure<Ratio>,
    /// Median of `(mark − index)/index` over contracts, in basis points.
    pub premium_bps: Figure<f64>,
    /// Open interest, one side.
    pub open_interest_usd: Figure<Usd>,
    /// Its change over 1 h in coins, weighted by what the coins are worth now, in percent: no price effect.
    pub open_interest_change_1h: Figure<Pct>,
    /// Liquidations of the last hour.
    pub liquidations_1h: Figure<Liquidated>,
    /// Liquidations of the last 24 hours.
    pub liquidations_24h: Figure<Liquidated>,
}

impl Schema for PerpsPulse {
    const NAME: Name = Name::new("market:perps");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(5, 15, 120);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        for (field, figure) in [("funding_z", &self.funding_z), ("premium_bps", &self.premium_bps)] {
            if figure.value().is_some_and(|value| !value.is_finite()) {
                return Err(Invalid::new(field, "not a finite number"));
            }
        }
        for figure in [&self.liquidations_1h, &self.liquidations_24h] {
            figure.value().map_or(Ok(()), Liquidated::check)?;
        }
        Ok(())
    }
}
