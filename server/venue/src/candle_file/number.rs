//! Prices and amounts.

use super::field::shown;

/// Prices from here …
const LOWEST_PRICE: f64 = 1e-15;
/// … to here are read: more than any exchange lists, and few enough digits for sums that stay finite.
const HIGHEST_PRICE: f64 = 1e15;
/// The largest amount.
const LARGEST_AMOUNT: f64 = 1e24;

/// A price, and how many decimals it is written with, closing zeros not counted.
pub(super) fn price(text: &str) -> Result<(f64, u8), String> {
    match number(text)? {
        Some(price) if (LOWEST_PRICE..=HIGHEST_PRICE).contains(&price) => Ok((price, decimals(text))),
        Some(price) if price > 0.0 => Err(format!("{} is out of the range of prices, 1e-15 to 1e15", shown(text))),
        _ => Err(format!("{} is no price: a positive number such as 1234.5 or 7.1e-06 is expected", shown(text))),
    }
}

/// A volume or a turnover.
pub(super) fn amount(text: &str) -> Result<f64, String> {
    match number(text)? {
        Some(amount) if (0.0..=LARGEST_AMOUNT).contains(&amount) => Ok(amount.abs()),
        _ => Err(format!("{} is no amount: a number from 0 to 1e24 such as 1234.5 is expected", shown(text))),
    }
}

/// A finite decimal number, with or without an exponent; `None` for everything else.
fn number(text: &str) -> Result<Option<f64>, String> {
    if text.contains(',') {
        return Err(format!("{} has a comma: a decimal point and no thousands separator are expected", shown(text)));
    }
    // `parse` alone would accept `inf` and `nan`.
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    Ok(text.parse().ok().filter(|number: &f64| plain && number.is_finite()))
}

fn decimals(text: &str) -> u8 {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let fraction = mantissa.split_once('.').map_or("", |(_, fraction)| fraction.trim_end_matches('0'));
    let exponent: i64 = exponent.parse().unwrap_or(0);
    let places = i64::try_from(fraction.len()).unwrap_or(i64::MAX).saturating_sub(exponent);
    u8::try_from(places.max(0)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_any_positive_decimal_with_its_decimals() {
        for (text, value, places) in [
            ("7.1e-06", 7.1e-6, 7),
            ("1234567890.5", 1_234_567_890.5, 1),
            ("+1.5", 1.5, 1),
            ("1E3", 1_000.0, 0),
            (".5", 0.5, 1),
            ("5.", 5.0, 0),
            ("108748.60", 108_748.6, 1),
            ("1.25e1", 12.5, 1),
            ("0.000000001234", 1.234e-9, 12),
        ] {
            assert_eq!(price(text), Ok((value, places)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_price_and_names_what_is_expected() {
        for text in
            ["", "x", "inf", "nan", "-1", "0", "0e5", "1e999", "1_000", "1 000", "0x10", "1e", "--1", "1.2.3", "−1"]
        {
            assert!(price(text).unwrap_err().contains("is no price: a positive number such as"), "{text}");
        }
        for text in ["1,5", "1,234.5"] {
            assert!(price(text).unwrap_err().contains("a decimal point"), "{text}");
        }
        for text in ["1e-16", "1e16"] {
            assert!(price(text).unwrap_err().contains("out of the range"), "{text}");
        }
    }

    #[test]
    fn an_amount_may_be_nothing_but_never_negative() {
        assert_eq!(amount("0"), Ok(0.0));
        assert_eq!(amount("-0.0").map(f64::is_sign_positive), Ok(true));
        assert_eq!(amount("1.5e9"), Ok(1.5e9));
        for text in ["", "-4", "nan", "1e25"] {
            assert!(amount(text).unwrap_err().contains("is no amount"), "{text}");
        }
    }
}
