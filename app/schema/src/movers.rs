//! What moves most.

use serde::{Deserialize, Serialize};

use crate::{Figure, Invalid, Name, Pct, Policy, Price, Schema, Symbol, Usd, Venue, signals::Funding};

/// A symbol that moves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mover {
    /// The contract.
    pub symbol: Symbol,
    /// The price increment, for display.
    pub tick: Price,
    /// The last price.
    pub price: Price,
    /// Change over the window of its list, in percent.
    pub change: Pct,
    /// Traded in 24 h, in US dollars.
    pub turnover_24h: Usd,
}

/// A symbol whose open interest rises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OiRiser {
    /// The contract.
    pub symbol: Symbol,
    /// Change of open interest in coins over 1 h, in percent.
    pub change_1h: Pct,
    /// Open interest, one side, in US dollars.
    pub open_interest_usd: Figure<Usd>,
}

/// A symbol with an extreme funding rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FundingExtreme {
    /// The contract.
    pub symbol: Symbol,
    /// Its funding.
    pub funding: Funding,
    /// The rate brought to 8 h, in percent, so that intervals compare.
    pub per_8h: Pct,
}

/// Gainers and losers over one window; a loser's change is below zero, a gainer's above.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MoverLists {
    /// Highest change first.
    pub gainers: Vec<Mover>,
    /// Lowest change first.
    pub losers: Vec<Mover>,
}

/// What moves most among the symbols above a minimum turnover, ten of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketMovers {
    /// Where the data comes from.
    pub source: Venue,
    /// Symbols of less turnover in 24 h are left out, in US dollars.
    pub min_turnover: Usd,
    /// Symbols that were compared.
    pub universe: u32,
    /// Over 24 h.
    pub day: MoverLists,
    /// Over 1 h.
    pub hour: MoverLists,
    /// Highest turnover first; changes are those of 24 h.
    pub most_active: Vec<Mover>,
    /// Open interest that rose most in 1 h, highest first.
    pub oi_risers: Vec<OiRiser>,
    /// Funding furthest from zero, per 8 h.
    pub funding_extremes: Vec<FundingExtreme>,
}

impl Schema for MarketMovers {
    const NAME: Name = Name::new("market:movers");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(5, 15, 90);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        for lists in [&self.day, &self.hour] {
            if lists.gainers.iter().any(|mover| mover.change.get() <= 0.0) {
                return Err(Invalid::new("gainers", "a gainer that does not gain"));
            }
            if lists.losers.iter().any(|mover| mover.change.get() >= 0.0) {
                return Err(Invalid::new("losers", "a loser that does not lose"));
            }
        }
        Ok(())
    }
}
