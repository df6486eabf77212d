//! Measures without a direction: they never move the score, only how far it is trusted.

use std::sync::LazyLock;

use arcstr::{ArcStr, literal};
use schema::{Figure, Ratio, Timeframe, UnixMs, Why, breakdown::Condition};

use crate::{
    band::{self, LADDER},
    context::Context,
    input::BestQuote,
    measure::at_least,
    stats::median,
};

/// The condition whose label names its band.
const DEPTH: &str = "depth";
const QUOTES_LEAST: usize = 20;

type Value = Result<(f64, UnixMs), Why>;

/// A condition as people read of it.
#[derive(Debug)]
pub struct Row {
    /// Its name on the wire.
    pub id: ArcStr,
    /// Its name for people.
    pub label: ArcStr,
    /// The unit of the figure, empty where it has none.
    pub unit: ArcStr,
    /// What it says, in one line.
    pub about: &'static str,
}

macro_rules! rows {
    ($($id:literal, $label:literal, $unit:literal, $about:literal;)+) => {
        [$(Row { id: literal!($id), label: literal!($label), unit: literal!($unit), about: $about }),+]
    };
}

/// Every condition, in the order in which a score lists them.
pub static CONDITIONS: [Row; 7] = rows! {
    "spread", "Spread", "bps", "Best ask minus best bid, against the price between them.";
    "depth", "Depth", "USD", "What rests on both sides, in the widest band of ±1, 2, 5, 10, 25, 50 or 100 bps that the book covers; the label names it.";
    "wall", "Largest level", "× median", "The largest level against the median one, up to ±100 bps.";
    "vanished", "Size withdrawn at the best quotes", "%", "Size that left the best quotes without being traded, as a share of all that left: much of it looks like spoofing.";
    "refilled", "Size refilled at the best quotes", "%", "Size added at best prices that stayed, as a share of what left them: much of it looks like hidden size.";
    "atr_pct", "ATR (14, 5m)", "%", "The mean true range of 14 bars of five minutes, against the last close.";
    "trade_rate", "Trades", "per min", "Trades a minute, over the latest ones.";
};

/// Every condition, and the quality made of them.
pub(crate) fn of(context: &Context<'_>) -> (Vec<Condition>, Figure<Ratio>) {
    let spread = spread(context);
    let depth = depth(context);
    let near = depth.as_ref().map(|near| (near.usd, near.as_of)).map_err(Clone::clone);
    let vanished = vanished(context);
    let quality = quality(context, &spread, &depth, &vanished);
    let values = [spread, near, wall(context), vanished, refilled(context), atr_pct(context), trade_rate(context)];
    let condition = |(row, value): (&Row, Value)| Condition {
        id: row.id.clone(),
        label: match &depth {
            Ok(near) if row.id == DEPTH => near.label.clone(),
            _ => row.label.clone(),
        },
        unit: row.unit.clone(),
        value: figure(value),
    };
    let conditions = CONDITIONS.iter().zip(values).map(condition).collect();
    (conditions, quality)
}

fn figure(value: Value) -> Figure<f64> {
    match value {
        Ok((value, as_of)) if value.is_finite() => Figure::known(value, as_of),
        Ok(_) => Figure::Missing(Why::NotFinite),
        Err(why) => Figure::Missing(why),
    }
}

fn spread(context: &Context<'_>) -> Value {
    let depth = context.depth()?;
    Ok((10_000.0 * depth.spread / depth.mid, depth.as_of))
}

/// What rests near the price.
struct Near {
    usd: f64,
    /// Within how many basis points.
    bps: f64,
    label: ArcStr,
    as_of: UnixMs,
}

static DEPTH_LABELS: LazyLock<[ArcStr; LADDER.len()]> =
    LazyLock::new(|| LADDER.map(|bps| arcstr::format!("Depth ±{bps} bps")));

fn depth(context: &Context<'_>) -> Result<Near, Why> {
    let depth = context.depth()?;
    let band = band::widest(depth.covered_bps)?;
    let bps = LADDER[band];
    let side = |levels| band::near(levels, depth.mid, bps).iter().map(|level| level.price * level.size).sum::<f64>();
    let usd = side(depth.bids) + side(depth.asks);
    Ok(Near { usd, bps, label: DEPTH_LABELS[band].clone(), as_of: depth.as_of })
}

/// The largest level against the median level.
fn wall(context: &Context<'_>) -> Value {
    let depth = context.depth()?;
    let near = |levels| band::near(levels, depth.mid, LADDER[LADDER.len() - 1]).iter().map(|level| level.size);
    let sizes = || near(depth.bids).chain(near(depth.asks));
    let largest = sizes().fold(0.0, f64::max);
    let usual = median(sizes()).filter(|usual| *usual > 0.0).ok_or(Why::Undefined)?;
    Ok((largest / usual, depth.as_of))
}

/// What was added and what left at best prices that stayed, in coins.
fn changes<'a>(context: &Context<'a>) -> Result<(f64, f64, &'a [BestQuote]), Why> {
    let quotes = context.input.book.ok_or(Why::NotYet)?.best;
    at_least(quotes.len(), QUOTES_LEAST)?;
    let (mut added, mut left) = (0.0, 0.0);
    for pair in quotes.windows(2) {
        for (before, after) in [(pair[0].bid, pair[1].bid), (pair[0].ask, pair[1].ask)] {
            // Whether a price stayed is as good as random: a factor is faster than a branch.
            let stayed = f64::from(u8::from(before.price == after.price));
            added += stayed * (after.size - before.size).max(0.0);
            left += stayed * (before.size - after.size).max(0.0);
        }
    }
    if left > 0.0 { Ok((added, left, quotes)) } else { Err(Why::Undefined) }
}

/// The share of the size that left the best quotes without being traded: much of it looks like spoofing.
fn vanished(context: &Context<'_>) -> Value {
    let (_, left, quotes) = changes(context)?;
    let (first, last) = (quotes[0].at, quotes[quotes.len() - 1].at);
    let trades = context.input.trades;
    let since = &trades[trades.partition_point(|trade| trade.at < first)..];
    let traded: f64 = since.iter().take_while(|trade| trade.at <= last).map(schema::Trade::size).sum();
    Ok((100.0 * ((left - traded) / left).max(0.0), last))
}

/// Size added at best prices that stayed, as a share of what left them: much of it looks like hidden size.
fn refilled(context: &Context<'_>) -> Value {
    let (added, left, quotes) = changes(context)?;
    Ok((100.0 * added / left, quotes[quotes.len() - 1].at))
}

fn atr_pct(context: &Context<'_>) -> Value {
    let sketch = context.sketch(Timeframe::M5)?;
    Ok((100.0 * sketch.atr / sketch.last_close, sketch.as_of))
}

fn trade_rate(context: &Context<'_>) -> Value {
    let tape = context.tape()?;
    let span_ms = tape.as_of.0 - tape.trades[0].at.0;
    if span_ms <= 0 {
        return Err(Why::Undefined);
    }
    Ok((tape.trades.len() as f64 * 60_000.0 / span_ms as f64, tape.as_of))
}

/// The geometric mean of what is known of: freshness of the book (1 now, 0.5 at a minute), spread (0.5 at 10 bps), depth
/// (0.5 at 500 USD for each basis point of the band that it was measured in, which is 50,000 USD within ±1 %) and size that
/// vanished (0.5 where all did). Missing without a book.
fn quality(context: &Context<'_>, spread: &Value, depth: &Result<Near, Why>, vanished: &Value) -> Figure<Ratio> {
    let book = match context.depth() {
        Ok(book) => book,
        Err(why) => return Figure::Missing(why),
    };
    let age_ms = context.input.as_of.0.saturating_sub(book.as_of.0).max(0) as f64;
    let mut factors = vec![1.0 - 0.5 * (age_ms / 60_000.0).min(1.0)];
    factors.extend(spread.iter().map(|(bps, _)| 1.0 / (1.0 + bps / 10.0)));
    factors.extend(depth.iter().map(|near| near.usd / (near.usd + 500.0 * near.bps)));
    factors.extend(vanished.iter().map(|(pct, _)| 1.0 - pct / 200.0));
    let product: f64 = factors.iter().product();
    Ratio::clamped(product.powf(1.0 / factors.len() as f64))
        .map_or(Figure::Missing(Why::NotFinite), |quality| Figure::known(quality, book.as_of))
}
