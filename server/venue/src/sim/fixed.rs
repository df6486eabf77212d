//! Decimal numbers as whole ones: prices are counted in ticks, sizes in lots, so that sums are exact.

use std::fmt::Write as _;

/// The size of one unit as a decimal: `units` · 10^−`scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// The step, in units of its last decimal.
    pub(crate) units: i64,
    /// Decimals.
    pub(crate) scale: u8,
}

impl Step {
    /// The step of `units` in the last of `scale` decimals.
    pub(crate) const fn new(units: i64, scale: u8) -> Self {
        Self { units, scale }
    }

    /// The step nearest to a power of ten.
    pub(crate) const fn power(exponent: i8) -> Self {
        if exponent >= 0 {
            Self { units: 10_i64.pow(exponent.unsigned_abs() as u32), scale: 0 }
        } else {
            Self { units: 1, scale: exponent.unsigned_abs() }
        }
    }

    /// Its value.
    pub(crate) fn value(self) -> f64 {
        self.units as f64 / 10_f64.powi(i32::from(self.scale))
    }

    /// Ten times as fine.
    pub(crate) const fn tenth(self) -> Self {
        Self { units: self.units, scale: self.scale + 1 }
    }

    /// The unit of a product: that of turnover is tick times lot.
    pub(crate) const fn times(self, other: Self) -> Self {
        Self { units: self.units * other.units, scale: self.scale + other.scale }
    }

    /// Writes `count` steps as a decimal with all its places.
    pub(crate) fn write(self, count: impl Into<i128>, out: &mut String) {
        write_fixed(count.into() * i128::from(self.units), self.scale, out);
    }
}

/// Writes a whole number of 10^−`scale` as a decimal with `scale` places.
pub(crate) fn write_fixed(value: i128, scale: u8, out: &mut String) {
    if value < 0 {
        out.push('-');
    }
    let value = value.unsigned_abs();
    if scale == 0 {
        // Writing to a String cannot fail.
        let _ = write!(out, "{value}");
        return;
    }
    let unit = 10_u128.pow(u32::from(scale));
    let _ = write!(out, "{}.{:0places$}", value / unit, value % unit, places = usize::from(scale));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_written_with_all_their_places() {
        let text = |step: Step, count| {
            let mut out = String::new();
            step.write(count, &mut out);
            out
        };
        assert_eq!(text(Step::power(-1), 950_005), "95000.5");
        assert_eq!(text(Step::power(-7), 430), "0.0000430");
        assert_eq!(text(Step::power(2), 17), "1700");
        assert_eq!(text(Step::power(0), 0), "0");
        assert_eq!(text(Step::power(-8), -7_774), "-0.00007774");
        assert_eq!(text(Step::power(-1).times(Step::power(2)), 3), "30.0");
    }
}
