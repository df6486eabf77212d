//! Turns the candles of a file into whole ticks and lots, to be played.

use schema::{Candle, Symbol};

use super::{
    candle::{Bar, DAY},
    catalogue::lot_for,
    fixed::Step,
    noise::whole,
    replay::Recording,
};
use crate::candle_file::CandleFile;

/// The lowest price has so many ticks at least, so that a book fits below it.
const LEAST_TICKS: f64 = 20.0;
/// The highest price has so many at most.
const MOST_TICKS: f64 = 1e11;
/// A day has so many lots at most: sums of them stay within whole numbers.
const MOST_LOTS: f64 = 1e15;

/// A recorded contract.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Recorded {
    /// Its symbol.
    pub(crate) symbol: Symbol,
    /// The price step its prices need.
    pub(crate) tick: Step,
    /// The last price.
    pub(crate) price: f64,
    /// Turnover of an ordinary day.
    pub(crate) turnover: f64,
    /// Its candles.
    pub(crate) recording: Recording,
}

/// Converts a contract's candles; the reason where they cannot be played, and the line that it is about.
///
/// Prices keep their decimals while ticks stay within what the market's whole numbers hold, and are rounded to as many as fit
/// otherwise.
pub(crate) fn playable(symbol: Symbol, file: &CandleFile) -> Result<Recorded, (u64, String)> {
    let extreme = |better: fn(f64, f64) -> bool, of: fn(&Candle) -> f64| {
        let candles = file.candles().enumerate();
        candles.map(|(place, candle)| (place, of(candle))).reduce(|a, b| if better(b.1, a.1) { b } else { a })
    };
    let none = || (0, "there are no candles".to_owned());
    let (lowest_at, lowest) = extreme(|a, b| a < b, |candle| candle.low).ok_or_else(none)?;
    let (highest_at, highest) = extreme(|a, b| a > b, |candle| candle.high).ok_or_else(none)?;
    let (largest_at, largest) = extreme(|a, b| a > b, |candle| candle.volume).ok_or_else(none)?;
    let price = file.candles().last().ok_or_else(none)?.close;
    let lot = lot_for(price);
    let day_lots = (largest / lot.value()).max(1.0) * (DAY as f64 / file.span as f64).max(1.0);
    if day_lots > MOST_LOTS {
        return Err((file.line(largest_at), "a volume this large cannot be played".to_owned()));
    }
    let fits = |places: u8| highest * 10_f64.powi(i32::from(places)) <= MOST_TICKS;
    let Some(places) = (0..=24).rev().find(|&places| fits(places)) else {
        return Err((file.line(highest_at), "a price this large cannot be played".to_owned()));
    };
    let enough = (LEAST_TICKS / lowest).log10().ceil().clamp(0.0, 24.0);
    // At most 24, so the cast loses nothing.
    let enough = u8::try_from(whole(enough)).unwrap_or(24);
    if enough > places {
        let problem = format!("a price as low as {lowest} cannot be played beside one as high as {highest}");
        return Err((file.line(lowest_at), problem));
    }
    let places = places.min(file.places.max(enough));
    let unit = 10_f64.powi(i32::from(places));
    let bars = file.candles().map(|candle| {
        let [open, high, low, close] =
            [candle.open, candle.high, candle.low, candle.close].map(|price| whole(price * unit).max(1));
        // Turnover is estimated while it is played, from where the price is then.
        Bar { start: candle.start.0, open, high, low, close, lots: whole(candle.volume / lot.value()), value: 0 }
    });
    let recording = Recording { rows: bars.collect(), span: file.span };
    let days = file.candles().len() as f64 * file.span as f64 / DAY as f64;
    let turnover = file.candles().map(|candle| candle.turnover).sum::<f64>() / days;
    let turnover = turnover.min(MOST_LOTS * lot.value() * price).max(1.0);
    Ok(Recorded { symbol, tick: Step::new(1, places), price, turnover, recording })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;
    use schema::UnixMs;

    use super::*;
    use crate::sim::{candle::MINUTE, laws::START, market::Market, recorded::place};

    fn played(text: &str) -> Result<Recorded, (u64, String)> {
        let file = crate::candle_file::read_text("AVAXUSDT.csv".as_ref(), text.as_bytes()).unwrap();
        playable(Symbol::new("AVAXUSDT").unwrap(), &file)
    }

    /// A file of minutes whose prices are all the same.
    fn flat(price: &str, volume: &str, minutes: i64) -> String {
        let mut text = "timestamp,open,high,low,close,volume\n".to_owned();
        for minute in 0..minutes {
            let at = 1_760_873_400 + 60 * minute;
            writeln!(text, "{at},{price},{price},{price},{price},{volume}").unwrap();
        }
        text
    }

    #[test]
    fn prices_keep_their_decimals_as_ticks() {
        let base = "timestamp,open,high,low,close,volume,turnover\n\
            2025-10-19 11:55:00,20.377,20.412,20.374,20.383,9481.9,193368.3201\n\
            2025-10-19 12:00:00,20.383,20.436,20.383,20.404,10662.6,217577.9276\n";
        let recorded = played(base).unwrap();
        assert_eq!((recorded.recording.span, recorded.tick), (5 * MINUTE, Step::new(1, 3)));
        assert_eq!(lot_for(recorded.price), Step::power(-2));
        let row = recorded.recording.rows[0];
        assert_eq!((row.open, row.high, row.low, row.close, row.lots), (20_377, 20_412, 20_374, 20_383, 948_190));
        for (price, tick) in [
            ("7.1e-06", Step::new(1, 7)),
            ("1234567890.5", Step::new(1, 1)),
            ("3", Step::new(1, 1)),
            ("8", Step::new(1, 1)),
        ] {
            assert_eq!(played(&flat(price, "1", 3)).unwrap().tick, tick, "{price}");
        }
    }

    #[test]
    fn names_the_line_that_cannot_be_played() {
        let (line, said) = played(&flat("1e14", "1", 3)).unwrap_err();
        assert!(line == 2 && said.contains("a price this large cannot be played"), "{line} {said}");
        let (_, said) = played(&flat("1e9", "1e20", 3)).unwrap_err();
        assert!(said.contains("a volume this large cannot be played"), "{said}");
        let wide = flat("1e-9", "1", 2) + "1760873520,1e9,1e9,1e9,1e9,0\n1760873580,1,1,1,1,0\n";
        assert!(played(&wide).unwrap_err().1.contains("cannot be played beside one as high as"));
    }

    proptest! {
        // Each case walks through sixty days of history.
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn whatever_can_be_played_is_played_without_a_panic(
            exponent in -15_i32..15, digits in 1_u32..99_999, volume in -3_i32..24, jump in 1_u32..2_000,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut text = flat(&format!("{digits}e{}", exponent.min(10) - 4), &format!("1e{volume}"), 30);
            let high = format!("{}e{}", u64::from(digits) * u64::from(jump), exponent.min(10) - 4);
            writeln!(text, "{},{high},{high},{high},{high},0", 1_760_873_400 + 60 * 30).unwrap();
            let file = crate::candle_file::read_text("AVAXUSDT.csv".as_ref(), text.as_bytes());
            let Ok(Ok(recorded)) = file.map(|file| playable(Symbol::new("AVAXUSDT").unwrap(), &file)) else { return Ok(()) };
            let recorded = vec![recorded];
            let window = place(folder.path(), &recorded, START.0).unwrap();
            let mut market = Market::recorded(1, recorded, window, START);
            market.step(UnixMs(START.0 + 3 * MINUTE), |_, _, contract, _| {
                assert!(contract.book().bid().price < contract.book().ask().price);
            });
        }
    }
}
