//! One file per measure, or per close family of measures.
//!
//! A measure is a function to [`Measured`](crate::measure::Measured); its row in the registry gives it a name and a weight.
//! Each formula comes with the map from the raw figure to the direction: continuous, monotone, and 0 where the figure says nothing.

pub(crate) mod absorption;
pub(crate) mod accounts;
pub(crate) mod accumulation;
pub(crate) mod adx;
pub(crate) mod awesome;
pub(crate) mod book_depth;
pub(crate) mod cci;
pub(crate) mod delta;
pub(crate) mod fair_value_gap;
pub(crate) mod funding;
pub(crate) mod large_trades;
pub(crate) mod levels;
pub(crate) mod liquidations;
pub(crate) mod macd;
pub(crate) mod obv;
pub(crate) mod open_interest;
pub(crate) mod order_block;
pub(crate) mod profile;
pub(crate) mod quote_flow;
pub(crate) mod range;
pub(crate) mod relative_volume;
pub(crate) mod rsi;
pub(crate) mod trade_flow;
pub(crate) mod trend;
pub(crate) mod vwap;
pub(crate) mod williams;

#[cfg(test)]
pub(crate) mod tests {
    use schema::{Candle, UnixMs};

    /// A random walk of one-minute candles from a fixed seed, for comparisons with another implementation.
    pub(crate) fn walk(seed: u64, n: u32) -> Vec<Candle> {
        let mut state = seed;
        let mut random = move || {
            // Constants of Knuth's MMIX generator; the upper half of the bits is used.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(state >> 32).unwrap()) / f64::from(u32::MAX)
        };
        let mut price = 100.0;
        (0..n)
            .map(|i| {
                let open = price;
                price += random() - 0.5;
                let (above, below) = (random() * 0.3, random() * 0.3);
                let volume = 1.0 + 9.0 * random();
                Candle {
                    start: UnixMs(1_700_006_400_000 + 60_000 * i64::from(i)),
                    open,
                    high: open.max(price) + above,
                    low: open.min(price) - below,
                    close: price,
                    volume,
                    turnover: volume * price,
                }
            })
            .collect()
    }
}
