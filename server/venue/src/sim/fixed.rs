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
    pub(crate) fn write(self, count: i64, out: &mut String) {
        write_fixed(i128::from(count) * i128::from(self.units), self.scale, out);
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

/// Reads a plain decimal as a whole number of 10^−`scale`; digits beyond are rounded half up, away from zero.
///
/// `None` for anything else than an optional sign, digits and at most one point.
pub(crate) fn parse_fixed(text: &str, scale: u8) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (integer, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if integer.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    let kept = usize::from(scale);
    for byte in integer.bytes().chain(fraction.bytes().take(kept)) {
        value = value.checked_mul(10)?.checked_add(digit(byte)?)?;
    }
    for _ in fraction.len()..kept {
        value = value.checked_mul(10)?;
    }
    for (place, byte) in fraction.bytes().skip(kept).enumerate() {
        if digit(byte)? >= 5 && place == 0 {
            value = value.checked_add(1)?;
        }
    }
    Some(if negative { -value } else { value })
}

const fn digit(byte: u8) -> Option<i64> {
    if byte.is_ascii_digit() { Some((byte - b'0') as i64) } else { None }
}

/// How many decimals a plain decimal needs, closing zeros not counted.
pub(crate) fn decimals(text: &str) -> u8 {
    text.split_once('.')
        .map_or(0, |(_, fraction)| u8::try_from(fraction.trim_end_matches('0').len()).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        for text in ["", "-", ".", "1e5", "1,5", " 1", "NaN", "1.2.3", "99999999999999999999"] {
            assert_eq!(parse_fixed(text, 2), None, "{text:?}");
        }
        assert_eq!(parse_fixed("0.125", 2), Some(13));
        assert_eq!(parse_fixed("9481.0", 0), Some(9_481));
        assert_eq!(decimals("108748.60"), 1);
        assert_eq!(decimals("17"), 0);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(value in -1_000_000_000_000_000_i64..1_000_000_000_000_000, scale in 0_u8..10) {
            let mut text = String::new();
            write_fixed(i128::from(value), scale, &mut text);
            prop_assert_eq!(parse_fixed(&text, scale), Some(value));
        }
    }
}
