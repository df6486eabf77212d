//! The market in one look.

mod label;

use serde::{Deserialize, Serialize};

use crate::{Figure, Invalid, Name, Pct, Policy, Price, Schema, Score, UnixMs, Usd, Venue};

pub use label::Label;

/// What the market does now, by a published rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Regime {
    /// The text of its [`Label`], for example `Broad Rally`.
    pub label: String,
    /// The rule that chose it and the numbers it saw.
    pub reason: String,
}

/// An index of the market's mood from outside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FearGreed {
    /// 0 extreme fear to 100 extreme greed.
    pub value: Score,
    /// The publisher's word.
    pub label: String,
    /// The day it is for.
    pub date: UnixMs,
}

/// The market in one look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketOverview {
    /// Where the data comes from.
    pub source: Venue,
    /// Symbols in the universe.
    pub total_symbols: u32,
    /// Linear perpetuals that the venue lists.
    pub linear_symbols: u32,
    /// Symbols with a score.
    pub scored_symbols: u32,
    /// Traded in 24 h over the universe, in US dollars.
    pub total_turnover_24h: Figure<Usd>,
    /// `50 + 50·(long − short)/(long + short)`; the compatible payload calls it `trend_strength`.
    pub signal_balance: Figure<Score>,
    /// Symbols that point long.
    pub long_signals: u32,
    /// Symbols that point short.
    pub short_signals: u32,
    /// Symbols that are neutral.
    pub neutral_signals: u32,
    /// Mean change over 24 h, zeros included, in percent.
    pub average_change_24h: Figure<Pct>,
    /// Change over 24 h weighted by turnover, in percent.
    pub turnover_weighted_change_24h: Figure<Pct>,
    /// Standard deviation of the 24 h changes over symbols, in percent.
    pub dispersion_24h: Figure<Pct>,
    /// Mean of the dispersion over the last 24 h, in percent.
    pub dispersion_24h_mean: Figure<Pct>,
    /// Last price of BTC.
    pub btc_price: Figure<Price>,
    /// Realised volatility of BTC, annualised over 365 days, in percent.
    pub btc_realised_volatility: Figure<Pct>,
    /// Standard deviation of BTC's daily log returns, in percent.
    pub btc_daily_volatility: Figure<Pct>,
    /// Daily returns behind both volatilities.
    pub btc_volatility_days: u32,
    /// What the market does now.
    pub regime: Figure<Regime>,
    /// Symbols above their price of 24 h ago.
    pub gainers: u32,
    /// Symbols below it.
    pub losers: u32,
    /// Symbols exactly at it.
    pub unchanged: u32,
    /// Open interest, one side, over the universe, in US dollars.
    pub open_interest_usd: Figure<Usd>,
    /// Bitcoin's share of the market capitalisation, in percent.
    pub btc_dominance: Figure<Pct>,
    /// Ether's share, in percent.
    pub eth_dominance: Figure<Pct>,
    /// The share of stablecoins, in percent.
    pub stablecoin_dominance: Figure<Pct>,
    /// Capitalisation of the whole market, in US dollars.
    pub total_market_cap: Figure<Usd>,
    /// Its change over 24 h, in percent.
    pub market_cap_change_24h: Figure<Pct>,
    /// The Fear & Greed index.
    pub fear_greed: Figure<FearGreed>,
}

impl Schema for MarketOverview {
    const NAME: Name = Name::new("market:overview");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(1, 5, 60).vital();
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        let scored = self.long_signals + self.short_signals + self.neutral_signals;
        if scored != self.scored_symbols {
            return Err(Invalid::new(
                "scored_symbols",
                format!("{} but {scored} have a direction", self.scored_symbols),
            ));
        }
        if self.scored_symbols > self.total_symbols {
            return Err(Invalid::new("scored_symbols", format!("{} of {}", self.scored_symbols, self.total_symbols)));
        }
        if self.gainers + self.losers + self.unchanged > self.total_symbols {
            return Err(Invalid::new("gainers", "more changes than symbols"));
        }
        Ok(())
    }
}
