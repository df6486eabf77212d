//! What the adapter does when HTTP answers are late, wrong or a refusal.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::{
    error::Error,
    time::{Duration, Instant},
};

use script::{HttpScript, Reply, config, payload, symbol, within};
use tokio::net::TcpListener;
use venue::{
    Exchange, Interval, VenueError,
    bybit::{Bybit, HttpConfig},
};

async fn asking(replies: impl IntoIterator<Item = Reply>) -> (Bybit, HttpScript) {
    let server = HttpScript::start(replies).await;
    (Bybit::new(config(server.addr, server.addr)).unwrap(), server)
}

fn good() -> Reply {
    Reply::json(payload("tickers.json"))
}

#[tokio::test]
async fn a_refusal_stops_every_request_of_the_process_to_that_host() {
    let server = HttpScript::start([Reply::html(403), good()]).await;
    let mut config = config(server.addr, server.addr);
    config.http.refused_pause = HttpConfig::DEFAULT.refused_pause;
    let bybit = Bybit::new(config.clone()).unwrap();
    let error = bybit.tickers().await.unwrap_err();
    assert!(matches!(error, VenueError::Refused { status: 403, .. }), "{error:?}");
    assert_eq!(error.plain(), "it refuses this address (HTTP 403; next request in 10 min)");

    let other = Bybit::new(config).unwrap();
    for error in [
        bybit.instruments().await.unwrap_err(),
        bybit.candles(symbol("ALPHAUSDT"), Interval::Day, 5).await.unwrap_err(),
        other.tickers().await.unwrap_err(),
    ] {
        assert!(matches!(error, VenueError::Refused { status: 403, .. }), "{error:?}");
    }
    assert_eq!(server.asked().len(), 1, "nothing was asked after the refusal");
}

#[tokio::test]
async fn after_the_pause_of_a_refusal_it_asks_again() {
    let (bybit, _server) = asking([Reply::html(403), good()]).await;
    let started = Instant::now();
    bybit.tickers().await.unwrap_err();
    within("the end of the pause", async {
        while bybit.tickers().await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(started.elapsed() >= Duration::from_millis(400), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_refused_region_or_rule_is_a_refusal_too() {
    for code in [10_009_u16, 10_024] {
        let (bybit, server) = asking([Reply::code(code.into())]).await;
        let error = bybit.tickers().await.unwrap_err();
        assert!(matches!(error, VenueError::Refused { status, .. } if status == code), "{error:?}");
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn too_many_visits_make_it_wait_and_then_ask_again() {
    let (bybit, server) = asking([Reply::code(10_006), good()]).await;
    let started = Instant::now();
    assert_eq!(bybit.tickers().await.unwrap().len(), 3);
    assert!(started.elapsed() >= Duration::from_millis(50), "{:?}", started.elapsed());
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn the_end_of_a_rate_limit_is_waited_for_by_the_servers_own_clock() {
    let limited = Reply::code(10_006).with("x-bapi-limit-reset-timestamp", "1780000000300");
    let (bybit, server) = asking([limited, good()]).await;
    let started = Instant::now();
    bybit.tickers().await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn after_too_many_visits_a_route_is_asked_half_as_often_and_the_others_as_before() {
    let listed = || Reply::json(r#"{"retCode":0,"result":{"list":[]},"time":1}"#);
    // The route states that it may be requested twenty times a second.
    let mut replies = vec![good().with("x-bapi-limit", "20"), Reply::code(10_006)];
    replies.extend(std::iter::repeat_n(good(), 9));
    replies.extend(std::iter::repeat_n(listed(), 8));
    let server = HttpScript::start(replies).await;
    let mut config = config(server.addr, server.addr);
    config.http.requests_per_second = 1_000.try_into().unwrap();
    let bybit = Bybit::new(config).unwrap();
    bybit.tickers().await.unwrap();
    bybit.tickers().await.unwrap();
    let started = Instant::now();
    for _ in 0..8 {
        bybit.tickers().await.unwrap();
    }
    // Four at once and then one each 62.5 ms; halved: two, and then one each 125 ms.
    assert!(started.elapsed() >= Duration::from_millis(700), "{:?}", started.elapsed());
    let started = Instant::now();
    for _ in 0..8 {
        bybit.instruments().await.unwrap();
    }
    assert!(started.elapsed() < Duration::from_millis(600), "another route: {:?}", started.elapsed());
}

#[tokio::test]
async fn a_route_whose_limit_is_used_up_is_left_alone_until_there_is_more() {
    let used_up = good().with("x-bapi-limit-status", "0").with("x-bapi-limit-reset-timestamp", "1780000001000");
    let (bybit, server) = asking([used_up, good()]).await;
    bybit.tickers().await.unwrap();
    let started = Instant::now();
    bybit.tickers().await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(700), "{:?}", started.elapsed());
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn why_nothing_is_asked_can_be_seen() {
    let ban = Reply {
        status: 403,
        headers: vec![("content-type", "application/json".to_owned())],
        body: r#"{"retCode":403,"retMsg":"access too frequent"}"#.to_owned(),
    };
    for (reply, reason) in [
        (ban, "HTTP 403: this address asked too often"),
        (Reply::html(403), "HTTP 403: a page instead of an answer: this address or its region is not served"),
        (Reply::html(451), "HTTP 451: this region is not served"),
        (Reply::code(10_009), "code 10009: this address is banned"),
    ] {
        let (bybit, _server) = asking([reply]).await;
        assert_eq!(bybit.pause(), None);
        bybit.tickers().await.unwrap_err();
        let pause = bybit.pause().unwrap();
        assert_eq!(pause.reason, reason);
        assert!(pause.left <= Duration::from_millis(400) && pause.left > Duration::ZERO, "{:?}", pause.left);
    }
}

#[tokio::test]
async fn an_interval_of_funding_that_a_ticker_lacks_is_that_of_the_list() {
    let tickers = r#"{"retCode":0,"result":{"list":[{"symbol":"AUSDT","lastPrice":"1","fundingRate":"0.0001",
        "nextFundingTime":"1780000000000"}]},"time":5}"#;
    let instruments = r#"{"retCode":0,"result":{"list":[{"symbol":"AUSDT","contractType":"LinearPerpetual",
        "status":"Trading","baseCoin":"A","quoteCoin":"USDT","launchTime":"5","priceFilter":{"tickSize":"1"},
        "fundingInterval":240}]},"time":1}"#;
    let (bybit, _server) = asking([Reply::json(tickers), Reply::json(instruments), Reply::json(tickers)]).await;
    assert_eq!(bybit.tickers().await.unwrap()[0].1.funding, None, "a rate means nothing without its interval");
    bybit.instruments().await.unwrap();
    let funding = bybit.tickers().await.unwrap()[0].1.funding.unwrap();
    assert_eq!((funding.interval_hours, funding.next.0), (4, 1_780_000_000_000));
}

#[tokio::test]
async fn retry_after_is_honoured_and_a_long_one_is_given_back() {
    let (bybit, _server) = asking([Reply::html(429).with("retry-after", "1"), Reply::html(429), good()]).await;
    let started = Instant::now();
    bybit.tickers().await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());

    let (bybit, server) = asking([Reply::html(429).with("retry-after", "3600"), good()]).await;
    let error = bybit.tickers().await.unwrap_err();
    let hour = Some(Duration::from_secs(3_600));
    assert!(matches!(error, VenueError::RateLimited { retry_after, .. } if retry_after == hour), "{error:?}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_long_retry_after_pauses_every_route_in_full() {
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (reply, expected) in [
        (Reply::html(429).with("retry-after", "7200"), 7_200),
        (Reply::html(429).with("date", date).with("retry-after", "Sun, 06 Nov 1994 10:49:37 GMT"), 7_200),
        (Reply::html(429).with("retry-after", "99999999999999"), 72 * 3_600),
        (Reply::html(429).with("retry-after", "18446744073709551615"), 72 * 3_600),
    ] {
        let (bybit, server) = asking([reply, good(), good()]).await;
        let first = bybit.tickers().await.unwrap_err();
        assert!(
            matches!(first, VenueError::RateLimited { retry_after: Some(wait), .. } if wait.as_secs() == expected),
            "{first:?}"
        );
        let second = bybit.recent_trades(symbol("BTCUSDT"), 5).await.unwrap_err();
        let hours = (expected / 3_600) - 1;
        let plain = second.plain();
        let words = [format!("next request in {} h", hours + 1), format!("next request in {hours} h 59 min")];
        assert!(words.iter().any(|words| plain.contains(words.as_str())), "{plain}");
        assert!(bybit.pause().is_some_and(|pause| pause.left.as_secs() / 3_600 == hours), "{:?}", bybit.pause());
        assert_eq!(server.asked().len(), 1, "nothing is requested meanwhile");
    }
}

#[tokio::test]
async fn a_ban_lasts_as_long_as_it_says() {
    let (bybit, server) = asking([Reply::html(418).with("retry-after", "10800"), good()]).await;
    let error = bybit.tickers().await.unwrap_err();
    assert_eq!(error.plain(), "it refuses this address (HTTP 418; next request in 3 h)");
    bybit.tickers().await.unwrap_err();
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_fault_of_the_exchange_is_tried_again_a_few_times_only() {
    let (bybit, server) = asking([Reply::html(502), Reply::code(10_016), good()]).await;
    assert_eq!(bybit.tickers().await.unwrap().len(), 3);
    assert_eq!(server.asked().len(), 3);

    let (bybit, server) = asking(std::iter::repeat_n(Reply::code(10_000), 9)).await;
    let error = bybit.tickers().await.unwrap_err();
    assert!(matches!(&error, VenueError::Failing { code: 10_000, message, .. } if message == "no"), "{error:?}");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_page_instead_of_data_is_a_fault_of_the_exchange() {
    let (bybit, server) = asking(std::iter::repeat_n(Reply::html(200), 9)).await;
    let error = bybit.tickers().await.unwrap_err();
    assert!(
        matches!(&error, VenueError::Failing { code: 200, message, .. } if message.contains("text/html")),
        "{error:?}"
    );
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_wrong_request_is_asked_once() {
    for code in [10_001, 10_029, 10_017] {
        let (bybit, server) = asking([Reply::code(code), good()]).await;
        let error = bybit.funding_history(symbol("NOSUCH"), 5).await.unwrap_err();
        assert!(matches!(error, VenueError::Rejected { code: got, .. } if got == code), "{error:?}");
        assert_eq!(server.asked().len(), 1);
    }
    let (bybit, server) = asking([Reply::html(404), good()]).await;
    assert!(matches!(bybit.tickers().await, Err(VenueError::Rejected { code: 404, .. })));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn an_answer_that_cannot_be_understood_is_an_error_and_never_an_empty_market() {
    let whole = payload("tickers.json");
    for body in [
        &whole[..whole.len() / 2],
        "",
        "[]",
        "null",
        r#"{"retCode":0}"#,
        r#"{"retCode":0,"result":null,"time":5}"#,
        r#"{"retCode":0,"result":{},"time":5}"#,
        r#"{"retCode":0,"result":{"list":[]}}"#,
        r#"{"retCode":"0","result":{"list":[]},"time":5}"#,
    ] {
        let (bybit, server) = asking([Reply::json(body), good()]).await;
        let error = bybit.tickers().await.unwrap_err();
        assert!(matches!(error, VenueError::Undecodable { .. }), "{body}: {error:?}");
        assert!(error.source().is_some());
        assert_eq!(server.asked().len(), 1, "{body}");
    }
    let odd = r#"{"retCode":0,"result":{"list":[{"symbol":"AUSDT","lastPrice":"x"}]},"time":5}"#;
    let (bybit, _server) = asking([Reply::json(odd)]).await;
    let error = bybit.tickers().await.unwrap_err();
    assert!(matches!(&error, VenueError::Impossible { source, .. } if source.field == "lastPrice"), "{error:?}");
}

#[tokio::test]
async fn an_exchange_that_is_not_there_or_does_not_answer_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let mut silent = config(addr, addr);
    silent.http.timeout = Duration::from_millis(100);
    silent.http.tries = 2;
    let error = Bybit::new(silent.clone()).unwrap().tickers().await.unwrap_err();
    assert!(matches!(error, VenueError::Unreachable { .. }), "{error:?}");
    assert!(error.plain().contains("timed out"), "{}", error.plain());

    drop(listener);
    let error = Bybit::new(silent).unwrap().tickers().await.unwrap_err();
    assert!(error.plain().starts_with("no connection (") && error.plain().contains("refused"), "{}", error.plain());
}

#[tokio::test]
async fn who_does_not_speak_tls_is_unreachable() {
    venue::install_crypto_provider();
    let server = HttpScript::start([]).await;
    let mut config = config(server.addr, server.addr);
    config.rest_url = config.rest_url.replace("http://", "https://");
    let error = Bybit::new(config).unwrap().tickers().await.unwrap_err();
    assert!(matches!(error, VenueError::Unreachable { .. }), "{error:?}");
    assert_eq!(server.asked(), [""; 0]);
}

#[tokio::test]
async fn requests_keep_to_their_rate() {
    let server = HttpScript::start(std::iter::repeat_n(good(), 12)).await;
    let mut config = config(server.addr, server.addr);
    config.http.requests_per_second = 10.try_into().unwrap();
    let bybit = Bybit::new(config).unwrap();
    let started = Instant::now();
    for _ in 0..12 {
        bybit.tickers().await.unwrap();
    }
    assert!(
        started.elapsed() >= Duration::from_millis(190),
        "ten at once, then one each 100 ms: {:?}",
        started.elapsed()
    );
}
