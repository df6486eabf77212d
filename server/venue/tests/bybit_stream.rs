//! What the adapter does when a stream misbehaves.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::time::Duration;

use script::{Peer, Request, WsScript, any_event, book, config, event, symbol, ticker, within};
use tokio::{io::AsyncWriteExt, sync::mpsc};
use tokio_tungstenite::tungstenite::Message;
use venue::{
    BookChange, Exchange, MarketEvent, ReceivedEvent, Subscription,
    bybit::{Bybit, BybitConfig},
};

/// An adapter that watches symbols on a scripted server.
struct Stage {
    server: WsScript,
    bybit: Bybit,
    events: mpsc::Receiver<ReceivedEvent>,
    watch: Subscription,
}

async fn stage(symbols: &[&str], capacity: usize, change: impl FnOnce(&mut BybitConfig)) -> Stage {
    let server = WsScript::start().await;
    let mut config = config(server.addr, server.addr);
    change(&mut config);
    let bybit = Bybit::new(config).unwrap();
    let (sender, events) = mpsc::channel(capacity);
    let watch = bybit.watch(symbols.iter().map(|text| symbol(text)).collect(), sender);
    Stage { server, bybit, events, watch }
}

impl Stage {
    /// The next connection, its first request granted and the news of it read.
    async fn connected(&mut self) -> Peer {
        let mut peer = self.server.accept().await;
        peer.accept_request().await;
        assert_eq!(event(&mut self.events).await, MarketEvent::Connected { connection: 0 });
        assert!(matches!(any_event(&mut self.events).await, MarketEvent::Hearing { .. }));
        peer
    }

    async fn lost_book(&mut self) {
        match event(&mut self.events).await {
            MarketEvent::Book { change: BookChange::Lost, .. } => {}
            other => panic!("not a lost book: {other:?}"),
        }
    }

    async fn book_snapshot(&mut self) -> usize {
        match event(&mut self.events).await {
            MarketEvent::Book { change: BookChange::Snapshot { bids, .. }, .. } => bids.len(),
            other => panic!("not a whole book: {other:?}"),
        }
    }

    async fn last_price(&mut self) -> f64 {
        match event(&mut self.events).await {
            MarketEvent::Ticker { ticker, .. } => ticker.last,
            other => panic!("not a ticker: {other:?}"),
        }
    }

    async fn lost(&mut self) -> String {
        match event(&mut self.events).await {
            MarketEvent::Lost { cause, .. } => cause,
            other => panic!("not the loss of a connection: {other:?}"),
        }
    }
}

const WATCHED: [&str; 5] = ["tickers.", "kline.1.", "publicTrade.", "orderbook.200.", "allLiquidation."];
const BOOK: [&str; 1] = ["orderbook.200.AUSDT"];

/// The two requests that ask for a book anew.
async fn asked_again(peer: &mut Peer) {
    let again: [Request; 2] = [peer.accept_request().await, peer.accept_request().await];
    assert_eq!([again[0].op.as_str(), again[1].op.as_str()], ["unsubscribe", "subscribe"]);
    assert!(again.iter().all(|request| request.args == BOOK), "{again:?}");
}

#[tokio::test]
async fn topics_are_asked_for_in_batches_over_several_connections() {
    let mut stage = stage(&["AUSDT", "BUSDT", "CUSDT"], 64, |config| {
        config.stream.symbols_per_connection = 2;
        config.stream.topics_per_request = 3;
    })
    .await;
    assert_eq!(stage.watch.connections(), 2);
    let (mut asked, mut peers) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let mut peer = stage.server.accept().await;
        let first = peer.request().await;
        let batches = if first.args.iter().any(|arg| arg.ends_with(".CUSDT")) { 2 } else { 4 };
        assert!(first.args.len() <= 3);
        asked.extend(first.args);
        for _ in 1..batches {
            let request = peer.request().await;
            assert!(request.op == "subscribe" && request.args.len() <= 3, "{request:?}");
            asked.extend(request.args);
        }
        peers.push(peer);
    }
    asked.sort();
    let mut expected: Vec<_> =
        ["AUSDT", "BUSDT", "CUSDT"].iter().flat_map(|s| WATCHED.map(|topic| format!("{topic}{s}"))).collect();
    expected.sort();
    assert_eq!(asked, expected);
    let mut connections = Vec::new();
    for _ in 0..2 {
        let MarketEvent::Connected { connection } = event(&mut stage.events).await else { panic!("not connected") };
        connections.push(connection);
    }
    connections.sort_unstable();
    assert_eq!(connections, [0, 1]);
}

#[tokio::test]
async fn a_gap_in_a_book_is_told_and_the_book_is_asked_for_again() {
    let mut stage = stage(&["AUSDT"], 64, |_| {}).await;
    let mut peer = stage.connected().await;
    peer.say(book("AUSDT", "snapshot", 10, r#"[["1","1"],["2","2"]]"#)).await;
    assert_eq!(stage.book_snapshot().await, 2);
    peer.say(book("AUSDT", "delta", 11, r#"[["1","0"]]"#)).await;
    assert!(matches!(event(&mut stage.events).await, MarketEvent::Book { change: BookChange::Delta { .. }, .. }));
    peer.say(book("AUSDT", "delta", 13, r#"[["2","0"]]"#)).await;
    stage.lost_book().await;
    asked_again(&mut peer).await;
    peer.say(book("AUSDT", "delta", 14, r#"[["3","1"]]"#)).await;
    peer.say(book("AUSDT", "snapshot", 20, r#"[["5","1"]]"#)).await;
    assert_eq!(stage.book_snapshot().await, 1, "the change before the new book was not used");
    assert_eq!(stage.bybit.counters().snapshot().reconnects, 0);
}

/// After `silent=tickers` the price of a contract that stood still stayed what it was sixteen seconds before, and was called fresh.
#[tokio::test]
async fn a_change_after_a_pause_of_a_ticker_is_not_used_and_the_whole_is_asked_for() {
    let mut stage = stage(&["AUSDT"], 64, |_| {}).await;
    let mut peer = stage.connected().await;
    let whole = |price: u32| format!(r#""lastPrice":"{price}","markPrice":"1","tickDirection":"PlusTick""#);
    peer.say(ticker("AUSDT", "snapshot", &whole(100), 1_000)).await;
    assert_eq!(stage.last_price().await, 100.0);
    peer.say(ticker("AUSDT", "delta", r#""markPrice":"2""#, 10_999)).await;
    assert_eq!(stage.last_price().await, 100.0, "a pause that is usual");
    peer.say(ticker("AUSDT", "delta", r#""markPrice":"3""#, 20_999)).await;
    let again = [peer.accept_request().await, peer.accept_request().await];
    assert_eq!(
        again.map(|request| (request.op, request.args)),
        [
            ("unsubscribe".to_owned(), vec!["tickers.AUSDT".to_owned()]),
            ("subscribe".to_owned(), vec!["tickers.AUSDT".to_owned()]),
        ]
    );
    peer.say(ticker("AUSDT", "snapshot", &whole(107), 21_200)).await;
    assert_eq!(stage.last_price().await, 107.0, "and nothing of the old one in between");
}

/// In bad weather a price stood for twenty seconds after the message that changed it had been cut in two.
#[tokio::test]
async fn a_change_of_a_ticker_that_cannot_be_read_ends_that_ticker_and_one_of_nobody_ends_all() {
    let mut stage = stage(&["AUSDT", "BUSDT"], 64, |config| config.stream.resubscribe_every = Duration::ZERO).await;
    let mut peer = stage.connected().await;
    let whole = r#""lastPrice":"100""#;
    for (broken, asked) in [
        (r#"{"topic":"tickers.AUSDT","type":"delta","ts":2,"data":{"lastPri"#, vec!["tickers.AUSDT"]),
        (r#"{"topic":"tick"#, vec!["tickers.AUSDT", "tickers.BUSDT"]),
    ] {
        for symbol in ["AUSDT", "BUSDT"] {
            peer.say(ticker(symbol, "snapshot", whole, 1_000)).await;
            stage.last_price().await;
        }
        peer.say(broken).await;
        let mut again = [peer.accept_request().await, peer.accept_request().await];
        assert_eq!([again[0].op.as_str(), again[1].op.as_str()], ["unsubscribe", "subscribe"]);
        again[1].args.sort();
        assert_eq!(again[1].args, asked);
    }
}

#[tokio::test]
async fn an_impossible_book_message_ends_that_book() {
    let mut stage = stage(&["AUSDT"], 64, |_| {}).await;
    let mut peer = stage.connected().await;
    peer.say(book("AUSDT", "snapshot", 10, "[]")).await;
    assert_eq!(stage.book_snapshot().await, 0, "a side may be empty");
    peer.say(book("AUSDT", "delta", 11, r#"[["1","-4"]]"#)).await;
    stage.lost_book().await;
    asked_again(&mut peer).await;
    assert_eq!(stage.bybit.counters().snapshot().malformed, 1);
}

#[tokio::test]
async fn after_a_lost_connection_everything_is_asked_for_again_and_nothing_old_is_used() {
    let mut stage = stage(&["AUSDT"], 64, |_| {}).await;
    let mut peer = stage.connected().await;
    peer.say(ticker("AUSDT", "snapshot", r#""lastPrice":"1","markPrice":"2""#, 5)).await;
    assert_eq!(stage.last_price().await, 1.0);
    peer.say(book("AUSDT", "snapshot", 10, r#"[["1","1"]]"#)).await;
    stage.book_snapshot().await;
    drop(peer);

    stage.lost_book().await;
    let MarketEvent::Lost { connection, symbols, trades: true, cause } = event(&mut stage.events).await else {
        panic!("not lost")
    };
    assert_eq!((connection, &*symbols), (0, &[symbol("AUSDT")][..]));
    assert!(cause.contains("connection"), "{cause}");

    let mut peer = stage.server.accept().await;
    assert_eq!(peer.accept_request().await.args.len(), 5);
    assert_eq!(event(&mut stage.events).await, MarketEvent::Connected { connection: 0 });
    peer.say(ticker("AUSDT", "delta", r#""lastPrice":"7""#, 6)).await;
    peer.say(book("AUSDT", "delta", 11, r#"[["1","0"]]"#)).await;
    peer.say(ticker("AUSDT", "snapshot", r#""lastPrice":"8""#, 7)).await;
    let MarketEvent::Ticker { ticker, .. } = event(&mut stage.events).await else { panic!("not a ticker") };
    assert_eq!((ticker.last, ticker.mark), (8.0, None), "the mark of the old connection is not known any more");
    assert_eq!(stage.bybit.counters().snapshot().reconnects, 1);
}

#[tokio::test]
async fn a_refused_topic_is_given_up_and_the_others_are_kept() {
    let mut stage = stage(&["AUSDT", "NOSUCH"], 64, |_| {}).await;
    let mut peer = stage.server.accept().await;
    let all = peer.request().await.args;
    assert_eq!(all.len(), 10);
    for refused in 0..5 {
        // As recorded: the refusal does not repeat the name of the request.
        let topic = all.iter().filter(|topic| topic.ends_with(".NOSUCH")).nth(refused).unwrap();
        peer.say(format!(
            r#"{{"success":false,"ret_msg":"Invalid symbol :[{topic}]","conn_id":"c","op":"subscribe"}}"#
        ))
        .await;
        let rest = peer.request().await.args;
        assert!(rest.len() == 9 - refused && !rest.contains(topic), "{rest:?}");
    }
    assert_eq!(event(&mut stage.events).await, MarketEvent::Connected { connection: 0 });
    peer.say(ticker("AUSDT", "snapshot", r#""lastPrice":"1""#, 5)).await;
    assert_eq!(stage.last_price().await, 1.0);
}

#[tokio::test]
async fn what_cannot_be_understood_is_counted_and_the_stream_goes_on() {
    let mut stage = stage(&["AUSDT"], 64, |_| {}).await;
    let mut peer = stage.connected().await;
    for text in [
        "hello",
        "",
        r#"{"topic":"tickers.AUSDT","type":"snapshot","ts":1,"data":{"lastPri"#,
        r#"{"topic":"weather.AUSDT","type":"snapshot","ts":1,"data":{}}"#,
        r#"{"topic":"tickers.OTHERUSDT","type":"snapshot","ts":1,"data":{"lastPrice":"1"}}"#,
        r#"{"topic":"kline.1.AUSDT","type":"snapshot","ts":1,"data":[{"start":0}]}"#,
        r#"{"topic":"publicTrade.AUSDT","type":"snapshot","ts":1,"data":[{"T":1,"S":"Buy","v":"1","p":"0"}]}"#,
    ] {
        peer.say(text).await;
    }
    peer.send(Message::binary(vec![0xff, 0x00])).await;
    peer.say(r#"{"op":"pong","args":["1"],"conn_id":"c"}"#).await;
    peer.say(ticker("AUSDT", "snapshot", r#""lastPrice":"1","brandNew":{"a":[null]}"#, 5)).await;
    assert_eq!(stage.last_price().await, 1.0);
    let counters = stage.bybit.counters().snapshot();
    assert_eq!((counters.malformed, counters.messages, counters.reconnects), (8, 11, 0));
}

#[tokio::test]
async fn a_full_channel_loses_events_but_not_the_news_that_a_book_is_lost() {
    let mut stage = stage(&["AUSDT"], 2, |_| {}).await;
    let mut peer = stage.connected().await;
    peer.say(book("AUSDT", "snapshot", 10, r#"[["1","1"]]"#)).await;
    peer.say(ticker("AUSDT", "snapshot", r#""lastPrice":"1""#, 5)).await;
    // There is room for two; the third one is dropped.
    peer.say(book("AUSDT", "delta", 11, r#"[["2","1"]]"#)).await;
    let counters = stage.bybit.counters();
    within("the drop to be counted", async {
        while counters.snapshot().dropped == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(stage.book_snapshot().await, 1);
    assert_eq!(stage.last_price().await, 1.0);
    stage.lost_book().await;
    asked_again(&mut peer).await;
    peer.say(book("AUSDT", "snapshot", 30, r#"[["3","1"]]"#)).await;
    assert_eq!(stage.book_snapshot().await, 1);
    assert_eq!(counters.snapshot().dropped, 1);
}

#[tokio::test]
async fn a_silent_connection_is_made_again() {
    let mut stage = stage(&["AUSDT"], 64, |config| config.stream.silent_after = Duration::from_millis(200)).await;
    let mut peer = stage.connected().await;
    assert_eq!(stage.lost().await, "no message for 0.2 s");
    peer.ended().await;
    stage.connected().await;
    assert_eq!(stage.bybit.counters().snapshot().reconnects, 1);
}

#[tokio::test]
async fn answers_to_pings_keep_a_quiet_connection() {
    let mut stage = stage(&["AUSDT"], 64, |config| {
        config.stream.ping_every = Duration::from_millis(50);
        config.stream.silent_after = Duration::from_secs(1);
    })
    .await;
    let mut peer = stage.connected().await;
    let started = std::time::Instant::now();
    while started.elapsed() < Duration::from_millis(1_500) {
        assert_eq!(peer.request().await.op, "ping");
        peer.say(r#"{"success":true,"ret_msg":"pong","conn_id":"c","op":"ping"}"#).await;
    }
    peer.say(ticker("AUSDT", "snapshot", r#""lastPrice":"1""#, 5)).await;
    assert_eq!(stage.last_price().await, 1.0, "nothing was lost meanwhile");
}

#[tokio::test]
async fn dropping_the_subscription_or_the_receiver_ends_the_connection() {
    let mut first = stage(&["AUSDT"], 64, |_| {}).await;
    let mut peer = first.connected().await;
    drop(first.watch);
    peer.ended().await;

    let mut second = stage(&["AUSDT"], 64, |_| {}).await;
    let mut peer = second.connected().await;
    drop(second.events);
    peer.ended().await;
}

#[tokio::test]
async fn a_refused_handshake_is_told_in_plain_words_and_tried_again() {
    let mut stage = stage(&["AUSDT"], 64, |_| {}).await;
    let mut stream = stage.server.accept_raw().await;
    stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    assert_eq!(stage.lost().await, "it refuses this address (HTTP 403)");
    drop(stream);
    stage.connected().await;
    assert_eq!(stage.bybit.counters().snapshot().reconnects, 0, "the first connection was not made again");
}

#[tokio::test]
async fn who_does_not_speak_tls_is_no_exchange() {
    venue::install_crypto_provider();
    venue::install_crypto_provider();
    let mut stage = stage(&["AUSDT"], 64, |config| config.ws_url = config.ws_url.replace("ws://", "wss://")).await;
    let mut stream = stage.server.accept_raw().await;
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    let cause = stage.lost().await;
    assert!(cause.starts_with("no connection ("), "{cause}");
}

#[tokio::test]
async fn an_exchange_that_is_not_there_is_told_for_each_attempt() {
    let mut stage =
        stage(&["AUSDT"], 64, |config| config.ws_url = "ws://127.0.0.1:9/v5/public/linear".to_owned()).await;
    for _ in 0..2 {
        let cause = stage.lost().await;
        assert!(cause.starts_with("no connection (") && cause.contains("refused"), "{cause}");
    }
}
