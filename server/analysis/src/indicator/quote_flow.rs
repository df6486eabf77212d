//! What happens at the best quotes: order-flow imbalance and the micro-price.

use schema::Why;

use crate::{
    context::Context,
    input::BestQuote,
    measure::{Measured, Sub, at_least, divisor},
};

const UPDATES: usize = 50;

/// What one change of the best quotes adds to demand, in coins (Cont, Kukanov and Stoikov, *The price impact of order book
/// events*, Journal of Financial Econometrics 12, 2014): size that comes at or above the old bid minus size that leaves at
/// or below it, and the reverse for the ask.
fn event(before: &BestQuote, after: &BestQuote) -> f64 {
    // Prices move either way at random: factors are faster than branches.
    let when = |condition: bool| f64::from(u8::from(condition));
    when(after.bid.price >= before.bid.price) * after.bid.size
        - when(after.bid.price <= before.bid.price) * before.bid.size
        - when(after.ask.price <= before.ask.price) * after.ask.size
        + when(after.ask.price >= before.ask.price) * before.ask.size
}

/// The sum of the last 50 changes ÷ the mean size at the best quotes; `tanh(x/5)`.
///
/// Best prices move in ticks, so the comparison of two prices is meant to be exact.
pub(crate) fn order_flow_imbalance(context: &Context<'_>) -> Measured {
    let depth = context.depth()?;
    let quotes = context.input.book.map_or(&[][..], |book| book.best);
    at_least(quotes.len(), UPDATES + 1)?;
    let quotes = &quotes[quotes.len() - UPDATES - 1..];
    let sizes: f64 = quotes.iter().map(|quote| f64::midpoint(quote.bid.size, quote.ask.size)).sum();
    let mean = divisor(sizes / quotes.len() as f64, Why::Undefined)?;
    let raw = quotes.windows(2).map(|pair| event(&pair[0], &pair[1])).sum::<f64>() / mean;
    Sub::measured(raw, (raw / 5.0).tanh(), UPDATES, depth.as_of)
}

/// The micro-price, each best price weighted by the size on the other side, against mid, in half spreads; `tanh(x)`.
pub(crate) fn micro_price(context: &Context<'_>) -> Measured {
    let depth = context.depth()?;
    let (bid, ask) = (depth.bids[0], depth.asks[0]);
    // (micro − mid) ÷ half the spread, with the prices cancelled out.
    let raw = (bid.size - ask.size) / divisor(bid.size + ask.size, Why::Undefined)?;
    Sub::measured(raw, raw.tanh(), 2, depth.as_of)
}

#[cfg(test)]
mod tests {
    use schema::{Level, UnixMs};

    use super::*;

    fn quote(bid: (f64, f64), ask: (f64, f64)) -> BestQuote {
        let level = |(price, size)| Level { price, size };
        BestQuote { at: UnixMs(0), bid: level(bid), ask: level(ask) }
    }

    #[test]
    fn the_events_of_the_paper_have_their_signs() {
        let start = quote((100.0, 5.0), (101.0, 7.0));
        assert_eq!(event(&start, &quote((100.0, 9.0), (101.0, 7.0))), 4.0, "a bid is added");
        assert_eq!(event(&start, &quote((100.0, 5.0), (101.0, 4.0))), 3.0, "an ask is taken");
        assert_eq!(event(&start, &quote((100.5, 2.0), (101.0, 7.0))), 2.0, "the bid improves");
        assert_eq!(event(&start, &quote((99.0, 8.0), (101.0, 7.0))), -5.0, "the bid is gone");
        assert_eq!(event(&start, &quote((100.0, 5.0), (102.0, 3.0))), 7.0, "the ask is gone");
    }
}
