//! Files of recorded candles, and what candles alone say.

use std::path::Path;

use analysis::{Analysis, common, shape};
use engine::Input;
use indicatif::ProgressBar;
use schema::{Dimension, Symbol, Timeframe, UnixMs};
use venue::{
    Instrument,
    sim::{RecordedCandles, recorded_candles},
};

use super::{
    BacktestError,
    inputs::{Inputs, universes},
    record::Record,
};

/// The dimensions that candles speak for.
pub(crate) const DIMENSIONS: [Dimension; 3] = [Dimension::Technical, Dimension::Volume, Dimension::PriceStructure];

/// What these dimensions say, as far as they are known, on the scale of a score: one factor, the price, scored as if all others
/// agreed with it. None where none of them is known.
pub(crate) fn composite(analysis: &Analysis) -> Option<f64> {
    let of_candles = analysis.dimensions.iter().filter(|found| DIMENSIONS.contains(&found.dimension));
    let directions = of_candles.filter_map(|found| Some((found.weight.get(), found.lean.value()?.get())));
    common(directions).map(|(direction, _)| 50.0 + 50.0 * shape(direction, 1.0))
}

/// The recorded contracts, or those that are asked for.
pub(crate) fn read(folder: &Path, symbols: &[Symbol]) -> Result<Vec<Record>, BacktestError> {
    let all = recorded_candles(folder)?;
    let known = || all.iter().map(|one| one.symbol.to_string()).collect::<Vec<_>>().join(", ");
    for symbol in symbols {
        if !all.iter().any(|one| one.symbol == *symbol) {
            return Err(BacktestError::UnknownSymbol { symbol: *symbol, folder: folder.to_owned(), known: known() });
        }
    }
    let asked = |one: &RecordedCandles| symbols.is_empty() || symbols.contains(&one.symbol);
    all.into_iter()
        .filter(asked)
        .map(|one| match Timeframe::ALL.into_iter().find(|timeframe| timeframe.ms() == one.span_ms) {
            Some(timeframe) => Ok(Record {
                instrument: instrument(&one),
                timeframe,
                candles: one.candles,
                open_interest: Vec::new(),
                funding: Vec::new(),
                repeated: one.repeated,
                missing: one.missing,
            }),
            None => Err(BacktestError::Length {
                folder: folder.to_owned(),
                symbol: one.symbol,
                minutes: one.span_ms / 60_000,
            }),
        })
        .collect()
}

/// Steps through some records, each candle of which moves a bar of progress on.
pub(crate) fn counted(
    records: &[Record],
    progress: &ProgressBar,
    mut step: impl FnMut(Input) -> Result<(), BacktestError>,
) -> Result<(), BacktestError> {
    progress.set_length(records.iter().map(|record| record.candles.len() as u64).sum());
    let mut inputs = Inputs::default();
    for input in universes(records).into_iter().chain(inputs.of(records)) {
        progress.inc(u64::from(matches!(input, Input::Event { .. })));
        step(input)?;
    }
    inputs.end().map_or(Ok(()), step)
}

/// What a record says of its contract.
fn instrument(market: &RecordedCandles) -> Instrument {
    let decimals = market.candles.iter().map(|kline| decimals(kline.candle.close)).max().unwrap_or(0);
    let launched_at = market.candles.first().map_or(UnixMs(0), |kline| kline.candle.start);
    Instrument::usdt_perpetual(market.symbol, 0.1_f64.powi(decimals), launched_at)
}

/// The digits behind the point of a price as it was written.
fn decimals(price: f64) -> i32 {
    let text = price.to_string();
    text.split_once('.').and_then(|(_, digits)| i32::try_from(digits.len()).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_increment_is_that_of_the_finest_price() {
        assert_eq!([1.25, 3.0, 0.000_012].map(decimals), [2, 0, 6]);
    }
}
