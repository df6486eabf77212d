//! Ranges of the past.

use std::ops::Range;

use schema::{Candle, Symbol, UnixMs};

use super::{super::topic::interval_code, FUNDINGS_PER_PAGE, Lane, Page, ParseError, Routes, Url, parse};
use crate::{
    Interval, OpenInterest, PaidFunding, VenueError,
    past::{OPEN_INTEREST_EVERY_MS, bounded, joined},
};

/// Candles of one answer, at most.
const CANDLES_PER_PAGE: u16 = 1_000;
/// Points of open interest in one answer, at most.
const POINTS_PER_PAGE: u16 = 200;

impl Routes {
    pub(in super::super) async fn candles_between(
        &self,
        symbol: Symbol,
        interval: Interval,
        range: Range<UnixMs>,
    ) -> Result<Vec<Candle>, VenueError> {
        let length = interval.ms();
        let ask = async |page: Range<i64>| {
            let [start, end, limit] = [page.start, page.end - 1, CANDLES_PER_PAGE.into()].map(|n: i64| n.to_string());
            let query = [
                ("symbol", symbol.as_str()),
                ("interval", interval_code(interval)),
                ("limit", &limit),
                ("start", &start),
                ("end", &end),
            ];
            let url = self.url(Lane::Candles, &query, None);
            self.dated_page(Lane::Candles, symbol, &url, |result, now| parse::candles(result, length, now)).await
        };
        joined(&range, (length, CANDLES_PER_PAGE), |candle: &Candle| candle.start, ask).await
    }

    pub(in super::super) async fn open_interest_between(
        &self,
        symbol: Symbol,
        range: Range<UnixMs>,
    ) -> Result<Vec<OpenInterest>, VenueError> {
        let ask = async |page: Range<i64>| {
            let [start, end, limit] = [page.start, page.end - 1, POINTS_PER_PAGE.into()].map(|n: i64| n.to_string());
            let query = [
                ("symbol", symbol.as_str()),
                ("intervalTime", "5min"),
                ("limit", &limit),
                ("startTime", &start),
                ("endTime", &end),
            ];
            let url = self.url(Lane::OpenInterest, &query, None);
            self.dated_page(Lane::OpenInterest, symbol, &url, |result, _| parse::open_interest(result)).await
        };
        let at = |point: &OpenInterest| point.at;
        let mut points = joined(&range, (OPEN_INTEREST_EVERY_MS, POINTS_PER_PAGE), at, ask).await?;
        points.sort_by_key(|point| point.at);
        points.dedup_by_key(|point| point.at);
        Ok(points)
    }

    /// Payments come every one to eight hours: pages are cut by their rows, from the newest to the oldest.
    pub(in super::super) async fn funding_between(
        &self,
        symbol: Symbol,
        range: Range<UnixMs>,
    ) -> Result<Vec<PaidFunding>, VenueError> {
        let mut left = bounded(&range);
        let mut paid = Vec::new();
        while !left.is_empty() {
            let (start, end) = (left.start.to_string(), (left.end - 1).to_string());
            let limit = FUNDINGS_PER_PAGE.to_string();
            let query = [("symbol", symbol.as_str()), ("limit", &limit), ("startTime", &start), ("endTime", &end)];
            let url = self.url(Lane::Funding, &query, None);
            let page = self.page(Lane::Funding, Some(symbol), &url, |result, _| parse::funding_history(result)).await?;
            let full = page.rows.len() + page.skipped.len() >= FUNDINGS_PER_PAGE;
            let mut rows: Vec<_> = page.rows.into_iter().filter(|row| left.contains(&row.at.0)).collect();
            let Some(oldest) = rows.first() else { break };
            left.end = oldest.at.0;
            rows.reverse();
            paid.extend(rows);
            if !full {
                break;
            }
        }
        paid.reverse();
        Ok(paid)
    }

    /// Asks for a page, and says the exchange's time with it.
    async fn dated_page<T>(
        &self,
        lane: Lane,
        symbol: Symbol,
        url: &Url,
        read: impl Fn(&str, UnixMs) -> Result<Page<T>, ParseError> + Sync,
    ) -> Result<(Vec<T>, UnixMs), VenueError> {
        let dated = |result: &str, now| read(result, now).map(|page| (page, now));
        let (page, now) = self.ask(lane, url, dated).await?;
        self.counters.count_skipped(lane.route(), Some(symbol), &page.skipped);
        Ok((page.rows, now))
    }
}
