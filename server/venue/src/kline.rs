//! A candle, and what takers bought of its volume.

use schema::{Candle, Invalid};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::wire::{Text, number};

/// A candle as a venue sends it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Kline {
    /// The candle.
    pub candle: Candle,
    /// How much of its volume takers bought, in base coin; `None` where the venue does not say, or says something impossible.
    /// It lies between 0 and the candle's volume.
    pub taker_buy: Option<f64>,
}

impl From<Candle> for Kline {
    /// Makes one of a candle whose venue does not say what takers bought.
    fn from(candle: Candle) -> Self {
        Self { candle, taker_buy: None }
    }
}

impl Kline {
    /// Reads what takers bought of a candle from its field, and what is wrong with that: the candle counts in any case.
    ///
    /// It may be above the volume by one unit of the last digit that the venue rounded the volume to, and is then the volume.
    pub(crate) fn with_taker_buy(
        candle: Candle,
        volume: &str,
        field: &'static str,
        raw: Option<&RawValue>,
    ) -> (Self, Option<Invalid>) {
        match raw.map(|raw| taker_buy(candle.volume, volume, field, raw)).transpose() {
            Ok(taker_buy) => (Self { candle, taker_buy }, None),
            Err(invalid) => (Self::from(candle), Some(invalid)),
        }
    }
}

fn taker_buy(volume: f64, volume_text: &str, field: &'static str, raw: &RawValue) -> Result<f64, Invalid> {
    let text: Text<'_> = serde_json::from_str(raw.get())
        .map_err(|_| Invalid::new(field, format!("{} is not text", short(raw.get()))))?;
    let bought = number(field, text.as_str())?;
    if (0.0..=volume + last_digit(volume_text)).contains(&bought) {
        return Ok(bought.min(volume));
    }
    Err(Invalid::new(field, format!("{bought} is not a part of {volume}")))
}

/// One unit of the last digit behind the point; 0 for a whole number, which nothing was rounded to.
fn last_digit(text: &str) -> f64 {
    let digits = text.split_once('.').and_then(|(_, digits)| i32::try_from(digits.len()).ok());
    // A little more, as sums of decimal fractions are not exact.
    digits.map_or(0.0, |digits| 10_f64.powi(-digits) * 1.000_001)
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use schema::UnixMs;

    use super::*;

    fn read(volume: &str, raw: &str) -> (Option<f64>, Option<String>) {
        let raw: &RawValue = serde_json::from_str(raw).unwrap();
        let number = volume.parse().unwrap();
        let candle =
            Candle { start: UnixMs(0), open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: number, turnover: number };
        let (kline, wrong) = Kline::with_taker_buy(candle, volume, "V", Some(raw));
        assert_eq!(kline.candle, candle, "the candle counts in any case");
        (kline.taker_buy, wrong.map(|invalid| invalid.problem))
    }

    #[test]
    fn reads_what_takers_bought_of_the_volume() {
        assert_eq!(read("192936.970", "\"93295.555\""), (Some(93_295.555), None));
        assert_eq!(read("5", "\"0\""), (Some(0.0), None));
        assert_eq!(read("5", "\"5\""), (Some(5.0), None));
        assert_eq!(read("0", "\"0\""), (Some(0.0), None));
        assert_eq!(read("0.3", "\"0.30000000000000004\""), (Some(0.3), None));
    }

    #[test]
    fn takes_one_unit_of_the_last_digit_for_rounding_and_no_more() {
        assert_eq!(read("10.50", "\"10.51\""), (Some(10.5), None));
        assert_eq!(read("10.50", "\"10.52\"").0, None);
        assert_eq!(read("10", "\"11\"").0, None, "whole numbers were not rounded");
    }

    #[test]
    fn says_what_is_wrong_with_an_impossible_share() {
        for raw in ["\"-0.1\"", "\"NaN\"", "\"inf\"", "\"\"", "\"x\"", "7", "null", "[]", "\"6\""] {
            let (taker_buy, wrong) = read("5", raw);
            assert_eq!(taker_buy, None, "{raw}");
            assert!(wrong.is_some(), "{raw}");
        }
    }
}
