//! When the figures of a contract's price strip were measured.

use schema::{Breakdown, Held, UnixMs};

use super::cadence::Cadence;

/// Returns the times of the figures, in the order of the price strip, with how often each is measured.
pub(crate) fn times(b: &Breakdown) -> [(Option<UnixMs>, Cadence); 9] {
    let (row, quote) = (&b.row, &b.row.quote);
    [
        (b.mark_price.as_of(), Cadence::Quote),
        (b.index_price.as_of(), Cadence::Quote),
        (row.funding.as_of(), Cadence::Minute),
        (quote.open_interest_usd.as_of(), Cadence::FiveMinutes),
        (row.oi_change_1h.as_of(), Cadence::FiveMinutes),
        (b.accounts_long.as_of(), Cadence::FiveMinutes),
        (quote.turnover_24h.as_of(), Cadence::Quote),
        (quote.high_24h.as_of(), Cadence::Quote),
        (quote.low_24h.as_of(), Cadence::Quote),
    ]
}

/// Returns the time of the oldest figure that is overdue.
pub(crate) fn overdue(held: &Held<Breakdown>) -> Option<UnixMs> {
    times(&held.value).into_iter().filter_map(|(at, cadence)| cadence.overdue(at, held.as_of)).min()
}
