//! The number in a rule, as people write numbers: `0.05`, `0,05`, `−10`, `1_000`, `1 000`, `1.234,5`, `5 %`, `1.5M`, `1e6`.
//!
//! Whatever has one meaning is read; `1,000`, which is one or a thousand, is refused.

use super::{Mistake, Watched};

/// Units of thousands, the largest first, with the exponent each stands for.
pub(super) const UNITS: [(char, u8); 3] = [('B', 9), ('M', 6), ('k', 3)];
/// What may stand between groups of three digits; other blanks were made this one when the words were split.
const GROUPS: [char; 4] = ['_', ' ', '\'', '’'];

/// Reads the level of a figure.
pub(super) fn read(text: &str, figure: Watched) -> Result<f64, Mistake> {
    let bad = Mistake::Number(figure);
    let dollars = figure == Watched::Liquidated1h;
    let text = text.trim();
    let (negative, rest) = match text.strip_prefix(['-', '−', '–']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let rest = if dollars { rest.strip_prefix('$').unwrap_or(rest) } else { rest };
    let (rest, unit) = match figure {
        Watched::Liquidated1h => unit_of(rest),
        Watched::Score => (rest, 0),
        Watched::Change24h | Watched::Funding8h | Watched::OiChange1h => (rest.strip_suffix('%').unwrap_or(rest), 0),
    };
    let rest = rest.trim_end();
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some(_) if unit > 0 => return Err(bad),
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i8>().map_err(|_| bad)?),
        None => (rest, i8::try_from(unit).map_err(|_| bad)?),
    };
    let (whole, fraction) = parts(mantissa, figure)?;
    // The exponent joins the digits, so that 1.001k is 1001 exactly; a product would not be.
    let number: f64 = format!("{whole}.{fraction}e{exponent}").parse().map_err(|_| bad)?;
    // Without the sum a level of −0 would be another rule than one of 0.
    Ok(if negative { -number } else { number } + 0.0)
}

fn unit_of(text: &str) -> (&str, u8) {
    let said = |unit: char| text.strip_suffix([unit.to_ascii_lowercase(), unit.to_ascii_uppercase()]);
    UNITS.iter().find_map(|(unit, exponent)| Some((said(*unit)?, *exponent))).unwrap_or((text, 0))
}

/// The digits before and behind the decimal separator.
fn parts(text: &str, figure: Watched) -> Result<(String, String), Mistake> {
    let bad = Mistake::Number(figure);
    let (points, commas) = (text.matches('.').count(), text.matches(',').count());
    let (group, decimal) = match (points, commas) {
        (0, 0) => (None, None),
        (1, 0) => (None, Some('.')),
        (0, 1) => (None, Some(',')),
        (_, 0) => (Some('.'), None),
        (0, _) => (Some(','), None),
        (_, 1) if text.rfind('.') < text.rfind(',') => (Some('.'), Some(',')),
        (1, _) if text.rfind(',') < text.rfind('.') => (Some(','), Some('.')),
        _ => return Err(bad),
    };
    let (whole, fraction) = decimal.and_then(|decimal| text.split_once(decimal)).unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return Err(bad);
    }
    let plain = digits(whole);
    if group.is_none() && decimal == Some(',') && plain && fraction.len() == 3 && (1..=3).contains(&whole.len()) {
        // With a zero in front it is no group of thousands.
        if !whole.starts_with('0') {
            return Err(Mistake::Ambiguous(figure));
        }
    }
    if plain && group.is_none() {
        return Ok((format!("0{whole}"), fraction.to_owned()));
    }
    let group = group.or_else(|| whole.chars().find(|character| GROUPS.contains(character))).ok_or(bad)?;
    let mut groups = whole.split(group);
    let first = groups.next().unwrap_or("");
    let well = digits(first) && (1..=3).contains(&first.len());
    if !well || !groups.all(|group| group.len() == 3 && digits(group)) {
        return Err(bad);
    }
    Ok((whole.replace(group, ""), fraction.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_numbers_that_have_one_meaning() {
        for (text, level) in [
            ("0.05", 0.05),
            ("0,05", 0.05),
            ("−10", -10.0),
            ("–10", -10.0),
            ("-7.5", -7.5),
            ("+3", 3.0),
            ("1,5", 1.5),
            ("0,500", 0.5),
            ("1.000", 1.0),
            ("5%", 5.0),
            ("5 %", 5.0),
            (".5", 0.5),
            ("1e2", 100.0),
            ("1E-2", 0.01),
            ("-0", 0.0),
        ] {
            assert_eq!(read(text, Watched::Change24h), Ok(level), "{text}");
        }
        for (text, level) in [
            ("1.5M", 1.5e6),
            ("1,5 m", 1.5e6),
            ("$500k", 5e5),
            ("1_000", 1e3),
            ("1 000", 1e3),
            ("1'000'000", 1e6),
            ("1,234,567", 1_234_567.0),
            ("1.234.567", 1_234_567.0),
            ("1,234.5", 1_234.5),
            ("1.234,5", 1_234.5),
            ("1 000,500", 1_000.5),
            ("1e6", 1e6),
            ("1.001k", 1_001.0),
            ("2b", 2e9),
        ] {
            assert_eq!(read(text, Watched::Liquidated1h), Ok(level), "{text}");
        }
    }

    #[test]
    fn refuses_numbers_that_have_two_meanings_or_none() {
        for text in ["1,000", "12,345", "-1,234"] {
            assert_eq!(read(text, Watched::Change24h), Err(Mistake::Ambiguous(Watched::Change24h)), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            ",",
            "k",
            "1kk",
            "M5",
            "1e3k",
            "1_0",
            "1 00",
            "10 0000",
            "1.2.3",
            "1,2,3",
            "1.234,567,8",
            "0x10",
            "inf",
            "NaN",
            "--1",
            "++1",
            "+-1",
            "1 000_000",
            "5%",
            "1e999",
            "٥",
            "high",
            "70 or so",
            "_1",
        ] {
            assert_eq!(read(text, Watched::Liquidated1h), Err(Mistake::Number(Watched::Liquidated1h)), "{text}");
        }
        assert!(read("70%", Watched::Score).is_err() && read("1k", Watched::Change24h).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_finite_number_or_none(text in "[-+−–$]?[0-9eE.,_ '%kM]{0,12}|\\PC{0,8}") {
            for figure in Watched::ALL {
                if let Ok(level) = read(&text, figure) {
                    prop_assert!(!level.is_nan());
                }
            }
        }

        #[test]
        fn a_plain_number_is_itself(number in -1e9_f64..1e9) {
            prop_assert_eq!(read(&number.to_string(), Watched::Change24h), Ok(number));
        }
    }
}
