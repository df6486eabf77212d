//! What the adapter of Binance does when a stream, or the book behind it, misbehaves.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::time::Duration;

use script::{HttpScript, Peer, Reply, WsScript, binance_config, event, symbol, within};
use tokio::sync::mpsc;
use venue::{
    BookChange, Exchange, MarketEvent, ReceivedEvent, Stream, Subscription,
    binance::{Binance, BinanceConfig},
};

const DEPTH: &str = "/fapi/v1/depth";

/// An adapter that watches symbols on a scripted server.
struct Stage {
    http: HttpScript,
    server: WsScript,
    binance: Binance,
    events: mpsc::Receiver<ReceivedEvent>,
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
    stage_of(&["AUSDT"], capacity, change).await
}

async fn stage_of(symbols: &[&str], capacity: usize, change: impl FnOnce(&mut BinanceConfig)) -> Stage {
    let http = HttpScript::routes([(DEPTH, whole(10, r#"[["1","1"],["2","2"]]"#))]).await;
    let server = WsScript::start().await;
    let mut config = binance_config(http.addr, server.addr);
    change(&mut config);
    let binance = Binance::new(config).unwrap();
    let (sender, events) = mpsc::channel(capacity);
    let watch = binance.watch(symbols.iter().map(|text| symbol(text)).collect(), sender);
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
    assert_eq!(stage.http.asked(), ["/fapi/v1/depth?symbol=AUSDT&limit=50"]);
}

/// A whole book around a price with fifty levels on each side, so far apart.
fn fifty(last: u64, mid: f64, step: f64) -> Reply {
    let side = |away: f64| {
        let level = |n: u32| format!(r#"["{:.3}","1"]"#, mid + away * step * f64::from(n));
        (1..=50).map(level).collect::<Vec<_>>().join(",")
    };
    let (bids, asks) = (side(-1.0), side(1.0));
    Reply::json(format!(r#"{{"lastUpdateId":{last},"E":{},"T":1,"bids":[{bids}],"asks":[{asks}]}}"#, 1_000 + last))
}

#[tokio::test]
async fn a_level_beyond_what_is_known_is_left_out_and_a_price_that_nears_it_fetches_the_book_again() {
    let mut stage = stage(64, |config| config.stream.resubscribe_every = Duration::from_millis(20)).await;
    stage.http.set(DEPTH, fifty(10, 1_000.0, 0.1));
    let (_market, mut public) = stage.connected().await;
    public.say(diff(11, 12, 10, r#"[["999.9","2"],["990","7"]]"#)).await;
    let mut change = stage.book().await;
    while !matches!(change, BookChange::Delta { .. }) {
        change = stage.book().await;
    }
    assert_eq!(bids(&change), [(999.9, 2.0)], "what else rests at 990 and above is not known");
    assert_eq!(stage.http.asked(), ["/fapi/v1/depth?symbol=AUSDT&limit=50"], "fifty levels reach 50 bps");
    stage.http.set(DEPTH, fifty(14, 1_004.0, 0.1));
    public.say(diff(13, 14, 12, r#"[["1004","3"]]"#)).await;
    assert_eq!(bids(&stage.book().await), [(1_004.0, 3.0)]);
    assert_eq!(stage.book().await, BookChange::Lost);
    public.say(diff(15, 16, 14, r#"[["1003.8","5"]]"#)).await;
    let change = stage.book().await;
    assert!(matches!(&change, BookChange::Snapshot { bids, .. } if bids[0].price == 1_003.9), "{change:?}");
}

#[tokio::test]
async fn a_book_of_small_ticks_is_fetched_deeper() {
    let mut stage = stage(64, |config| config.stream.resubscribe_every = Duration::from_millis(20)).await;
    stage.http.set(DEPTH, fifty(10, 1_000.0, 0.001));
    let (_market, mut public) = stage.connected().await;
    public.say(diff(11, 12, 10, "[]")).await;
    let mut change = stage.book().await;
    while !matches!(change, BookChange::Delta { .. }) {
        change = stage.book().await;
    }
    let asked = stage.http.asked();
    let limits: Vec<_> = asked.iter().filter_map(|path| path.rsplit('=').next()).collect();
    assert_eq!(limits[..2], ["50", "1000"], "fifty levels end half a basis point from mid");
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

fn trade(id: u64) -> String {
    format!(r#"{{"e":"aggTrade","E":1,"s":"AUSDT","a":{id},"p":"1","q":"{id}","T":{id},"m":true}}"#)
}

fn liquidation(size: u64) -> String {
    let order = format!(
        r#"{{"s":"AUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"{size}","p":"1","ap":"1","X":"FILLED","l":"{size}","z":"{size}","T":{size}}}"#
    );
    format!(r#"{{"e":"forceOrder","E":{size},"o":{order}}}"#)
}

/// Sizes of trades and liquidations, and how often anything was lost or missed.
#[derive(Debug, Default, PartialEq)]
struct Received {
    trades: Vec<f64>,
    liquidations: Vec<f64>,
    books: usize,
    interruptions: Vec<MarketEvent>,
}

impl Received {
    fn take(&mut self, event: MarketEvent) {
        match event {
            MarketEvent::Trades { trades, .. } => self.trades.extend(trades.iter().map(schema::Trade::size)),
            MarketEvent::Liquidations { liquidations, .. } => {
                self.liquidations.extend(liquidations.iter().map(|one| one.size));
            }
            MarketEvent::Book { change: BookChange::Delta { .. }, .. } => self.books += 1,
            MarketEvent::Lost { .. } | MarketEvent::Connected { .. } | MarketEvent::Missed { .. } => {
                self.interruptions.push(event);
            }
            MarketEvent::Book { change: BookChange::Lost, .. } => self.interruptions.push(event),
            _ => {}
        }
    }
}

impl Stage {
    /// Waits until so many trades and changes of the book are received.
    async fn receive(&mut self, received: &mut Received, trades: usize, books: usize) {
        within("trades and changes", async {
            while received.trades.len() < trades || received.books < books {
                received.take(event(&mut self.events).await);
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_connection_is_replaced_before_the_exchange_ends_it_and_nothing_is_missed_or_doubled() {
    let mut stage = stage(1_024, |config| {
        config.stream.renewed_after = Some(Duration::from_millis(400));
        config.stream.resubscribe_every = Duration::from_millis(20);
    })
    .await;
    let (mut market, mut public) = stage.connected().await;
    stage.until("the book", |event| matches!(event, MarketEvent::Book { .. })).await;
    let mut received = Received::default();
    for id in 1..=3 {
        market.say(trade(id)).await;
        market.say(liquidation(id)).await;
        public.say(diff(10 + id, 10 + id, 9 + id, "[]")).await;
    }
    let mut second = [stage.server.accept().await, stage.server.accept().await];
    second.sort_by_key(|peer| peer.path.clone());
    let [second_market, second_public] = &mut second;
    // The first connections go on sending until the second ones are granted everything.
    for id in 4..=6 {
        market.say(trade(id)).await;
        market.say(liquidation(id)).await;
        public.say(diff(10 + id, 10 + id, 9 + id, "[]")).await;
    }
    stage.receive(&mut received, 6, 6).await;
    assert_eq!(second_market.accept_request().await.args.len(), 5);
    assert_eq!(second_public.accept_request().await.args, ["ausdt@depth@100ms"]);
    for id in 5..=9 {
        second_market.say(trade(id)).await;
        second_market.say(liquidation(id)).await;
    }
    second_public.say(diff(15, 18, 14, "[]")).await;
    second_public.say(diff(19, 19, 18, "[]")).await;
    market.ended().await;
    public.ended().await;
    stage.receive(&mut received, 9, 8).await;
    second_market.say(trade(10)).await;
    second_public.say(diff(20, 20, 19, "[]")).await;
    stage.receive(&mut received, 10, 9).await;
    let counts = (1..=10).map(f64::from).collect::<Vec<_>>();
    assert_eq!(received.trades, counts);
    assert_eq!(received.liquidations, counts[..9]);
    assert_eq!(received.interruptions, []);
    assert_eq!(stage.binance.counters().snapshot().reconnects, 0);
    assert_eq!(stage.http.asked().len(), 1, "no book is fetched again");
}

#[tokio::test]
async fn a_connection_stays_in_use_as_long_as_the_one_that_is_to_replace_it_is_refused_or_silent() {
    let mut stage = stage(1_024, |config| {
        config.stream.renewed_after = Some(Duration::from_millis(200));
        config.stream.renewal_patience = Duration::from_millis(100);
    })
    .await;
    let (mut market, _public) = stage.connected().await;
    let mut received = Received::default();
    // Both roots are tried: one of these ends at once, the other answers nothing.
    drop(stage.server.accept_raw().await);
    market.say(trade(1)).await;
    stage.receive(&mut received, 1, 0).await;
    let mut silent = stage.server.accept().await;
    silent.ended().await;
    market.say(trade(2)).await;
    stage.receive(&mut received, 2, 0).await;
    // Another attempt follows.
    let _third = stage.server.accept().await;
    market.say(trade(3)).await;
    stage.receive(&mut received, 3, 0).await;
    assert_eq!(received, Received { trades: vec![1.0, 2.0, 3.0], ..Received::default() });
}

#[tokio::test]
async fn streams_that_fall_silent_are_asked_for_again_in_two_messages() {
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
async fn forty_silent_contracts_cost_two_messages() {
    let names: Vec<String> = (0..40).map(|n| format!("C{n}USDT")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let silent_after = |config: &mut BinanceConfig| config.stream.topic_silent_after = Duration::from_millis(400);
    let mut stage = stage_of(&names, 1_024, silent_after).await;
    let (mut market, _public) = stage.connected().await;
    let [drop_all, take_all] = [market.accept_request().await, market.accept_request().await];
    assert_eq!((drop_all.op.as_str(), drop_all.args.len()), ("unsubscribe", 40));
    assert_eq!((take_all.op.as_str(), take_all.args.len()), ("subscribe", 40));
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
