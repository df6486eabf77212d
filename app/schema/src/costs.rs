//! What trading an idea costs, part by part, and what is left of its result.

use serde::{Deserialize, Serialize};

use crate::{Figure, unit::Bps, unit::RMultiple};

/// What is taken to be paid for trading.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CostModel {
    /// The fee of a taker on one side, in bps of what is traded; none where it is not known and none was configured.
    pub taker_fee: Option<Bps>,
    /// The spread that is assumed, in bps of the price; none where it is measured at each decision.
    pub assumed_spread: Option<Bps>,
}

/// What one idea costs, each part in bps of the notional at entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// The taker fee of entry and exit.
    pub fee: Figure<Bps>,
    /// Half the spread at the decision, on entry and exit.
    pub spread: Figure<Bps>,
    /// Funding of the settlements between entry and exit: above zero where it is received, below where it is paid.
    pub funding: Figure<Bps>,
}

/// What is left of a result after costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Net {
    /// The costs.
    pub costs: Costs,
    /// The result in R after them; missing where one of them is.
    pub r: Figure<RMultiple>,
}
