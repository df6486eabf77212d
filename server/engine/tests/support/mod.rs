//! A made-up exchange: what it sends and answers, second by second, from a seed.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, clippy::unwrap_used)]

use std::sync::Arc;

use analysis::{idea::CostSettings, signal::Thresholds};
use engine::{Engine, History, Input, Loaded, Market, Output, Recorded, Seconds, idea_book, kept};
use schema::{Candle, Level, Side, Symbol, Timeframe, Trade, UnixMs, Venue};
use venue::{Accounts, BookChange, Instrument, Kline, MarketEvent, OpenInterest, PaidFunding, Ticker};

pub(crate) const MINUTE: i64 = 60_000;
/// 20 s before the end of a minute, an hour and four hours.
pub(crate) const START: i64 = 1_700_006_400_000 + 4 * 3_600_000 - 20_000;

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

    fn below(&mut self, n: i64) -> i64 {
        (self.roll() * n as f64) as i64
    }
}

pub(crate) fn symbol(name: &str) -> Symbol {
    Symbol::new(name).unwrap()
}

pub(crate) fn instrument(name: &str) -> Instrument {
    Instrument::usdt_perpetual(symbol(name), 0.01, UnixMs(0))
}

pub(crate) fn event(received: i64, event: MarketEvent) -> Input {
    Input::Event { received: UnixMs(received), event }
}

pub(crate) fn loaded(received: i64, loaded: Loaded) -> Input {
    Input::Loaded { received: UnixMs(received), loaded }
}

/// The order of receipt after each message of trades that came from a moment on was held up by less than `late` ms.
pub(crate) fn jittered(inputs: &[Input], from: i64, late: i64, seed: u64) -> Vec<Input> {
    let mut dice = Dice::new(seed);
    let mut held_up = |input: Input| match input {
        Input::Event { received, event: event @ MarketEvent::Trades { .. } } if received.0 >= from => {
            Input::Event { received: UnixMs(received.0 + dice.below(late)), event }
        }
        other => other,
    };
    let mut moved: Vec<Input> = inputs.iter().cloned().map(&mut held_up).collect();
    moved.sort_by_key(Input::received);
    moved
}

/// What an exchange sends of some contracts in `seconds` from [`START`] on, in the order of receipt. Messages take 20 ms.
pub(crate) fn session(names: &[&str], seconds: i64, seed: u64) -> Vec<Input> {
    let mut inputs = vec![loaded(
        START,
        Loaded::Universe {
            instruments: names.iter().map(|name| instrument(name)).collect(),
            linear_symbols: 9,
            history: History::Fetched,
        },
    )];
    let symbols: Arc<[Symbol]> = names.iter().map(|name| symbol(name)).collect();
    inputs.push(event(START + 1, MarketEvent::Hearing { symbols }));
    for (n, name) in (0..).zip(names) {
        inputs.extend(of_contract(symbol(name), seconds, seed + 1_000 * n));
    }
    inputs.sort_by_key(Input::received);
    inputs
}

fn of_contract(symbol: Symbol, seconds: i64, seed: u64) -> Vec<Input> {
    let mut dice = Dice::new(seed);
    let mut price = 100.0;
    let mut inputs = Vec::new();
    for timeframe in Timeframe::ALL.into_iter().rev() {
        let candles = history(&mut dice, timeframe, price);
        let limit = kept(timeframe);
        inputs.push(loaded(START + 10, Loaded::Candles { symbol, timeframe, limit, candles }));
    }
    let trades = (0..900).map(|n| trade(&mut dice, START - 300_000 + n * 333, &mut price)).collect();
    inputs.push(loaded(START + 15, Loaded::Trades { symbol, trades }));
    let points =
        (0..200).map(|n| OpenInterest { at: UnixMs(START - (200 - n) * 300_000), coins: 1e6 + 100.0 * n as f64 });
    inputs.push(loaded(START + 16, Loaded::OpenInterest { symbol, points: points.collect() }));
    let points = (0..90).map(|n| PaidFunding { at: UnixMs(START - (90 - n) * 28_800_000), rate: 1e-4 * dice.roll() });
    inputs.push(loaded(START + 17, Loaded::Funding { symbol, points: points.collect() }));
    let points = (0..200).map(|n| Accounts { at: UnixMs(START - (200 - n) * 300_000), long: 0.4 + 0.2 * dice.roll() });
    inputs.push(loaded(START + 18, Loaded::Accounts { symbol, points: points.collect() }));
    let mut candle = flat(UnixMs(START).floor(MINUTE), price);
    for ms in (100..seconds * 1_000).step_by(100) {
        let at = START + ms;
        let minute = UnixMs(at).floor(MINUTE);
        if minute != candle.start {
            let send = |candle, closed| MarketEvent::Candle {
                symbol,
                timeframe: Timeframe::M1,
                candle,
                taker_buy: None,
                closed,
                at: UnixMs(at),
            };
            inputs.push(event(at + 20, send(candle, true)));
            candle = flat(minute, price);
        }
        if dice.roll() < 0.4 {
            let trade = trade(&mut dice, at, &mut price);
            take(&mut candle, &trade);
            inputs.push(event(at + 20, MarketEvent::Trades { symbol, trades: vec![trade] }));
        }
        if ms % 300 == 0 {
            let change =
                BookChange::Snapshot { bids: side(&mut dice, price, -0.01), asks: side(&mut dice, price, 0.01) };
            inputs.push(event(at + 20, MarketEvent::Book { symbol, at: UnixMs(at), change }));
        }
        if ms % 1_000 == 500 {
            inputs.push(event(at + 20, MarketEvent::Ticker { symbol, ticker: Box::new(ticker(at, price)) }));
        }
        if ms % 1_000 == 700 {
            let at = UnixMs(at);
            let timeframe = Timeframe::M1;
            inputs.push(event(
                at.0 + 20,
                MarketEvent::Candle { symbol, timeframe, candle, taker_buy: None, closed: false, at },
            ));
        }
    }
    inputs
}

fn flat(start: UnixMs, price: f64) -> Candle {
    Candle { start, open: price, high: price, low: price, close: price, volume: 0.0, turnover: 0.0 }
}

fn take(candle: &mut Candle, trade: &Trade) {
    candle.high = candle.high.max(trade.price);
    candle.low = candle.low.min(trade.price);
    candle.close = trade.price;
    candle.volume += trade.size();
    candle.turnover += trade.price * trade.size();
}

/// A trade at a price that walks by hundredths.
fn trade(dice: &mut Dice, at: i64, price: &mut f64) -> Trade {
    *price = ((*price * 100.0).round() + (dice.below(7) - 3) as f64).max(100.0) / 100.0;
    let side = if dice.roll() < 0.5 { Side::Buy } else { Side::Sell };
    Trade::new(UnixMs(at), side, *price, (1 + dice.below(50)) as f64)
}

fn side(dice: &mut Dice, price: f64, step: f64) -> Vec<Level> {
    (1..=60).map(|n| Level { price: price + step * f64::from(n), size: (1 + dice.below(90)) as f64 }).collect()
}

pub(crate) fn ticker(at: i64, price: f64) -> Ticker {
    Ticker {
        at: UnixMs(at),
        last: price,
        mark: Some(price),
        index: Some(price),
        prev_24h: Some(99.0),
        prev_1h: Some(100.0),
        high_24h: None,
        low_24h: None,
        volume_24h: None,
        turnover_24h: Some(1e8),
        open_interest: Some(1e6),
        funding: None,
    }
}

/// The closed candles of a timeframe before [`START`], the last of which closed at a price.
fn history(dice: &mut Dice, timeframe: Timeframe, last: f64) -> Vec<Kline> {
    let end = UnixMs(START).floor(timeframe.ms()).0;
    let mut close = last;
    let mut candles: Vec<_> = (1..=i64::from(kept(timeframe)))
        .map(|back| {
            let open = close + (dice.roll() - 0.5) * 0.3;
            let candle = Candle {
                start: UnixMs(end - back * timeframe.ms()),
                open,
                high: open.max(close) + 0.1 * dice.roll(),
                low: open.min(close) - 0.1 * dice.roll(),
                close,
                volume: 100.0 + 400.0 * dice.roll(),
                turnover: 30_000.0,
            };
            close = open;
            Kline::from(candle)
        })
        .collect();
    candles.reverse();
    candles
}

/// An engine with nothing taken in.
pub(crate) fn engine() -> (Engine, Arc<Market>) {
    engine_with(Thresholds::STANDARD)
}

/// The same with other thresholds.
pub(crate) fn engine_with(thresholds: Thresholds) -> (Engine, Arc<Market>) {
    let market = Arc::new(Market::new(Venue::Sim));
    let ideas = idea_book(&thresholds, CostSettings::MEASURED.of(Venue::Sim));
    (Engine::new(Arc::clone(&market), thresholds, ideas), market)
}

/// Puts the seconds between inputs, as a session does.
pub(crate) fn with_seconds(inputs: impl IntoIterator<Item = Input>) -> Vec<Input> {
    let mut seconds = Seconds::from(UnixMs(START));
    let mut all = Vec::new();
    for input in inputs {
        all.extend(seconds.up_to(input.received()).map(Input::Second));
        all.push(input);
    }
    all
}

/// Steps an engine through inputs and the seconds between them.
pub(crate) fn run(inputs: impl IntoIterator<Item = Input>) -> Vec<Output> {
    let (mut engine, _market) = engine();
    step_all(&mut engine, with_seconds(inputs))
}

pub(crate) fn step_all(engine: &mut Engine, inputs: impl IntoIterator<Item = Input>) -> Vec<Output> {
    let mut outputs = Vec::new();
    for input in inputs {
        engine.step(input, &mut |output| outputs.push(output));
    }
    outputs
}

/// The bars that were decided.
pub(crate) fn bars(outputs: &[Output]) -> Vec<(Symbol, Arc<Recorded>)> {
    let bar = |output: &Output| match output {
        Output::BarClosed { symbol, recorded } => Some((*symbol, Arc::clone(recorded))),
        _ => None,
    };
    outputs.iter().filter_map(bar).collect()
}
