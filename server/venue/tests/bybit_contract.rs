//! The adapter against the simulated exchange: the two speak the same protocol, over real connections.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, SystemTime},
};

use schema::{Symbol, Timeframe, UnixMs, Venue};
use script::{symbol, within};
use tokio::sync::{mpsc, oneshot};
use venue::{
    BookChange, Exchange, Interval, MarketEvent,
    bybit::{Bybit, BybitConfig},
    sim::{SimConfig, SimServer},
};

/// A simulated exchange, and an adapter that is pointed at it; it ends when the sender is dropped.
async fn market(symbols: u16) -> (Bybit, oneshot::Sender<()>) {
    let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let config = SimConfig { symbols, ..SimConfig::new(UnixMs(i64::try_from(start).unwrap())) };
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let sim = tokio::task::spawn_blocking(move || SimServer::bind(config, addr)).await.unwrap().unwrap();
    let mut config = BybitConfig::new(sim.rest_url(), sim.ws_url(), Venue::Sim);
    config.stream.symbols_per_connection = 3;
    config.stream.topics_per_request = 5;
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(sim.run(async {
        let _ = stopped.await;
    }));
    (Bybit::new(config).unwrap(), stop)
}

#[tokio::test]
async fn every_route_of_the_simulator_is_understood() {
    let (bybit, _stop) = market(7).await;
    assert_eq!(bybit.venue(), Venue::Sim);
    let instruments = bybit.instruments().await.unwrap();
    assert_eq!(instruments.len(), 7);
    assert!(instruments.iter().all(|i| i.perpetual && i.trading && i.quote == "USDT"));
    let listed: BTreeSet<Symbol> = instruments.iter().map(|i| i.symbol).collect();

    let tickers = bybit.tickers().await.unwrap();
    assert_eq!(tickers.iter().map(|(symbol, _)| *symbol).collect::<BTreeSet<_>>(), listed);
    for (symbol, ticker) in &tickers {
        assert!(ticker.mark.is_some() && ticker.open_interest.is_some() && ticker.funding.is_some(), "{symbol}");
    }

    let one = instruments[0].symbol;
    let all = Timeframe::ALL.map(Interval::Timeframe);
    for (interval, length) in all.into_iter().chain([Interval::Day]).zip([60, 300, 1_800, 14_400, 86_400]) {
        let candles = bybit.candles(one, interval, 50).await.unwrap();
        assert_eq!(candles.len(), 50, "{interval:?}");
        assert!(
            candles.windows(2).all(|pair| pair[1].candle.start.0 - pair[0].candle.start.0 == length * 1_000),
            "{interval:?}"
        );
    }
    let trades = bybit.recent_trades(one, 100).await.unwrap();
    assert!(!trades.is_empty() && trades.is_sorted_by_key(|trade| trade.at));
    let points = bybit.open_interest(one, 288).await.unwrap();
    assert_eq!(points.len(), 288, "a page of 200 and one of 88");
    assert!(points.windows(2).all(|pair| pair[1].at.0 - pair[0].at.0 == 300_000));
    let accounts = bybit.accounts(one, 288).await.unwrap();
    assert!(accounts.len() == 288 && accounts.is_sorted_by_key(|accounts| accounts.at));
    let paid = bybit.funding_history(one, 10).await.unwrap();
    assert!(paid.len() == 10 && paid.is_sorted_by_key(|paid| paid.at));
    assert!(bybit.candles(symbol("NOSUCHUSDT"), Interval::Day, 5).await.is_err());
    assert_eq!(Exchange::counters(&bybit).malformed, 0);
}

/// What arrived of one symbol.
#[derive(Default)]
struct Seen {
    kinds: BTreeSet<&'static str>,
    bids: BTreeMap<u64, f64>,
    asks: BTreeMap<u64, f64>,
}

impl Seen {
    fn change(&mut self, bids: &[schema::Level], asks: &[schema::Level]) {
        for (side, levels) in [(&mut self.bids, bids), (&mut self.asks, asks)] {
            for level in levels {
                // Positive numbers are ordered like their bits.
                if level.size == 0.0 {
                    side.remove(&level.price.to_bits());
                } else {
                    side.insert(level.price.to_bits(), level.size);
                }
            }
        }
    }

    fn crossed(&self) -> bool {
        let best = self.bids.last_key_value().zip(self.asks.first_key_value());
        best.is_some_and(|((bid, _), (ask, _))| bid >= ask)
    }
}

#[tokio::test]
async fn every_kind_of_event_arrives_of_every_symbol_that_is_watched() {
    let (bybit, _stop) = market(7).await;
    let watched: Vec<Symbol> = bybit.instruments().await.unwrap().iter().map(|i| i.symbol).collect();
    let mut asked = watched.clone();
    asked.insert(2, symbol("NOSUCHUSDT"));
    let (sender, mut events) = mpsc::channel(16_384);
    let watch = bybit.watch(asked, sender);
    assert_eq!(watch.connections(), 3);

    let mut seen: BTreeMap<Symbol, Seen> = watched.iter().map(|symbol| (*symbol, Seen::default())).collect();
    let kinds = BTreeSet::from(["ticker", "candle", "trades", "whole book", "change of the book"]);
    let (mut connected, mut last_at) = (BTreeSet::new(), BTreeMap::new());
    let all = async {
        while seen.values().any(|seen| seen.kinds != kinds) {
            let (symbol, at, kind) = match events.recv().await.expect("the events ended").event {
                MarketEvent::Connected { connection } => {
                    connected.insert(connection);
                    continue;
                }
                MarketEvent::Ticker { symbol, ticker } => (symbol, ticker.at, "ticker"),
                MarketEvent::Candle { symbol, candle, at, .. } => {
                    candle.check().unwrap();
                    (symbol, at, "candle")
                }
                MarketEvent::Trades { symbol, trades } => (symbol, trades.last().unwrap().at, "trades"),
                // They come when the market moves, which may be later than this test waits.
                MarketEvent::Liquidations { symbol, liquidations } => {
                    assert!(seen.contains_key(&symbol));
                    assert!(liquidations.iter().all(|one| one.notional() > 0.0) && !liquidations.is_empty());
                    continue;
                }
                MarketEvent::Book { symbol, at, change } => {
                    let seen = seen.get_mut(&symbol).unwrap();
                    let kind = match change {
                        BookChange::Snapshot { bids, asks } => {
                            (seen.bids, seen.asks) = Default::default();
                            seen.change(&bids, &asks);
                            "whole book"
                        }
                        BookChange::Delta { bids, asks } => {
                            seen.change(&bids, &asks);
                            "change of the book"
                        }
                        BookChange::Lost => panic!("a message of the book of {symbol} was lost"),
                    };
                    assert!(!seen.crossed(), "the book of {symbol} is crossed");
                    (symbol, at, kind)
                }
                MarketEvent::Lost { cause, .. } => panic!("{cause}"),
                MarketEvent::Silent { symbol, stream, .. } => panic!("{stream:?} of {symbol} is silent"),
                MarketEvent::Missed { symbol } => panic!("trades of {symbol} were missed"),
                MarketEvent::Hearing { .. } => continue,
            };
            let before = last_at.insert((symbol, kind), at);
            assert!(before.is_none_or(|before| before <= at), "{kind} of {symbol} out of order");
            seen.get_mut(&symbol).unwrap().kinds.insert(kind);
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all).await.unwrap_or_else(|_| {
        let lacking: Vec<_> =
            seen.iter().filter(|(_, seen)| seen.kinds != kinds).map(|(s, seen)| (s, &seen.kinds)).collect();
        panic!("waited in vain: {lacking:?}")
    });
    assert_eq!(connected, BTreeSet::from([0, 1, 2]));
    let counters = bybit.counters().snapshot();
    assert_eq!((counters.malformed, counters.dropped, counters.reconnects), (0, 0, 0));
    drop(watch);
    within("the end of the events", async { while events.recv().await.is_some() {} }).await;
}
