//! A made-up market from a seed, owned, for tests and benchmarks: it can be mirrored, scaled and read as an input.
#![allow(dead_code, reason = "each test and benchmark uses a part of it")]
#![allow(clippy::cast_precision_loss, clippy::unwrap_used, missing_docs)]

use analysis::input::{
    AccountsPoint, BestQuote, Book, DepthShares, Derivatives, FlowBar, FundingPoint, LADDER, Liquidation,
    OpenInterestPoint, PerTimeframe, SymbolInput,
};
use schema::{Candle, Level, Rate, Ratio, Side, Timeframe, Trade, UnixMs, signals::Funding};

pub(crate) const MID: f64 = 100.0;
pub(crate) const NOW: UnixMs = UnixMs(1_700_006_400_000 + 7 * 3_600_000);

#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) candles: [Vec<Candle>; 4],
    pub(crate) open: [Option<Candle>; 4],
    pub(crate) trades: Vec<Trade>,
    pub(crate) flow: Vec<FlowBar>,
    pub(crate) bids: Vec<Level>,
    pub(crate) asks: Vec<Level>,
    pub(crate) best: Vec<BestQuote>,
    pub(crate) depth_history: Vec<DepthShares>,
    pub(crate) open_interest: Vec<OpenInterestPoint>,
    pub(crate) funding: Option<f64>,
    pub(crate) funding_history: Vec<FundingPoint>,
    pub(crate) accounts: Vec<AccountsPoint>,
    pub(crate) liquidations: Option<Vec<Liquidation>>,
}

/// Numbers from 0 to 1 in a fixed order.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1_u64 << 24) as f64
    }

    /// About normal, standard deviation 1.
    pub(crate) fn bell(&mut self) -> f64 {
        ((0..6).map(|_| self.roll()).sum::<f64>() - 3.0) * 2.0_f64.sqrt()
    }
}

impl World {
    /// Whether every price is above zero: a walk with much drift may have come from below, and candles of it are refused.
    pub(crate) fn is_priced(&self) -> bool {
        self.candles.iter().flatten().all(|candle| candle.low > 0.0)
    }

    /// A market whose one-minute closes move by about 0.1 %, with a drift per bar in units of that.
    pub(crate) fn new(seed: u64, lengths: [usize; 4], drift: f64) -> Self {
        let mut dice = Dice::new(seed);
        let candles = std::array::from_fn(|i| walk(&mut dice, Timeframe::ALL[i], lengths[i], drift));
        let open = std::array::from_fn(|i| open_bar(&mut dice, &candles[i], Timeframe::ALL[i]));
        let minutes: &Vec<Candle> = &candles[0];
        let flow = minutes
            .iter()
            .map(|candle| {
                let share = (0.5 + 0.15 * dice.bell()).clamp(0.0, 1.0);
                FlowBar::of_trades(candle.start, share * candle.volume, (1.0 - share) * candle.volume)
            })
            .collect();
        let level = |dice: &mut Dice, price: f64| Level { price, size: 1.0 + 20.0 * dice.roll() * dice.roll() };
        Self {
            flow,
            trades: (0..2_000)
                .map(|i| {
                    let side = if dice.roll() < 0.52 { Side::Buy } else { Side::Sell };
                    let price = MID + 0.05 * dice.bell();
                    Trade::new(UnixMs(NOW.0 - 300 * (2_000 - i)), side, price, 0.1 / (0.01 + dice.roll()))
                })
                .collect(),
            bids: (0..50).map(|i| level(&mut dice, MID - 0.015 - 0.03 * f64::from(i))).collect(),
            asks: (0..50).map(|i| level(&mut dice, MID + 0.015 + 0.03 * f64::from(i))).collect(),
            best: (0..200)
                .map(|i| {
                    let tick = (3.0 * dice.roll()).floor() * 0.03;
                    BestQuote {
                        at: UnixMs(NOW.0 - 200 * (200 - i)),
                        bid: level(&mut dice, MID - 0.045 + tick),
                        ask: level(&mut dice, MID - 0.015 + tick),
                    }
                })
                .collect(),
            depth_history: (0..500)
                .map(|_| {
                    let share = (0.5 + 0.08 * dice.bell()).clamp(0.0, 1.0);
                    DepthShares::build(|_| Some(share))
                })
                .collect(),
            open_interest: (0..288_u32)
                .map(|i| OpenInterestPoint {
                    at: UnixMs(NOW.0 - 300_000 * i64::from(287 - i)),
                    coins: 10_000.0 + 10.0 * f64::from(i) * drift + 30.0 * dice.bell(),
                })
                .collect(),
            funding: Some(0.000_1 + 0.000_05 * dice.bell()),
            funding_history: (0..90)
                .map(|i| FundingPoint {
                    at: UnixMs(NOW.0 - 28_800_000 * (90 - i)),
                    rate: 0.000_1 + 0.000_05 * dice.bell(),
                })
                .collect(),
            accounts: vec![AccountsPoint { at: NOW, long: Ratio::clamped(0.5 + 0.12 * dice.bell()).unwrap() }],
            liquidations: Some(
                (0..40)
                    .map(|i| Liquidation {
                        at: UnixMs(NOW.0 - 1_800_000 * (40 - i)),
                        long: dice.roll() < 0.5,
                        usd: 100_000.0 * dice.roll(),
                    })
                    .collect(),
            ),
            candles,
            open,
        }
    }

    /// As much of everything as the server keeps.
    pub(crate) fn full(seed: u64) -> Self {
        Self::new(seed, [1_000, 500, 500, 300], 0.0)
    }

    /// A market that is quick to make.
    pub(crate) fn small(seed: u64) -> Self {
        Self::new(seed, [260, 130, 120, 110], 0.0)
    }

    pub(crate) fn input(&self) -> SymbolInput<'_> {
        SymbolInput {
            as_of: NOW,
            candles: PerTimeframe::build(|timeframe| self.candles[timeframe.index()].as_slice()),
            open: PerTimeframe(self.open),
            trades: &self.trades,
            flow: &self.flow,
            book: (!self.bids.is_empty()).then_some(Book {
                at: NOW,
                bids: &self.bids,
                asks: &self.asks,
                best: &self.best,
                depth_history: &self.depth_history,
                usual_depth: None,
            }),
            derivatives: Derivatives {
                open_interest: &self.open_interest,
                funding: self.funding.map(|rate| {
                    let funding = Funding { rate: Rate::new(rate).unwrap(), interval_hours: 8, next: NOW };
                    (NOW, funding)
                }),
                funding_history: &self.funding_history,
                accounts: &self.accounts,
                liquidations: self.liquidations.as_deref(),
            },
        }
    }

    /// The market in a mirror: candle and book prices at the same distance on the other side of mid, buyers and sellers
    /// exchanged. Trades keep their price and size, since what counts of them is their side and their value.
    pub(crate) fn mirrored(&self) -> Self {
        let price = |p: f64| 2.0 * MID - p;
        let level = |l: &Level| Level { price: price(l.price), size: l.size };
        let candle = |c: &Candle| Candle {
            open: price(c.open),
            high: price(c.low),
            low: price(c.high),
            close: price(c.close),
            ..*c
        };
        Self {
            candles: self.candles.each_ref().map(|run| run.iter().map(candle).collect()),
            open: self.open.map(|open| open.as_ref().map(candle)),
            trades: self
                .trades
                .iter()
                .map(|trade| {
                    let side = match trade.side() {
                        Side::Buy => Side::Sell,
                        Side::Sell => Side::Buy,
                    };
                    Trade::new(trade.at, side, trade.price, trade.size())
                })
                .collect(),
            flow: self.flow.iter().map(|bar| FlowBar { buy: bar.sell, sell: bar.buy, ..*bar }).collect(),
            bids: self.asks.iter().map(level).collect(),
            asks: self.bids.iter().map(level).collect(),
            best: self
                .best
                .iter()
                .map(|quote| BestQuote { bid: level(&quote.ask), ask: level(&quote.bid), ..*quote })
                .collect(),
            depth_history: self
                .depth_history
                .iter()
                .map(|shares| {
                    let mut band = 0..LADDER.len();
                    DepthShares::build(|_| Some(1.0 - shares.get(band.next()?)?))
                })
                .collect(),
            open_interest: self.open_interest.clone(),
            funding: self.funding.map(|rate| -rate),
            funding_history: self.funding_history.iter().map(|p| FundingPoint { rate: -p.rate, ..*p }).collect(),
            accounts: self
                .accounts
                .iter()
                .map(|p| AccountsPoint { long: Ratio::new(1.0 - p.long.get()).unwrap(), ..*p })
                .collect(),
            liquidations: self
                .liquidations
                .as_ref()
                .map(|events| events.iter().map(|event| Liquidation { long: !event.long, ..*event }).collect()),
        }
    }

    /// The same market counted in coins a `k`-th of the size: prices × k, sizes ÷ k.
    pub(crate) fn scaled(&self, k: f64) -> Self {
        let level = |l: &Level| Level { price: l.price * k, size: l.size / k };
        let candle = |c: &Candle| Candle {
            open: c.open * k,
            high: c.high * k,
            low: c.low * k,
            close: c.close * k,
            volume: c.volume / k,
            ..*c
        };
        Self {
            candles: self.candles.each_ref().map(|run| run.iter().map(candle).collect()),
            open: self.open.map(|open| open.as_ref().map(candle)),
            trades: self.trades.iter().map(|t| Trade::new(t.at, t.side(), t.price * k, t.size() / k)).collect(),
            flow: self.flow.iter().map(|b| FlowBar { buy: b.buy / k, sell: b.sell / k, ..*b }).collect(),
            bids: self.bids.iter().map(level).collect(),
            asks: self.asks.iter().map(level).collect(),
            best: self
                .best
                .iter()
                .map(|quote| BestQuote { bid: level(&quote.bid), ask: level(&quote.ask), ..*quote })
                .collect(),
            open_interest: self
                .open_interest
                .iter()
                .map(|point| OpenInterestPoint { coins: point.coins / k, ..*point })
                .collect(),
            ..self.clone()
        }
    }
}

/// Candles that end at [`NOW`] and at [`MID`]; longer ones move more, as a random walk does.
fn walk(dice: &mut Dice, timeframe: Timeframe, n: usize, drift: f64) -> Vec<Candle> {
    let step = 0.1 * (timeframe.ms() as f64 / 60_000.0).sqrt();
    let mut price = 0.0;
    let mut candles: Vec<Candle> = (0..n)
        .map(|i| {
            let open = price;
            price += step * (dice.bell() + drift);
            let volume = 50.0 * (0.2 + dice.roll()) / (0.2 + dice.roll());
            Candle {
                start: UnixMs(NOW.0 - timeframe.ms() * i64::try_from(n - i).unwrap()),
                open,
                high: open.max(price) + step * dice.roll(),
                low: open.min(price) - step * dice.roll(),
                close: price,
                volume,
                turnover: volume * MID,
            }
        })
        .collect();
    for candle in &mut candles {
        for field in [&mut candle.open, &mut candle.high, &mut candle.low, &mut candle.close] {
            *field += MID - price;
        }
    }
    candles
}

fn open_bar(dice: &mut Dice, closed: &[Candle], timeframe: Timeframe) -> Option<Candle> {
    let last = closed.last()?;
    let close = last.close + 0.1 * dice.bell();
    Some(Candle {
        start: UnixMs(last.start.0 + timeframe.ms()),
        open: last.close,
        high: last.close.max(close) + 0.05,
        low: last.close.min(close) - 0.05,
        close,
        volume: 10.0 * dice.roll(),
        turnover: 1_000.0,
    })
}
