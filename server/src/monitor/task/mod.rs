//! The monitor's tasks, one file each.

pub(crate) mod alerts;
pub(crate) mod audit;
pub(crate) mod beta;
pub(crate) mod breakdowns;
pub(crate) mod candles;
pub(crate) mod coingecko;
pub(crate) mod fear_greed;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod ideas;
pub(crate) mod keep;
pub(crate) mod live;
pub(crate) mod movers;
pub(crate) mod perps;
pub(crate) mod positions;
pub(crate) mod publishers;
mod requests;
pub(crate) mod scan;
pub(crate) mod universe;
pub(crate) mod volatility;

#[cfg(test)]
pub(crate) mod double;
