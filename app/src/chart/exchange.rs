//! The exchange's own page of a contract.

use schema::{Symbol, Venue, health::Feed};

use crate::path;

/// The exchange whose market is shown as it is now; none for a recorded or a simulated one.
pub(crate) fn heard(feed: &Feed) -> Option<Venue> {
    match feed {
        Feed::Connecting { venue } | Feed::Live { venue } | Feed::Unreachable { venue, .. } => Some(*venue),
        // What it shows is another time or another market.
        Feed::Recorded { .. } | Feed::Simulated { .. } => None,
    }
}

/// The address where an exchange shows a contract; none where nobody else does.
pub(super) fn page(venue: Venue, symbol: &Symbol) -> Option<String> {
    match venue {
        Venue::Bybit => Some(format!("https://www.bybit.com/trade/usdt/{}", path::encode(symbol.as_str()))),
        Venue::Binance => Some(format!("https://www.binance.com/en/futures/{}", path::encode(symbol.as_str()))),
        Venue::Sim | Venue::Replay => None,
    }
}
