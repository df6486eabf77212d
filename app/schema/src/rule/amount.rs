//! Amounts of dollars in the words of a rule: `500k`, `1.5M`.

use super::{Watched, level};

/// The amount that a word says.
fn read(word: &str) -> Option<f64> {
    level::read(word, Watched::Liquidated1h).ok()
}

/// The shortest word that says exactly this amount.
pub(super) fn write(amount: f64) -> String {
    let whole = |exponent: &u8| amount / 10_f64.powi(i32::from(*exponent));
    let units = level::UNITS.iter().filter(|(_, exponent)| whole(exponent) >= 1.0);
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
        for word in ["", "k", "1,500M", "1e3k", "1kk", "M5"] {
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
