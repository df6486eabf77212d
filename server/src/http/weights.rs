//! `GET /api/v1/config`: what a score is made of, by weight, and a hash that changes when any of it does.

use std::collections::BTreeMap;

use analysis::{
    GAIN,
    registry::{REGISTRY, dimension_weight, factor_weight, timeframe_weight},
};
use axum::Json;
use schema::{Dimension, Factor, Timeframe};
use serde::Serialize;

/// The answer.
#[derive(Debug, Serialize)]
pub(crate) struct Config {
    weights: Weights,
    /// The hash of the weights: two processes of one hash make the same scores of the same inputs.
    weights_hash: String,
}

/// Everything that weighs.
#[derive(Debug, Serialize)]
struct Weights {
    /// The share of each dimension in the score, and of each measure in its dimension.
    dimensions: BTreeMap<&'static str, Shares>,
    /// The share of each factor in the score: those whose agreement the gain grows with.
    factors: BTreeMap<&'static str, f64>,
    /// The share of each timeframe in a measure of candles.
    timeframes: BTreeMap<&'static str, f64>,
    /// How steeply the common direction becomes a score.
    gain: f64,
}

/// One dimension.
#[derive(Debug, Serialize)]
struct Shares {
    weight: f64,
    measures: BTreeMap<&'static str, f64>,
}

/// `GET /api/v1/config`.
pub(crate) async fn config() -> Json<Config> {
    let weights = weights();
    // Maps in order of their names, so that the same weights are the same text.
    let text = serde_json::json!(weights).to_string();
    let weights_hash = format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()));
    Json(Config { weights, weights_hash })
}

fn weights() -> Weights {
    let shares = |dimension| Shares {
        weight: dimension_weight(dimension),
        measures: REGISTRY
            .iter()
            .filter(|row| row.dimension == dimension)
            .map(|row| (row.id.as_str(), row.weight))
            .collect(),
    };
    Weights {
        dimensions: Dimension::ALL.map(|dimension| (dimension.as_str(), shares(dimension))).into(),
        factors: Factor::ALL.map(|factor| (factor.as_str(), factor_weight(factor))).into(),
        timeframes: Timeframe::ALL.map(|timeframe| (timeframe.as_str(), timeframe_weight(timeframe))).into(),
        gain: GAIN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_measure_weighs_and_the_hash_is_that_of_the_weights() {
        let answer = config().await.0;
        let measures: usize = answer.weights.dimensions.values().map(|shares| shares.measures.len()).sum();
        assert_eq!(measures, REGISTRY.len());
        let sum: f64 = answer.weights.dimensions.values().map(|shares| shares.weight).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum}");
        assert_eq!(answer.weights_hash, config().await.0.weights_hash);
        let mut other = weights();
        other.gain += 0.01;
        let text = serde_json::json!(other).to_string();
        assert_ne!(answer.weights_hash, format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes())));
    }
}
