//! What Bybit allows an address to ask.

use std::time::Duration;

use crate::limit::{Rule, Rules};

/// A route; Bybit counts each of them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    Instruments,
    Tickers,
    Candles,
    Trades,
    OpenInterest,
    Funding,
    Accounts,
}

impl Lane {
    const ALL: [Self; 7] = [
        Self::Instruments,
        Self::Tickers,
        Self::Candles,
        Self::Trades,
        Self::OpenInterest,
        Self::Funding,
        Self::Accounts,
    ];

    /// Its place in the rules.
    pub(super) const fn place(self) -> usize {
        self as usize
    }

    /// The part after `/v5/market/`.
    pub(super) const fn route(self) -> &'static str {
        match self {
            Self::Instruments => "instruments-info",
            Self::Tickers => "tickers",
            Self::Candles => "kline",
            Self::Trades => "recent-trade",
            Self::OpenInterest => "open-interest",
            Self::Funding => "funding/history",
            Self::Accounts => "account-ratio",
        }
    }
}

/// The published limit of an address, 600 requests in any five seconds. Of the routes no figure is published: each
/// takes over what the headers of its answers say. An exchange on this machine bans nobody.
pub(super) fn law(loopback: bool) -> Rules {
    let count = if loopback { Rule::FREE } else { Rule::law(600, Duration::from_secs(5)) };
    Rules { count, weight: Rule::FREE, lanes: vec![Rule::FREE; Lane::ALL.len()] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_a_rule_of_its_own() {
        for (place, lane) in Lane::ALL.into_iter().enumerate() {
            assert_eq!(lane.place(), place);
        }
        assert_eq!(law(false).lanes.len(), Lane::ALL.len());
    }
}
