//! How many contracts a figure about the whole market needs.

use schema::Why;

/// Contracts that a market-wide figure needs in any market of 40 or more.
///
/// About one score in twenty lies outside 30 to 70, which is a standard deviation of some 10 points. So the mean of 20 scores has a
/// standard error of about 2, less than the 3 points between a neutral mean and a bullish one; with fewer, chance picks the label.
pub const MEMBERS: u32 = 20;

/// One in how many of the watched contracts a market-wide figure needs in a large market.
///
/// History is loaded by turnover: right after a start the first 20 of 600 are the largest, and nothing but those.
pub const SHARE: u32 = 10;

/// Contracts that a market-wide figure needs where `universe` are watched: half of a small market, [`MEMBERS`] of a larger one, one in
/// [`SHARE`] of a large one.
#[must_use]
pub fn needed(universe: u32) -> u32 {
    universe.div_ceil(2).min(MEMBERS).max(universe.div_ceil(SHARE))
}

/// Whether `have` of `universe` watched contracts are enough for a figure about the market.
///
/// # Errors
///
/// [`Why::NotYet`] while nothing is known of any contract, [`Why::TooFewSamples`] below [`needed`].
pub fn enough(have: u32, universe: u32) -> Result<(), Why> {
    let need = needed(universe);
    if have == 0 {
        Err(Why::NotYet)
    } else if have < need {
        Err(Why::TooFewSamples { have, need })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_half_of_a_small_market_twenty_of_a_larger_one_and_a_tenth_of_a_large_one() {
        let needs = [0, 1, 2, 5, 20, 39, 40, 200, 201, 600, 2_400].map(needed);
        assert_eq!(needs, [0, 1, 1, 3, 10, 20, 20, 20, 21, 60, 240]);
    }

    #[test]
    fn one_contract_of_many_is_no_market() {
        assert_eq!(enough(0, 600), Err(Why::NotYet));
        assert_eq!(enough(1, 600), Err(Why::TooFewSamples { have: 1, need: 60 }));
        assert_eq!(enough(59, 600), Err(Why::TooFewSamples { have: 59, need: 60 }));
        assert_eq!((enough(60, 600), enough(1, 1)), (Ok(()), Ok(())));
    }
}
