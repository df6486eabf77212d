//! Measures of trades, book and positions against `wickra-core`, a second implementation by other hands, where it has
//! them; against an example worked by hand where it has not.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "support/world.rs"]
mod world;

use analysis::{Analysis, Bars, analyse, input::FlowBar};
use schema::{Candle, Level, Ratio, Side, Timeframe, Trade, UnixMs, Why};
use wickra_core::{
    CumulativeVolumeDelta, DerivativesTick, Indicator, LiquidationFeatures, Microprice, OrderBook,
    OrderBookImbalanceTopN, OrderFlowImbalance, QuotedSpread, SessionVwap, SpearmanCorrelation, TradeImbalance,
};
use world::{NOW, World};

const SEEDS: std::ops::Range<u64> = 0..12;

fn raw(analysis: &Analysis, id: &str, timeframe: Option<Timeframe>) -> f64 {
    let mut parts = analysis.dimensions.iter().flat_map(|dimension| &dimension.parts);
    let part = parts.find(|part| part.id == id && part.timeframe == timeframe).expect(id);
    part.finding.value().unwrap_or_else(|| panic!("{id}: {:?}", part.finding)).raw
}

fn whole(world: &World, id: &str) -> f64 {
    raw(&analyse(&world.input(), Bars::Closed), id, None)
}

fn close(id: &str, ours: f64, theirs: f64) {
    assert!((ours - theirs).abs() < 1e-9 * theirs.abs().max(1.0), "{id}: {ours} {theirs}");
}

fn levels(levels: &[Level]) -> Vec<wickra_core::Level> {
    levels.iter().map(|level| wickra_core::Level::new(level.price, level.size).unwrap()).collect()
}

fn book(world: &World) -> OrderBook {
    OrderBook::new(levels(&world.bids), levels(&world.asks)).unwrap()
}

const fn side(side: Side) -> wickra_core::Side {
    match side {
        Side::Buy => wickra_core::Side::Buy,
        Side::Sell => wickra_core::Side::Sell,
    }
}

/// The imbalance of the last `n` trades, by value.
fn imbalance_of(trades: &[Trade], n: usize) -> f64 {
    let mut theirs = TradeImbalance::new(n).unwrap();
    let expected = trades.iter().map(|t| {
        theirs.update(wickra_core::Trade::new(t.price, t.signed_notional().abs(), side(t.side()), t.at.0).unwrap())
    });
    expected.last().flatten().unwrap()
}

/// Taker buying minus selling over some minutes, and all of it.
fn delta_of(bars: &[FlowBar]) -> (f64, f64) {
    let mut theirs = CumulativeVolumeDelta::new();
    for bar in bars {
        for (size, side) in [(bar.buy, wickra_core::Side::Buy), (bar.sell, wickra_core::Side::Sell)] {
            theirs.update(wickra_core::Trade::new(100.0, size, side, bar.start.0).unwrap());
        }
    }
    let nothing = wickra_core::Trade::new(100.0, 0.0, wickra_core::Side::Buy, 0).unwrap();
    (theirs.update(nothing).unwrap(), bars.iter().map(|bar| bar.buy + bar.sell).sum())
}

#[test]
fn order_flow_imbalance_agrees() {
    for world in SEEDS.map(World::small) {
        let last = &world.best[world.best.len() - 51..];
        let mut theirs = OrderFlowImbalance::new(50).unwrap();
        let expected =
            last.iter().map(|quote| theirs.update(OrderBook::new(levels(&[quote.bid]), levels(&[quote.ask])).unwrap()));
        let mean = last.iter().map(|quote| f64::midpoint(quote.bid.size, quote.ask.size)).sum::<f64>() / 51.0;
        close("order_flow_imbalance", whole(&world, "order_flow_imbalance"), expected.last().flatten().unwrap() / mean);
    }
}

#[test]
fn book_imbalance_of_five_levels_agrees() {
    for world in SEEDS.map(World::small) {
        let theirs = OrderBookImbalanceTopN::new(5).unwrap().update(book(&world)).unwrap();
        close("book_imbalance_top5", whole(&world, "book_imbalance_top5"), theirs);
    }
}

#[test]
fn micro_price_agrees() {
    for world in SEEDS.map(World::small) {
        let theirs = Microprice::new().update(book(&world)).unwrap();
        let (bid, ask) = (world.bids[0].price, world.asks[0].price);
        let expected = (theirs - f64::midpoint(bid, ask)) / ((ask - bid) / 2.0);
        close("micro_price", whole(&world, "micro_price"), expected);
    }
}

#[test]
fn the_spread_agrees() {
    for world in SEEDS.map(World::small) {
        let analysis = analyse(&world.input(), Bars::Closed);
        let ours = analysis.conditions.iter().find(|condition| condition.id == "spread").unwrap();
        close("spread", *ours.value.value().unwrap(), QuotedSpread::new().update(book(&world)).unwrap());
    }
}

#[test]
fn trade_imbalance_agrees() {
    for world in SEEDS.map(World::small) {
        let last = |n| imbalance_of(&world.trades, n);
        close("trade_imbalance", whole(&world, "trade_imbalance"), 0.5 * last(10) + 0.3 * last(30) + 0.2 * last(100));
    }
}

#[test]
fn trade_momentum_is_a_difference_of_imbalances() {
    for world in SEEDS.map(World::small) {
        let n = world.trades.len();
        let expected = imbalance_of(&world.trades, n / 4) - imbalance_of(&world.trades, n);
        close("trade_momentum", whole(&world, "trade_momentum"), expected);
    }
}

#[test]
fn cvd_and_volume_delta_agree() {
    for world in SEEDS.map(World::small) {
        for (id, minutes) in [("cvd", 30), ("volume_delta", 20)] {
            let (net, traded) = delta_of(&world.flow[world.flow.len() - minutes..]);
            close(id, whole(&world, id), net / traded);
        }
    }
}

/// After a start there are fewer minutes than the window has: they used to be waited for though four fifths are enough.
#[test]
fn a_sum_over_minutes_needs_four_fifths_of_its_window() {
    let mut world = World::small(3);
    world.flow.drain(..world.flow.len() - 16);
    let (net, traded) = delta_of(&world.flow);
    close("volume_delta", whole(&world, "volume_delta"), net / traded);
    world.flow.remove(0);
    let analysis = analyse(&world.input(), Bars::Closed);
    let mut parts = analysis.dimensions.iter().flat_map(|dimension| &dimension.parts);
    let delta = parts.find(|part| part.id == "volume_delta").unwrap();
    assert_eq!(delta.finding.why(), Some(&Why::LowCoverage { have_pct: 75, need_pct: 80 }));
}

#[test]
fn cvd_against_price_is_spearmans_where_no_two_values_are_near() {
    for seed in 0..20_u32 {
        let mut world = World::small(u64::from(seed));
        // Twenty values in an order of the seed's, each far from the next: seven and thirteen share no factor with twenty.
        let totals = (0..20).map(|i| f64::from((7 * i * (1 + seed % 3 * 2) + seed) % 20));
        let closes = (0..20).map(|i| f64::from((13 * i + 3 * seed) % 20));
        let (totals, closes): (Vec<f64>, Vec<f64>) = (totals.collect(), closes.collect());
        if seed % 3 == 2 {
            continue; // Five times seven is a multiple of five: values would meet.
        }
        let (flow, candles) = (world.flow.len() - 20, world.candles[0].len() - 20);
        let mut before = 0.0;
        for (bar, total) in world.flow[flow..].iter_mut().zip(&totals) {
            (bar.buy, bar.sell) = (100.0 + (total - before), 100.0);
            before = *total;
        }
        for (candle, close) in world.candles[0][candles..].iter_mut().zip(&closes) {
            candle.close = 100.0 + close;
            candle.high = candle.high.max(candle.close);
            candle.low = candle.low.min(candle.close);
        }
        let spearman = |values: &[f64]| {
            let mut theirs = SpearmanCorrelation::new(20).unwrap();
            values.iter().zip(0..).map(|(x, i)| theirs.update((*x, f64::from(i)))).last().flatten().unwrap()
        };
        let expected = (2.0 * spearman(&totals) + spearman(&closes)) / 3.0;
        close("cvd_price", whole(&world, "cvd_price"), expected);
    }
}

#[test]
fn liquidations_agree_once_they_are_weighed() {
    for world in SEEDS.map(World::small) {
        let [mut long, mut short] = [0.0; 2];
        for event in world.liquidations.as_ref().unwrap() {
            let hours = (NOW.0 - event.at.0) as f64 / 3_600_000.0;
            *(if event.long { &mut long } else { &mut short }) += event.usd.sqrt() * 0.5_f64.powf(hours / 3.5);
        }
        let tick = DerivativesTick::new(0.0, 100.0, 100.0, 100.0, 0.0, 0.0, 0.0, 0.0, 0.0, long, short, 0).unwrap();
        // Theirs is positive where longs are closed; ours says where that pushes the price.
        let theirs = -LiquidationFeatures::new().update(tick).unwrap().imbalance;
        close("liquidations", whole(&world, "liquidations"), theirs);
    }
}

#[test]
fn the_days_mean_price_agrees() {
    for world in SEEDS.map(World::small) {
        let mut theirs = SessionVwap::new(0);
        let expected = world.candles[1].iter().map(|c| {
            theirs.update(wickra_core::Candle::new(c.open, c.high, c.low, c.close, c.volume, c.start.0).unwrap())
        });
        let day = expected.last().flatten().unwrap();
        let analysis = analyse(&world.input(), Bars::Closed);
        let atr_pct = analysis.conditions.iter().find(|condition| condition.id == "atr_pct").unwrap();
        let last = world.candles[1].last().unwrap().close;
        let atr = atr_pct.value.value().unwrap() / 100.0 * last;
        close("vwap", raw(&analysis, "vwap", Some(Timeframe::M5)), (last - day) / atr);
    }
}

// What wickra-core has not, by hand.

/// 100 trades of 1 coin at 100, taken in turns; then what the test adds.
fn tape(world: &mut World, last: &[(Side, f64)]) {
    let trade = |i: usize, (side, size)| Trade::new(UnixMs(NOW.0 - 60_000 + i as i64), side, 100.0, size);
    let turns = (0..200).map(|i| (if i % 2 == 0 { Side::Buy } else { Side::Sell }, 1.0));
    world.trades = turns.chain(last.iter().copied()).enumerate().map(|(i, t)| trade(i, t)).collect();
}

#[test]
fn large_trades_net_what_lies_beyond_the_percentile() {
    let mut world = World::small(1);
    // 202 trades: the percentile lies at place 198.99, at 1 coin; both large ones count in full.
    tape(&mut world, &[(Side::Buy, 30.0), (Side::Sell, 10.0)]);
    close("large_trades", whole(&world, "large_trades"), (30.0 - 10.0) / (200.0 + 40.0));
}

#[test]
fn pressure_fades_by_a_twentieth_a_trade() {
    let mut world = World::small(1);
    tape(&mut world, &[(Side::Buy, 3.0)]);
    // Newest first: +3 with weight 1, then −1, +1, … with .95, .95², …, 200 of them.
    let (mut net, mut gross) = (0.0, 0.0);
    for i in 0..200 {
        let weight = 0.95_f64.powi(i + 1);
        net += if i % 2 == 0 { -weight } else { weight };
        gross += weight;
    }
    let by_size = (3.0 + net) / (3.0 + gross);
    let by_count = (1.0 + net) / (1.0 + gross);
    close("pressure", whole(&world, "pressure"), 0.8 * by_size + 0.2 * by_count);
}

#[test]
fn absorption_is_taking_that_does_not_move_the_price() {
    let mut world = World::small(1);
    // The last 100 trades: 98 in turns, which cancel out, and two buys of 1 coin; the price does not move.
    tape(&mut world, &[(Side::Buy, 1.0), (Side::Buy, 1.0)]);
    close("absorption", whole(&world, "absorption"), -2.0 / 100.0);
}

#[test]
fn book_imbalance_counts_near_levels_first() {
    let mut world = World::small(1);
    let at = |prices: [f64; 5], sizes: [f64; 5]| {
        prices.iter().zip(sizes).map(|(price, size)| Level { price: *price, size }).collect()
    };
    // Mid 100, band ±0.5: the fourth level at ±0.45 counts half (0.05 of the last fifth of 0.1), the fifth lies beyond.
    world.bids = at([99.9, 99.8, 99.7, 99.55, 99.0], [1.0, 2.0, 3.0, 4.0, 50.0]);
    world.asks = at([100.1, 100.2, 100.3, 100.45, 101.0], [2.0, 1.0, 1.0, 2.0, 90.0]);
    let fade = [1.0, 0.95, 0.9025, 0.857_375 / 2.0];
    let side = |sizes: [f64; 4]| sizes.iter().zip(fade).map(|(size, fade)| size * fade).sum::<f64>();
    let (bid, ask) = (side([1.0, 2.0, 3.0, 4.0]), side([2.0, 1.0, 1.0, 2.0]));
    close("book_imbalance", whole(&world, "book_imbalance"), (bid - ask) / (bid + ask));
}

#[test]
fn open_interest_is_told_as_its_change_and_funding_per_eight_hours() {
    let mut world = World::small(1);
    let n = world.open_interest.len();
    (world.open_interest[n - 12].coins, world.open_interest[n - 1].coins) = (10_000.0, 10_250.0);
    world.funding = Some(0.000_3);
    world.accounts.last_mut().unwrap().long = Ratio::new(0.64).unwrap();
    close("open_interest", whole(&world, "open_interest"), 2.5);
    close("funding", whole(&world, "funding"), 0.03);
    close("accounts_long", whole(&world, "accounts_long"), 64.0);
}

/// Quiet bars of five minutes around 100 that end with those of a test, and their average true range.
fn quiet_then(last: &[(f64, f64, f64, f64)]) -> (World, f64) {
    let mut world = World::small(1);
    let quiet = std::iter::repeat_n((100.0, 100.5, 99.5, 100.0), 120 - last.len());
    let bars = quiet.chain(last.iter().copied()).enumerate();
    world.candles[1] = bars
        .map(|(i, (open, high, low, close))| Candle {
            start: UnixMs(NOW.0 - 300_000 * (120 - i as i64)),
            open,
            high,
            low,
            close,
            volume: 10.0,
            turnover: 1_000.0,
        })
        .collect();
    let analysis = analyse(&world.input(), Bars::Closed);
    let atr_pct =
        analysis.conditions.iter().find(|condition| condition.id == "atr_pct").unwrap().value.value().unwrap();
    let atr = atr_pct / 100.0 * world.candles[1].last().unwrap().close;
    (world, atr)
}

#[test]
fn a_gap_counts_what_is_left_of_it() {
    let (world, atr) = quiet_then(&[(100.0, 102.5, 100.0, 102.4), (102.4, 103.0, 101.5, 102.6)]);
    let ours = raw(&analyse(&world.input(), Bars::Closed), "fair_value_gaps", Some(Timeframe::M5));
    // From the high of 100.5 two bars back to the low of 101.5.
    close("fair_value_gaps", ours, 1.0 / atr);
}

#[test]
fn the_last_falling_bar_before_a_strong_move_is_a_block() {
    let move_up = [
        (100.3, 100.4, 99.6, 99.7),
        (99.7, 101.5, 99.7, 101.4),
        (101.4, 103.0, 101.3, 102.9),
        (102.9, 104.6, 102.8, 104.5),
    ];
    let (world, atr) = quiet_then(&move_up);
    let ours = raw(&analyse(&world.input(), Bars::Closed), "order_blocks", Some(Timeframe::M5));
    assert!(atr < 1.6 && (104.5 - 100.4) / atr > 2.0, "the body and the move count in full: {atr}");
    close("order_blocks", ours, (-((104.5 - 100.0) / atr) / 2.0).exp());
}
