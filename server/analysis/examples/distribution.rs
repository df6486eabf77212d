//! How scores spread on recorded markets: the measurement behind `analysis::GAIN`, written as `docs/DISTRIBUTION.md`.
//!
//! ```text
//! cargo run --release -p analysis --example distribution > docs/DISTRIBUTION.md
//! ```
//!
//! Replays recorded candles bar by bar, each bar with what was known then. The record holds candles alone, so it speaks for
//! the candle measures of three dimensions (43 % of the weight) and not for flow, book and positions; `assume` says what
//! stands in for those.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

#[path = "distribution/assume.rs"]
mod assume;
#[path = "distribution/record.rs"]
mod record;
#[path = "distribution/seen.rs"]
mod seen;

use analysis::{Bars, analyse};
use seen::Seen;

/// Every how many bars one is taken: a number that meets all minutes of an hour.
const STRIDE: usize = 17;

fn main() {
    let (Some(minutes), Some(fives)) = (record::minutes(), record::fives()) else {
        println!("skipped: no recorded candles beside the repository");
        return;
    };
    let (mut days, mut month) = (Seen::default(), Seen::default());
    for (market, seen, first) in [(&minutes, &mut days, 2_000), (&fives, &mut month, 4_000)] {
        for runs in market {
            for end in (first..runs.finest().len()).step_by(STRIDE) {
                let (now, candles) = runs.known_at(end);
                seen.take(&analyse(&record::input(now, candles), Bars::Closed));
            }
        }
    }
    println!("# How scores spread\n");
    println!("<!-- Made by `cargo run --release -p analysis --example distribution > docs/DISTRIBUTION.md`. -->\n");
    println!(
        "Measured on recorded candles of Binance's USDT perpetuals, every {STRIDE}th bar with what was known at its close:\n\
         {} bars of {} contracts in candles of one minute (six days of June 2025; longer candles aggregated), and {} bars\n\
         of {} contracts in candles of five minutes (thirty days of July 2023), which tell about four hours.\n",
        days.bars(),
        minutes.len(),
        month.bars(),
        fives.len()
    );
    seen::tell_parts(&days, &month);
    days.tell_dimensions();
    assume::tell(&days);
}
