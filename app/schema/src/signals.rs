//! Every symbol of the universe with its price and its score.

use std::sync::Arc;

use arcstr::ArcStr;
use serde::{Deserialize, Serialize};

use crate::{
    Figure, Invalid, Name, Pct, PerDimension, Points, Policy, Price, Rate, Ratio, Schema, Score, Symbol, UnixMs, Usd,
    Venue,
};

/// Where a score points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// At or above the long threshold.
    Long,
    /// Between the thresholds.
    Neutral,
    /// At or below the short threshold.
    Short,
}

impl Direction {
    /// The word for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Long => "Long",
            Self::Neutral => "Neutral",
            Self::Short => "Short",
        }
    }
}

/// A funding rate with the interval it is paid over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Funding {
    /// The rate of the running interval, as a fraction.
    pub rate: Rate,
    /// The length of the interval, in hours.
    pub interval_hours: u8,
    /// When it is paid next.
    pub next: UnixMs,
}

/// One symbol on the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "FlatRow")]
pub struct SignalRow {
    /// The contract.
    pub symbol: Symbol,
    /// Its base coin, as the venue names it.
    pub base: ArcStr,
    /// The price increment, for display.
    pub tick: Price,
    /// What changes with every trade.
    #[serde(flatten)]
    pub quote: Quote,
    /// The score of closed bars, 0 to 100.
    pub score: Figure<Score>,
    /// Where the score points; none exactly where the score is missing.
    pub direction: Option<Direction>,
    /// Each dimension's own score, none where it is missing; the reasons are in the breakdown.
    pub dimensions: PerDimension<Option<Score>>,
    /// How much the dimensions agree; none where the score is missing.
    pub agreement: Option<Ratio>,
    /// The share of the inputs, by weight, that is known.
    pub coverage: Ratio,
    /// The funding rate.
    pub funding: Figure<Funding>,
    /// Change of open interest in coins over 1 h, in percent.
    pub oi_change_1h: Figure<Pct>,
    /// The score now minus the score one hour ago.
    pub trend: Figure<Points>,
    /// The last 24 hourly closing prices, oldest first; shorter for a young contract.
    pub spark: Arc<Vec<Price>>,
}

/// A row as it is written: with its quote's fields among its own.
///
/// Derived for the row itself, reading would go through a copy of everything in a form that can be anything; it would cost
/// the browser a second set of code for each figure of a quote.
#[derive(Deserialize)]
struct FlatRow {
    symbol: Symbol,
    base: ArcStr,
    tick: Price,
    price: Price,
    change_24h: Figure<Pct>,
    high_24h: Figure<Price>,
    low_24h: Figure<Price>,
    turnover_24h: Figure<Usd>,
    open_interest_usd: Figure<Usd>,
    forming: Figure<Score>,
    score: Figure<Score>,
    direction: Option<Direction>,
    dimensions: PerDimension<Option<Score>>,
    agreement: Option<Ratio>,
    coverage: Ratio,
    funding: Figure<Funding>,
    oi_change_1h: Figure<Pct>,
    trend: Figure<Points>,
    spark: Arc<Vec<Price>>,
}

impl From<FlatRow> for SignalRow {
    fn from(row: FlatRow) -> Self {
        Self {
            symbol: row.symbol,
            base: row.base,
            tick: row.tick,
            quote: Quote {
                price: row.price,
                change_24h: row.change_24h,
                high_24h: row.high_24h,
                low_24h: row.low_24h,
                turnover_24h: row.turnover_24h,
                open_interest_usd: row.open_interest_usd,
                forming: row.forming,
            },
            score: row.score,
            direction: row.direction,
            dimensions: row.dimensions,
            agreement: row.agreement,
            coverage: row.coverage,
            funding: row.funding,
            oi_change_1h: row.oi_change_1h,
            trend: row.trend,
            spark: row.spark,
        }
    }
}

/// The part of a row that changes with every trade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quote {
    /// The last price.
    pub price: Price,
    /// Change of the last price over 24 h, in percent.
    pub change_24h: Figure<Pct>,
    /// Highest price in 24 h.
    pub high_24h: Figure<Price>,
    /// Lowest price in 24 h.
    pub low_24h: Figure<Price>,
    /// Traded in 24 h, in US dollars.
    pub turnover_24h: Figure<Usd>,
    /// Open interest, one side, in US dollars.
    pub open_interest_usd: Figure<Usd>,
    /// The score as it would be if the open bar closed now.
    pub forming: Figure<Score>,
}

impl Quote {
    /// A quote that does not change for so long while the market goes on is not one of now, in milliseconds.
    const STILL_MS: i64 = 10_000;

    /// When the contract's state was last received; none where nothing of it is known.
    #[must_use]
    pub fn received_at(&self) -> Option<UnixMs> {
        let usd = [&self.turnover_24h, &self.open_interest_usd].map(Figure::as_of);
        let prices = [&self.high_24h, &self.low_24h].map(Figure::as_of);
        usd.into_iter().chain(prices).chain([self.change_24h.as_of()]).flatten().max()
    }

    /// How far the quote is behind a market that was received at `market`, where that is more than ten seconds: a single contract fell
    /// silent, or was delisted.
    #[must_use]
    pub fn behind(&self, market: UnixMs) -> Option<std::time::Duration> {
        let received = self.received_at()?;
        (market.0.saturating_sub(received.0) > Self::STILL_MS).then(|| received.age(market))
    }
}

/// Counts and means over the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalStats {
    /// Rows that point long.
    pub long: u32,
    /// Rows that are neutral.
    pub neutral: u32,
    /// Rows that point short.
    pub short: u32,
    /// Rows without a score.
    pub unscored: u32,
    /// Mean of the scores there are.
    pub mean_score: Option<Score>,
    /// Mean of the agreement of scored rows.
    pub mean_agreement: Option<Ratio>,
    /// The ten symbols of the highest score, best first.
    pub top: Vec<Symbol>,
}

/// Every symbol of the universe, highest turnover first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// Where the data comes from.
    pub source: Venue,
    /// One row per symbol with a known price.
    pub rows: Vec<SignalRow>,
    /// Counts and means over the rows.
    pub stats: SignalStats,
}

impl Schema for Signals {
    const NAME: Name = Name::new("analysis:signals");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(1, 5, 120).vital();
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        if let Some(row) = self.rows.iter().find(|row| row.direction.is_some() != row.score.value().is_some()) {
            return Err(Invalid::new(
                "direction",
                format!("{}: direction and score disagree on being known", row.symbol),
            ));
        }
        let counted = self.stats.long + self.stats.neutral + self.stats.short + self.stats.unscored;
        if usize::try_from(counted) != Ok(self.rows.len()) {
            return Err(Invalid::new("stats", format!("counts {counted} of {} rows", self.rows.len())));
        }
        Ok(())
    }
}
