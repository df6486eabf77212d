//! The watched symbols change while the connections are open: nobody else notices.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::{collections::BTreeMap, num::NonZeroUsize, time::SystemTime};

use schema::{Symbol, Trade, UnixMs};
use script::{HttpScript, Reply, WsScript, any_event, binance_config, config, event, symbol, ticker, within};
use tokio::sync::mpsc;
use venue::{
    BookChange, Exchange, MarketEvent, Updated,
    binance::Binance,
    bybit::Bybit,
    sim::{SimConfig, SimServer},
};

#[tokio::test]
async fn a_swap_is_made_on_the_open_connection_of_bybit() {
    let (http, server) = (HttpScript::start([]).await, WsScript::start().await);
    let bybit = Bybit::new(config(http.addr, server.addr)).unwrap();
    let (sender, mut events) = mpsc::channel(64);
    let mut watch = bybit.watch(vec![symbol("AUSDT"), symbol("BUSDT")], sender);
    let mut peer = server.accept().await;
    assert_eq!(peer.accept_request().await.args.len(), 10);
    let updated = watch.update(&[symbol("AUSDT"), symbol("CUSDT")]);
    assert_eq!(updated, Updated { changed: true, ended: vec![] });
    let (gone, new) = (peer.accept_request().await, peer.accept_request().await);
    assert_eq!((gone.op.as_str(), gone.args.len()), ("unsubscribe", 5));
    assert!(gone.args.iter().all(|topic| topic.ends_with(".BUSDT")), "{gone:?}");
    assert_eq!((new.op.as_str(), new.args.len()), ("subscribe", 5));
    assert!(new.args.iter().all(|topic| topic.ends_with(".CUSDT")), "{new:?}");
    // What was on its way is no fault of the exchange's.
    for name in ["BUSDT", "AUSDT", "CUSDT"] {
        peer.say(ticker(name, "snapshot", r#""lastPrice":"1""#, 5)).await;
    }
    let mut received = Vec::new();
    while received.len() < 2 {
        match any_event(&mut events).await {
            MarketEvent::Ticker { symbol, .. } => received.push(symbol),
            MarketEvent::Connected { .. } | MarketEvent::Hearing { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(received, [symbol("AUSDT"), symbol("CUSDT")]);
    let counts = bybit.counters().snapshot();
    assert_eq!((counts.malformed, counts.reconnects), (0, 0));
    assert_eq!(watch.connections(), 1);
}

#[tokio::test]
async fn a_swap_is_made_on_both_open_connections_of_binance() {
    let depth = r#"{"lastUpdateId":10,"E":1,"T":1,"bids":[["1","1"]],"asks":[["2","1"]]}"#;
    let http = HttpScript::routes([("/fapi/v1/depth", Reply::json(depth))]).await;
    let server = WsScript::start().await;
    let binance = Binance::new(binance_config(http.addr, server.addr)).unwrap();
    let (sender, mut events) = mpsc::channel(64);
    let mut watch = binance.watch(vec![symbol("AUSDT"), symbol("BUSDT")], sender);
    let mut peers = [server.accept().await, server.accept().await];
    peers.sort_by_key(|peer| peer.path.clone());
    let [market, public] = &mut peers;
    assert_eq!([market.accept_request().await.args.len(), public.accept_request().await.args.len()], [10, 2]);
    watch.update(&[symbol("AUSDT"), symbol("CUSDT")]);
    for (peer, streams) in [(market, 5), (public, 1)] {
        let (gone, new) = (peer.accept_request().await, peer.accept_request().await);
        assert_eq!((gone.op.as_str(), gone.args.len()), ("unsubscribe", streams));
        assert!(gone.args.iter().all(|topic| topic.starts_with("busdt@")), "{gone:?}");
        assert_eq!((new.op.as_str(), new.args.len()), ("subscribe", streams));
        assert!(new.args.iter().all(|topic| topic.starts_with("cusdt@")), "{new:?}");
        peer.say(r#"{"e":"depthUpdate","E":1,"T":1,"s":"BUSDT","U":11,"u":11,"pu":10,"b":[],"a":[]}"#).await;
    }
    let mut books = Vec::new();
    while !books.contains(&symbol("CUSDT")) {
        match event(&mut events).await {
            MarketEvent::Book { symbol, .. } => books.push(symbol),
            MarketEvent::Connected { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(binance.counters().snapshot().malformed, 0);
}

/// Trades of a contract by time, price and size; the exchange may send several of the same.
fn keys(trades: impl IntoIterator<Item = Trade>) -> BTreeMap<(i64, u64, u64), usize> {
    let mut keys = BTreeMap::new();
    for trade in trades {
        *keys.entry((trade.at.0, trade.price.to_bits(), trade.size().to_bits())).or_default() += 1;
    }
    keys
}

#[tokio::test]
async fn a_delisting_in_the_simulated_market_interrupts_no_other_contract() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let sim = SimConfig { symbols: 6, ..SimConfig::new(UnixMs(i64::try_from(now).unwrap())) };
    let server = tokio::task::spawn_blocking(|| SimServer::bind(sim, "127.0.0.1:0".parse().unwrap()));
    let server = server.await.unwrap().unwrap();
    let mut config = config(server.addr(), server.addr());
    config.stream.messages_per_second = NonZeroUsize::new(10).unwrap();
    tokio::spawn(server.run(std::future::pending()));
    let bybit = Bybit::new(config).unwrap();
    let listed = bybit.instruments().await.unwrap().into_iter().filter(|one| one.perpetual && one.trading);
    let listed: Vec<Symbol> = listed.map(|one| one.symbol).collect();
    let (delisted, kept) = listed.split_last().unwrap();
    let (sender, mut events) = mpsc::channel(65_536);
    let mut watch = bybit.watch([kept, &[*delisted]].concat(), sender);
    let mut trades: BTreeMap<Symbol, Vec<Trade>> = BTreeMap::new();
    let (mut updated, mut books, mut interruptions) = (false, 0, Vec::new());
    within("trades before and after the delisting", async {
        loop {
            match any_event(&mut events).await {
                MarketEvent::Trades { symbol, trades: new } if kept.contains(&symbol) => {
                    trades.entry(symbol).or_default().extend(new);
                }
                MarketEvent::Book { symbol, change, .. } if kept.contains(&symbol) => match change {
                    BookChange::Delta { .. } => {}
                    BookChange::Snapshot { .. } => books += 1,
                    BookChange::Lost => interruptions.push(format!("the book of {symbol} was lost")),
                },
                MarketEvent::Lost { cause, .. } => interruptions.push(cause),
                MarketEvent::Missed { symbol } => interruptions.push(format!("trades of {symbol} were missed")),
                _ => {}
            }
            let received: usize = trades.values().map(Vec::len).sum();
            if !updated && received >= 20 && books == kept.len() {
                updated = true;
                assert_eq!(watch.update(kept), Updated { changed: true, ended: vec![] });
            } else if updated && received >= 60 {
                break;
            }
        }
    })
    .await;
    assert_eq!(interruptions, Vec::<String>::new());
    assert_eq!(books, kept.len(), "each book came whole once");
    assert_eq!(bybit.counters().snapshot().reconnects, 0);
    assert_eq!(bybit.counters().snapshot().malformed, 0);
    for (symbol, streamed) in trades {
        let (first, last) = (streamed[0].at, streamed[streamed.len() - 1].at);
        let of_the_time = |trade: &Trade| first < trade.at && trade.at < last;
        let recent = bybit.recent_trades(symbol, 1_000).await.unwrap();
        let expected = keys(recent.into_iter().filter(of_the_time));
        assert_eq!(keys(streamed.into_iter().filter(of_the_time)), expected, "{symbol}");
    }
}
