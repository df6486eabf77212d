//! How the values of one column are distributed, in fixed memory.

use super::{
    Column,
    known::{Known, NotEnough},
};

/// Bins over the range of a column.
const BINS: usize = 200;

/// A distribution of values over the range of a column.
#[derive(Debug, Clone)]
pub struct Distribution {
    centre: f64,
    reach: f64,
    n: u64,
    beyond_04: u64,
    beyond_09: u64,
    bins: [u64; BINS],
}

impl Distribution {
    pub(super) const fn new(column: &Column) -> Self {
        Self { centre: column.centre, reach: column.reach, n: 0, beyond_04: 0, beyond_09: 0, bins: [0; BINS] }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the bins")]
    pub(super) fn add(&mut self, value: f64) {
        let part = (value - self.centre) / self.reach;
        self.n += 1;
        self.beyond_04 += u64::from(part.abs() > 0.4);
        self.beyond_09 += u64::from(part.abs() > 0.9);
        let bin = ((part + 1.0) / 2.0 * BINS as f64).floor().clamp(0.0, (BINS - 1) as f64);
        self.bins[bin as usize] += 1;
    }

    /// Returns the number of values.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.n
    }

    /// Returns the share of values beyond 0.4 of the range: scores outside 30..70.
    ///
    /// # Errors
    ///
    /// Where there is no value.
    pub fn outside(&self) -> Known<f64> {
        self.share(self.beyond_04)
    }

    /// Returns the share of values beyond 0.9 of the range: saturation.
    ///
    /// # Errors
    ///
    /// Where there is no value.
    pub fn saturated(&self) -> Known<f64> {
        self.share(self.beyond_09)
    }

    /// Returns the shares of values in ten equal parts of the range.
    ///
    /// # Errors
    ///
    /// Where there is no value.
    pub fn histogram(&self) -> Known<[f64; 10]> {
        self.share(0)?;
        let part = BINS / 10;
        Ok(std::array::from_fn(|n| self.bins[n * part..(n + 1) * part].iter().sum::<u64>() as f64 / self.n as f64))
    }

    /// Returns the value below which the share `p` lies, to a two-hundredth of the range.
    ///
    /// # Errors
    ///
    /// Where there is no value.
    pub fn quantile(&self, p: f64) -> Known<f64> {
        self.share(0)?;
        let mut left = p.clamp(0.0, 1.0) * self.n as f64;
        let mut bin = 0;
        while bin + 1 < BINS && left > self.bins[bin] as f64 {
            left -= self.bins[bin] as f64;
            bin += 1;
        }
        Ok(self.centre + self.reach * (2.0 * (bin as f64 + 0.5) / BINS as f64 - 1.0))
    }

    fn share(&self, count: u64) -> Known<f64> {
        if self.n == 0 { Err(NotEnough::NoValue) } else { Ok(count as f64 / self.n as f64) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_outside_and_saturated() {
        let mut all = Distribution::new(&Column::score("score"));
        assert_eq!(all.outside(), Err(NotEnough::NoValue));
        assert_eq!(all.quantile(0.5), Err(NotEnough::NoValue));
        [50.0, 25.0, 70.0, 97.0].into_iter().for_each(|value| all.add(value));
        assert_eq!((all.n(), all.outside(), all.saturated()), (4, Ok(0.5), Ok(0.25)));
        assert_eq!(all.histogram().unwrap(), [0.0, 0.0, 0.25, 0.0, 0.0, 0.25, 0.0, 0.25, 0.0, 0.25]);
        assert!((all.quantile(0.5).unwrap() - 50.5).abs() <= 0.5);
    }
}
