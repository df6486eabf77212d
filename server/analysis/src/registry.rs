//! The one table of measures: a new one is a function under `indicator/` and a row here.
//!
//! Weights are shares of a dimension and sum to 1 within each (tested); those of candle measures are split over timeframes.

use arcstr::{ArcStr, literal};
use schema::{Dimension, Factor, Timeframe};

use crate::{
    context::Context,
    frame::{Frame, Sketch},
    indicator::{
        absorption, accounts, accumulation, adx, awesome, book_depth, cci, delta, fair_value_gap, funding,
        large_trades, levels, liquidations, macd, obv, open_interest, order_block, profile, quote_flow, range,
        relative_volume, rsi, trade_flow, trend, vwap, williams,
    },
    measure::Measured,
};

/// Beyond this a direction hardly separates strong from very strong.
pub const SATURATED: f64 = 0.9;
/// A measure that is beyond it in more than this share of bars says little more than a side.
pub const SATURATED_SHARE: f64 = 0.2;

/// A measure and its place in the score.
#[derive(Debug)]
pub struct Row {
    /// Its name on the wire.
    pub id: ArcStr,
    /// Its name for people, with its parameters.
    pub label: ArcStr,
    /// What it is measured from.
    pub inputs: &'static str,
    /// Its function, as module and name under `indicator/`; formula and map stand there.
    pub source: &'static str,
    /// The unit of the raw figure, empty where it has none.
    pub unit: ArcStr,
    /// The dimension it belongs to.
    pub dimension: Dimension,
    /// Where its direction comes from.
    ///
    /// A measure that mixes inputs belongs to the one that its sign follows: open interest × price to the price (the change
    /// of open interest only scales it), CVD against price to taker flow (which outweighs the price two to one), VWAP and
    /// every measure of volume over candles to the price (volume only weighs it), absorption to the book (the side that
    /// rests gives the sign).
    pub factor: Factor,
    /// Its share of the dimension.
    pub weight: f64,
    /// Between which numbers the raw figure lies.
    pub range: (f64, f64),
    /// What it says, in one line.
    pub about: &'static str,
    /// How it is measured.
    pub(crate) measure: Measure,
}

impl Row {
    /// Whether it is measured for each timeframe, and its weight split over them.
    #[must_use]
    pub const fn is_per_timeframe(&self) -> bool {
        matches!(self.measure, Measure::Candles(_) | Measure::Anchored(_))
    }

    /// What it is measured from, and whether for each timeframe.
    #[must_use]
    pub fn origin(&self) -> String {
        let each = if self.is_per_timeframe() { "each timeframe: " } else { "" };
        format!("{each}{}", self.inputs)
    }

    /// The limits of the raw figure with its unit: `−1 to 1`.
    #[must_use]
    pub fn limits(&self) -> String {
        let unit = if self.unit.is_empty() { String::new() } else { format!(" {}", self.unit) };
        match self.range {
            (f64::NEG_INFINITY, f64::INFINITY) => format!("any number{unit}"),
            (low, f64::INFINITY) => format!("from {low}{unit}"),
            (low, high) => format!("{low} to {high}{unit}").replace('-', "−"),
        }
        .replace("from -", "from −")
    }
}

/// What a measure is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Measure {
    /// The candles of one timeframe; measured once for each, and again only when one of them closes.
    Candles(fn(&Frame<'_>) -> Measured),
    /// The newest bar of one timeframe against something else; measured once for each.
    Anchored(fn(&Sketch, &Context<'_>) -> Measured),
    /// Trades, the book or derivatives; measured once.
    Whole(fn(&Context<'_>) -> Measured),
}

/// The share of each timeframe in a candle measure.
#[must_use]
pub const fn timeframe_weight(timeframe: Timeframe) -> f64 {
    match timeframe {
        Timeframe::M1 => 0.40,
        Timeframe::M5 => 0.30,
        Timeframe::M30 => 0.20,
        Timeframe::H4 => 0.10,
    }
}

/// How candle measures share their weight, in words: `1m 40 %, 5m 30 %, …`.
#[must_use]
pub fn timeframe_shares() -> String {
    Timeframe::ALL.map(|frame| format!("{} {:.0}%", frame.as_str(), 100.0 * timeframe_weight(frame))).join(", ")
}

/// The share of each dimension in the score.
#[must_use]
pub const fn dimension_weight(dimension: Dimension) -> f64 {
    match dimension {
        Dimension::Orderflow => 0.30,
        Dimension::Orderbook => 0.20,
        Dimension::Volume => 0.18,
        Dimension::PriceStructure => 0.15,
        Dimension::Technical => 0.10,
        Dimension::Sentiment => 0.07,
    }
}

/// The share of each factor in the score: the weights of its measures, each within its dimension.
#[must_use]
pub const fn factor_weight(factor: Factor) -> f64 {
    let (mut sum, mut row) = (0.0, 0);
    while row < REGISTRY.len() {
        if REGISTRY[row].factor.index() == factor.index() {
            sum += REGISTRY[row].weight * dimension_weight(REGISTRY[row].dimension);
        }
        row += 1;
    }
    sum
}

const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
const SHARE: (f64, f64) = (-1.0, 1.0);

macro_rules! rows {
    ($($dimension:ident { $($kind:ident($measure:path) of $factor:ident $id:literal, $label:literal, $inputs:literal, $unit:literal, $weight:literal, $range:expr, $about:literal;)+ })+) => {
        &[$($(Row {
            id: literal!($id),
            label: literal!($label),
            inputs: $inputs,
            source: stringify!($measure),
            unit: literal!($unit),
            dimension: Dimension::$dimension,
            factor: Factor::$factor,
            weight: $weight,
            range: $range,
            about: $about,
            measure: Measure::$kind($measure),
        }),+),+]
    };
}

/// Every measure, by dimension.
pub const REGISTRY: &[Row] = rows! {
    Orderflow {
        Whole(delta::cvd) of TakerFlow "cvd", "CVD (30 min)", "taker volume per minute", "", 0.25, SHARE,
            "Taker buying minus selling over half an hour, as a share of volume.";
        Whole(open_interest::open_interest) of Price "open_interest", "Open interest (1 h)", "open interest, 5m candles", "%", 0.17, (-100.0, f64::INFINITY),
            "Change of open interest, read with the change of price.";
        Whole(large_trades::large_trades) of TakerFlow "large_trades", "Large trades (P99)", "trades", "", 0.15, SHARE,
            "Net of the trades beyond the symbol's own 99th percentile of size.";
        Whole(trade_flow::imbalance) of TakerFlow "trade_imbalance", "Trade imbalance (10/30/100)", "trades", "", 0.15, SHARE,
            "Which side took in the latest trades.";
        Whole(delta::cvd_against_price) of TakerFlow "cvd_price", "CVD against price (20 min)", "taker volume per minute, 1m candles", "", 0.10, SHARE,
            "Whether taker flow and price go the same way.";
        Whole(trade_flow::momentum) of TakerFlow "trade_momentum", "Trade-flow momentum", "trades", "", 0.10, (-2.0, 2.0),
            "Taker flow now against the whole window.";
        Whole(trade_flow::pressure) of TakerFlow "pressure", "Pressure (fading .95)", "trades", "", 0.08, SHARE,
            "Fading taker pressure by value, size and count.";
    }
    Orderbook {
        Whole(book_depth::weighted_imbalance) of Book "book_imbalance", "Book imbalance (up to ±50 bps)", "order book", "", 0.25, SHARE,
            "Resting size within the band that the book covers, nearer levels first.";
        Whole(book_depth::depth_balance) of Book "depth_balance", "Bid depth (up to ±100 bps)", "order book and its last 500 minutes", "%", 0.22, (0.0, 100.0),
            "Bid share of the depth against its own history in the same band.";
        Whole(quote_flow::order_flow_imbalance) of Book "order_flow_imbalance", "Order-flow imbalance (50)", "best quotes", "", 0.22, ANY,
            "What was added and taken at the best quotes, in their mean size.";
        Whole(book_depth::top5_imbalance) of Book "book_imbalance_top5", "Book imbalance (5 levels)", "order book", "", 0.18, SHARE,
            "Resting size on the first five levels.";
        Whole(quote_flow::micro_price) of Book "micro_price", "Micro-price", "best quotes", "", 0.08, SHARE,
            "The micro-price against mid, in half spreads.";
        Whole(absorption::absorption) of Book "absorption", "Absorption (100 trades)", "trades, 1m candles", "", 0.05, SHARE,
            "Taking that resting size met without a move.";
    }
    Volume {
        Whole(delta::volume_delta) of TakerFlow "volume_delta", "Volume delta (20 min)", "taker volume per minute", "", 0.22, SHARE,
            "Taker buying minus selling as a share of volume.";
        Candles(accumulation::adl_slope) of Price "adl_slope", "ADL slope (20)", "candles", "σ", 0.16, ANY,
            "Change of the accumulation/distribution line.";
        Candles(accumulation::cmf) of Price "cmf_20", "CMF (20)", "candles", "", 0.16, SHARE,
            "Chaikin money flow: closes within their bars, by volume.";
        Candles(obv::obv_slope) of Price "obv_slope", "OBV slope (20)", "candles", "σ", 0.16, ANY,
            "Change of the on-balance volume.";
        Anchored(relative_volume::relative_volume) of Price "rvol", "Relative volume", "candles, volume of earlier days", "×", 0.12, ANY,
            "The newest bar's volume against what is usual by now, signed by its direction.";
        Candles(profile::volume_profile) of Price "volume_profile", "Volume profile (POC)", "candles", "", 0.09, ANY,
            "The close against the price where most was traded.";
        Anchored(vwap::vwap) of Price "vwap", "VWAP (UTC day)", "candles, and those of 5m since midnight UTC", "ATR", 0.09, ANY,
            "The close against the day's mean price.";
    }
    PriceStructure {
        Candles(levels::support_resistance) of Price "support_resistance", "Support and resistance", "candles", "", 0.17, ANY,
            "The pull of levels where price turned before.";
        Candles(trend::trend_position) of Price "trend_position", "Trend position (20/50)", "candles", "", 0.17, SHARE,
            "The close against its means, and whether highs and lows climb.";
        Candles(order_block::order_blocks) of Price "order_blocks", "Order blocks", "candles", "", 0.16, ANY,
            "Bars before a strong move that price has not come back to.";
        Candles(levels::structure_breaks) of Price "structure_breaks", "Structure breaks", "candles", "", 0.16, ANY,
            "Closes beyond earlier turning points.";
        Candles(profile::value_area) of Price "value_area", "Value area (70%)", "candles", "", 0.14, ANY,
            "Where the market trades now against the value area.";
        Candles(range::range) of Price "range_50", "Range (50)", "candles", "", 0.10, SHARE,
            "The place in the range, and sweeps that failed.";
        Candles(fair_value_gap::fair_value_gaps) of Price "fair_value_gaps", "Fair-value gaps", "candles", "ATR", 0.10, ANY,
            "Gaps that price has not filled.";
    }
    Technical {
        Candles(rsi::rsi) of Price "rsi_14", "RSI (14)", "candles", "", 0.22, (0.0, 100.0),
            "Strength of gains against losses.";
        Candles(awesome::awesome) of Price "ao", "Awesome oscillator (5/34)", "candles", "", 0.22, ANY,
            "Short mean price against long mean price.";
        Candles(macd::macd) of Price "macd_hist", "MACD histogram (12/26/9)", "candles", "", 0.16, ANY,
            "Momentum of the gap between two exponential means.";
        Candles(cci::cci) of Price "cci_20", "CCI (20)", "candles", "", 0.16, ANY,
            "The price's distance from its mean, in mean deviations.";
        Candles(adx::adx) of Price "adx_14", "ADX (14) signed by DI", "candles", "", 0.12, (-50.0, 50.0),
            "Strength of the trend, with its direction.";
        Candles(williams::williams) of Price "williams_r_14", "Williams %R (14)", "candles", "", 0.12, (-100.0, 0.0),
            "The close within the range of 14 bars.";
    }
    Sentiment {
        Whole(funding::funding) of Positioning "funding", "Funding (per 8 h)", "funding, rates of 30 days", "%", 0.36, ANY,
            "What longs pay shorts, read against the crowd.";
        Whole(liquidations::liquidations) of Positioning "liquidations", "Liquidations (24 h)", "liquidations of 24 h", "", 0.36, SHARE,
            "Forced closes: liquidated shorts push up.";
        Whole(accounts::accounts) of Positioning "accounts_long", "Accounts long", "account ratio", "%", 0.28, (0.0, 100.0),
            "The share of holders that are long, read against the crowd.";
    }
};

/// How many rows are made of candles alone.
pub(crate) const CANDLE_ROWS: usize = place_of(REGISTRY.len()).0;

/// For every row, where its findings lie: among those of candles for a row of candles, among the others for the rest.
pub(crate) const PLACES: [usize; REGISTRY.len()] = {
    let mut places = [0; REGISTRY.len()];
    let mut row = 0;
    while row < REGISTRY.len() {
        let (candles, others) = place_of(row);
        places[row] = if matches!(REGISTRY[row].measure, Measure::Candles(_)) { candles } else { others };
        row += 1;
    }
    places
};

/// How many candle rows stand before a row, and how many findings of the others.
const fn place_of(row: usize) -> (usize, usize) {
    let (mut candles, mut others, mut before) = (0, 0, 0);
    while before < row {
        match REGISTRY[before].measure {
            Measure::Candles(_) => candles += 1,
            Measure::Anchored(_) => others += Timeframe::ALL.len(),
            Measure::Whole(_) => others += 1,
        }
        before += 1;
    }
    (candles, others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_of_a_dimension_sum_to_one() {
        for dimension in Dimension::ALL {
            let sum: f64 = REGISTRY.iter().filter(|row| row.dimension == dimension).map(|row| row.weight).sum();
            assert!((sum - 1.0).abs() < 1e-12, "{dimension:?}: {sum}");
        }
        let dimensions: f64 = Dimension::ALL.map(dimension_weight).iter().sum();
        let timeframes: f64 = Timeframe::ALL.map(timeframe_weight).iter().sum();
        let factors: f64 = Factor::ALL.map(factor_weight).iter().sum();
        assert!((dimensions - 1.0).abs() < 1e-12 && (timeframes - 1.0).abs() < 1e-12 && (factors - 1.0).abs() < 1e-12);
    }

    #[test]
    fn no_two_measures_share_a_name_and_all_say_what_they_are() {
        for (i, row) in REGISTRY.iter().enumerate() {
            assert!(REGISTRY[i + 1..].iter().all(|other| other.id != row.id && other.label != row.label), "{}", row.id);
            assert!(row.about.ends_with('.') && row.range.0 < row.range.1, "{}", row.id);
        }
    }

    #[test]
    fn dimensions_and_factors_are_listed_heaviest_first() {
        for pair in Factor::ALL.windows(2) {
            assert!(factor_weight(pair[0]) >= factor_weight(pair[1]));
        }
        for pair in Dimension::ALL.windows(2) {
            assert!(dimension_weight(pair[0]) >= dimension_weight(pair[1]));
        }
    }
}
