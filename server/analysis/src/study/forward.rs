//! What followed the values of one column over one horizon.

use super::{
    days::{Days, Interval, percentile},
    fifths::top_less_bottom,
    known::{Known, NotEnough},
    rank::spearman,
};

/// A cross-sectional rank information coefficient.
#[derive(Debug, Clone, PartialEq)]
pub struct RankIc {
    /// The mean of Spearman's correlation over cross-sections.
    pub mean: f64,
    /// Cross-sections.
    pub sections: usize,
    /// Pairs of a value and a return in these.
    pub pairs: u64,
    /// Days (UTC) with a cross-section.
    pub days: usize,
    /// The 95 % interval of the mean, by resampling days.
    pub interval: Known<Interval>,
}

/// How often the direction of a value was that of the excess return.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HitRate {
    /// The share of pairs with the same direction.
    pub rate: f64,
    /// The share to expect if values and returns with these shares of ups were independent.
    pub base: f64,
    /// Pairs in which both have a direction.
    pub pairs: u64,
}

/// Returns of the top fifth less those of the bottom fifth, gross, in basis points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The mean over windows.
    pub mean: f64,
    /// The median over windows.
    pub median: f64,
    /// The 5th percentile.
    pub low: f64,
    /// The 95th percentile.
    pub high: f64,
    /// The mean less the round-trip cost of both legs, taken in the direction of its sign; below 0 the cost is larger.
    pub after_cost: f64,
    /// Windows.
    pub windows: usize,
}

/// What is kept of one column and one horizon: sums by day, and 8 bytes for each window.
#[derive(Debug, Clone, Default)]
pub(super) struct Forward {
    ic: Days,
    sections: usize,
    pairs: u64,
    pub(super) spreads: Vec<f64>,
    same: u64,
    value_up: u64,
    return_up: u64,
    directed: u64,
    windows: usize,
    most: usize,
}

impl Forward {
    /// Adds a complete window: values less the centre of their column, and returns less the median of the universe.
    pub(super) fn add(&mut self, at: i64, values: &[f64], returns: &[f64], needed: usize) {
        self.windows += 1;
        self.most = self.most.max(values.len());
        if values.len() < needed {
            return;
        }
        if let Some(ic) = spearman(values, returns) {
            self.ic.add(at, ic);
            self.sections += 1;
            self.pairs += values.len() as u64;
        }
        self.spreads.extend(top_less_bottom(values, returns).map(|spread| 1e4 * spread));
        for (value, excess) in values.iter().zip(returns).filter(|(value, excess)| **value != 0.0 && **excess != 0.0) {
            self.directed += 1;
            self.value_up += u64::from(*value > 0.0);
            self.return_up += u64::from(*excess > 0.0);
            self.same += u64::from((*value > 0.0) == (*excess > 0.0));
        }
    }

    fn enough(&self, needed: usize) -> Known<()> {
        match self {
            Self { windows: 0, .. } => Err(NotEnough::NoWindow),
            Self { most, .. } if *most < needed => Err(NotEnough::FewMembers { most: *most, needed }),
            _ => Ok(()),
        }
    }

    pub(super) fn rank_ic(&self, needed: usize, resamples: usize) -> Known<RankIc> {
        self.enough(needed)?;
        let mean = self.ic.mean().ok_or(NotEnough::Constant)?;
        let interval = self.ic.interval(resamples);
        Ok(RankIc { mean, sections: self.sections, pairs: self.pairs, days: self.ic.len(), interval })
    }

    pub(super) fn hit_rate(&self, needed: usize) -> Known<HitRate> {
        self.enough(needed)?;
        if self.directed == 0 {
            return Err(NotEnough::Constant);
        }
        let share = |count: u64| count as f64 / self.directed as f64;
        let (value, excess) = (share(self.value_up), share(self.return_up));
        let base = value * excess + (1.0 - value) * (1.0 - excess);
        Ok(HitRate { rate: share(self.same), base, pairs: self.directed })
    }

    pub(super) fn spread(&self, needed: usize, round_trip_bps: f64) -> Known<Spread> {
        self.enough(needed)?;
        if self.spreads.is_empty() {
            return Err(NotEnough::FewMembers { most: self.most, needed: 5 });
        }
        let mut sorted = self.spreads.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
        Ok(Spread {
            mean,
            median: percentile(&sorted, 0.5),
            low: percentile(&sorted, 0.05),
            high: percentile(&sorted, 0.95),
            after_cost: mean.abs() - 2.0 * round_trip_bps,
            windows: sorted.len(),
        })
    }
}
