//! What the adapter of Binance does when a stream, or the book behind it, misbehaves.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::time::Duration;

use script::{HttpScript, Peer, Reply, WsScript, binance_config, event, symbol, within};
use tokio::sync::mpsc;
use venue::{
    BookChange, Exchange, MarketEvent, Stream, Subscription, Told,
    binance::{Binance, BinanceConfig},
};

const DEPTH: &str = "/fapi/v1/depth";

/// An adapter that watches symbols on a scripted server.
struct Stage {
    http: HttpScript,
    server: WsScript,
    binance: Binance,
    events: mpsc::Receiver<Told>,
    _watch: Subscription,
}

fn whole(last: u64, bids: &str) -> Reply {
    Reply::json(format!(r#"{{"lastUpdateId":{last},"E":{},"T":1,"bids":{bids},"asks":[["100","1"]]}}"#, 1_000 + last))
}

fn diff(first: u64, last: u64, previous: u64, bids: &str) -> String {
    format!(
        r#"{{"stream":"ausdt@depth@100ms","data":{{"e":"depthUpdate","E":{},"T":1,"s":"AUSDT","U":{first},"u":{last},"pu":{previous},"b":{bids},"a":[]}}}}"#,
        1_000 + last
    )
}

async fn stage(capacity: usize, change: impl FnOnce(&mut BinanceConfig)) -> Stage {
    let http = HttpScript::routes([(DEPTH, whole(10, r#"[["1","1"],["2","2"]]"#))]).await;
    let server = WsScript::start().await;
    let mut config = binance_config(http.addr, server.addr);
    change(&mut config);
    let binance = Binance::new(config).unwrap();
    let (sender, events) = mpsc::channel(capacity);
    let watch = binance.watch(vec![symbol("AUSDT")], sender);
    Stage { http, server, binance, events, _watch: watch }
}

impl Stage {
    /// The next two connections, the one of the market first.
    async fn connected(&mut self) -> (Peer, Peer) {
        let mut peers = [self.server.accept().await, self.server.accept().await];
        for peer in &mut peers {
            peer.accept_request().await;
        }
        for _ in 0..2 {
            self.until("a connection", |event| matches!(event, MarketEvent::Connected { .. })).await;
        }
        let [one, other] = peers;
        if one.path == "/market/stream" { (one, other) } else { (other, one) }
    }

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

    async fn book(&mut self) -> BookChange {
        match event(&mut self.events).await {
            MarketEvent::Book { change, .. } => change,
            other => panic!("not a book: {other:?}"),
        }
    }
}

fn bids(change: &BookChange) -> Vec<(f64, f64)> {
    match change {
        BookChange::Snapshot { bids, .. } | BookChange::Delta { bids, .. } => {
            bids.iter().map(|level| (level.price, level.size)).collect()
        }
        BookChange::Lost => panic!("lost"),
    }
}

#[tokio::test]
async fn changes_that_came_before_the_whole_book_are_joined_to_it() {
    let mut stage = stage(64, |config| config.stream.resubscribe_every = Duration::from_millis(200)).await;
    let (_market, mut public) = stage.connected().await;
    for message in [diff(5, 8, 4, r#"[["9","9"]]"#), diff(9, 12, 8, r#"[["3","3"]]"#), diff(13, 13, 12, "[]")] {
        public.say(message).await;
    }
    let change = stage.book().await;
    assert!(matches!(change, BookChange::Snapshot { .. }));
    assert_eq!(bids(&change), [(1.0, 1.0), (2.0, 2.0)]);
    assert_eq!(bids(&stage.book().await), [(3.0, 3.0)], "the first that is not in it");
    assert_eq!(bids(&stage.book().await), []);
    public.say(diff(14, 15, 13, r#"[["1","0"]]"#)).await;
    assert_eq!(bids(&stage.book().await), [(1.0, 0.0)]);
    assert_eq!(stage.http.asked(), ["/fapi/v1/depth?symbol=AUSDT&limit=1000"]);
}

#[tokio::test]
async fn a_whole_book_that_is_too_old_is_fetched_again() {
    let mut stage = stage(64, |config| config.stream.resubscribe_every = Duration::from_millis(50)).await;
    stage.http.set(DEPTH, whole(3, "[]"));
    let (_market, mut public) = stage.connected().await;
    public.say(diff(9, 12, 8, r#"[["3","3"]]"#)).await;
    within("a second question", async {
        while stage.http.asked().len() < 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    stage.http.set(DEPTH, whole(12, r#"[["5","5"]]"#));
    let mut change = stage.book().await;
    // Before the change came there was nothing that the old one could be too old for.
    if change == (BookChange::Snapshot { bids: vec![], asks: vec![schema::Level { price: 100.0, size: 1.0 }] }) {
        assert_eq!(stage.book().await, BookChange::Lost);
        change = stage.book().await;
    }
    assert_eq!(bids(&change), [(5.0, 5.0)]);
}

#[tokio::test]
async fn a_book_that_cannot_be_fetched_is_asked_for_until_it_can() {
    let mut stage = stage(64, |config| config.http.tries = 1).await;
    stage.http.set(DEPTH, Reply::html(502));
    let (_market, mut public) = stage.connected().await;
    public.say(diff(9, 12, 8, "[]")).await;
    within("some questions", async {
        while stage.http.asked().len() < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    stage.http.set(DEPTH, whole(12, r#"[["5","5"]]"#));
    assert_eq!(bids(&stage.book().await), [(5.0, 5.0)]);
}

#[tokio::test]
async fn a_full_channel_loses_a_book_but_not_the_news_of_it() {
    let mut stage = stage(2, |_| {}).await;
    let (_market, mut public) = stage.connected().await;
    assert!(matches!(stage.book().await, BookChange::Snapshot { .. }));
    stage.http.set(DEPTH, whole(20, r#"[["7","7"]]"#));
    // There is room for two; the third one is dropped.
    for n in 11..=13 {
        public.say(diff(n, n, n - 1, "[]")).await;
    }
    let counters = stage.binance.counters();
    within("the drop to be counted", async {
        while counters.snapshot().dropped == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!([bids(&stage.book().await), bids(&stage.book().await)], [[], []]);
    assert_eq!(stage.book().await, BookChange::Lost);
    assert_eq!(bids(&stage.book().await), [(7.0, 7.0)]);
}

#[tokio::test]
async fn a_connection_is_renewed_before_the_exchange_ends_it() {
    let mut stage = stage(64, |config| config.stream.renewed_after = Some(Duration::from_millis(300))).await;
    let (_market, _public) = stage.connected().await;
    let lost = stage.until("the end", |event| matches!(event, MarketEvent::Lost { .. })).await;
    assert!(matches!(lost, MarketEvent::Lost { cause, .. } if cause == "its time was up and it is made anew"));
    stage.server.accept().await.accept_request().await;
}

#[tokio::test]
async fn streams_that_fall_silent_are_told_and_asked_for_again() {
    let mut stage = stage(64, |config| config.stream.topic_silent_after = Duration::from_millis(300)).await;
    let (mut market, mut public) = stage.connected().await;
    for _ in 0..2 {
        stage.until("a silence", |event| matches!(event, MarketEvent::Silent { .. })).await;
    }
    let again = [market.accept_request().await, market.accept_request().await];
    assert_eq!(
        again.map(|request| (request.op, request.args)),
        [
            ("unsubscribe".to_owned(), vec!["ausdt@markPrice@1s".to_owned()]),
            ("subscribe".to_owned(), vec!["ausdt@markPrice@1s".to_owned()]),
        ]
    );
    assert_eq!(public.accept_request().await.args, ["ausdt@depth@100ms"]);
    let silent = |event: &MarketEvent| matches!(event, MarketEvent::Silent { stream: Stream::Book, .. });
    stage.until("the book's silence", silent).await;
}

#[tokio::test]
async fn a_stream_of_the_other_root_or_of_another_contract_is_counted_and_not_used() {
    let mut stage = stage(64, |_| {}).await;
    let (mut market, mut public) = stage.connected().await;
    market.say(diff(11, 11, 10, "[]")).await;
    market.say(r#"{"e":"markPriceUpdate","E":1,"s":"BUSDT","p":"1"}"#).await;
    public.say(r#"{"e":"aggTrade","E":1,"s":"AUSDT","a":1,"p":"1","q":"1","T":1,"m":true}"#).await;
    let counters = stage.binance.counters();
    within("three to be counted", async {
        while counters.snapshot().malformed < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    market.say(r#"{"e":"24hrTicker","E":1,"s":"AUSDT","c":"5"}"#).await;
    let ticker = stage.until("a ticker", |event| matches!(event, MarketEvent::Ticker { .. })).await;
    assert!(matches!(ticker, MarketEvent::Ticker { ticker, .. } if ticker.last == 5.0));
}
