//! Amounts of dollars in the words of a rule: `500k`, `1.5M`. A phone's keyboard may write the unit either way.

/// Units of thousands, the largest first, with the exponent each stands for.
const UNITS: [(char, u8); 3] = [('B', 9), ('M', 6), ('k', 3)];

/// The amount that a word says.
pub(super) fn read(word: &str) -> Option<f64> {
    let said = |unit: char| word.strip_suffix([unit.to_ascii_lowercase(), unit.to_ascii_uppercase()]);
    let unit = UNITS.iter().find_map(|(unit, exponent)| Some((said(*unit)?, exponent)));
    // The exponent joins the digits, so that 1.001k is 1001 exactly; a product would not be.
    unit.map_or_else(|| word.parse().ok(), |(digits, exponent)| format!("{digits}e{exponent}").parse().ok())
}

/// The shortest word that says exactly this amount.
pub(super) fn write(amount: f64) -> String {
    let whole = |exponent: &u8| amount / 10_f64.powi(i32::from(*exponent));
    let units = UNITS.iter().filter(|(_, exponent)| whole(exponent) >= 1.0);
    let short = units.map(|(unit, exponent)| format!("{}{unit}", whole(exponent)));
    let words = std::iter::once(amount.to_string()).chain(short.filter(|word| read(word) == Some(amount)));
    words.min_by_key(String::len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_amount_is_read_with_its_unit_and_written_as_short_as_it_can_be() {
        for (word, amount, written) in [
            ("500k", 500_000.0, "500k"),
            ("1.5M", 1_500_000.0, "1.5M"),
            ("1500k", 1_500_000.0, "1.5M"),
            ("250000", 250_000.0, "250k"),
            ("1.001k", 1_001.0, "1001"),
            ("2b", 2e9, "2B"),
            ("1.5m", 1_500_000.0, "1.5M"),
            ("750", 750.0, "750"),
            ("0", 0.0, "0"),
        ] {
            assert_eq!(read(word), Some(amount), "{word}");
            assert_eq!(write(amount), written, "{word}");
        }
        for word in ["", "k", "1,5M", "1.5 M", "$5", "1e3k", "1kk", "M5"] {
            assert_eq!(read(word), None, "{word}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_survives_its_word(amount in prop_oneof![0.0..1e12_f64, (0_u32..2_000_000).prop_map(|n| f64::from(n) * 500.0)]) {
            prop_assert_eq!(read(&write(amount)), Some(amount));
        }
    }
}
