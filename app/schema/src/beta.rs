//! How every contract moved with Bitcoin, over five windows.

use serde::{Deserialize, Serialize};

use crate::{Figure, Invalid, Name, Pct, Policy, Schema, Symbol, Timeframe, Venue};

/// Over how long a beta is measured, and with which candles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BetaWindow {
    /// One hour of candles of one minute.
    #[serde(rename = "1h")]
    H1,
    /// Four hours of candles of one minute.
    #[serde(rename = "4h")]
    H4,
    /// Twelve hours of candles of five minutes.
    #[serde(rename = "12h")]
    H12,
    /// A day of candles of five minutes.
    #[serde(rename = "24h")]
    H24,
    /// Seven days of candles of half an hour.
    #[serde(rename = "7d")]
    D7,
}

impl BetaWindow {
    /// All of them, shortest first.
    pub const ALL: [Self; 5] = [Self::H1, Self::H4, Self::H12, Self::H24, Self::D7];

    /// The name on the wire, in an address and on screen.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::H1 => "1h",
            Self::H4 => "4h",
            Self::H12 => "12h",
            Self::H24 => "24h",
            Self::D7 => "7d",
        }
    }

    /// The window of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|window| window.as_str() == name)
    }

    /// The candles it is made of.
    #[must_use]
    pub const fn timeframe(self) -> Timeframe {
        match self {
            Self::H1 | Self::H4 => Timeframe::M1,
            Self::H12 | Self::H24 => Timeframe::M5,
            Self::D7 => Timeframe::M30,
        }
    }

    /// Returns within it.
    #[must_use]
    pub const fn bars(self) -> usize {
        match self {
            Self::H1 => 60,
            Self::H4 => 240,
            Self::H12 => 144,
            Self::H24 => 288,
            Self::D7 => 336,
        }
    }
}

/// How one contract moved with the market over a window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Beta {
    /// The change of the contract's log return for a change of the market's: the slope of least squares.
    pub beta: f64,
    /// The slope's standard error: about two thirds of all samples would give a slope within one of it.
    pub standard_error: f64,
    /// Correlation of the returns, −1 to 1.
    pub correlation: f64,
    /// Pairs of returns behind it.
    pub n: u32,
}

impl Beta {
    /// The share of the contract's variance that goes with the market: the correlation squared.
    #[must_use]
    pub fn r_squared(&self) -> f64 {
        self.correlation * self.correlation
    }
}

/// One contract against the market.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BetaRow {
    /// The contract.
    pub symbol: Symbol,
    /// Its beta, or why there is none.
    pub beta: Figure<Beta>,
    /// Its change over the window, in percent.
    pub change: Figure<Pct>,
    /// Its change minus the market's, in percent points.
    pub excess: Figure<Pct>,
}

/// A contract's closes over a window with the first as 100, at most 49 of them, evenly spaced, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BetaLine {
    /// The contract.
    pub symbol: Symbol,
    /// Its closes.
    pub points: Vec<f64>,
}

/// All contracts against the market over one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BetaRanking {
    /// The window.
    pub window: BetaWindow,
    /// The change of the market itself over the window, in percent.
    pub market_change: Figure<Pct>,
    /// Every contract but the market, in the order of the list.
    pub rows: Vec<BetaRow>,
    /// The ten whose change exceeds the market's most, best first.
    pub outperformers: Vec<Symbol>,
    /// The ten that fall behind most, worst first.
    pub underperformers: Vec<Symbol>,
    /// The lines of the market, first, and of those two lists in their order; a contract without a change has none.
    pub lines: Vec<BetaLine>,
}

/// All contracts against Bitcoin, over five windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BetaTable {
    /// Where the data comes from.
    pub source: Venue,
    /// The contract that represents the market.
    pub market: Symbol,
    /// One ranking for each window, shortest first; a page or an answer for one window holds that one alone.
    pub rankings: Vec<BetaRanking>,
}

impl BetaTable {
    /// The ranking over a window.
    #[must_use]
    pub fn over(&self, window: BetaWindow) -> Option<&BetaRanking> {
        self.rankings.iter().find(|ranking| ranking.window == window)
    }

    /// The same table with one window alone.
    #[must_use]
    pub fn only(&self, window: BetaWindow) -> Self {
        let rankings = self.over(window).into_iter().cloned().collect();
        Self { source: self.source, market: self.market, rankings }
    }
}

impl Schema for BetaTable {
    const NAME: Name = Name::new("analysis:beta");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(60, 120, 600);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        for ranking in &self.rankings {
            for beta in ranking.rows.iter().filter_map(|row| row.beta.value()) {
                if ![beta.beta, beta.standard_error, beta.correlation].into_iter().all(f64::is_finite) {
                    return Err(Invalid::new("beta", "not a finite number"));
                }
                if beta.standard_error < 0.0 || !(-1.0..=1.0).contains(&beta.correlation) {
                    return Err(Invalid::new("beta", "an error below zero, or a correlation beyond 1"));
                }
            }
            if ranking.rows.iter().any(|row| row.symbol == self.market) {
                return Err(Invalid::new("rows", "the market is held against itself"));
            }
            if ranking.lines.iter().flat_map(|line| &line.points).any(|point| !(point.is_finite() && *point > 0.0)) {
                return Err(Invalid::new("lines", "a point that is no price"));
            }
        }
        Ok(())
    }
}
