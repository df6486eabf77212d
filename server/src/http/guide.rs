//! What the Guide explains, from the registry of measures.

use analysis::{
    CONDITIONS,
    registry::{REGISTRY, Row, dimension_weight, timeframe_shares},
};
use app::source::{Guide, GuideDimension, GuideMeasure, GuideTerm};
use schema::Dimension;

/// Every measure by dimension, and every condition.
pub(super) fn guide() -> Guide {
    let dimension = |dimension| GuideDimension {
        dimension,
        weight: dimension_weight(dimension),
        measures: REGISTRY.iter().filter(|row| row.dimension == dimension).map(measure).collect(),
    };
    let condition =
        |row: &'static analysis::ConditionRow| GuideTerm { id: &row.id, label: &row.label, about: row.about };
    Guide {
        dimensions: Dimension::ALL.map(dimension).into(),
        timeframes: timeframe_shares(),
        conditions: CONDITIONS.iter().map(condition).collect(),
    }
}

fn measure(row: &'static Row) -> GuideMeasure {
    GuideMeasure {
        term: GuideTerm { id: &row.id, label: &row.label, about: row.about },
        inputs: row.origin(),
        figure: row.limits(),
        weight: row.weight,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_and_every_condition_is_explained() {
        let guide = guide();
        let explained: usize = guide.dimensions.iter().map(|dimension| dimension.measures.len()).sum();
        assert_eq!(explained, REGISTRY.len());
        assert_eq!(guide.conditions.len(), CONDITIONS.len());
    }
}
