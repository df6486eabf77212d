//! Everything one symbol is scored from beside its candles, checked once at the door, with what the candles say.

use schema::{Level, Side, Timeframe, Trade, UnixMs, Why};

use crate::{
    band::covered_bps,
    candled::Candled,
    frame::Sketch,
    input::{FlowBar, SymbolInput},
    measure::{at_least, divisor, not_older},
    stats::Largest,
};

const TRADES_KEPT_MS: i64 = 15 * 60_000;
const TRADES_LEAST: usize = 100;
/// The latest trades whose sizes are kept one by one, where there are so many.
pub(crate) const RECENT: usize = 320;
const BOOK_LIMIT_MS: i64 = 60_000;
const BOOK_LEAST: usize = 5;
const FLOW_LIMIT_MS: i64 = 3 * 60_000;
/// The part of its window that must have been received before a sum of taker volume is used.
pub(crate) const FLOW_COVERAGE_LEAST: f64 = 0.8;

/// Everything one symbol is scored from.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    /// What was given.
    pub(crate) input: &'a SymbolInput<'a>,
    /// What the candles say.
    pub(crate) candled: &'a Candled,
    /// The latest trades.
    pub(crate) tape: Result<Tape<'a>, Why>,
    /// Taker volume per minute.
    pub(crate) flow: Result<&'a [FlowBar], Why>,
    /// The order book.
    pub(crate) depth: Result<Depth<'a>, Why>,
}

impl<'a> Context<'a> {
    /// Checks everything.
    pub(crate) fn of(input: &'a SymbolInput<'a>, candled: &'a Candled) -> Self {
        Self {
            input,
            candled,
            tape: Tape::of(input.trades, input.as_of),
            flow: checked_flow(input.flow, input.as_of),
            depth: Depth::of(input),
        }
    }

    /// The candles of one timeframe in short.
    pub(crate) fn sketch(&self, timeframe: Timeframe) -> Result<&Sketch, Why> {
        self.candled.sketch(timeframe).as_ref().map_err(Clone::clone)
    }

    /// The latest trades.
    pub(crate) fn tape(&self) -> Result<&Tape<'a>, Why> {
        self.tape.as_ref().map_err(Clone::clone)
    }

    /// The order book.
    pub(crate) fn depth(&self) -> Result<&Depth<'a>, Why> {
        self.depth.as_ref().map_err(Clone::clone)
    }

    /// The last `n` minutes of taker volume, where enough of their time was received. Minutes before the first one that is known were
    /// not received: after a start there are fewer than `n`.
    pub(crate) fn last_flow(&self, n: usize) -> Result<&'a [FlowBar], Why> {
        let flow = self.flow.clone()?;
        let last = &flow[flow.len().saturating_sub(n)..];
        received(last, n)?;
        Ok(last)
    }
}

/// The trades of the last 15 minutes.
#[derive(Debug)]
pub(crate) struct Tape<'a> {
    /// The trades.
    pub(crate) trades: &'a [Trade],
    /// The sizes of the latest quarter of them (at least of [`RECENT`]) in quote currency, positive where the taker bought.
    pub(crate) signed: Vec<f64>,
    /// The 99th percentile of the sizes and the signed sizes from there on.
    pub(crate) largest: (f64, Vec<f64>),
    /// The sum of the sizes, above zero.
    pub(crate) gross: f64,
    /// Bought minus sold.
    pub(crate) net: f64,
    /// The time of the newest.
    pub(crate) as_of: UnixMs,
}

impl<'a> Tape<'a> {
    fn of(trades: &'a [Trade], now: UnixMs) -> Result<Self, Why> {
        let since = UnixMs(now.0.saturating_sub(TRADES_KEPT_MS));
        let trades = &trades[trades.partition_point(|trade| trade.at < since)..];
        at_least(trades.len(), TRADES_LEAST)?;
        let size = Trade::signed_notional;
        let is_sound = |trade: &Trade| (trade.price > 0.0) & (trade.size() >= 0.0);
        let mut largest = Largest::of(trades.len(), 0.99);
        // Four sums run side by side: one alone waits for each addition before it begins the next.
        let (mut sound, mut gross, mut net) = (true, [0.0; 4], [0.0; 4]);
        let mut fours = trades.chunks_exact(4);
        for four in &mut fours {
            let sizes: [f64; 4] = std::array::from_fn(|i| size(&four[i]));
            for i in 0..4 {
                sound &= is_sound(&four[i]);
                gross[i] += sizes[i].abs();
                net[i] += sizes[i];
            }
            largest.push(sizes);
        }
        for (i, trade) in fours.remainder().iter().enumerate() {
            sound &= is_sound(trade);
            gross[i] += size(trade).abs();
            net[i] += size(trade);
            largest.push_one(size(trade));
        }
        if !sound {
            return Err(Why::NotFinite);
        }
        let gross = divisor(gross.iter().sum(), Why::Undefined)?;
        let largest = largest.finish().ok_or(Why::NotFinite)?;
        let recent = (trades.len() / 4).max(RECENT).min(trades.len());
        let signed = trades[trades.len() - recent..].iter().map(size).collect();
        let net = net.iter().sum();
        let as_of = trades.last().map_or(now, |trade| trade.at);
        Ok(Self { trades, signed, largest, gross, net, as_of })
    }
}

/// The order book, best level first on both sides, not crossed.
#[derive(Debug)]
pub(crate) struct Depth<'a> {
    /// What buyers offer.
    pub(crate) bids: &'a [Level],
    /// What sellers offer.
    pub(crate) asks: &'a [Level],
    /// Halfway between the best prices.
    pub(crate) mid: f64,
    /// How far from mid both sides are known, in basis points.
    pub(crate) covered_bps: f64,
    /// Best ask minus best bid, above zero.
    pub(crate) spread: f64,
    /// The time of its last change.
    pub(crate) as_of: UnixMs,
}

impl<'a> Depth<'a> {
    fn of(input: &'a SymbolInput<'a>) -> Result<Self, Why> {
        let Some(book) = input.book else { return Err(Why::NotYet) };
        not_older(book.at, input.as_of, BOOK_LIMIT_MS)?;
        let (bids, asks) = (book.bids, book.asks);
        at_least(bids.len().min(asks.len()), BOOK_LEAST)?;
        let sound =
            |l: &Level| (l.price > 0.0) & (l.price < f64::INFINITY) & (l.size >= 0.0) & (l.size < f64::INFINITY);
        let all_sound = |side: &[Level]| side.iter().fold(true, |all, level| all & sound(level));
        if !(all_sound(bids) && all_sound(asks)) {
            return Err(Why::NotFinite);
        }
        let spread = divisor(asks[0].price - bids[0].price, Why::Undefined)?;
        let mid = f64::midpoint(bids[0].price, asks[0].price);
        Ok(Self { bids, asks, mid, covered_bps: covered_bps(bids, asks, mid), spread, as_of: book.at })
    }
}

/// 1 where the taker bought, −1 where it sold. Sides alternate at random: a factor is faster than a branch.
pub(crate) fn sign(side: Side) -> f64 {
    1.0 - 2.0 * f64::from(u8::from(side == Side::Sell))
}

/// Refuses minutes of which too little was received to speak for `n` of them.
fn received(minutes: &[FlowBar], n: usize) -> Result<(), Why> {
    let share = minutes.iter().map(FlowBar::coverage).sum::<f64>() / n.max(1) as f64;
    if share >= FLOW_COVERAGE_LEAST {
        return Ok(());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share, in percent")]
    let pct = |share: f64| (100.0 * share).floor() as u8;
    Err(Why::LowCoverage { have_pct: pct(share), need_pct: pct(FLOW_COVERAGE_LEAST) })
}

fn checked_flow(flow: &[FlowBar], now: UnixMs) -> Result<&[FlowBar], Why> {
    let Some(last) = flow.last() else { return Err(Why::NotYet) };
    not_older(UnixMs(last.start.0.saturating_add(60_000)), now, FLOW_LIMIT_MS)?;
    let sound = |bar: &FlowBar| (bar.buy >= 0.0) & (bar.sell >= 0.0) & ((bar.buy + bar.sell) < f64::INFINITY);
    if flow.iter().fold(true, |all, bar| all & sound(bar)) { Ok(flow) } else { Err(Why::NotFinite) }
}
