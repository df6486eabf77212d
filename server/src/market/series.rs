//! The closed candles of a symbol as others read them: the chart, the API, and processes that watch no market.

use analysis::input::FlowBar;
use app::chart::{CANDLES, Chart};
use schema::{Candle, CandleSeries, Invalid, Price, Timeframe, UnixMs, Venue};

use super::Window;

/// The candles that the recorded score of a symbol was made of, and the close it belongs to; none before one is recorded.
///
/// # Errors
///
/// [`Invalid`] where the candles have a gap, or the contract's price increment is no price.
pub(crate) fn series(
    venue: Venue,
    window: &Window,
    timeframe: Timeframe,
) -> Result<Option<(UnixMs, CandleSeries)>, Invalid> {
    let Some((closed_at, run)) = window.scored_candles(timeframe) else { return Ok(None) };
    let tick = Price::new(window.instrument().tick).map_err(|error| Invalid::new("tick", error.to_string()))?;
    let drawn = &run[run.len().saturating_sub(CANDLES)..];
    let deltas = deltas(window.minutes(), drawn, timeframe);
    let scope = (venue, window.instrument().symbol, timeframe);
    Ok(Some((closed_at, CandleSeries::of(scope, tick, closed_at, run, deltas)?)))
}

/// Volume delta of each candle, where the trades of each of its minutes were received; nothing where CVD is not shown.
fn deltas(minutes: &[FlowBar], run: &[Candle], timeframe: Timeframe) -> Vec<Option<f64>> {
    if !Chart::has_cvd(timeframe) {
        return Vec::new();
    }
    let within = |candle: &Candle| {
        let end = candle.start.0 + timeframe.ms();
        let from = minutes.partition_point(|minute| minute.start < candle.start);
        let to = minutes.partition_point(|minute| minute.start.0 < end);
        let received = minutes[from..to].iter().all(|minute| minute.coverage() >= 1.0);
        let whole = received && i64::try_from(to - from).is_ok_and(|n| n * Timeframe::M1.ms() == timeframe.ms());
        whole.then(|| minutes[from..to].iter().map(|minute| minute.buy - minute.sell).sum())
    };
    run.iter().map(within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candle_has_a_delta_where_the_trades_of_each_of_its_minutes_were_received() {
        let minute = |n: i64| FlowBar::of_trades(UnixMs(n * 60_000), 3.0, n as f64);
        let candle = |n: i64| {
            let start = UnixMs(n * 60_000);
            Candle { start, open: 1.0, high: 1.0, low: 1.0, close: 1.0, volume: 1.0, turnover: 1.0 }
        };
        let received: Vec<FlowBar> = (2..10).map(minute).collect();
        let fives = [candle(0), candle(5), candle(10)];
        assert_eq!(deltas(&received, &fives, Timeframe::M5), [None, Some(15.0 - 35.0), None]);
        assert_eq!(deltas(&received, &[candle(1), candle(2)], Timeframe::M1), [None, Some(1.0)]);
        assert_eq!(deltas(&received, &fives, Timeframe::H4), []);
    }
}
