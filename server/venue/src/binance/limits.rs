//! What Binance allows an address to ask.

use std::time::Duration;

use crate::limit::{Charge, Rule, Rules};

/// Routes that are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Everything that is only weighed.
    Weighed,
    /// `/fapi/v1/fundingRate` and `/fapi/v1/fundingInfo`: 500 in five minutes.
    Funding,
    /// `/futures/data/…`: 1000 in five minutes, and not weighed.
    Data,
}

impl Lane {
    /// What a request in this lane that weighs so much is charged with.
    pub(super) const fn charge(self, weight: u32) -> Charge {
        Charge { lane: self as usize, weight }
    }
}

/// 2400 of weight in a minute for one address.
pub(super) const WEIGHT_LIMIT: u32 = 2_400;

/// Requests of `/futures/data/…` in five minutes for one address.
pub(super) const DATA_LIMIT: u32 = 1_000;

/// The published limits. An exchange on this machine bans nobody.
pub(super) fn law(loopback: bool) -> Rules {
    if loopback {
        return Rules { count: Rule::FREE, weight: Rule::FREE, lanes: vec![Rule::FREE; 3] };
    }
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let lanes = vec![Rule::FREE, Rule::law(500, minutes(5)), Rule::law(DATA_LIMIT, minutes(5))];
    Rules { count: Rule::FREE, weight: Rule::law(WEIGHT_LIMIT, minutes(1)), lanes }
}

/// What a request for so many candles weighs.
pub(super) const fn candles_weight(limit: u16) -> u32 {
    match limit {
        0..100 => 1,
        100..500 => 2,
        500..=1_000 => 5,
        _ => 10,
    }
}

/// What a request for so many levels of a book weighs.
pub(super) const fn depth_weight(limit: u16) -> u32 {
    match limit {
        0..=50 => 2,
        51..=100 => 5,
        101..=500 => 10,
        _ => 20,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_has_a_rule() {
        for loopback in [true, false] {
            assert_eq!(law(loopback).lanes.len(), Lane::Data as usize + 1);
        }
        assert_eq!(Lane::Data.charge(0), Charge { lane: 2, weight: 0 });
    }
}
