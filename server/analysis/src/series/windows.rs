//! Sums and extremes over the last few bars. They are taken afresh at each close, so they do not drift.

use schema::Candle;

use super::Columns;

/// Bars of the short and the long mean of closes.
const SHORT: usize = 20;
const LONG: usize = 50;
/// Bars of a block of the long window.
const BLOCK: usize = 10;
const BLOCKS: usize = LONG / BLOCK;
/// Bars of Williams %R.
const WILLIAMS: usize = 14;
/// Bars of the short and the long mean of the awesome oscillator.
const AWESOME_SHORT: usize = 5;
const AWESOME_LONG: usize = 34;
/// Bars of the commodity channel index.
const CHANNEL: usize = 20;
/// Bars before a sweep whose extreme it goes beyond, and how many bars may sweep, with the newest.
const SWEPT: usize = 20;
const SWEEPS: usize = 5;
/// Bars that a sweep's weight fades over.
const SWEEP_FADE: f64 = 0.8;
/// Bars of recent trading.
const RECENT: usize = 20;

/// The bars that these windows need before the newest.
pub(crate) const LEAST: usize = LONG - 1;

/// Lowest and highest price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reach {
    /// The lowest.
    pub(crate) low: f64,
    /// The highest.
    pub(crate) high: f64,
}

impl Reach {
    fn of(low: &[f64], high: &[f64]) -> Self {
        let least = |a: f64, b: f64| if b < a { b } else { a };
        let most = |a: f64, b: f64| if b > a { b } else { a };
        Self { low: low.iter().copied().fold(f64::MAX, least), high: high.iter().copied().fold(f64::MIN, most) }
    }

    /// Returns the reach with one bar more.
    pub(crate) fn with(self, newest: &Candle) -> Self {
        Self { low: self.low.min(newest.low), high: self.high.max(newest.high) }
    }

    /// Returns the place of a price, −1 at the lowest and 1 at the highest; none where the two are one.
    pub(crate) fn place(self, price: f64) -> Option<f64> {
        (self.high > self.low).then(|| ((price - self.low) - (self.high - price)) / (self.high - self.low))
    }
}

/// How far a bar went beyond an earlier extreme, and how far it closed back inside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sweep {
    beyond: f64,
    back: f64,
}

impl Sweep {
    /// Returns the sweep above the high and the one below the low of what was before.
    fn both(before: Reach, low: f64, high: f64, close: f64) -> [Self; 2] {
        [
            Self { beyond: high - before.high, back: before.high - close },
            Self { beyond: before.low - low, back: close - before.low },
        ]
    }

    /// Returns 0 to 1: 1 from half an average true range beyond and a quarter of one back.
    fn strength(self, atr: f64) -> f64 {
        if self.beyond > 0.0 && self.back > 0.0 {
            (self.beyond / (0.5 * atr)).min(1.0) * (self.back / (0.25 * atr)).min(1.0)
        } else {
            0.0
        }
    }
}

/// Means of closes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Place {
    /// Over 20 bars.
    pub(crate) mean20: f64,
    /// Over 50 bars.
    pub(crate) mean50: f64,
}

/// Sums and extremes of the last few bars before the newest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Windows {
    closes20: f64,
    closes50: f64,
    medians5: f64,
    medians34: f64,
    typical: [f64; CHANNEL - 1],
    typicals: f64,
    /// The typical price of every bar of the window, times three, where they are all the same.
    still: Option<f64>,
    reach14: Reach,
    reach50: Reach,
    reach20: Reach,
    blocks: [Reach; BLOCKS],
    sweeps: [[Sweep; 2]; SWEEPS - 1],
    traded: f64,
    traded_at: f64,
}

impl Windows {
    /// Takes in at least [`LEAST`] bars; none where there are fewer.
    pub(crate) fn of(bars: &Columns) -> Option<Self> {
        let (high, low, close, volume) = (bars.high(), bars.low(), bars.close(), bars.volume());
        let n = close.len();
        if n < LEAST {
            return None;
        }
        // A window of `k` bars has `k − 1` before the newest.
        let from = |k: usize| n + 1 - k;
        let reach = |from: usize, to: usize| Reach::of(&low[from..to], &high[from..to]);
        let medians = |k: usize| (from(k)..n).map(|i| (high[i] + low[i]) / 2.0).sum();
        let thrice = |i: usize| high[i] + low[i] + close[i];
        let typical: [f64; CHANNEL - 1] = std::array::from_fn(|i| thrice(from(CHANNEL) + i) / 3.0);
        let first = thrice(from(CHANNEL));
        let is_still = (from(CHANNEL)..n).all(|i| thrice(i) == first);
        let block = |i: usize| from(LONG) + BLOCK * i;
        Some(Self {
            closes20: close[from(SHORT)..].iter().sum(),
            closes50: close[from(LONG)..].iter().sum(),
            medians5: medians(AWESOME_SHORT),
            medians34: medians(AWESOME_LONG),
            typicals: typical.iter().sum(),
            typical,
            still: is_still.then_some(first),
            reach14: reach(from(WILLIAMS), n),
            reach50: reach(from(LONG), n),
            reach20: reach(n - SWEPT, n),
            blocks: std::array::from_fn(|i| reach(block(i), (block(i) + BLOCK).min(n))),
            sweeps: std::array::from_fn(|back| {
                let bar = n - 1 - back;
                Sweep::both(reach(bar - SWEPT, bar), low[bar], high[bar], close[bar])
            }),
            traded: volume[from(RECENT)..].iter().sum(),
            traded_at: (from(RECENT)..n).map(|i| volume[i] * thrice(i) / 3.0).sum(),
        })
    }

    /// Returns the means of closes with the newest.
    pub(crate) fn means(&self, newest: &Candle) -> Place {
        Place {
            mean20: (self.closes20 + newest.close) / SHORT as f64,
            mean50: (self.closes50 + newest.close) / LONG as f64,
        }
    }

    /// Returns the mean of the last five median prices minus that of the last 34.
    pub(crate) fn awesome(&self, newest: &Candle) -> f64 {
        let median = (newest.high + newest.low) / 2.0;
        (self.medians5 + median) / AWESOME_SHORT as f64 - (self.medians34 + median) / AWESOME_LONG as f64
    }

    /// Returns the commodity channel index over 20 bars; none where the typical price never changed.
    pub(crate) fn channel_index(&self, newest: &Candle) -> Option<f64> {
        let thrice = newest.high + newest.low + newest.close;
        if self.still == Some(thrice) {
            return None;
        }
        let typical = thrice / 3.0;
        let mean = (self.typicals + typical) / CHANNEL as f64;
        let distances = self.typical.iter().map(|price| (price - mean).abs()).sum::<f64>() + (typical - mean).abs();
        let distance = distances / CHANNEL as f64;
        // As TA-Lib: a distance that is only rounding counts as none.
        let is_rounding = |x: f64| x.abs() <= 1e-14 * mean.abs();
        let is_none = is_rounding(typical - mean) || is_rounding(distance);
        Some(if is_none { 0.0 } else { (typical - mean) / (0.015 * distance) })
    }

    /// Returns the range of 14 bars.
    pub(crate) fn reach14(&self, newest: &Candle) -> Reach {
        self.reach14.with(newest)
    }

    /// Returns the range of 50 bars.
    pub(crate) fn reach50(&self, newest: &Candle) -> Reach {
        self.reach50.with(newest)
    }

    /// Returns the ranges of five blocks of ten bars, oldest first.
    pub(crate) fn blocks(&self, newest: &Candle) -> [Reach; BLOCKS] {
        let mut blocks = self.blocks;
        blocks[BLOCKS - 1] = blocks[BLOCKS - 1].with(newest);
        blocks
    }

    /// Returns failed sweeps below minus failed sweeps above of the last five bars, fading by a fifth a bar.
    pub(crate) fn sweeps(&self, newest: &Candle, atr: f64) -> f64 {
        let newest = Sweep::both(self.reach20, newest.low, newest.high, newest.close);
        let (mut sum, mut weight) = (0.0, 1.0);
        for [above, below] in std::iter::once(&newest).chain(&self.sweeps) {
            sum += weight * (below.strength(atr) - above.strength(atr));
            weight *= SWEEP_FADE;
        }
        sum
    }

    /// Returns what was traded in 20 bars, in base coin.
    pub(crate) fn traded(&self, newest: &Candle) -> f64 {
        self.traded + newest.volume
    }

    /// Returns the sum of volume times typical price of 20 bars.
    pub(crate) fn traded_at(&self, newest: &Candle) -> f64 {
        self.traded_at + newest.volume * (newest.high + newest.low + newest.close) / 3.0
    }
}
