//! Numbers.

use schema::{Price, Ratio, Score, Usd};

/// The minus sign of typography.
pub const MINUS: char = '\u{2212}';

/// A number with a fixed count of decimals.
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    if value < 0.0 && !is_zero(&text) { format!("{MINUS}{text}") } else { text }
}

/// A change: like [`fixed`], with an explicit plus.
#[must_use]
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    if value > 0.0 && !is_zero(&text) { format!("+{text}") } else { text }
}

fn is_zero(text: &str) -> bool {
    !text.bytes().any(|b| matches!(b, b'1'..=b'9'))
}

/// A percentage without a sign, for shares: `62.5%`.
#[must_use]
pub fn percent(value: f64, decimals: usize) -> String {
    format!("{}%", fixed(value, decimals))
}

/// A share of a whole, in whole percent: `86%`.
#[must_use]
pub fn share(ratio: Ratio) -> String {
    percent(ratio.get() * 100.0, 0)
}

/// A score with its two decimals: `50.45`.
#[must_use]
pub fn score(score: Score) -> String {
    fixed(score.get(), 2)
}

/// A count with grouped thousands: `1,204`.
#[must_use]
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// A number without decimals, with grouped thousands: `91,235`.
#[must_use]
pub fn whole(value: f64) -> String {
    grouped(&fixed(value, 0))
}

/// An amount in three digits and a unit of thousands: `1.23B`.
#[must_use]
pub fn amount(value: f64) -> String {
    const UNITS: [&str; 5] = ["", "k", "M", "B", "T"];
    let (mut rest, mut unit) = (value.abs(), 0);
    // 999.5 would round to a fourth digit.
    while rest >= 999.5 && unit + 1 < UNITS.len() {
        rest /= 1_000.0;
        unit += 1;
    }
    let decimals = match rest {
        _ if unit == 0 && rest.fract() == 0.0 => 0,
        r if r >= 99.95 => 0,
        r if r >= 9.995 => 1,
        _ => 2,
    };
    format!("{}{}", fixed(rest.copysign(value), decimals), UNITS[unit])
}

/// A change in three digits and a unit of thousands: `+1.23k`.
#[must_use]
pub fn signed_amount(value: f64) -> String {
    let text = amount(value);
    if value > 0.0 && !is_zero(&text) { format!("+{text}") } else { text }
}

/// A size in bytes, in units of 1,024: `312 B`, `12.3 KiB`, `64 MiB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let unit = (0..UNITS.len() - 1).take_while(|unit| count >> (10 * (unit + 1)) > 0).count();
    // Tenths, rounded, of whole numbers: a size never passes through a float.
    let one = 1_u64 << (10 * unit);
    let tenths = count / one * 10 + (count % one * 10 + one / 2) / one;
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} {}", UNITS[unit]),
        (whole, tenth) => format!("{whole}.{tenth} {}", UNITS[unit]),
    }
}

/// An amount of US dollars: `$1.23B`.
#[must_use]
pub fn usd(value: Usd) -> String {
    format!("${}", amount(value.get()))
}

/// How many decimals a price increment needs.
#[must_use]
pub fn decimals(tick: Price) -> usize {
    let mut scaled = tick.get();
    for places in 0..12 {
        if scaled >= 0.5 && (scaled - scaled.round()).abs() < scaled * 1e-6 {
            return places;
        }
        scaled *= 10.0;
    }
    12
}

/// A price by its increment, with every digit: `91,234.50`, `0.00000614`.
#[must_use]
pub fn full_price(price: Price, tick: Price) -> String {
    grouped(&fixed(price.get(), decimals(tick)))
}

/// A price by its increment; four or more leading zeros are counted: `0.0₅614` is 0.00000614.
#[must_use]
pub fn price(price: Price, tick: Price) -> String {
    let full = full_price(price, tick);
    let Some(fraction) = full.strip_prefix("0.") else { return full };
    let digits = fraction.trim_start_matches('0');
    let zeros = fraction.len() - digits.len();
    if zeros < 4 || digits.is_empty() {
        return full;
    }
    let mut out = String::from("0.0");
    for digit in zeros.to_string().chars() {
        out.push(match digit {
            '0' => '₀',
            '1' => '₁',
            '2' => '₂',
            '3' => '₃',
            '4' => '₄',
            '5' => '₅',
            '6' => '₆',
            '7' => '₇',
            '8' => '₈',
            _ => '₉',
        });
    }
    out.push_str(digits);
    out
}

/// A figure of any size in about four digits: `61.30`, `12,345`, `0.0042`, `1.20M`.
#[must_use]
pub fn quantity(value: f64) -> String {
    let size = value.abs();
    match size {
        0.0 => "0".to_owned(),
        s if s >= 1e6 => amount(value),
        s if s >= 1e3 => grouped(&fixed(value, 0)),
        s if s >= 1.0 => fixed(value, 2),
        s if s >= 1e-6 => {
            // Two digits after the leading zeros.
            let mut places = 2;
            let mut scaled = size;
            while scaled < 0.1 {
                scaled *= 10.0;
                places += 1;
            }
            fixed(value, places)
        }
        _ => format!("{value:.1e}").replace('-', "\u{2212}"),
    }
}

/// Puts commas between the thousands of the integer part.
fn grouped(text: &str) -> String {
    let (sign, rest) = text.strip_prefix(MINUS).map_or(("", text), |rest| ("\u{2212}", rest));
    let (whole, fraction) = rest.find('.').map_or((rest, ""), |dot| rest.split_at(dot));
    let mut out = String::with_capacity(text.len() + whole.len() / 3);
    out.push_str(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out.push_str(fraction);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(value: f64) -> Price {
        Price::new(value).unwrap()
    }

    #[test]
    fn a_score_keeps_its_two_decimals() {
        assert_eq!(score(Score::new(50.45).unwrap()), "50.45");
        assert_eq!(score(Score::new(50.0).unwrap()), "50.00");
    }

    #[test]
    fn a_change_has_an_explicit_sign_and_zero_has_none() {
        assert_eq!(signed(2.314, 2), "+2.31");
        assert_eq!(signed(-2.314, 2), "−2.31");
        for nothing in [0.0, -0.0, 0.004, -0.004] {
            assert_eq!(signed(nothing, 2), "0.00");
        }
    }

    #[test]
    fn amounts_keep_three_digits_and_never_show_a_thousand_of_a_unit() {
        for (value, text) in [
            (0.0, "0"),
            (7.0, "7"),
            (7.25, "7.25"),
            (999.4, "999"),
            (999.6, "1.00k"),
            (12_345.0, "12.3k"),
            (999_499.0, "999k"),
            (999_600.0, "1.00M"),
            (1_234_567_890.0, "1.23B"),
            (3_210_000_000_000.0, "3.21T"),
            (-45_600.0, "−45.6k"),
        ] {
            assert_eq!(amount(value), text);
        }
    }

    #[test]
    fn a_price_has_the_decimals_of_its_increment() {
        assert_eq!(price(p(91_234.5), p(0.1)), "91,234.5");
        assert_eq!(price(p(91_234.5), p(0.01)), "91,234.50");
        assert_eq!(price(p(3.05), p(0.05)), "3.05");
        assert_eq!(price(p(1_234_567.0), p(1.0)), "1,234,567");
        assert_eq!(price(p(0.5521), p(0.0001)), "0.5521");
        assert_eq!(price(p(0.000_12), p(0.000_01)), "0.00012");
    }

    #[test]
    fn a_tiny_price_counts_its_zeros_and_keeps_its_full_value() {
        assert_eq!(price(p(0.000_006_14), p(0.000_000_01)), "0.0₅614");
        assert_eq!(full_price(p(0.000_006_14), p(0.000_000_01)), "0.00000614");
        assert_eq!(price(p(0.000_000_000_012), p(0.000_000_000_001)), "0.0₁₀12");
    }

    #[test]
    fn quantities_of_any_size_stay_readable() {
        for (value, text) in [
            (0.0, "0"),
            (61.3, "61.30"),
            (-12_345.6, "−12,346"),
            (0.004_2, "0.0042"),
            (0.25, "0.25"),
            (1_200_000.0, "1.20M"),
            (-0.000_000_1, "−1.0e−7"),
        ] {
            assert_eq!(quantity(value), text);
        }
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(612), "612");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn sizes_are_in_units_of_1024_with_a_tenth_where_there_is_one() {
        for (count, expected) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1 KiB"),
            (12_595, "12.3 KiB"),
            (67_108_864, "64 MiB"),
            (u64::MAX, "17179869184 GiB"),
        ] {
            assert_eq!(bytes(count), expected);
        }
    }
}
