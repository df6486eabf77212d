//! Bybit's HTTP routes.

mod past;

use std::{sync::Arc, time::Duration};

use reqwest::Url;
use schema::{Candle, Symbol, Trade, UnixMs};

use super::{
    limits::Lane,
    model::Text,
    parse::{self, Page, ParseError},
    topic::interval_code,
};
use crate::{
    Accounts, Instrument, Interval, OpenInterest, PaidFunding, StreamCounters, Ticker, VenueError,
    http::{Http, Reply},
    intervals::FundingIntervals,
    limit::{Charge, Pause},
    repeated::once_each,
};

/// Bybit's HTTP routes for linear contracts.
#[derive(Debug)]
pub(super) struct Routes {
    http: Http,
    base: Url,
    counters: Arc<StreamCounters>,
    intervals: Arc<FundingIntervals>,
}

/// When the rate limit of a route is over, in milliseconds; not always sent.
const LIMIT_RESET: &str = "x-bapi-limit-reset-timestamp";
/// The limit of a route, in requests a second; not always sent.
const LIMIT: &str = "x-bapi-limit";
/// How much of the limit of a route is left; not always sent.
const LIMIT_LEFT: &str = "x-bapi-limit-status";
/// Pages of one answer, at most: more would mean a cursor that does not move on.
const PAGES_MAX: usize = 10;
/// Rows of one answer about paid funding, at most.
const FUNDINGS_PER_PAGE: usize = 200;

impl Routes {
    pub(super) const fn new(
        http: Http,
        base: Url,
        counters: Arc<StreamCounters>,
        intervals: Arc<FundingIntervals>,
    ) -> Self {
        Self { http, base, counters, intervals }
    }

    pub(super) fn pause(&self) -> Option<Pause> {
        self.http.pause()
    }

    pub(super) async fn instruments(&self) -> Result<Vec<Instrument>, VenueError> {
        let rows =
            self.pages(Lane::Instruments, None, &[("limit", "1000")], usize::MAX, |r, _| parse::instruments(r)).await?;
        self.intervals.learn(rows.iter().filter(|(_, hours)| hours.is_some()).map(|(row, hours)| (row.symbol, *hours)));
        let rows = rows.into_iter().map(|(instrument, _)| instrument).collect();
        Ok(once_each(Lane::Instruments.route(), rows, &self.counters, |row| row.symbol))
    }

    pub(super) async fn tickers(&self) -> Result<Vec<(Symbol, Ticker)>, VenueError> {
        let url = self.url(Lane::Tickers, &[], None);
        let read = |result: &str, now| parse::tickers(result, now, |symbol| self.intervals.hours(symbol));
        let rows = self.page(Lane::Tickers, None, &url, read).await?.rows;
        Ok(once_each(Lane::Tickers.route(), rows, &self.counters, |(symbol, _)| *symbol))
    }

    pub(super) async fn candles(
        &self,
        symbol: Symbol,
        interval: Interval,
        limit: u16,
    ) -> Result<Vec<Candle>, VenueError> {
        // One more, for the running candle that is left out.
        let asked = limit.saturating_add(1).min(1_000).to_string();
        let query = [("symbol", symbol.as_str()), ("interval", interval_code(interval)), ("limit", &asked)];
        let length = interval.ms();
        let read = |result: &str, now| parse::candles(result, length, now);
        let url = self.url(Lane::Candles, &query, None);
        let mut candles = self.page(Lane::Candles, Some(symbol), &url, read).await?.rows;
        if candles.windows(2).any(|pair| pair[1].start.0 - pair[0].start.0 != length) {
            self.counters.remark("gap between candles", &format_args!("{symbol} {}", interval_code(interval)));
        }
        keep_last(&mut candles, limit.into());
        Ok(candles)
    }

    pub(super) async fn recent_trades(&self, symbol: Symbol, limit: u16) -> Result<Vec<Trade>, VenueError> {
        let query = [("symbol", symbol.as_str()), ("limit", &limit.clamp(1, 1_000).to_string())];
        let url = self.url(Lane::Trades, &query, None);
        Ok(self.page(Lane::Trades, Some(symbol), &url, |result, _| parse::trades(result)).await?.rows)
    }

    pub(super) async fn open_interest(&self, symbol: Symbol, limit: u16) -> Result<Vec<OpenInterest>, VenueError> {
        let page = limit.clamp(1, 200).to_string();
        let query = [("symbol", symbol.as_str()), ("intervalTime", "5min"), ("limit", &page)];
        let mut rows =
            self.pages(Lane::OpenInterest, Some(symbol), &query, limit.into(), |r, _| parse::open_interest(r)).await?;
        rows.sort_by_key(|row| row.at);
        rows.dedup_by_key(|row| row.at);
        keep_last(&mut rows, limit.into());
        Ok(rows)
    }

    /// The route has no cursor: what is older is asked for by its end.
    pub(super) async fn funding_history(&self, symbol: Symbol, limit: u16) -> Result<Vec<PaidFunding>, VenueError> {
        let limit = usize::from(limit.max(1));
        let mut paid: Vec<PaidFunding> = Vec::new();
        for _ in 0..PAGES_MAX {
            let rows = (limit - paid.len()).min(FUNDINGS_PER_PAGE).to_string();
            let end = paid.first().map(|oldest| (oldest.at.0 - 1).to_string());
            let mut query = vec![("symbol", symbol.as_str()), ("limit", &rows)];
            query.extend(end.as_deref().map(|end| ("endTime", end)));
            let url = self.url(Lane::Funding, &query, None);
            let page = self.page(Lane::Funding, Some(symbol), &url, |result, _| parse::funding_history(result)).await?;
            // One that is not older moves nothing on.
            let older = page.rows.partition_point(|row| paid.first().is_none_or(|oldest| row.at < oldest.at));
            let full = page.rows.len() + page.skipped.len() >= FUNDINGS_PER_PAGE;
            paid.splice(..0, page.rows.into_iter().take(older));
            if !full || older == 0 || paid.len() >= limit {
                break;
            }
        }
        keep_last(&mut paid, limit);
        Ok(paid)
    }

    pub(super) async fn accounts(&self, symbol: Symbol, limit: u16) -> Result<Vec<Accounts>, VenueError> {
        let page = limit.clamp(1, 500).to_string();
        let query = [("symbol", symbol.as_str()), ("period", "5min"), ("limit", &page)];
        let mut rows =
            self.pages(Lane::Accounts, Some(symbol), &query, limit.into(), |r, _| parse::accounts(r)).await?;
        rows.sort_by_key(|row| row.at);
        rows.dedup_by_key(|row| row.at);
        keep_last(&mut rows, limit.into());
        Ok(rows)
    }

    /// Asks for a page; rows of it that are malformed are counted.
    async fn page<T>(
        &self,
        lane: Lane,
        symbol: Option<Symbol>,
        url: &Url,
        read: impl Fn(&str, UnixMs) -> Result<Page<T>, ParseError> + Sync,
    ) -> Result<Page<T>, VenueError> {
        let page = self.ask(lane, url, read).await?;
        self.counters.count_skipped(lane.route(), symbol, &page.skipped);
        Ok(page)
    }

    /// Asks for page after page until there are enough rows or no further page.
    async fn pages<T>(
        &self,
        lane: Lane,
        symbol: Option<Symbol>,
        query: &[(&str, &str)],
        enough: usize,
        read: impl Fn(&str, UnixMs) -> Result<Page<T>, ParseError> + Sync,
    ) -> Result<Vec<T>, VenueError> {
        let mut rows = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES_MAX {
            let page = self.page(lane, symbol, &self.url(lane, query, cursor.as_deref()), &read).await?;
            let moved = !page.rows.is_empty() && page.next != cursor;
            rows.extend(page.rows);
            if !moved || rows.len() >= enough || page.next.is_none() {
                return Ok(rows);
            }
            cursor = page.next;
        }
        self.counters.remark("endless pages", &lane.route());
        Ok(rows)
    }

    fn url(&self, lane: Lane, query: &[(&str, &str)], cursor: Option<&str>) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/v5/market/{}", self.base.path().trim_end_matches('/'), lane.route()));
        url.query_pairs_mut().append_pair("category", "linear").extend_pairs(query);
        if let Some(cursor) = cursor {
            // It comes percent-encoded already, and must be given back as it came.
            let query = format!("{}&cursor={cursor}", url.query().unwrap_or_default());
            url.set_query(Some(&query));
        }
        url
    }

    /// Asks until there is an answer, or none can be expected.
    async fn ask<T>(
        &self,
        lane: Lane,
        url: &Url,
        read: impl Fn(&str, UnixMs) -> Result<T, ParseError> + Sync,
    ) -> Result<T, VenueError> {
        self.http
            .retrying(|| async {
                let reply = self.http.get(url, Charge { lane: lane.place(), weight: 1 }).await?;
                self.open(lane, url, &reply, &read)
            })
            .await
    }

    fn open<T>(
        &self,
        lane: Lane,
        url: &Url,
        reply: &Reply,
        read: impl Fn(&str, UnixMs) -> Result<T, ParseError>,
    ) -> Result<T, VenueError> {
        let undecodable = |source| VenueError::Undecodable { url: url.to_string(), source };
        let missing = |field| undecodable(serde::de::Error::missing_field(field));
        let envelope = parse::envelope(&reply.body).map_err(undecodable)?;
        let renewed_in = limit_ends_in(reply, envelope.time);
        if envelope.ret_code != 0 {
            let message = envelope.ret_msg.as_ref().map(Text::as_str).unwrap_or_default();
            return Err(self.failure(lane, url, envelope.ret_code, message, renewed_in));
        }
        self.http.heed_lane(lane.place(), reply.header(LIMIT), reply.header(LIMIT_LEFT), renewed_in);
        let now = UnixMs(envelope.time.ok_or_else(|| missing("time"))?);
        self.counters.note_clock(now, reply.arrived, reply.took);
        let result = envelope.result.ok_or_else(|| missing("result"))?;
        read(result.get(), now).map_err(|error| match error {
            ParseError::Shape(source) => undecodable(source),
            ParseError::Impossible(source) => VenueError::Impossible { url: url.to_string(), source },
        })
    }

    /// What a code other than 0 means.
    fn failure(&self, lane: Lane, url: &Url, code: i64, message: &str, renewed_in: Option<Duration>) -> VenueError {
        let (text, message) = (url.to_string(), message.to_owned());
        match code {
            10_006 => self.http.lane_limited(url, lane.place(), renewed_in),
            10_000 | 10_016 => VenueError::Failing { url: text, code, message },
            10_009 => self.http.refused(url, 10_009, "code 10009: this address is banned".to_owned(), None),
            // The rules that it is under do not change while we wait.
            10_024 => self.http.refused(url, 10_024, "code 10024: its rules forbid it".to_owned(), None),
            _ => VenueError::Rejected { url: text, code, message },
        }
    }
}

/// How long a rate limit still lasts by the server's own clock, where it says so.
fn limit_ends_in(reply: &Reply, now: Option<i64>) -> Option<Duration> {
    let ends: i64 = reply.header(LIMIT_RESET)?;
    u64::try_from(ends.checked_sub(now?)?).ok().map(Duration::from_millis)
}

fn keep_last<T>(rows: &mut Vec<T>, limit: usize) {
    rows.drain(..rows.len().saturating_sub(limit));
}
