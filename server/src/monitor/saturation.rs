//! Watches that no measure is at its limit most of the time: a direction that is says little more than a side.
//!
//! The share of leans beyond ±0.9 among the last thousand of closed bars, over all symbols, is the gauge
//! `analysis_saturation_ratio`; from a fifth on it is said in the log as well, once, and again when it is over.

use std::collections::{HashMap, VecDeque};

use analysis::{
    Analysis,
    registry::{SATURATED, SATURATED_SHARE},
};
use arcstr::ArcStr;
use schema::Timeframe;

/// Leans of one measure that are looked at.
const OBSERVATIONS: usize = 1_000;

/// The last leans of every measure.
#[derive(Debug, Default)]
pub(crate) struct Saturation {
    measures: HashMap<(ArcStr, Option<Timeframe>), Leans>,
}

/// Whether each of the last leans of one measure was beyond the limit.
#[derive(Debug, Default)]
struct Leans {
    beyond: VecDeque<bool>,
    count: usize,
    warned: bool,
}

impl Leans {
    fn take(&mut self, lean: f64) {
        let beyond = lean.abs() > SATURATED;
        if self.beyond.len() == OBSERVATIONS {
            self.count -= usize::from(self.beyond.pop_front() == Some(true));
        }
        self.beyond.push_back(beyond);
        self.count += usize::from(beyond);
    }

    /// The share that was beyond, once there are enough.
    fn share(&self) -> Option<f64> {
        (self.beyond.len() == OBSERVATIONS).then(|| self.count as f64 / OBSERVATIONS as f64)
    }
}

impl Saturation {
    /// Takes in the analysis of a bar that closed.
    pub(crate) fn take(&mut self, analysis: &Analysis) {
        for part in analysis.dimensions.iter().flat_map(|dimension| &dimension.parts) {
            if let Some(finding) = part.finding.value() {
                self.measures.entry((part.id.clone(), part.timeframe)).or_default().take(finding.lean.get());
            }
        }
    }

    /// Sets the gauges, and says what became saturated or is so no longer.
    pub(crate) fn export(&mut self) {
        for ((measure, timeframe), leans) in &mut self.measures {
            let Some(share) = leans.share() else { continue };
            let timeframe = timeframe.map_or("", Timeframe::as_str);
            metrics::gauge!("analysis_saturation_ratio", "measure" => measure.to_string(), "timeframe" => timeframe)
                .set(share);
            let saturated = share > SATURATED_SHARE;
            if saturated != leans.warned {
                leans.warned = saturated;
                if saturated {
                    tracing::warn!(measure = %measure, timeframe, share, "a measure stands at its end in too many bars");
                } else {
                    tracing::info!(measure = %measure, timeframe, share, "a measure is no longer saturated");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_that_of_the_last_thousand_and_none_before() {
        let mut leans = Leans::default();
        for n in 0..OBSERVATIONS {
            assert_eq!(leans.share(), None);
            // Exactly the limit is not beyond it.
            leans.take(if n % 4 == 0 { -0.95 } else { 0.9 });
        }
        assert_eq!(leans.share(), Some(0.25));
        for _ in 0..OBSERVATIONS / 2 {
            leans.take(0.1);
        }
        assert_eq!(leans.share(), Some(0.125));
        assert_eq!(leans.beyond.len(), OBSERVATIONS);
    }
}
