//! Every measure of candles as one plain pass over all of its bars: what the incremental ones are held against.
//!
//! Written before them and independently: TA-Lib's functions where there are such, and loops over whole columns.

use schema::{Candle, Why};
use ta_lib::{Core, OutRange, RetCode};

use crate::{
    measure::{at_least, divisor, ramp, soft_sign},
    series::{EDGE, TAIL},
    stats::sum_of,
};

/// A raw figure, or why there is none.
type Raw = Result<f64, Why>;

/// The last [`TAIL`] bars as columns, oldest first.
pub(crate) struct Batch {
    open: Vec<f64>,
    high: Vec<f64>,
    low: Vec<f64>,
    close: Vec<f64>,
    volume: Vec<f64>,
    pub(crate) atr: f64,
    highs: Vec<Pivot>,
    lows: Vec<Pivot>,
}

#[derive(Debug, Clone, Copy)]
struct Pivot {
    bar: usize,
    price: f64,
    strength: f64,
}

fn last(column: &[f64], n: usize) -> &[f64] {
    &column[column.len().saturating_sub(n)..]
}

/// Returns the last value of a function of TA-Lib.
fn ta(bars: usize, f: impl FnOnce(&Core, usize, &mut [f64]) -> Result<OutRange, RetCode>) -> f64 {
    let mut out = [0.0; TAIL];
    let filled = f(&Core::new(), bars - 1, &mut out).unwrap().count;
    out[filled - 1]
}

impl Batch {
    pub(crate) fn of(candles: &[Candle]) -> Self {
        let bars = &candles[candles.len().saturating_sub(TAIL)..];
        let column = |f: fn(&Candle) -> f64| -> Vec<f64> { bars.iter().map(f).collect() };
        let (high, low, close) = (column(|c| c.high), column(|c| c.low), column(|c| c.close));
        let atr = ta(close.len(), |ta, last, out| ta.atr(0, last, &high, &low, &close, 14, out));
        Self {
            highs: pivots(&high, 1.0, atr),
            lows: pivots(&low, -1.0, atr),
            open: column(|c| c.open),
            volume: column(|c| c.volume),
            high,
            low,
            close,
            atr,
        }
    }

    fn len(&self) -> usize {
        self.close.len()
    }

    fn last_close(&self) -> f64 {
        self.close[self.len() - 1]
    }

    /// Returns every raw figure by the name of its row.
    pub(crate) fn all(&self) -> Vec<(&'static str, Raw)> {
        let (high, low, close) = (&self.high[..], &self.low[..], &self.close[..]);
        let n = self.len();
        let adx = || {
            let plus = ta(n, |ta, last, out| ta.plus_dm(0, last, high, low, 14, out));
            let minus = ta(n, |ta, last, out| ta.minus_dm(0, last, high, low, 14, out));
            let adx = ta(n, |ta, last, out| ta.adx(0, last, high, low, close, 14, out));
            Ok((plus - minus) / divisor(plus + minus, Why::Flat)? * adx.min(50.0))
        };
        let macd = || {
            let [mut line, mut signal] = [[0.0; TAIL]; 2];
            ta(n, |ta, last, out| ta.macd(0, last, close, 12, 26, 9, &mut line, &mut signal, out))
        };
        let profile = self.profile();
        vec![
            ("rsi_14", Ok(ta(n, |ta, last, out| ta.rsi(0, last, close, 14, out)))),
            ("ao", Ok(ta(n, |ta, last, out| ta.ao(last, last, high, low, 5, 34, out)))),
            ("macd_hist", Ok(macd())),
            ("cci_20", Ok(ta(n, |ta, last, out| ta.cci(last, last, high, low, close, 20, out)))),
            ("adx_14", adx()),
            ("williams_r_14", Ok(ta(n, |ta, last, out| ta.willr(last, last, high, low, close, 14, out)))),
            ("adl_slope", change_in_spreads(&self.money_flow(), 20)),
            ("cmf_20", self.cmf()),
            ("obv_slope", change_in_spreads(&self.balance(), 20)),
            ("volume_profile", profile.clone().map(|p| (self.last_close() - p[0]) / self.half(&p))),
            ("value_area", profile.and_then(|p| Ok((self.recent()? - f64::midpoint(p[1], p[2])) / self.half(&p)))),
            ("support_resistance", Ok(self.support_resistance())),
            ("structure_breaks", Ok(self.structure_breaks())),
            ("order_blocks", Ok(self.order_blocks())),
            ("fair_value_gaps", Ok(self.fair_value_gaps())),
            ("range_50", self.range()),
            ("trend_position", Ok(self.trend_position())),
        ]
    }

    fn money_flow(&self) -> Vec<f64> {
        let flow = |i: usize| {
            let (high, low, close) = (self.high[i], self.low[i], self.close[i]);
            ((close - low) - (high - close)) / (high - low).max(EDGE * self.atr) * self.volume[i]
        };
        (0..self.len()).map(flow).collect()
    }

    fn cmf(&self) -> Raw {
        let traded = divisor(last(&self.volume, 20).iter().sum(), Why::Undefined)?;
        Ok(last(&self.money_flow(), 20).iter().sum::<f64>() / traded)
    }

    fn balance(&self) -> Vec<f64> {
        let pairs = self.close.windows(2).zip(&self.volume[1..]);
        pairs.map(|(c, volume)| soft_sign(c[1] - c[0], EDGE * self.atr) * volume).collect()
    }

    /// Returns half the width of the value area.
    fn half(&self, profile: &[f64; 3]) -> f64 {
        ((profile[2] - profile[1]) / 2.0).max(0.1 * self.atr)
    }

    /// Returns the point of control and both ends of the value area.
    fn profile(&self) -> Result<[f64; 3], Why> {
        let top = self.high.iter().copied().fold(f64::MIN, f64::max);
        let bottom = self.low.iter().copied().fold(f64::MAX, f64::min);
        let total = divisor(self.volume.iter().sum(), Why::Undefined)?;
        let width = divisor((top - bottom) / BINS as f64, Why::Flat)?;
        let bins = spread(&self.high, &self.low, &self.volume, bottom, width);
        let scale = 1.0 / total;
        let heavy = bins.map(|share| (share * scale).powi(4));
        let weight = sum_of(&heavy, |x| *x);
        let places: [f64; BINS] = std::array::from_fn(|i| heavy[i] * (i as f64 + 0.5));
        let moment = sum_of(&places, |x| *x);
        let quantile = |q: f64| {
            let mut below = 0.0;
            for (i, share) in bins.iter().enumerate() {
                if *share > 0.0 && below + share >= q * total {
                    return bottom + width * (i as f64 + (q * total - below) / share);
                }
                below += share;
            }
            top
        };
        Ok([bottom + width * moment / divisor(weight, Why::Undefined)?, quantile(0.15), quantile(0.85)])
    }

    /// Returns the mean price of the last 20 bars, weighted by volume.
    fn recent(&self) -> Raw {
        let (mut sum, mut traded) = (0.0, 0.0);
        for i in self.len() - 20..self.len() {
            sum += self.volume[i] * (self.high[i] + self.low[i] + self.close[i]) / 3.0;
            traded += self.volume[i];
        }
        Ok(sum / divisor(traded, Why::Undefined)?)
    }

    fn support_resistance(&self) -> f64 {
        let mean = self.volume.iter().sum::<f64>() / self.len() as f64;
        let volume = |bar: usize| if mean > 0.0 { self.volume[bar] / mean } else { 1.0 };
        let mut levels: Vec<(f64, f64)> = Vec::new();
        levels.extend(self.highs.iter().chain(&self.lows).map(|p| (p.price / self.atr, p.strength * volume(p.bar))));
        levels.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let close = self.last_close() / self.atr;
        let (mut push, mut weight) = (0.0, 0.0);
        for (price, own) in &levels {
            let near = levels.iter().filter(|other| (other.0 - price).abs() < 0.5);
            let touches: f64 = near.map(|other| other.1 * (1.0 - (other.0 - price).abs() / 0.5)).sum();
            let x = close - price;
            push += own * touches * x * (1.0 - x.abs()).exp();
            weight += own * touches;
        }
        push / (weight + 0.5)
    }

    fn structure_breaks(&self) -> f64 {
        self.broken(&self.highs, 1.0) - self.broken(&self.lows, -1.0)
    }

    fn broken(&self, pivots: &[Pivot], side: f64) -> f64 {
        let last = self.len() - 1;
        let mut total = 0.0;
        for pivot in pivots.iter().rev().take_while(|pivot| pivot.bar + 100 >= last) {
            let mut held = 0.0;
            for bar in pivot.bar + 6..=last {
                let beyond = ramp(side * (self.close[bar] - pivot.price) / self.atr);
                if beyond > held {
                    total += pivot.strength * (beyond - held) * 0.97_f64.powi(i32::try_from(last - bar).unwrap());
                    held = beyond;
                    if held >= 1.0 {
                        break;
                    }
                }
            }
        }
        total
    }

    fn order_blocks(&self) -> f64 {
        let last = self.len() - 1;
        let first = last.saturating_sub(60);
        let (close, atr) = (self.last_close(), self.atr);
        let (mut lowest, mut highest) = (f64::MAX, f64::MIN);
        let mut raw = 0.0;
        for bar in (first..=last.saturating_sub(3)).rev() {
            // The extremes of everything after the move; a move that ends now has nothing after it.
            if bar + 3 < last {
                lowest = lowest.min(self.low[bar + 3 + 1]);
                highest = highest.max(self.high[bar + 3 + 1]);
            }
            let (high, low) = (self.high[bar], self.low[bar]);
            let body = (self.close[bar] - self.open[bar]) / (0.2 * atr);
            let height = (high - low).max(EDGE * atr);
            let moved = self.close[bar + 3];
            let bullish = ramp(-body) * ramp((moved - high) / atr - 1.0) * (1.0 - ramp((high - lowest) / height));
            let bearish = ramp(body) * ramp((low - moved) / atr - 1.0) * (1.0 - ramp((highest - low) / height));
            // Most bars are no block, and their nearness need not be known.
            if bullish > 0.0 || bearish > 0.0 {
                let near = (-((close - f64::midpoint(high, low)) / atr).abs() / 2.0).exp();
                raw += (bullish - bearish) * near;
            }
        }
        raw
    }

    fn fair_value_gaps(&self) -> f64 {
        let last = self.len() - 1;
        let first = last.saturating_sub(50).max(2);
        let (mut lowest, mut highest) = (f64::MAX, f64::MIN);
        let (mut raw, mut weight) = (0.0, 1.0);
        for third in (first..=last).rev() {
            lowest = lowest.min(self.low[third]);
            highest = highest.max(self.high[third]);
            let up = (lowest - self.high[third - 2]).max(0.0);
            let down = (self.low[third - 2] - highest).max(0.0);
            raw += weight * (up - down) / self.atr;
            weight *= 0.96;
        }
        raw
    }

    fn range(&self) -> Raw {
        let top = last(&self.high, 50).iter().copied().fold(f64::MIN, f64::max);
        let bottom = last(&self.low, 50).iter().copied().fold(f64::MAX, f64::min);
        if top <= bottom {
            return Err(Why::Flat);
        }
        let place = ((self.last_close() - bottom) - (top - self.last_close())) / (top - bottom);
        let (mut sweeps, mut weight) = (0.0, 1.0);
        for bar in (self.len() - 5..self.len()).rev() {
            let ceiling = self.high[bar - 20..bar].iter().copied().fold(f64::MIN, f64::max);
            let floor = self.low[bar - 20..bar].iter().copied().fold(f64::MAX, f64::min);
            let failed = |beyond: f64, back: f64| ramp(beyond / (0.5 * self.atr)) * ramp(back / (0.25 * self.atr));
            let above = failed(self.high[bar] - ceiling, ceiling - self.close[bar]);
            let below = failed(floor - self.low[bar], self.close[bar] - floor);
            sweeps += weight * (below - above);
            weight *= 0.8;
        }
        Ok(0.6 * place + 0.4 * sweeps.tanh())
    }

    fn trend_position(&self) -> f64 {
        let mean = |n: usize| last(&self.close, n).iter().sum::<f64>() / n as f64;
        let (close, mean20, mean50) = (self.last_close(), mean(20), mean(50));
        let against20 = ((close - mean20) / (2.0 * self.atr)).tanh();
        let against50 = ((close - mean50) / (3.0 * self.atr)).tanh();
        let order = ((mean20 - mean50) / (2.0 * self.atr)).tanh();
        let highs = climb(&self.high, self.atr, f64::max);
        let lows = climb(&self.low, self.atr, f64::min);
        (against20 + against50 + order + f64::midpoint(highs, lows)) / 4.0
    }
}

fn climb(prices: &[f64], atr: f64, extreme: fn(f64, f64) -> f64) -> f64 {
    let blocks = last(prices, 50).chunks(10);
    let mut ends = blocks.map(|block| block.iter().copied().reduce(extreme).unwrap_or(f64::NAN));
    let mut before = ends.next().unwrap_or(f64::NAN);
    let mut sum = 0.0;
    for end in ends {
        sum += ((end - before) / atr).tanh();
        before = end;
    }
    sum / 4.0
}

/// Returns the turning points of highs with `side` 1, of lows with `side` −1.
fn pivots(prices: &[f64], side: f64, atr: f64) -> Vec<Pivot> {
    let mut found = Vec::new();
    for bar in 5..prices.len().saturating_sub(5) {
        let others = prices[bar - 5..bar].iter().chain(&prices[bar + 1..=bar + 5]);
        let prominence = side * prices[bar] - others.map(|price| side * price).fold(f64::MIN, f64::max);
        if prominence > 0.0 {
            found.push(Pivot { bar, price: prices[bar], strength: ramp(prominence / (EDGE * atr)) });
        }
    }
    found
}

/// Returns the change over the last `window` increments, in units of the usual size of such a change.
fn change_in_spreads(increments: &[f64], window: usize) -> Raw {
    at_least(increments.len(), 100)?;
    let (mut square_sum, mut changes, mut change) = (0.0, 0.0, 0.0);
    for (i, step) in increments.iter().enumerate() {
        change += if i >= window { step - increments[i - window] } else { *step };
        if i + 1 >= window {
            square_sum += change * change;
            changes += 1.0;
        }
    }
    // Summed afresh: the running sum carries rounding of steps long gone.
    let last: f64 = increments[increments.len() - window..].iter().sum();
    Ok(last / divisor((square_sum / changes).sqrt(), Why::Flat)?)
}

const BINS: usize = 100;

/// Returns the volume in each bin. That of a bar narrower than a bin is spread over one bin's width around its middle.
fn spread(high: &[f64], low: &[f64], volume: &[f64], bottom: f64, width: f64) -> [f64; BINS] {
    let mut bins = [0.0; BINS];
    for ((high, low), volume) in high.iter().zip(low).zip(volume) {
        let (high, low) = ((high - bottom) / width, (low - bottom) / width);
        let half = 0.5 * (high - low).max(1.0);
        let middle = (0.5 * (high + low)).max(half).min(BINS as f64 - half);
        let (from, to) = (middle - half, middle + half);
        for (i, bin) in bins.iter_mut().enumerate() {
            *bin += volume / (2.0 * half) * (to.min(i as f64 + 1.0) - from.max(i as f64)).max(0.0);
        }
    }
    bins
}

#[path = "../tests/support/record.rs"]
#[expect(dead_code, reason = "what other tests need of the record")]
mod record;

mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
    use proptest::test_runner::Config;
    use schema::{Timeframe, UnixMs};

    use super::*;
    use crate::{
        frame::Frame,
        indicator::tests::walk,
        measure::Measured,
        registry::{Measure, REGISTRY},
        series::{History, Run},
    };

    /// Returns every candle row at the newest bar, with its name.
    fn measured(
        closed: &[Candle],
        open: Option<Candle>,
        history: &mut History,
    ) -> Result<Vec<(&'static str, Measured)>, Why> {
        let now = UnixMs(closed.last().unwrap().start.0 + 60_000);
        let frame = Frame::of(&Run::of(Timeframe::M1, closed, open, now)?, history)?;
        let rows = REGISTRY.iter().filter_map(|row| match row.measure {
            Measure::Candles(measure) => Some((row.id.as_str(), measure(&frame))),
            Measure::Anchored(_) | Measure::Whole(_) => None,
        });
        Ok(rows.collect())
    }

    /// Returns a bar at a share of its way: its open, then every price in proportion, so that its range and its volume grow.
    fn part(bar: &Candle, share: f64) -> Candle {
        let toward = |price: f64| bar.open + share * (price - bar.open);
        Candle {
            high: toward(bar.high),
            low: toward(bar.low),
            close: toward(bar.close),
            volume: share * bar.volume,
            ..*bar
        }
    }

    /// Returns a walk with what else markets have: bars without a trade, still ones, and jumps.
    fn market(seed: u64, len: u32, scale: f64) -> Vec<Candle> {
        let mut bars = walk(seed, len);
        let mut shift = 0.0;
        for (bar, dice) in bars.iter_mut().zip((seed..).step_by(7)) {
            let jump = if dice % 61 == 0 { 3.0 } else { 0.0 };
            shift += jump;
            if dice % 29 == 0 {
                bar.volume = 0.0;
                (bar.high, bar.low, bar.close) = (bar.open, bar.open, bar.open);
            }
            for price in [&mut bar.open, &mut bar.high, &mut bar.low, &mut bar.close] {
                *price = scale * (*price + shift);
            }
        }
        bars
    }

    fn agrees(ours: &[(&'static str, Measured)], plain: &Batch, scale: f64) -> Result<(), String> {
        for (id, theirs) in plain.all() {
            let (_, found) = ours.iter().find(|(ours, _)| *ours == id).unwrap();
            match (found, theirs) {
                (Ok(sub), Ok(raw)) => {
                    // The histogram and the awesome oscillator have the unit of a price.
                    let least = if matches!(id, "macd_hist" | "ao") { 1e-2 * scale } else { 1e-2 };
                    if (sub.raw - raw).abs() > 1e-9 * raw.abs().max(least) {
                        return Err(format!("{id}: {} and not {raw}", sub.raw));
                    }
                }
                (Err(ours), Err(theirs)) if *ours == theirs => {}
                (ours, theirs) => return Err(format!("{id}: {ours:?} and not {theirs:?}")),
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(Config::with_cases(12))]

        #[test]
        fn a_history_that_follows_the_market_equals_a_plain_pass_over_all_bars(
            seed in 0..10_000_u64, magnitude in -3..4_i32, kept in 200..400_usize,
        ) {
            let scale = 10.0_f64.powi(magnitude);
            let bars = market(seed, 330, scale);
            let mut history = History::new();
            for end in (100..bars.len()).step_by(1 + usize::try_from(seed % 3).unwrap()) {
                // The ring holds so many bars: the oldest ones go.
                let closed = &bars[end.saturating_sub(kept)..end];
                for share in [0.0, 0.3, 0.31, 0.9, 1.0] {
                    let open = part(&bars[end], share);
                    let found = measured(closed, Some(open), &mut history).unwrap();
                    let again = measured(closed, Some(open), &mut History::new()).unwrap();
                    prop_assert_eq!(&found, &again, "a new history gives the same bits");
                    let whole: Vec<Candle> = closed.iter().chain([&open]).copied().collect();
                    let agreed = agrees(&found, &Batch::of(&whole), scale);
                    prop_assert!(agreed.is_ok(), "bar {end} at {share}: {}", agreed.unwrap_err());
                }
            }
        }

        #[test]
        fn a_closed_bar_is_measured_as_it_was_when_it_was_open(seed in any::<u32>(), len in 101..320_u32) {
            let bars = market(u64::from(seed), len, 1.0);
            let (newest, closed) = bars.split_last().unwrap();
            let values = |found: Vec<(&'static str, Measured)>| -> Vec<_> {
                found.into_iter().map(|(id, found)| (id, found.map(|sub| (sub.raw, sub.lean)))).collect()
            };
            let open = values(measured(closed, Some(*newest), &mut History::new()).unwrap());
            let closed = values(measured(&bars, None, &mut History::new()).unwrap());
            prop_assert_eq!(open.iter().filter(|(id, _)| *id != "rvol").collect::<Vec<_>>(), closed.iter().filter(|(id, _)| *id != "rvol").collect::<Vec<_>>());
        }
    }

    #[test]
    fn over_recorded_minutes_a_history_equals_a_plain_pass() {
        let Some(runs) = record::minutes() else {
            println!("skipped: the recorded candles are absent");
            return;
        };
        let mut compared = 0;
        for (contract, run) in runs.iter().enumerate() {
            let bars = run.finest();
            let mut history = History::new();
            // Eight bars in a row, at a few places of each contract's days.
            for first in (400 + 13 * contract..bars.len().saturating_sub(8)).step_by(5_000) {
                for end in first..first + 8 {
                    let closed = &bars[end - 300..end];
                    for share in [0.4, 1.0] {
                        let open = part(&bars[end], share);
                        let whole: Vec<Candle> = closed.iter().chain([&open]).copied().collect();
                        match measured(closed, Some(open), &mut history) {
                            Ok(found) => {
                                let agreed = agrees(&found, &Batch::of(&whole), open.close);
                                assert!(agreed.is_ok(), "contract {contract}, bar {end} at {share}: {agreed:?}");
                                compared += 1;
                            }
                            Err(why) => assert_eq!(why, Why::NotFinite, "a recorded candle that is none"),
                        }
                    }
                }
            }
        }
        assert!(compared > 1_000, "{compared}");
    }

    /// The number changes with every change of a formula, and with nothing else: not with the build, not with the system.
    #[test]
    fn a_walk_has_the_same_bits_in_every_build() {
        let bars = market(5, 300, 1.0);
        let mut history = History::new();
        let mut sum = 0xcbf2_9ce4_8422_2325_u64;
        for end in 100..bars.len() {
            let found = measured(&bars[..end], Some(part(&bars[end], 0.7)), &mut history).unwrap();
            for (_, found) in found.iter().filter(|(id, _)| *id != "rvol") {
                let bits = found.as_ref().map_or([1, 1], |sub| [sub.raw.to_bits(), sub.lean.to_bits()]);
                // The sum of Fowler, Noll and Vo over words instead of bytes.
                sum = bits.into_iter().fold(sum, |sum, word| (sum ^ word).wrapping_mul(0x0100_0000_01b3));
            }
        }
        assert_eq!(sum, 0x68a7_9b36_d319_49a3, "{sum:#x}");
    }

    #[test]
    fn movement_and_ranges_are_ta_libs() {
        for seed in 0..20 {
            let candles = walk(seed, 250);
            let plain = Batch::of(&candles);
            let mut history = History::new();
            let now = UnixMs(candles[249].start.0 + 60_000);
            let frame = Frame::of(&Run::of(Timeframe::M1, &candles, None, now).unwrap(), &mut history).unwrap();
            let ours =
                [frame.atr, frame.history.smoothed.plus, frame.history.smoothed.minus, frame.history.smoothed.adx];
            let (high, low, close) = (&plain.high, &plain.low, &plain.close);
            let theirs = [
                plain.atr,
                ta(250, |ta, last, out| ta.plus_dm(0, last, high, low, 14, out)),
                ta(250, |ta, last, out| ta.minus_dm(0, last, high, low, 14, out)),
                ta(250, |ta, last, out| ta.adx(0, last, high, low, close, 14, out)),
            ];
            for (ours, theirs) in ours.into_iter().zip(theirs) {
                assert!((ours - theirs).abs() < 1e-12 * theirs.abs().max(1.0), "{ours} {theirs}");
            }
        }
    }
}
