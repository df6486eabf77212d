//! Which side takes: buy share, its change, and fading pressure, over the latest trades in quote currency.

use schema::Why;

use crate::{
    context::{Context, RECENT, sign},
    measure::{Measured, Sub, divisor},
    stats::sum_of,
};

const FADE: f64 = 0.95;
/// Beyond this many trades back the fading weight is below 1e-7.
const _: () = assert!(RECENT >= 320, "the fading weight would be cut off");

/// Net ÷ gross of signed sizes, −1 to 1.
fn net_share(signed: &[f64]) -> Result<f64, Why> {
    let gross = divisor(sum_of(signed, |x| x.abs()), Why::Undefined)?;
    Ok(sum_of(signed, |x| *x) / gross)
}

/// Net share of the last 10, 30 and 100 trades, weighted .5, .3 and .2; `tanh(x)`.
pub(crate) fn imbalance(context: &Context<'_>) -> Measured {
    let tape = context.tape()?;
    let last = |n: usize| net_share(&tape.signed[tape.signed.len() - n..]);
    let raw = 0.5 * last(10)? + 0.3 * last(30)? + 0.2 * last(100)?;
    Sub::measured(raw, raw.tanh(), 100, tape.as_of)
}

/// Net share of the latest quarter of the trades minus that of all; `tanh(2·x)`.
pub(crate) fn momentum(context: &Context<'_>) -> Measured {
    let tape = context.tape()?;
    let n = tape.trades.len();
    let raw = net_share(&tape.signed[tape.signed.len() - n / 4..])? - tape.net / tape.gross;
    Sub::measured(raw, (2.0 * raw).tanh(), n, tape.as_of)
}

/// Net share with each trade weighing .95 of the one after it: half by value, three tenths by size in coins, two tenths by
/// count; `tanh(x)`.
pub(crate) fn pressure(context: &Context<'_>) -> Measured {
    let tape = context.tape()?;
    let mut weight = 1.0;
    let [mut value, mut size, mut count] = [(0.0, 0.0); 3];
    let mut n = 0;
    for (trade, signed) in tape.trades.iter().rev().zip(tape.signed.iter().rev()).take(RECENT) {
        let side = weight * sign(trade.side());
        for (sum, amount) in [(&mut value, signed.abs()), (&mut size, trade.size()), (&mut count, 1.0)] {
            sum.0 += side * amount;
            sum.1 += weight * amount;
        }
        weight *= FADE;
        n += 1;
    }
    let share = |(net, gross): (f64, f64)| divisor(gross, Why::Undefined).map(|gross| net / gross);
    let raw = 0.5 * share(value)? + 0.3 * share(size)? + 0.2 * share(count)?;
    Sub::measured(raw, raw.tanh(), n, tape.as_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_buying_is_a_share_of_one() {
        assert_eq!(net_share(&[2.0, 3.0]), Ok(1.0));
        assert_eq!(net_share(&[2.0, -2.0]), Ok(0.0));
        assert_eq!(net_share(&[0.0, 0.0]), Err(Why::Undefined));
    }
}
