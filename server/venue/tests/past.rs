//! Ranges of the past: how often is asked for them, and how pages join.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::{
    fmt::Write as _,
    net::{Ipv4Addr, SocketAddr},
    ops::Range,
    time::SystemTime,
};

use schema::{Timeframe, UnixMs, Venue};
use script::{HttpScript, Reply, binance_config, config, symbol};
use tokio::sync::oneshot;
use venue::{
    Exchange, Interval, Past,
    binance::Binance,
    bybit::{Bybit, BybitConfig},
    sim::{SimConfig, SimServer},
};

const MINUTE: i64 = 60_000;
const FIVE: i64 = 300_000;
const HOUR: i64 = 3_600_000;
/// Thu, 28 May 2026 20:20:00 GMT, a multiple of five minutes.
const BEGIN: i64 = 1_779_999_600_000;
const M1: Interval = Interval::Timeframe(Timeframe::M1);

async fn bybit(replies: impl IntoIterator<Item = Reply>) -> (Bybit, HttpScript) {
    let server = HttpScript::start(replies).await;
    (Bybit::new(config(server.addr, server.addr)).unwrap(), server)
}

async fn binance(replies: impl IntoIterator<Item = Reply>) -> (Binance, HttpScript) {
    let server = HttpScript::start(replies).await;
    (Binance::new(binance_config(server.addr, server.addr)).unwrap(), server)
}

fn range(start: i64, end: i64) -> Range<UnixMs> {
    UnixMs(start)..UnixMs(end)
}

/// The range that each request asked for.
fn asked(server: &HttpScript, (start, end): (&str, &str)) -> Vec<(i64, i64)> {
    let number = |url: &str, name: &str| {
        let value = url.split(['?', '&']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("{name} of {url}")).parse().unwrap()
    };
    server.asked().iter().map(|url| (number(url, start), number(url, end))).collect()
}

/// An answer of Bybit at a time of its own, newest first as it comes.
fn answer(rows: impl DoubleEndedIterator<Item = String>, now: i64) -> Reply {
    let rows: Vec<_> = rows.rev().collect();
    let list = rows.join(",");
    Reply::json(format!(r#"{{"retCode":0,"retMsg":"OK","result":{{"list":[{list}]}},"time":{now}}}"#))
}

/// An answer of Binance, oldest first as it comes.
fn list(rows: impl Iterator<Item = String>) -> Reply {
    let mut body = "[".to_owned();
    for (n, row) in rows.enumerate() {
        write!(body, "{}{row}", if n == 0 { "" } else { "," }).unwrap();
    }
    Reply::json(body + "]").with("date", "Sun, 28 Jun 2026 00:00:00 GMT")
}

fn row(start: i64) -> String {
    format!(r#"["{start}","1","2","1","2","10","15"]"#)
}

fn kline(start: i64) -> String {
    let end = start + MINUTE - 1;
    format!(r#"[{start},"1","2","1","2","10",{end},"15",3,"4","6","0"]"#)
}

fn times(from: i64, to: i64, every: i64) -> impl DoubleEndedIterator<Item = i64> {
    (0..(to - from) / every).map(move |n| from + n * every)
}

#[tokio::test]
async fn candles_of_bybit_join_page_after_page() {
    let end = BEGIN + 2_500 * MINUTE;
    let cuts = [BEGIN, BEGIN + 1_000 * MINUTE, BEGIN + 2_000 * MINUTE, end];
    // Each page holds a candle of the next one, too.
    let replies =
        cuts.windows(2).map(|page| answer(times(page[0], page[1] + MINUTE, MINUTE).map(row), BEGIN + 9_000 * MINUTE));
    let (bybit, server) = bybit(replies).await;
    let candles = bybit.candles_between(symbol("ALPHAUSDT"), M1, range(BEGIN - 1, end)).await.unwrap();
    let starts: Vec<_> = candles.iter().map(|kline| kline.candle.start.0).collect();
    assert_eq!(starts, times(BEGIN, end, MINUTE).collect::<Vec<_>>(), "each minute once");
    assert!(candles.iter().all(|kline| kline.taker_buy.is_none()));
    let pages: Vec<_> = cuts.windows(2).map(|page| (page[0], page[1] - 1)).collect();
    assert_eq!(asked(&server, ("start", "end")), pages);
    assert!(server.asked()[0].starts_with("/v5/market/kline?category=linear&symbol=ALPHAUSDT&interval=1&limit=1000&"));
}

#[tokio::test]
async fn candles_of_binance_join_page_after_page_with_what_takers_bought() {
    let end = BEGIN + 1_000 * MINUTE;
    let cuts = [BEGIN, BEGIN + 499 * MINUTE, BEGIN + 998 * MINUTE, end];
    let (binance, server) = binance(cuts.windows(2).map(|page| list(times(page[0], page[1], MINUTE).map(kline)))).await;
    let candles = binance.candles_between(symbol("ALPHAUSDT"), M1, range(BEGIN, end)).await.unwrap();
    let starts: Vec<_> = candles.iter().map(|kline| kline.candle.start.0).collect();
    assert_eq!(starts, times(BEGIN, end, MINUTE).collect::<Vec<_>>(), "each minute once");
    assert!(candles.iter().all(|kline| kline.taker_buy == Some(4.0)));
    let pages: Vec<_> = cuts.windows(2).map(|page| (page[0], page[1] - 1)).collect();
    assert_eq!(asked(&server, ("startTime", "endTime")), pages);
}

#[tokio::test]
async fn a_hole_ends_nothing_and_the_future_is_not_asked_for() {
    let now = BEGIN + 1_500 * MINUTE + 1;
    let (bybit, server) = bybit([answer(times(0, 0, MINUTE).map(row), now), {
        answer(times(BEGIN + 1_400 * MINUTE, BEGIN + 1_501 * MINUTE, MINUTE).map(row), now)
    }])
    .await;
    let candles = bybit.candles_between(symbol("ALPHAUSDT"), M1, range(BEGIN, i64::MAX)).await.unwrap();
    assert_eq!(candles.len(), 100, "the running one is left out");
    assert_eq!(server.asked().len(), 2, "a page that was empty, and the one that is running");
    let none = bybit.candles_between(symbol("ALPHAUSDT"), M1, range(BEGIN, BEGIN)).await.unwrap();
    assert_eq!((none.len(), server.asked().len()), (0, 2));
}

#[tokio::test]
async fn a_page_that_fails_fails_the_range() {
    let whole = answer(times(BEGIN, BEGIN + 1_000 * MINUTE, MINUTE).map(row), BEGIN + 9_000 * MINUTE);
    let (bybit, server) = bybit([whole, Reply::code(10_001)]).await;
    let asked = range(BEGIN, BEGIN + 2_000 * MINUTE);
    assert!(bybit.candles_between(symbol("ALPHAUSDT"), M1, asked).await.is_err(), "half of it would have a hole");
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn open_interest_of_bybit_joins_page_after_page() {
    let end = BEGIN + 300 * FIVE;
    let point = |at| format!(r#"{{"openInterest":"8","singleOpenInterest":"4","timestamp":"{at}"}}"#);
    let cuts = [BEGIN, BEGIN + 200 * FIVE, end];
    let replies = cuts.windows(2).map(|page| answer(times(page[0], page[1], FIVE).map(point), end + HOUR));
    let (bybit, server) = bybit(replies).await;
    let points = bybit.open_interest_between(symbol("ALPHAUSDT"), range(BEGIN, end)).await.unwrap();
    assert!(points.iter().map(|point| point.at.0).eq(times(BEGIN, end, FIVE)), "each point once");
    let pages: Vec<_> = cuts.windows(2).map(|page| (page[0], page[1] - 1)).collect();
    assert_eq!(asked(&server, ("startTime", "endTime")), pages);
}

#[tokio::test]
async fn open_interest_of_binance_is_asked_for_no_further_back_than_it_reaches() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let now = i64::try_from(now).unwrap();
    let day = 24 * HOUR;
    let (binance, server) = binance([]).await;
    server.set("/futures/data/openInterestHist", Reply::json("[]"));
    let points = binance.open_interest_between(symbol("ALPHAUSDT"), range(now - 90 * day, now - day)).await.unwrap();
    assert_eq!(points, []);
    let pages = asked(&server, ("startTime", "endTime"));
    assert!(pages[0].0 > now - 30 * day && pages[0].0 < now - 29 * day, "{pages:?} at {now}");
    assert_eq!(pages.len(), 17, "29 days less an hour, of 500 points a page");
    assert!(pages.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{pages:?}");
    let old = range(now - 90 * day, now - 60 * day);
    assert_eq!(binance.open_interest_between(symbol("ALPHAUSDT"), old).await.unwrap(), []);
    assert_eq!(server.asked().len(), 17, "nothing is left of it");
}

#[tokio::test]
async fn paid_funding_of_bybit_joins_from_the_newest_page_to_the_oldest() {
    let end = BEGIN + 350 * HOUR;
    let paid = |at| format!(r#"{{"symbol":"ALPHAUSDT","fundingRate":"0.0001","fundingRateTimestamp":"{at}"}}"#);
    let cut = end - 200 * HOUR;
    let pages = [answer(times(cut, end, HOUR).map(paid), end), answer(times(BEGIN, cut, HOUR).map(paid), end)];
    let (bybit, server) = bybit(pages).await;
    let points = bybit.funding_between(symbol("ALPHAUSDT"), range(BEGIN, end)).await.unwrap();
    assert!(points.iter().map(|point| point.at.0).eq(times(BEGIN, end, HOUR)), "each payment once");
    assert_eq!(asked(&server, ("startTime", "endTime")), [(BEGIN, end - 1), (BEGIN, cut - 1)]);
}

#[tokio::test]
async fn paid_funding_of_binance_joins_from_the_oldest_page_to_the_newest() {
    let end = BEGIN + 1_200 * HOUR;
    // They come some milliseconds late.
    let paid = |at: i64| format!(r#"{{"symbol":"ALPHAUSDT","fundingRate":"0.0001","fundingTime":{}}}"#, at + 6);
    let cut = BEGIN + 1_000 * HOUR;
    let (binance, server) =
        binance([list(times(BEGIN, cut, HOUR).map(paid)), list(times(cut, end, HOUR).map(paid))]).await;
    let points = binance.funding_between(symbol("ALPHAUSDT"), range(BEGIN, end)).await.unwrap();
    assert!(points.iter().map(|point| point.at.0 - 6).eq(times(BEGIN, end, HOUR)), "each payment once");
    let second = cut - HOUR + 7;
    assert_eq!(asked(&server, ("startTime", "endTime")), [(BEGIN, end - 1), (second, end - 1)]);
}

#[tokio::test]
async fn the_simulated_exchange_answers_ranges_as_it_answers_the_latest() {
    let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let sim = SimConfig { symbols: 2, ..SimConfig::new(UnixMs(i64::try_from(start).unwrap())) };
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let sim = tokio::task::spawn_blocking(move || SimServer::bind(sim, addr)).await.unwrap().unwrap();
    let bybit = Bybit::new(BybitConfig::new(sim.rest_url(), sim.ws_url(), Venue::Sim)).unwrap();
    let (_stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(sim.run(async {
        let _ = stopped.await;
    }));
    let one = bybit.instruments().await.unwrap()[0].symbol;

    let half = Interval::Timeframe(Timeframe::M30);
    let latest = bybit.candles(one, half, 300).await.unwrap();
    let (first, last) = (latest[0].candle.start, latest[299].candle.start);
    let between = first..UnixMs(last.0 + half.ms());
    assert_eq!(bybit.candles_between(one, half, between).await.unwrap(), latest);
    let part = bybit.candles_between(one, half, UnixMs(first.0 + 1)..last).await.unwrap();
    assert_eq!(part, latest[1..299], "from the first that begins in it to the last that begins before its end");

    let latest = bybit.open_interest(one, 288).await.unwrap();
    let between = latest[0].at..UnixMs(latest[287].at.0 + 1);
    assert_eq!(bybit.open_interest_between(one, between).await.unwrap(), latest, "two pages");

    let latest = bybit.funding_history(one, 10).await.unwrap();
    let between = latest[0].at..UnixMs(latest[9].at.0 + 1);
    assert_eq!(bybit.funding_between(one, between).await.unwrap(), latest);
}
