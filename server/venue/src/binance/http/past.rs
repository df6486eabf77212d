//! Ranges of the past.

use std::ops::Range;

use schema::{Symbol, UnixMs};

use super::{
    super::{limits::candles_weight, topic::interval_code},
    Lane, Reply, Routes, Url, parse, server_time,
};
use crate::{
    Interval, Kline, OpenInterest, PaidFunding, VenueError,
    past::{OPEN_INTEREST_EVERY_MS, bounded, joined},
    rows::Rows,
    wire::ParseError,
};

/// Candles of one request: so many cost the least weight each (499 for 2; 1,000 for 5).
const CANDLES_PER_PAGE: u16 = 499;
/// Points of open interest in one answer, at most.
const POINTS_PER_PAGE: u16 = 500;
/// Payments in one answer, at most.
const FUNDINGS_PER_PAGE: usize = 1_000;
/// How far open interest reaches back: 30 days, less an hour for a clock that is behind. An earlier start is refused.
const OPEN_INTEREST_REACH_MS: i64 = (30 * 24 - 1) * 3_600_000;

impl Routes {
    pub(in super::super) async fn candles_between(
        &self,
        symbol: Symbol,
        interval: Interval,
        range: Range<UnixMs>,
    ) -> Result<Vec<Kline>, VenueError> {
        let ask = async |page: Range<i64>| {
            let [start, end, limit] = [page.start, page.end - 1, CANDLES_PER_PAGE.into()].map(|n: i64| n.to_string());
            let query = [
                ("symbol", symbol.as_str()),
                ("interval", interval_code(interval)),
                ("limit", &limit),
                ("startTime", &start),
                ("endTime", &end),
            ];
            let url = self.url("/fapi/v1/klines", &query);
            let weight = candles_weight(CANDLES_PER_PAGE);
            let read = |reply: &Reply| parse::candles(&reply.body, server_time(reply));
            let (rows, now) = self.dated_rows("klines", symbol, (Lane::Weighed, weight), &url, read).await?;
            Ok((rows.rows, now))
        };
        joined(&range, (interval.ms(), CANDLES_PER_PAGE), |kline: &Kline| kline.candle.start, ask).await
    }

    pub(in super::super) async fn open_interest_between(
        &self,
        symbol: Symbol,
        range: Range<UnixMs>,
    ) -> Result<Vec<OpenInterest>, VenueError> {
        let reach = UnixMs(self.http.now().0.saturating_sub(OPEN_INTEREST_REACH_MS));
        let range = range.start.max(reach)..range.end;
        let ask = async |page: Range<i64>| {
            let [start, end, limit] = [page.start, page.end - 1, POINTS_PER_PAGE.into()].map(|n: i64| n.to_string());
            let query = [
                ("symbol", symbol.as_str()),
                ("period", "5m"),
                ("limit", &limit),
                ("startTime", &start),
                ("endTime", &end),
            ];
            let url = self.url("/futures/data/openInterestHist", &query);
            let read = |reply: &Reply| parse::open_interest(&reply.body);
            let (rows, now) = self.dated_rows("openInterestHist", symbol, (Lane::Data, 0), &url, read).await?;
            Ok((rows.rows, now))
        };
        let at = |point: &OpenInterest| point.at;
        joined(&range, (OPEN_INTEREST_EVERY_MS, POINTS_PER_PAGE), at, ask).await
    }

    /// Payments come every one to eight hours, and some milliseconds late: pages are cut by their rows, from the oldest to the
    /// newest.
    pub(in super::super) async fn funding_between(
        &self,
        symbol: Symbol,
        range: Range<UnixMs>,
    ) -> Result<Vec<PaidFunding>, VenueError> {
        let limit = FUNDINGS_PER_PAGE.to_string();
        let mut left = bounded(&range);
        let mut paid = Vec::new();
        while !left.is_empty() {
            let (start, end) = (left.start.to_string(), (left.end - 1).to_string());
            let query = [("symbol", symbol.as_str()), ("limit", &limit), ("startTime", &start), ("endTime", &end)];
            let url = self.url("/fapi/v1/fundingRate", &query);
            let read = |reply: &Reply| parse::funding_history(&reply.body);
            let (page, _) = self.dated_rows("fundingRate", symbol, (Lane::Funding, 1), &url, read).await?;
            let full = page.rows.len() + page.skipped.len() >= FUNDINGS_PER_PAGE;
            let rows: Vec<_> = page.rows.into_iter().filter(|row| left.contains(&row.at.0)).collect();
            let Some(newest) = rows.last() else { break };
            left.start = newest.at.0 + 1;
            paid.extend(rows);
            if !full {
                break;
            }
        }
        Ok(paid)
    }

    /// Asks for rows, and says the exchange's time with them. Malformed ones are counted.
    async fn dated_rows<T>(
        &self,
        list: &'static str,
        symbol: Symbol,
        (lane, weight): (Lane, u32),
        url: &Url,
        read: impl Fn(&Reply) -> Result<Rows<T>, ParseError> + Sync,
    ) -> Result<(Rows<T>, UnixMs), VenueError> {
        let dated = |reply: &Reply| read(reply).map(|rows| (rows, server_time(reply)));
        let (rows, now) = self.ask(lane, weight, url, dated).await?;
        self.counters.count_skipped(list, Some(symbol), &rows.skipped);
        Ok((rows, now))
    }
}
