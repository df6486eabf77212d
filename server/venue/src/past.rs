//! Ranges of the past, fetched page by page.

use std::ops::Range;

use schema::{Symbol, UnixMs};

use crate::{Answer, Exchange, Interval, Kline, OpenInterest, PaidFunding, VenueError};

/// An exchange whose past can be fetched by its time.
///
/// A range begins with its start and ends before its end; a row belongs to it by its own time, a candle by its start. An answer
/// is oldest first, each row once. How far back an exchange reaches is in `docs/adding-a-venue.md`: what is older is not in the
/// answer. Requests are paced like all others, and what has not happened yet is not asked for.
pub trait Past: Exchange {
    /// The closed candles of a range.
    fn candles_between(&self, symbol: Symbol, interval: Interval, range: Range<UnixMs>) -> Answer<'_, Vec<Kline>>;

    /// Open interest of a range, every five minutes.
    fn open_interest_between(&self, symbol: Symbol, range: Range<UnixMs>) -> Answer<'_, Vec<OpenInterest>>;

    /// Funding rates that were paid in a range.
    fn funding_between(&self, symbol: Symbol, range: Range<UnixMs>) -> Answer<'_, Vec<PaidFunding>>;
}

/// The time between two points of open interest, in milliseconds.
pub(crate) const OPEN_INTEREST_EVERY_MS: i64 = 300_000;

/// No perpetual contract is older: 2016-01-01.
const EARLIEST_MS: i64 = 1_451_606_400_000;

/// Asks for page after page of a range, where one row begins at each multiple of `every`, and joins the rows that belong to each.
/// `ask` answers a page with its rows and the exchange's time; what has not happened by then is not asked for.
pub(crate) async fn joined<T, Asked>(
    range: &Range<UnixMs>,
    (every, rows): (i64, u16),
    at: impl Fn(&T) -> UnixMs,
    ask: impl Fn(Range<i64>) -> Asked,
) -> Result<Vec<T>, VenueError>
where
    Asked: Future<Output = Result<(Vec<T>, UnixMs), VenueError>>,
{
    let mut all = Vec::new();
    for page in pages(range, every, rows) {
        let (answer, now) = ask(page.clone()).await?;
        all.extend(answer.into_iter().filter(|row| page.contains(&at(row).0)));
        if page.end >= now.0 {
            break;
        }
    }
    Ok(all)
}

/// The range without what is earlier than any contract.
pub(crate) fn bounded(range: &Range<UnixMs>) -> Range<i64> {
    range.start.0.max(EARLIEST_MS)..range.end.0
}

/// Cuts a range into pages of so many rows at most, where one row begins at each multiple of `every`. They join without a gap.
fn pages(range: &Range<UnixMs>, every: i64, rows: u16) -> impl Iterator<Item = Range<i64>> + Send + use<> {
    let Range { start, end } = bounded(range);
    let length = every * i64::from(rows);
    let first = start.saturating_add(every - 1).div_euclid(every) * every;
    let next = move |page: &Range<i64>| Some(page.end).filter(|start| *start < end);
    let page = move |start: i64| start..start.saturating_add(length).min(end);
    let first = Some(first).filter(|first| *first < end).map(page);
    std::iter::successors(first, move |before| next(before).map(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: i64 = 1_780_000_020_000;

    fn cut(start: i64, end: i64) -> Vec<(i64, i64)> {
        let range = UnixMs(BEGIN + start)..UnixMs(BEGIN + end);
        pages(&range, 60_000, 3).map(|page| (page.start - BEGIN, page.end - BEGIN)).collect()
    }

    #[test]
    fn pages_join_and_end_where_the_range_does() {
        assert_eq!(cut(0, 180_000), [(0, 180_000)]);
        assert_eq!(cut(0, 180_001), [(0, 180_000), (180_000, 180_001)]);
        assert_eq!(cut(1, 400_000), [(60_000, 240_000), (240_000, 400_000)], "the first row that begins in the range");
        assert_eq!(cut(-1, 1), [(0, 1)]);
    }

    #[test]
    fn a_range_in_which_no_row_begins_has_no_page() {
        for (start, end) in [(0, 0), (5, 0), (1, 60_000)] {
            assert_eq!(cut(start, end), [], "{start} to {end}");
        }
        let all = UnixMs(i64::MIN)..UnixMs(i64::MAX);
        assert_eq!(pages(&all, 60_000, 3).next(), Some(EARLIEST_MS..EARLIEST_MS + 180_000));
        let late = UnixMs(i64::MAX - 1)..UnixMs(i64::MAX);
        assert!(pages(&late, 60_000, 3).count() <= 1);
    }
}
