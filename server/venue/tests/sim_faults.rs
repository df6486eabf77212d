//! Every fault of the simulated exchange, as the adapter meets it: what it reports, and that it recovers.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, SystemTime},
};

use schema::{Symbol, UnixMs};
use script::{config, event, symbol, within};
use tokio::sync::{mpsc, oneshot};
use venue::{
    BookChange, Exchange, Interval, MarketEvent, ReceivedEvent, Stream, Subscription, VenueError,
    bybit::{Bybit, BybitConfig},
    sim::{FaultSwitch, SimConfig, SimServer},
};

const MS: fn(u64) -> Duration = Duration::from_millis;

/// An adapter that watches a simulated market, and the switch of its faults.
struct Stage {
    bybit: Bybit,
    switch: FaultSwitch,
    rest_url: String,
    events: mpsc::Receiver<ReceivedEvent>,
    watch: Subscription,
    stop: oneshot::Sender<()>,
}

async fn stage(change: impl FnOnce(&mut BybitConfig)) -> Stage {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let sim = SimConfig { symbols: 2, ..SimConfig::new(UnixMs(i64::try_from(now).unwrap())) };
    let server = tokio::task::spawn_blocking(|| SimServer::bind(sim, "127.0.0.1:0".parse().unwrap()));
    let server = server.await.unwrap().unwrap();
    let (switch, rest_url) = (server.faults(), server.rest_url());
    let mut config = config(server.addr(), server.addr());
    config.stream.ping_every = MS(200);
    config.stream.silent_after = MS(700);
    config.http.tries = 1;
    change(&mut config);
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    let bybit = Bybit::new(config).unwrap();
    let (sender, events) = mpsc::channel(16_384);
    let watch = bybit.watch(vec![symbol("BTCUSDT"), symbol("ETHUSDT")], sender);
    let mut stage = Stage { bybit, switch, rest_url, events, watch, stop };
    stage.until("a book", whole_book).await;
    stage
}

const fn whole_book(event: &MarketEvent) -> bool {
    matches!(event, MarketEvent::Book { change: BookChange::Snapshot { .. }, .. })
}

const fn lost_book(event: &MarketEvent) -> bool {
    matches!(event, MarketEvent::Book { change: BookChange::Lost, .. })
}

const fn a_ticker(event: &MarketEvent) -> bool {
    matches!(event, MarketEvent::Ticker { .. })
}

impl Stage {
    fn set(&self, fault: &str) {
        self.switch.set(&[fault.parse().unwrap()]).unwrap();
    }

    /// The first event of a kind.
    async fn until(&mut self, what: &str, wanted: impl Fn(&MarketEvent) -> bool) -> MarketEvent {
        within(what, async {
            loop {
                let event = event(&mut self.events).await;
                if wanted(&event) {
                    return event;
                }
            }
        })
        .await
    }

    /// Every event until no fault is set any more.
    async fn while_faulty(&mut self) -> Vec<MarketEvent> {
        let mut seen = Vec::new();
        within("the end of the fault", async {
            while !self.switch.list().is_empty() {
                seen.push(event(&mut self.events).await);
            }
        })
        .await;
        seen
    }

    async fn answered_again(&self) {
        within("an answer", async {
            while self.bybit.tickers().await.is_err() {
                tokio::time::sleep(MS(20)).await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_dropped_connection_is_told_and_made_again() {
    let mut stage = stage(|_| {}).await;
    stage.set("drop@500ms");
    let lost = stage.until("the loss of the book", lost_book).await;
    assert!(matches!(lost, MarketEvent::Book { .. }));
    let lost = stage.until("the loss", |event| matches!(event, MarketEvent::Lost { .. })).await;
    let MarketEvent::Lost { symbols, .. } = lost else { unreachable!() };
    assert_eq!(&*symbols, [symbol("BTCUSDT"), symbol("ETHUSDT")]);
    // The handshake is refused as long as it lasts.
    let refused = stage.until("a refused handshake", |event| matches!(event, MarketEvent::Lost { .. })).await;
    assert!(matches!(refused, MarketEvent::Lost { cause, .. } if cause == "it offers no stream (HTTP 503)"));
    stage.until("a new connection", |event| matches!(event, MarketEvent::Connected { .. })).await;
    stage.until("a new book", whole_book).await;
    stage.until("a ticker", a_ticker).await;
    assert!(stage.bybit.counters().snapshot().reconnects >= 1);
    assert_eq!(stage.watch.connections(), 1);
}

#[tokio::test]
async fn a_refused_address_is_told_with_its_reason_and_asked_again_after_the_pause() {
    let stage = stage(|_| {}).await;
    stage.set("403@600ms");
    let error = stage.bybit.tickers().await.unwrap_err();
    assert!(matches!(error, VenueError::Refused { status: 403, .. }), "{error:?}");
    assert_eq!(stage.bybit.pause().unwrap().reason, "HTTP 403: this address asked too often");
    stage.answered_again().await;
    assert_eq!(stage.bybit.pause(), None);
}

#[tokio::test]
async fn too_many_visits_are_waited_out() {
    let stage = stage(|_| {}).await;
    stage.set("10006@800ms");
    let error = stage.bybit.tickers().await.unwrap_err();
    assert!(matches!(error, VenueError::RateLimited { retry_after: Some(wait), .. } if wait == MS(1_000)), "{error:?}");
    let started = std::time::Instant::now();
    stage.answered_again().await;
    assert!(started.elapsed() >= MS(900), "not before the reset: {:?}", started.elapsed());
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_none() {
    let stage = stage(|config| config.http.timeout = MS(300)).await;
    stage.set("slow=5s@1s");
    let error = stage.bybit.tickers().await.unwrap_err();
    assert!(error.plain().contains("timed out"), "{}", error.plain());
    stage.answered_again().await;
}

#[tokio::test]
async fn a_stale_connection_is_given_up() {
    let mut stage = stage(|_| {}).await;
    stage.set("stale@2s");
    let lost = stage.until("the loss", |event| matches!(event, MarketEvent::Lost { .. })).await;
    assert!(matches!(lost, MarketEvent::Lost { cause, .. } if cause == "no message for 0.7 s"));
    stage.until("a new book", whole_book).await;
    stage.until("a ticker", a_ticker).await;
    assert!(stage.bybit.counters().snapshot().reconnects >= 1);
}

#[tokio::test]
async fn a_gap_in_a_book_is_told_and_the_book_comes_anew() {
    let mut stage = stage(|_| {}).await;
    stage.set("gap@3s");
    let lost = stage.until("the loss of a book", lost_book).await;
    let MarketEvent::Book { symbol: gone, .. } = lost else { unreachable!() };
    stage.until("its whole book", |event| whole_book(event) && about(event, gone)).await;
    let seen = stage.while_faulty().await;
    assert!(!seen.iter().any(|event| matches!(event, MarketEvent::Lost { .. })), "the connection stays");
    assert_eq!(stage.bybit.counters().snapshot().malformed, 0);
}

fn about(event: &MarketEvent, wanted: Symbol) -> bool {
    matches!(event, MarketEvent::Book { symbol, .. } | MarketEvent::Ticker { symbol, .. } if *symbol == wanted)
}

#[tokio::test]
async fn malformed_messages_are_counted_and_cost_no_more_than_their_books() {
    let mut stage = stage(|_| {}).await;
    stage.set("malformed@2s");
    let error = stage.bybit.tickers().await.unwrap_err();
    assert!(matches!(error, VenueError::Undecodable { .. }), "{error:?}");
    let seen = stage.while_faulty().await;
    assert!(seen.iter().any(a_ticker) && seen.iter().any(lost_book) && seen.iter().any(whole_book));
    assert!(!seen.iter().any(|event| matches!(event, MarketEvent::Lost { .. })), "the connection stays");
    stage.until("what was on its way", a_ticker).await;
    for _ in 0..20 {
        event(&mut stage.events).await;
    }
    let counted = stage.bybit.counters().snapshot().malformed;
    assert!(counted > 3, "{counted}");
    for _ in 0..100 {
        event(&mut stage.events).await;
    }
    assert_eq!(stage.bybit.counters().snapshot().malformed, counted);
    stage.answered_again().await;
}

#[tokio::test]
async fn fields_that_nobody_documented_do_not_matter() {
    let mut stage = stage(|_| {}).await;
    stage.set("unknown-fields@1500ms");
    assert_eq!(stage.bybit.instruments().await.unwrap().len(), 2);
    assert_eq!(stage.bybit.tickers().await.unwrap().len(), 2);
    assert!(!stage.bybit.recent_trades(symbol("BTCUSDT"), 50).await.unwrap().is_empty());
    let seen = stage.while_faulty().await;
    assert!(seen.iter().any(a_ticker) && seen.iter().any(|event| matches!(event, MarketEvent::Trades { .. })));
    assert!(!seen.iter().any(lost_book));
    assert_eq!(stage.bybit.counters().snapshot().malformed, 0);
}

#[tokio::test]
async fn what_is_told_twice_counts_once() {
    let mut stage = stage(|_| {}).await;
    stage.set("duplicate@1h");
    let mut left_of: HashMap<String, i32> = HashMap::new();
    let lost = |event: &MarketEvent| assert!(!lost_book(event), "a repeated change is no gap");
    while left_of.len() < 6 {
        let traded =
            |event: &MarketEvent| matches!(event, MarketEvent::Trades { symbol, .. } if symbol.as_str() == "BTCUSDT");
        let event = stage.until("trades", |event| {
            lost(event);
            traded(event)
        });
        let MarketEvent::Trades { trades, .. } = event.await else { unreachable!() };
        for trade in trades {
            *left_of.entry(format!("{trade:?}")).or_default() += 1;
        }
    }
    // The exchange's own list of trades has each as often as it happened.
    for trade in stage.bybit.recent_trades(symbol("BTCUSDT"), 1_000).await.unwrap() {
        if let Some(count) = left_of.get_mut(&format!("{trade:?}")) {
            *count -= 1;
        }
    }
    assert!(left_of.values().all(|left| *left <= 0), "sent more often than they happened: {left_of:?}");
}

#[tokio::test]
async fn out_of_order_messages_replace_nothing_newer() {
    let mut stage = stage(|_| {}).await;
    stage.set("reorder@2s");
    let seen = stage.while_faulty().await;
    assert!(seen.iter().any(lost_book), "a change that comes too early is a gap");
    let (mut tickers, mut candles) = (HashMap::new(), HashMap::new());
    for event in &seen {
        match event {
            MarketEvent::Ticker { symbol, ticker } => {
                let before = tickers.insert(*symbol, ticker.at);
                assert!(before.is_none_or(|before| before <= ticker.at), "{symbol}");
            }
            MarketEvent::Candle { symbol, candle, at, .. } => {
                let before = candles.insert((*symbol, candle.start), *at);
                assert!(before.is_none_or(|before| before <= *at), "{symbol}");
            }
            _ => {}
        }
    }
    assert!(!tickers.is_empty());
    for watched in ["BTCUSDT", "ETHUSDT"] {
        stage.until("a ticker", |event| a_ticker(event) && about(event, symbol(watched))).await;
    }
}

#[tokio::test]
async fn a_clock_that_is_off_is_measured() {
    let stage = stage(|_| {}).await;
    stage.bybit.tickers().await.unwrap();
    let skew = stage.bybit.clock_skew_ms().unwrap();
    assert!(skew.abs() < 2_000, "{skew}");
    stage.set("skew=-90s@500ms");
    stage.bybit.tickers().await.unwrap();
    let skew = stage.bybit.clock_skew_ms().unwrap();
    assert!((-92_000..-88_000).contains(&skew), "{skew}");
    within("the clock to be right", async {
        while stage.bybit.clock_skew_ms().unwrap() < -2_000 {
            stage.bybit.tickers().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_delisted_contract_is_in_no_list_and_falls_silent() {
    let mut stage = stage(|config| config.stream.topic_silent_after = MS(1_000)).await;
    let eth = symbol("ETHUSDT");
    stage.set("delist=ETHUSDT@4s");
    let listed: BTreeSet<_> = stage.bybit.instruments().await.unwrap().iter().map(|i| i.symbol).collect();
    assert_eq!(listed, BTreeSet::from([symbol("BTCUSDT")]));
    assert_eq!(stage.bybit.tickers().await.unwrap().len(), 1);
    let error = stage.bybit.candles(eth, Interval::Day, 5).await.unwrap_err();
    assert!(matches!(error, VenueError::Rejected { code: 10_001, .. }), "{error:?}");
    let silent = |event: &MarketEvent| matches!(event, MarketEvent::Silent { symbol, stream: Stream::Ticker, .. } if *symbol == eth);
    stage.until("its silence", silent).await;
    stage.while_faulty().await;
    assert_eq!(stage.bybit.instruments().await.unwrap().len(), 2);
    // Who finds it listed again watches it again.
    let (sender, events) = mpsc::channel(1_024);
    stage.watch = stage.bybit.watch(vec![eth], sender);
    stage.events = events;
    stage.until("its book", |event| whole_book(event) && about(event, eth)).await;
}

#[tokio::test]
async fn a_topic_that_falls_silent_is_told_and_asked_for_again() {
    let mut stage = stage(|config| config.stream.topic_silent_after = MS(1_000)).await;
    stage.set("silent=tickers@2500ms");
    let silent = |event: &MarketEvent| matches!(event, MarketEvent::Silent { stream: Stream::Ticker, .. });
    stage.until("its silence", silent).await;
    let seen = stage.while_faulty().await;
    assert!(!seen.iter().any(|event| a_ticker(event) || matches!(event, MarketEvent::Lost { .. })));
    stage.until("a ticker", a_ticker).await;
    assert_eq!(stage.bybit.counters().snapshot().reconnects, 0);
}

#[tokio::test]
async fn faults_are_set_listed_and_ended_at_the_control_endpoint() {
    let stage = stage(|_| {}).await;
    let (url, client) =
        (format!("{}/sim/faults", stage.rest_url), reqwest::Client::builder().no_proxy().build().unwrap());
    let post = |body: &'static str| client.post(&url).header("content-type", "application/json").body(body);
    let set = post(r#"{"faults":["slow=1ms@1h","gap@1h+2h"]}"#).send().await.unwrap();
    assert_eq!(set.status(), 200);
    let list = client.get(&url).send().await.unwrap().text().await.unwrap();
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let first = list["faults"][0].as_str().unwrap();
    assert!(list["faults"].as_array().unwrap().len() == 2 && first.starts_with("slow=1ms@"), "{list}");
    assert_eq!(stage.switch.list().len(), 2);

    for (body, status) in [(r#"{"faults":["earthquake@1s"]}"#, 400), (r#"{"fault":[]}"#, 422), ("stale", 400)] {
        assert_eq!(post(body).send().await.unwrap().status(), status, "{body}");
    }
    let page = post(r#"{"faults":["stale@1h"]}"#).header("origin", "http://evil.test").send().await.unwrap();
    assert_eq!(page.status(), 403);
    assert_eq!(stage.switch.list().len(), 2);
    // A fault of the exchange does not reach the switch that ends it.
    post(r#"{"faults":["403@1h"]}"#).send().await.unwrap();
    let truth = client.get(format!("{}/sim/prices", stage.rest_url)).send().await.unwrap().text().await.unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    assert!(truth["at"].as_u64().unwrap() > 0, "{truth}");
    let [low, high] = [0, 1].map(|end| truth["BTCUSDT"][end].as_str().unwrap().parse::<f64>().unwrap());
    assert!(0.0 < low && low <= high, "{truth}");
    assert_eq!(client.delete(&url).send().await.unwrap().status(), 200);
    assert!(stage.switch.list().is_empty());
    stage.answered_again().await;
}

#[tokio::test]
async fn an_exchange_that_restarts_in_mid_stream_is_found_again() {
    let mut stage = stage(|_| {}).await;
    let addr = stage.rest_url.strip_prefix("http://").unwrap().parse().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    drop(std::mem::replace(&mut stage.stop, stop));
    stage.until("the loss", |event| matches!(event, MarketEvent::Lost { .. })).await;
    assert!(stage.bybit.tickers().await.is_err());

    // Another market at the same address: nothing of the old one may be left.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let sim = SimConfig { symbols: 2, seed: 2, ..SimConfig::new(UnixMs(i64::try_from(now).unwrap())) };
    let server = tokio::task::spawn_blocking(move || SimServer::bind(sim, addr)).await.unwrap().unwrap();
    tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    stage.until("a new connection", |event| matches!(event, MarketEvent::Connected { .. })).await;
    stage.until("a new book", whole_book).await;
    stage.until("a ticker", a_ticker).await;
    stage.answered_again().await;
    assert!(stage.bybit.counters().snapshot().reconnects >= 1);
}
