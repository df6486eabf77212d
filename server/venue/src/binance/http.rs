//! Binance's HTTP routes.

mod past;

use std::{sync::Arc, time::Duration};

use reqwest::Url;
use schema::{Symbol, Trade, UnixMs};

use super::{
    book::Whole,
    limits::{Lane, WEIGHT_LIMIT, candles_weight, depth_weight},
    parse::{self, ParseError},
    reach,
    topic::interval_code,
};
use crate::{
    Accounts, Instrument, Interval, Kline, OpenInterest, PaidFunding, Pause, StreamCounters, Ticker, VenueError,
    date::http_date,
    http::{Http, Reply},
    intervals::FundingIntervals,
    repeated::once_each,
    rows::Rows,
};

/// Binance's HTTP routes.
#[derive(Debug)]
pub(super) struct Routes {
    http: Http,
    base: Url,
    counters: Arc<StreamCounters>,
    intervals: Arc<FundingIntervals>,
}

/// What was used of the weight of the running minute.
const WEIGHT_USED: &str = "x-mbx-used-weight-1m";
/// How long nothing is asked when nearly all of it was used, by this program or by another one at this address.
const WEIGHT_PAUSE: Duration = Duration::from_secs(10);
/// The interval of the contracts that `/fapi/v1/fundingInfo` does not list, in hours.
const DEFAULT_FUNDING_HOURS: u8 = 8;

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
        self.learn_intervals().await?;
        let url = self.url("/fapi/v1/exchangeInfo", &[]);
        let answer = self.ask(Lane::Weighed, 1, &url, |reply| parse::instruments(&reply.body)).await;
        let rows = self.rows("exchangeInfo", None, answer)?;
        Ok(once_each("exchangeInfo", rows, &self.counters, |row| row.symbol))
    }

    pub(super) async fn tickers(&self) -> Result<Vec<(Symbol, Ticker)>, VenueError> {
        if !self.intervals.learned() {
            self.learn_intervals().await?;
        }
        let premiums = self.url("/fapi/v1/premiumIndex", &[]);
        let premiums = self.ask(Lane::Weighed, 10, &premiums, |reply| Ok(reply.body.clone())).await?;
        let days = self.url("/fapi/v1/ticker/24hr", &[]);
        let read = |reply: &Reply| parse::tickers(&reply.body, &premiums, |symbol| self.intervals.hours(symbol));
        let rows = self.rows("ticker/24hr", None, self.ask(Lane::Weighed, 40, &days, read).await)?;
        Ok(once_each("ticker/24hr", rows, &self.counters, |(symbol, _)| *symbol))
    }

    /// A contract that is not listed has the default interval, but only once the list was read. A list that is refused or cannot be
    /// read costs the figures of funding, and nothing else.
    async fn learn_intervals(&self) -> Result<(), VenueError> {
        let url = self.url("/fapi/v1/fundingInfo", &[]);
        let list = self.ask(Lane::Funding, 1, &url, |reply| parse::funding_intervals(&reply.body)).await;
        match self.rows("fundingInfo", None, list) {
            Ok(list) => {
                self.intervals.learn(list);
                self.intervals.learn_default(DEFAULT_FUNDING_HOURS);
            }
            Err(error @ (VenueError::Rejected { .. } | VenueError::Undecodable { .. })) => {
                self.counters.remark("fundingInfo", &error.plain());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    pub(super) async fn candles(
        &self,
        symbol: Symbol,
        interval: Interval,
        limit: u16,
    ) -> Result<Vec<Kline>, VenueError> {
        // One more, for the running candle that is left out.
        let asked = limit.saturating_add(1).clamp(2, 1_500);
        let query = [("symbol", symbol.as_str()), ("interval", interval_code(interval)), ("limit", &asked.to_string())];
        let url = self.url("/fapi/v1/klines", &query);
        let read = |reply: &Reply| parse::candles(&reply.body, server_time(reply));
        let answer = self.ask(Lane::Weighed, candles_weight(asked), &url, read).await;
        let mut candles = self.rows("klines", Some(symbol), answer)?;
        let length = interval.ms();
        if candles.windows(2).any(|pair| pair[1].candle.start.0 - pair[0].candle.start.0 != length) {
            self.counters.remark("gap between candles", &format_args!("{symbol} {}", interval_code(interval)));
        }
        keep_last(&mut candles, limit.into());
        Ok(candles)
    }

    pub(super) async fn recent_trades(&self, symbol: Symbol, limit: u16) -> Result<Vec<Trade>, VenueError> {
        let query = [("symbol", symbol.as_str()), ("limit", &limit.clamp(1, 1_000).to_string())];
        let url = self.url("/fapi/v1/aggTrades", &query);
        let answer = self.ask(Lane::Weighed, 20, &url, |reply| parse::trades(&reply.body)).await;
        self.rows("aggTrades", Some(symbol), answer)
    }

    /// One point is the figure of this moment, more are the history.
    pub(super) async fn open_interest(&self, symbol: Symbol, limit: u16) -> Result<Vec<OpenInterest>, VenueError> {
        if limit <= 1 {
            let url = self.url("/fapi/v1/openInterest", &[("symbol", symbol.as_str())]);
            let read = |reply: &Reply| parse::open_interest_now(&reply.body);
            return Ok(vec![self.ask(Lane::Weighed, 1, &url, read).await?]);
        }
        let query = [("symbol", symbol.as_str()), ("period", "5m"), ("limit", &limit.min(500).to_string())];
        let url = self.url("/futures/data/openInterestHist", &query);
        let answer = self.ask(Lane::Data, 0, &url, |reply| parse::open_interest(&reply.body)).await;
        self.rows("openInterestHist", Some(symbol), answer)
    }

    pub(super) async fn funding_history(&self, symbol: Symbol, limit: u16) -> Result<Vec<PaidFunding>, VenueError> {
        let query = [("symbol", symbol.as_str()), ("limit", &limit.clamp(1, 1_000).to_string())];
        let url = self.url("/fapi/v1/fundingRate", &query);
        let answer = self.ask(Lane::Funding, 1, &url, |reply| parse::funding_history(&reply.body)).await;
        self.rows("fundingRate", Some(symbol), answer)
    }

    pub(super) async fn accounts(&self, symbol: Symbol, limit: u16) -> Result<Vec<Accounts>, VenueError> {
        let query = [("symbol", symbol.as_str()), ("period", "5m"), ("limit", &limit.clamp(1, 500).to_string())];
        let url = self.url("/futures/data/globalLongShortAccountRatio", &query);
        let answer = self.ask(Lane::Data, 0, &url, |reply| parse::accounts(&reply.body)).await;
        self.rows("globalLongShortAccountRatio", Some(symbol), answer)
    }

    /// Fetches a whole book, as far as it should be known: fifty levels (weight 2), and more only where those end too near.
    pub(super) async fn depth(&self, symbol: Symbol) -> Result<Whole, VenueError> {
        let near = self.levels(symbol, reach::LEVELS).await?;
        match reach::more(&near) {
            Some(limit) => self.levels(symbol, limit).await,
            None => Ok(near),
        }
    }

    async fn levels(&self, symbol: Symbol, limit: u16) -> Result<Whole, VenueError> {
        let query = [("symbol", symbol.as_str()), ("limit", &limit.to_string())];
        let url = self.url("/fapi/v1/depth", &query);
        self.ask(Lane::Weighed, depth_weight(limit), &url, |reply| parse::depth(&reply.body)).await
    }

    /// The rows of an answer; malformed ones are counted.
    fn rows<T>(
        &self,
        list: &'static str,
        symbol: Option<Symbol>,
        answer: Result<Rows<T>, VenueError>,
    ) -> Result<Vec<T>, VenueError> {
        let Rows { rows, skipped } = answer?;
        self.counters.count_skipped(list, symbol, &skipped);
        Ok(rows)
    }

    fn url(&self, route: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{route}", self.base.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Asks until there is an answer, or none can be expected.
    async fn ask<T>(
        &self,
        lane: Lane,
        weight: u32,
        url: &Url,
        read: impl Fn(&Reply) -> Result<T, ParseError> + Sync,
    ) -> Result<T, VenueError> {
        self.http
            .retrying(|| async {
                let reply = self.http.get(url, lane.charge(weight)).await.map_err(busy)?;
                self.heed(&reply);
                read(&reply).map_err(|error| match error {
                    ParseError::Shape(source) => VenueError::Undecodable { url: url.to_string(), source },
                    ParseError::Impossible(source) => VenueError::Impossible { url: url.to_string(), source },
                })
            })
            .await
    }

    /// Applies what an answer states of the limit, and of the exchange's clock.
    fn heed(&self, reply: &Reply) {
        let used: Option<u32> = reply.header(WEIGHT_USED);
        if used.is_some_and(|used| used > WEIGHT_LIMIT / 100 * 95) {
            self.http.hold_all(WEIGHT_PAUSE);
        }
        if let Some(date) = date(reply) {
            // It is sent in whole seconds: in the middle of them it is least wrong.
            self.counters.note_clock(UnixMs(date.0 + 500), reply.arrived, reply.took);
        }
    }
}

/// Codes that mean that the exchange has a fault of its own: -1000 to -1001 and -1007 to -1008.
fn busy(error: VenueError) -> VenueError {
    match error {
        VenueError::Rejected { url, code: code @ (-1_000 | -1_001 | -1_007 | -1_008), message } => {
            VenueError::Failing { url, code, message }
        }
        other => other,
    }
}

/// The exchange's time, at the latest: that of the answer where it has one, otherwise this machine's.
fn server_time(reply: &Reply) -> UnixMs {
    date(reply).unwrap_or(reply.arrived)
}

fn date(reply: &Reply) -> Option<UnixMs> {
    http_date(&reply.header::<String>("date")?)
}

fn keep_last<T>(rows: &mut Vec<T>, limit: usize) {
    rows.drain(..rows.len().saturating_sub(limit));
}
