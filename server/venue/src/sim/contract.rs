//! One contract: its history, and its market from tick to tick.
//!
//! The walks give the price that the contract is worth. Takers arrive at random and buy more often than they sell when
//! that price has just risen or the mood is a rising one; they trade at the best prices and use them up. Then the
//! makers move the book to where the price has gone. So trades, book, candles and tickers agree, and flow
//! carries information about the next minutes.

use std::collections::VecDeque;

use super::{
    book::{Book, BookDelta, Liquidity, Rung},
    candle::{Bar, Candles, Span},
    catalogue::Listing,
    earlier_trades,
    fill::{Fill, TRADES},
    history::{Epochs, Past, TideTable, live_through},
    liquidation::{Closed, Liquidations},
    noise::{Noise, mix, whole},
    positions::Positions,
    replay::{Intent, Replay},
    ticker::{DayWindow, Direction, Ticker, price_an_hour_ago},
    walk::{Tide, Walk},
};

/// What a tick changed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    /// Trades, oldest first.
    pub(crate) trades: Vec<Fill>,
    /// Levels of the book.
    pub(crate) book: BookDelta,
    /// The ticker as it was, if it changed.
    pub(crate) ticker_was: Option<Ticker>,
    /// Candles that closed, by [`Span::index`].
    pub(crate) closed: [Option<Bar>; 5],
    /// Positions closed by force since they were last sent, oldest first.
    pub(crate) liquidations: Vec<Closed>,
    /// Running candles that are to be sent again, by [`Span::index`].
    pub(crate) running: [bool; 5],
}

impl Changes {
    fn clear(&mut self) {
        self.trades.clear();
        self.book.clear();
        self.liquidations.clear();
        self.ticker_was = None;
        self.closed = [None; 5];
        self.running = [false; 5];
    }
}

/// The market's time goes from `from` to `to`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tick {
    /// The time of the tick before.
    pub(crate) from: i64,
    /// The time of this one.
    pub(crate) to: i64,
    /// What the whole market shares now.
    pub(crate) tide: Tide,
}

/// A contract and its market.
#[derive(Debug, Clone)]
pub(crate) struct Contract {
    listing: Listing,
    /// Identifies its trades.
    stream: u64,
    noise: Noise,
    past: Past,
    replay: Option<Replay>,
    fair: f64,
    /// The recent change of the logarithmic fair price, forgotten over half a minute.
    momentum: f64,
    last: i64,
    direction: Direction,
    sequence: u64,
    book: Book,
    candles: Candles,
    window: DayWindow,
    prev_1h: i64,
    positions: Positions,
    /// The logarithm of the price when the positions were last advanced.
    settled_price: f64,
    settled_at: i64,
    mark: i64,
    index: i64,
    ticker: Ticker,
    trades: VecDeque<Fill>,
    liquidations: Liquidations,
    /// Candles with trades that were not sent yet.
    untold: bool,
    intents: Vec<Intent>,
}

/// Between two looks at the slower figures (mark and index price, running candles), in ms.
const PULSE_MS: i64 = 1_000;
/// Between two looks at the positions, in ms.
const POSITIONS_MS: i64 = 5_000;
/// Between two messages about positions closed by force, in ms.
const LIQUIDATIONS_MS: i64 = 500;
/// Trades drawn one by one in a tick; in a longer one their sizes grow instead.
const MOST_TAKERS: f64 = 8.0;

impl Contract {
    /// A contract with its history up to where the market goes live.
    pub(crate) fn new(seed: u64, listing: Listing, replay: Option<Replay>, tides: &TideTable, epochs: Epochs) -> Self {
        let spelling = listing.symbol.as_str().bytes().fold(1, |hash, byte| mix(hash ^ u64::from(byte)));
        let mut noise = Noise::new(seed, spelling);
        let mut own = Noise::new(seed, spelling ^ 1);
        let walk = Walk::new(0.0, listing.sigma, &mut own);
        let mut past = Past { own: walk, noise: own, anchor: listing.price / listing.tick.value() };
        let (candles, positions, replay) = live_through(&listing, &mut past, replay, tides, epochs, &mut noise);
        let last = candles.of(Span::M1).running().open;
        let fair = if replay.is_some() { last as f64 } else { past.price(&listing, tides.at(epochs.live)) };
        let liquidity = liquidity(&listing, last as f64, 0.0);
        let bid = last - listing.spread / 2;
        let first_update = 1_000 + u64::from(listing.id);
        let book = Book::new(bid, bid + listing.spread, first_update, liquidity, &mut noise);
        let window = DayWindow::new(&candles);
        // A stream of its own: the market goes the same way whether or not anybody asks for the time before.
        let (sequence, mut earlier) = (1_000_000, Noise::new(seed, spelling ^ 2));
        let trades = earlier_trades::of(candles.of(Span::M1).closed().iter(), &listing, sequence, &mut earlier);
        let ticker = Ticker {
            last,
            direction: Direction::ZeroPlus,
            mark: last * 10,
            index: last * 10,
            prev_1h: last,
            day: window.figures(&candles),
            open: positions.open_lots(),
            funding: positions.rate(),
            next_funding: positions.next_funding(),
            bid: book.bid(),
            ask: book.ask(),
        };
        let mut contract = Self {
            stream: spelling,
            noise,
            past,
            replay,
            fair,
            momentum: 0.0,
            last,
            direction: Direction::ZeroPlus,
            sequence,
            book,
            window,
            prev_1h: price_an_hour_ago(&candles),
            candles,
            positions,
            settled_price: (last as f64).ln(),
            settled_at: epochs.live,
            mark: last * 10,
            index: last * 10,
            ticker,
            trades,
            liquidations: Liquidations::default(),
            untold: false,
            intents: Vec::new(),
            listing,
        };
        contract.book.take_changes(&mut BookDelta::default());
        contract.ticker = contract.figures();
        contract
    }

    /// Lives through a tick and writes down what it changed.
    pub(crate) fn tick(&mut self, tick: Tick, changes: &mut Changes) {
        changes.clear();
        let minutes = (tick.to - tick.from) as f64 / 60_000.0;
        self.past.own.advance(minutes, &mut self.past.noise);
        let lean = self.lean(tick.tide);
        let liquidity = liquidity(&self.listing, self.last as f64, lean);
        match self.replay.take() {
            Some(mut replay) => {
                self.intents.clear();
                let rate = self.listing.trades_per_s;
                replay.play((tick.from, tick.to), rate, &mut self.noise, &mut self.intents);
                self.replay = Some(replay);
                self.follow(liquidity, changes);
            }
            None => {
                let fair = self.past.price(&self.listing, tick.tide);
                self.momentum = self.momentum * (-2.0 * minutes).exp() + (fair / self.fair).ln();
                self.fair = fair;
                self.takers_arrive(tick, lean, liquidity, changes);
                self.makers_move(liquidity);
            }
        }
        let stirs = (self.listing.trades_per_s * (tick.to - tick.from) as f64 / 500.0).clamp(0.12, 1.0);
        if self.noise.chance(stirs) {
            self.book.stir(liquidity, &mut self.noise);
        }
        self.book.take_changes(&mut changes.book);
        self.sequence += u64::from(!changes.book.is_empty());
        if self.due(tick, LIQUIDATIONS_MS) {
            self.liquidations.drain_into(&mut changes.liquidations);
        }
        self.close_candles(tick, changes);
        self.slower_figures(tick);
        let figures = self.figures();
        if figures != self.ticker {
            changes.ticker_was = Some(std::mem::replace(&mut self.ticker, figures));
        }
    }

    /// −1 (everything points down) to 1: the drift of the moods, own and common.
    fn lean(&self, tide: Tide) -> f64 {
        let drift = self.past.own.drift() + self.listing.beta * tide.drift;
        (8.0 * drift / self.deviation(tide)).tanh()
    }

    /// The deviation of a minute, own and common.
    fn deviation(&self, tide: Tide) -> f64 {
        self.past.own.deviation().hypot(self.listing.beta * tide.deviation)
    }

    fn takers_arrive(&mut self, tick: Tick, lean: f64, liquidity: Liquidity, changes: &mut Changes) {
        let seconds = (tick.to - tick.from) as f64 / 1_000.0;
        let activity = self.past.own.activity() * tick.tide.activity.sqrt();
        let expected = self.listing.trades_per_s * activity * seconds;
        let drawn = expected.min(MOST_TAKERS);
        let takers = self.noise.count(drawn);
        if takers == 0 {
            return;
        }
        self.intents.clear();
        for _ in 0..takers {
            let at = tick.from + self.noise.below(tick.to - tick.from);
            self.intents.push(Intent { at, price: 0, lots: 0, buy: false });
        }
        self.intents.sort_by_key(|intent| intent.at);
        let usual = usual_lots(&self.listing, self.last as f64) * expected / drawn;
        // Takers follow the last half minute and, a little, what is still to come.
        let buying = 0.5 + 0.28 * (1.5 * self.momentum / self.deviation(tick.tide)).tanh() + 0.14 * lean;
        for index in 0..self.intents.len() {
            let at = self.intents[index].at;
            let buy = self.noise.chance(buying);
            let mut rest = whole(usual * self.noise.skewed(1.1)).max(1);
            for _ in 0..4 {
                let filled = self.book.take(buy, rest, liquidity, &mut self.noise);
                rest -= filled.lots;
                self.record(at, filled, buy, changes);
                if rest <= 0 {
                    break;
                }
            }
        }
    }

    /// The makers bring the book to the fair price once it is off by more than the spread.
    fn makers_move(&mut self, liquidity: Liquidity) {
        let (bid, ask) = (self.book.bid().price, self.book.ask().price);
        let spread = self.listing.spread;
        let off = (self.fair - (bid + ask) as f64 / 2.0).abs();
        if off > 0.75 * spread as f64 + 0.5 || ask - bid > 2 * spread + 1 {
            let bid = whole(self.fair - spread as f64 / 2.0);
            self.book.reprice(bid, bid + spread, liquidity, &mut self.noise);
        }
    }

    /// The recorded trades happen: the book is brought to each so that it happens at the best price.
    fn follow(&mut self, liquidity: Liquidity, changes: &mut Changes) {
        let spread = self.listing.spread;
        for index in 0..self.intents.len() {
            let Intent { at, price, lots, buy } = self.intents[index];
            let (bid, ask) = if buy { (price - spread, price) } else { (price, price + spread) };
            self.book.reprice(bid, ask, liquidity, &mut self.noise);
            self.book.back(buy, lots);
            let filled = self.book.take(buy, lots, liquidity, &mut self.noise);
            self.fair = filled.price as f64;
            self.record(at, filled, buy, changes);
        }
    }

    fn record(&mut self, at: i64, filled: Rung, buy: bool, changes: &mut Changes) {
        self.direction = self.direction.next(self.last, filled.price);
        self.last = filled.price;
        self.sequence += 1;
        self.candles.trade(filled.price, filled.lots);
        self.untold = true;
        let fill = Fill {
            at,
            price: filled.price,
            lots: filled.lots,
            buy,
            direction: self.direction,
            sequence: self.sequence,
        };
        if self.trades.len() == TRADES {
            self.trades.pop_front();
        }
        self.trades.push_back(fill);
        let opened = self.candles.of(Span::M5).running().open;
        let draw = mix(self.stream ^ fill.sequence.rotate_left(32));
        self.liquidations.consider(&fill, opened, self.listing.sigma, draw);
        changes.trades.push(fill);
    }

    fn close_candles(&mut self, tick: Tick, changes: &mut Changes) {
        changes.closed = self.candles.roll(tick.to);
        if self.untold && self.due(tick, PULSE_MS) {
            self.untold = false;
            changes.running = [true; 5];
        }
        for (running, closed) in changes.running.iter_mut().zip(&changes.closed) {
            *running |= closed.is_some();
        }
        if changes.closed[Span::M1.index()].is_some() {
            self.prev_1h = price_an_hour_ago(&self.candles);
        }
        if changes.closed[Span::M5.index()].is_some() {
            self.window = DayWindow::new(&self.candles);
        }
    }

    /// Whether a tick completes an interval that begins at a moment of the contract's own, so that 600 contracts do
    /// not all do their slower work in the same tick.
    fn due(&self, tick: Tick, interval: i64) -> bool {
        let phase = i64::from(self.listing.id) * 100;
        (tick.to + phase).div_euclid(interval) > (tick.from + phase).div_euclid(interval)
    }

    fn slower_figures(&mut self, tick: Tick) {
        if self.due(tick, POSITIONS_MS) {
            let price = self.fair.max(1.0).ln();
            let minutes = (tick.to - self.settled_at) as f64 / 60_000.0;
            self.positions.advance(minutes, price - self.settled_price, &mut self.noise);
            self.settled_price = price;
            self.settled_at = tick.to;
        }
        self.positions.note(tick.to);
        if self.due(tick, PULSE_MS) {
            let tenths = self.fair * 10.0;
            // The premium of mark over index follows the funding rate that it causes.
            let premium = self.positions.rate() as f64 / 1e8 * 0.5;
            self.index = whole(tenths * (1.0 - premium + 0.000_02 * self.noise.normal())).max(1);
            self.mark = whole(tenths).max(1);
        }
    }

    fn figures(&self) -> Ticker {
        Ticker {
            last: self.last,
            direction: self.direction,
            mark: self.mark,
            index: self.index,
            prev_1h: self.prev_1h,
            day: self.window.figures(&self.candles),
            open: self.positions.open_lots(),
            funding: self.positions.rate(),
            next_funding: self.positions.next_funding(),
            bid: self.book.bid(),
            ask: self.book.ask(),
        }
    }

    /// From now on its trades come so many times as often, each as much smaller.
    pub(crate) fn quicken(&mut self, times: u8) {
        self.listing.trades_per_s *= f64::from(times);
    }

    /// How it is listed.
    pub(crate) const fn listing(&self) -> &Listing {
        &self.listing
    }

    /// Its order book.
    pub(crate) const fn book(&self) -> &Book {
        &self.book
    }

    /// Its candles.
    pub(crate) const fn candles(&self) -> &Candles {
        &self.candles
    }

    /// Its state in one row.
    pub(crate) const fn ticker(&self) -> &Ticker {
        &self.ticker
    }

    /// Its positions.
    pub(crate) const fn positions(&self) -> &Positions {
        &self.positions
    }

    /// Its latest trades, oldest first.
    pub(crate) const fn trades(&self) -> &VecDeque<Fill> {
        &self.trades
    }

    /// The place of its latest trade or book change among all.
    pub(crate) const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The number from which the identities of its trades are made.
    pub(crate) const fn stream(&self) -> u64 {
        self.stream
    }
}

/// The size of a usual trade, in lots, at a price in ticks.
fn usual_lots(listing: &Listing, ticks: f64) -> f64 {
    let price = ticks * listing.tick.value();
    listing.turnover / 86_400.0 / listing.trades_per_s / (price * listing.lot.value())
}

/// How the makers of a contract behave at a price in ticks.
fn liquidity(listing: &Listing, ticks: f64, lean: f64) -> Liquidity {
    Liquidity { lots: 3.0 * usual_lots(listing, ticks), gap: (ticks * 0.000_1).max(1.0), lean: 0.3 * lean }
}
