//! The exchange's own page of a contract.

use schema::{Symbol, Venue, health::Feed};

/// The exchange that a market is heard from, if it is a real one's and heard now.
pub(crate) fn heard(feed: &Feed) -> Option<Venue> {
    match feed {
        Feed::Connecting { venue } | Feed::Live { venue } | Feed::Unreachable { venue, .. } => Some(*venue),
        // What it shows is another time or another market.
        Feed::Recorded { .. } | Feed::Simulated { .. } => None,
    }
}

/// Its name for people, and the address where it shows a contract; none where nobody else does.
pub(super) fn page(venue: Venue, symbol: &Symbol) -> Option<(&'static str, String)> {
    match venue {
        Venue::Bybit => Some(("Bybit", format!("https://www.bybit.com/trade/usdt/{symbol}"))),
        Venue::Binance => Some(("Binance", format!("https://www.binance.com/en/futures/{symbol}"))),
        Venue::Sim | Venue::Replay => None,
    }
}
