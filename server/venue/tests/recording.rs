//! Recording an exchange and playing it back: what was heard is heard again.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::{
    fs,
    io::{Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use futures_util::{SinkExt, StreamExt};

use schema::{Candle, Symbol, Timeframe, Trade, UnixMs, Venue};
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message;
use venue::{
    BookChange, Clock, Exchange, Interval, MarketEvent, ReceivedEvent, Ticker, VenueError,
    binance::{Binance, BinanceConfig},
    bybit::{Bybit, BybitConfig},
    record::{RecordLimits, Recorder},
    replay::{Ended, Recording, ReplayServer},
    sim::{SimConfig, SimServer},
};

const DEADLINE: Duration = Duration::from_secs(30);
const LIMITS: RecordLimits = RecordLimits { max_bytes: 64 * 1024 * 1024, segment_age: Duration::from_secs(3_600) };

fn now() -> UnixMs {
    Clock::SYSTEM.now()
}

fn btc() -> Symbol {
    Symbol::new("BTCUSDT").unwrap()
}

/// Ends a server when it is dropped.
struct Stop(#[allow(dead_code, reason = "dropped, not read")] oneshot::Sender<()>);

fn adapter(rest: String, ws: String, change: impl FnOnce(&mut BybitConfig)) -> Bybit {
    venue::install_crypto_provider();
    let mut config = BybitConfig::new(rest, ws, Venue::Sim);
    config.http.requests_per_second = 1_000.try_into().unwrap();
    config.stream.tick_every = Duration::from_millis(20);
    change(&mut config);
    Bybit::new(config).unwrap()
}

/// A simulated exchange of three contracts, two seconds before a minute ends by its own clock.
fn simulated() -> (SimServer, i64) {
    let wall = now().0;
    let minute = wall.rem_euclid(60_000);
    let start = wall - minute + 58_000;
    let config = SimConfig { symbols: 3, ..SimConfig::new(UnixMs(start)) };
    (SimServer::bind(config, "127.0.0.1:0".parse().unwrap()).unwrap(), start - wall)
}

fn serve(server: SimServer) -> Stop {
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    Stop(stop)
}

/// What somebody who listens has learnt of one contract.
#[derive(Debug, Default, PartialEq)]
struct Learnt {
    ticker: Option<Ticker>,
    closed: Vec<Candle>,
    running: Option<Candle>,
    trades: Vec<Trade>,
    bids: Vec<(String, String)>,
    asks: Vec<(String, String)>,
    lost: usize,
}

impl Learnt {
    fn take(&mut self, event: MarketEvent) {
        match event {
            MarketEvent::Ticker { symbol, ticker } if symbol == btc() => self.ticker = Some(*ticker),
            MarketEvent::Candle { symbol, timeframe: Timeframe::M1, candle, closed, .. } if symbol == btc() => {
                if closed {
                    self.closed.push(candle);
                } else {
                    self.running = Some(candle);
                }
            }
            MarketEvent::Trades { symbol, trades } if symbol == btc() => self.trades.extend(trades),
            MarketEvent::Book { symbol, change, .. } if symbol == btc() => match change {
                BookChange::Snapshot { bids, asks } => {
                    (self.bids, self.asks) = (Vec::new(), Vec::new());
                    levels(&mut self.bids, &bids);
                    levels(&mut self.asks, &asks);
                }
                BookChange::Delta { bids, asks } => {
                    levels(&mut self.bids, &bids);
                    levels(&mut self.asks, &asks);
                }
                BookChange::Lost => (self.bids, self.asks) = (Vec::new(), Vec::new()),
            },
            MarketEvent::Lost { .. } => self.lost += 1,
            _ => {}
        }
    }
}

/// Levels by price, as text so that they compare exactly.
fn levels(side: &mut Vec<(String, String)>, changes: &[schema::Level]) {
    for level in changes {
        let price = level.price.to_string();
        side.retain(|(held, _)| *held != price);
        if level.size > 0.0 {
            side.push((price, level.size.to_string()));
        }
    }
    side.sort();
}

/// Listens until a condition holds.
async fn listen(
    heard: &mut mpsc::Receiver<ReceivedEvent>,
    learnt: &mut Learnt,
    what: &str,
    until: impl Fn(&Learnt) -> bool,
) {
    let end = Instant::now() + DEADLINE;
    while !until(learnt) {
        assert!(Instant::now() < end, "waited in vain until {what}: {learnt:?}");
        if let Ok(Some(ReceivedEvent { event, .. })) = timeout(Duration::from_millis(200), heard.recv()).await {
            learnt.take(event);
        }
    }
}

/// The clock of a recording: it stands until it is let go.
struct Pace {
    stands_at: AtomicI64,
    begun: OnceLock<Instant>,
    speed: i64,
}

impl Pace {
    fn now(&self) -> UnixMs {
        let passed = self.begun.get().map_or(0, |begun| i64::try_from(begun.elapsed().as_millis()).unwrap());
        UnixMs(self.stands_at.load(Relaxed) + passed * self.speed)
    }

    fn let_go(&self) {
        self.begun.set(Instant::now()).unwrap();
    }
}

/// A recording that is played once its clock is let go; it stands where the first stream was opened.
struct Played {
    bybit: Bybit,
    ended: watch::Receiver<Option<Ended>>,
    pace: Arc<Pace>,
    _stop: Stop,
}

impl Played {
    fn from(folder: &Path, speed: i64) -> Self {
        let recording = Recording::open(folder).unwrap();
        let lines: Vec<Value> =
            lines(&segments(folder)[0]).iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
        // A segment that is not the first begins with what is known of connections that were opened before.
        let opened = lines.iter().find(|line| line["what"]["opened"].is_object()).unwrap_or(&lines[0]);
        let pace = Arc::new(Pace { stands_at: opened["at"].as_i64().unwrap().into(), begun: OnceLock::new(), speed });
        let shown = Arc::clone(&pace);
        let clock = Clock::of(move || shown.now());
        let server = ReplayServer::bind(&recording, clock.clone()).unwrap();
        let bybit = adapter(server.rest_url(), server.ws_url(), |config| config.clock = clock);
        let ended = server.ended();
        Self { bybit, ended, pace, _stop: run(server) }
    }

    /// Watches, and lets the clock go once the recording has answered the subscription.
    async fn watch(&self) -> (venue::Subscription, mpsc::Receiver<ReceivedEvent>) {
        let (events, heard) = mpsc::channel(65_536);
        let subscription = self.bybit.watch(vec![btc()], events);
        let end = Instant::now() + DEADLINE;
        while self.bybit.counters().snapshot().messages == 0 {
            assert!(Instant::now() < end, "the subscription is not answered");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.pace.let_go();
        (subscription, heard)
    }

    async fn end(&mut self) -> Ended {
        timeout(DEADLINE, self.ended.wait_for(Option::is_some)).await.expect("it ends").unwrap().unwrap()
    }
}

fn run(server: ReplayServer) -> Stop {
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(async {
        let stopped = async {
            let _ = stopped.await;
        };
        server.run(stopped).await.unwrap();
    });
    Stop(stop)
}

#[tokio::test]
async fn what_is_played_ends_with_the_figures_that_were_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), Venue::Sim, LIMITS).unwrap();
    let (server, ahead) = simulated();
    let bybit = adapter(server.rest_url(), server.ws_url(), |config| config.tap = recorder.tap());
    let stop = serve(server);

    let symbols = bybit.instruments().await.unwrap();
    let (events, mut heard) = mpsc::channel(65_536);
    let subscription = bybit.watch(vec![btc()], events);
    let history = bybit.candles(btc(), Interval::Timeframe(Timeframe::M1), 100).await.unwrap();
    let mut recorded = Learnt::default();
    listen(&mut heard, &mut recorded, "a minute closes and the next one runs", |learnt| {
        !learnt.closed.is_empty()
            && learnt.running.is_some_and(|running| running.start > learnt.closed[0].start)
            && learnt.trades.len() > 5
    })
    .await;
    drop(subscription);
    while let Some(ReceivedEvent { event, .. }) = heard.recv().await {
        recorded.take(event);
    }
    drop((bybit, stop));
    let counts = recorder.finish();
    assert_eq!(counts.lost, 0);
    assert!(counts.received > 10, "{counts:?}");

    let began = Recording::open(folder.path()).unwrap().began();
    assert!((now().0 - began.0).abs() < 60_000, "by the recorder's clock");
    let mut played = Played::from(folder.path(), 3);
    assert_eq!(played.bybit.instruments().await.unwrap(), symbols);
    let (_subscription, mut heard) = played.watch().await;
    assert_eq!(played.bybit.candles(btc(), Interval::Timeframe(Timeframe::M1), 100).await.unwrap(), history);
    let mut again = Learnt::default();
    let last = played.end().await;
    listen(&mut heard, &mut again, "the last figures are heard again", |learnt| {
        learnt.trades.last() == recorded.trades.last()
            && (&learnt.ticker, learnt.running) == (&recorded.ticker, recorded.running)
            && (&learnt.bids, &learnt.asks) == (&recorded.bids, &recorded.asks)
    })
    .await;
    assert_eq!((again.ticker, again.running), (recorded.ticker, recorded.running));
    assert_eq!(again.closed, recorded.closed);
    assert_eq!((again.bids, again.asks), (recorded.bids, recorded.asks), "the whole book");
    assert!(recorded.trades.ends_with(&again.trades[again.trades.len() - 5..]));
    assert!(last.at > began && last.lost == 0 && last.cut == 0, "{last:?}");
    // The exchange's clock was ahead of the machine's when it was recorded, and so it is when it is played.
    let skew = played.bybit.clock_skew_ms().unwrap();
    assert!((skew - ahead).abs() < 30_000, "{skew} ms, recorded at {ahead} ms");

    let unknown = played.bybit.accounts(btc(), 5).await.unwrap_err();
    let VenueError::Rejected { code: 404, message, .. } = unknown else { panic!("{unknown:?}") };
    assert!(message.contains("the recording holds no answer to /v5/market/account-ratio?"), "{message}");
}

#[tokio::test]
async fn a_connection_that_was_lost_is_lost_again_and_the_book_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), Venue::Sim, LIMITS).unwrap();
    let (server, _) = simulated();
    let faults = server.faults();
    let bybit = adapter(server.rest_url(), server.ws_url(), |config| {
        config.tap = recorder.tap();
        config.stream.backoff_min = Duration::from_millis(20);
        config.stream.backoff_max = Duration::from_millis(100);
    });
    let stop = serve(server);
    let (events, mut heard) = mpsc::channel(65_536);
    let subscription = bybit.watch(vec![btc()], events);
    let mut recorded = Learnt::default();
    listen(&mut heard, &mut recorded, "there is a book", |learnt| !learnt.bids.is_empty()).await;
    faults.set(&["drop@100ms".parse().unwrap()]).unwrap();
    listen(&mut heard, &mut recorded, "the book is back", |learnt| learnt.lost > 0 && !learnt.bids.is_empty()).await;
    drop((subscription, bybit, stop));
    assert_eq!(recorder.finish().lost, 0);

    let played = Played::from(folder.path(), 1);
    let (_subscription, mut heard) = played.watch().await;
    let mut again = Learnt::default();
    listen(&mut heard, &mut again, "it is lost again", |learnt| learnt.lost > 0).await;
    assert!(again.bids.is_empty(), "nothing of a lost book is kept");
    listen(&mut heard, &mut again, "the book is back", |learnt| !learnt.bids.is_empty()).await;
}

#[tokio::test]
async fn a_recording_whose_beginning_gave_way_still_tells_whole_states_and_books() {
    let folder = tempfile::tempdir().unwrap();
    let limits = RecordLimits { segment_age: Duration::from_millis(500), ..LIMITS };
    let recorder = Recorder::start(folder.path(), Venue::Sim, limits).unwrap();
    let (server, _) = simulated();
    let bybit = adapter(server.rest_url(), server.ws_url(), |config| config.tap = recorder.tap());
    let stop = serve(server);
    let (events, mut heard) = mpsc::channel(65_536);
    let subscription = bybit.watch(vec![btc()], events);
    let mut recorded = Learnt::default();
    listen(&mut heard, &mut recorded, "there is a book", |learnt| !learnt.bids.is_empty()).await;
    let before = recorder.counts().segments;
    listen(&mut heard, &mut recorded, "segments begin", |_| recorder.counts().segments > before + 1).await;
    drop((subscription, bybit, stop));
    assert_eq!(recorder.finish().lost, 0);
    let kept = segments(folder.path());
    let (last, gone) = kept.split_last().unwrap();
    for path in gone {
        fs::remove_file(path).unwrap();
    }
    let text = lines(last).join("\n");
    let whole = text.lines().filter(|line| line.contains("\"state\"")).count();
    assert!(whole == 2 && !text.contains("\"opened\""), "a ticker and a book: {text}");

    let played = Played::from(folder.path(), 1);
    let (_subscription, mut heard) = played.watch().await;
    let mut again = Learnt::default();
    listen(&mut heard, &mut again, "it is sent in full", |learnt| learnt.ticker.is_some() && !learnt.bids.is_empty())
        .await;
    assert_eq!((again.bids.len(), again.asks.len()), (recorded.bids.len(), recorded.asks.len()));
}

/// A message that hardly shrinks.
fn noise(seed: u64, bytes: usize) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.alphanumeric()).take(bytes).collect()
}

/// Lets an adapter hear messages from a server that only says these.
async fn record_messages(recorder: &Recorder, messages: Vec<String>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let count = messages.len() as u64;
    let before = recorder.counts().received;
    let bybit = adapter(url.replace("ws://", "http://"), url, |config| config.tap = recorder.tap());
    let (events, heard) = mpsc::channel(1_024);
    let subscription = bybit.watch(vec![btc()], events);
    let (socket, _) = listener.accept().await.unwrap();
    let mut socket = tokio_tungstenite::accept_async(socket).await.unwrap();
    for message in messages {
        socket.send(Message::text(message)).await.unwrap();
    }
    let end = Instant::now() + DEADLINE;
    while recorder.counts().received - before < count {
        assert!(Instant::now() < end, "waited in vain for {count} messages");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop((subscription, heard));
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The bytes that are kept. The recorder goes on meanwhile: a segment that gave way since it was listed has none.
fn total(folder: &Path) -> u64 {
    let bytes = |path: &PathBuf| match fs::metadata(path) {
        Ok(about) => about.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
        Err(error) => panic!("{}: {error}", path.display()),
    };
    segments(folder).iter().map(bytes).sum()
}

/// The lines of a segment, up to where it can be read.
fn lines(path: &Path) -> Vec<String> {
    let mut text = Vec::new();
    // A cut is the end.
    let _ = zstd::Decoder::new(fs::File::open(path).unwrap()).unwrap().read_to_end(&mut text);
    String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_oldest_segment_gives_way_before_the_bound_is_passed() {
    const MAX: u64 = 256 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let limits = RecordLimits { max_bytes: MAX, segment_age: Duration::from_secs(3_600) };
    let recorder = Recorder::start(folder.path(), Venue::Bybit, limits).unwrap();
    let first = segments(folder.path());
    for round in 0..8 {
        record_messages(&recorder, (0..60).map(|n| noise(round * 100 + n, 2_000)).collect()).await;
        assert!(total(folder.path()) <= MAX, "{} bytes are kept", total(folder.path()));
    }
    let counts = recorder.finish();
    assert!(counts.segments > 16 && counts.lost == 0, "{counts:?}");
    assert!(counts.bytes <= MAX && counts.bytes == total(folder.path()), "{counts:?}");
    assert!(!first[0].exists(), "the oldest is gone");
    assert!(segments(folder.path()).len() >= 4, "and only the oldest");
}

#[tokio::test]
async fn a_segment_that_was_cut_off_is_read_up_to_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), Venue::Bybit, LIMITS).unwrap();
    let text = (0..40).map(|n| format!(r#"{{"topic":"publicTrade.BTCUSDT","data":"{n} {}"}}"#, noise(n, 20_000)));
    record_messages(&recorder, text.collect()).await;
    assert_eq!(recorder.finish().lost, 0);
    let path = segments(folder.path()).remove(0);
    let whole = lines(&path);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() * 2 / 3]).unwrap();
    let held = lines(&path);
    assert!(held.len() > 3 && held.len() < whole.len(), "{} of {}", held.len(), whole.len());

    let mut played = Played::from(folder.path(), 1_000);
    played.pace.let_go();
    let last = played.end().await;
    assert_eq!(last.cut, 1, "and says so");
    let complete = held.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok()).next_back().unwrap();
    assert_eq!(last.at.0, complete["at"].as_i64().unwrap(), "up to the last line that is whole");
}

#[tokio::test]
async fn a_killed_recorder_loses_no_more_than_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(folder.path(), Venue::Bybit, LIMITS).unwrap();
    record_messages(&recorder, (0..10).map(|n| format!("message {n}")).collect()).await;
    let path = segments(folder.path()).remove(0);
    let end = Instant::now() + DEADLINE;
    while lines(&path).iter().filter(|line| line.contains("\"message ")).count() < 10 {
        assert!(Instant::now() < end, "never written: {:?}", lines(&path));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(recorder);
}

#[tokio::test]
async fn binance_is_played_in_its_own_words() {
    let folder = tempfile::tempdir().unwrap();
    let began = 1_780_000_000_000;
    let answer = |path: &str, name: &str| {
        let body = script::binance_payload(name);
        json!({"answer": {"path": path, "status": 200, "headers": [["content-type", "application/json"]], "body": body}})
    };
    let trade = r#"{"stream":"alphausdt@aggTrade","data":{"e":"aggTrade","s":"ALPHAUSDT","a":5}}"#;
    let other = r#"{"stream":"betausdt@aggTrade","data":{"e":"aggTrade","s":"BETAUSDT","a":9}}"#;
    let frame = |text: &str| json!({"frame": {"connection": 0, "text": text}});
    let lines = [
        (0, json!({"begin": {"format": 1, "venue": "binance", "run": began}})),
        (1, answer("/fapi/v1/fundingInfo", "funding-info.json")),
        (2, answer("/fapi/v1/exchangeInfo", "exchange-info.json")),
        (3, json!({"opened": {"connection": 0, "url": "wss://example.com/market/stream"}})),
        (500, frame(r#"{"result":null,"id":1}"#)),
        (501, frame(other)),
        (502, frame(trade)),
        (503, frame(&trade[..40])),
    ];
    let lines: String =
        lines.iter().map(|(at, what)| format!("{}\n", json!({"at": began + at, "what": what}))).collect();
    let path = folder.path().join("segment-0000000000001.ndjson.zst");
    fs::write(path, zstd::encode_all(lines.as_bytes(), 1).unwrap()).unwrap();

    let recording = Recording::open(folder.path()).unwrap();
    assert_eq!((recording.venue(), recording.began()), (Venue::Binance, UnixMs(began)));
    let pace = Arc::new(Pace { stands_at: (began + 3).into(), begun: OnceLock::new(), speed: 1 });
    let shown = Arc::clone(&pace);
    let server = ReplayServer::bind(&recording, Clock::of(move || shown.now())).unwrap();
    let (rest, ws) = (server.rest_url(), server.ws_url());
    let _stop = run(server);
    venue::install_crypto_provider();
    let binance = Binance::new(BinanceConfig::new(rest, &ws, Venue::Replay)).unwrap();
    let listed = binance.instruments().await.unwrap();
    assert!(listed.iter().any(|instrument| instrument.symbol.as_str() == "ALPHAUSDT"), "{listed:?}");
    assert_eq!(binance.venue(), Venue::Replay);

    let (mut socket, _) = tokio_tungstenite::connect_async(format!("{ws}/market/stream")).await.unwrap();
    let request = r#"{"method":"SUBSCRIBE","params":["alphausdt@aggTrade"],"id":7}"#;
    socket.send(Message::text(request)).await.unwrap();
    let mut hear = async || timeout(DEADLINE, socket.next()).await.unwrap().unwrap().unwrap().into_text().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&hear().await).unwrap(), json!({"result": null, "id": 7}));
    pace.let_go();
    assert_eq!(hear().await.as_str(), trade, "what others asked for and what others were answered is not sent");
    assert_eq!(hear().await.as_str(), &trade[..40], "what is no message is sent as it came");
}

#[tokio::test]
async fn a_disk_that_takes_no_more_loses_messages_and_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    let limits = RecordLimits { max_bytes: 64 * 1024, segment_age: Duration::from_secs(3_600) };
    let recorder = Recorder::start(&gone, Venue::Bybit, limits).unwrap();
    // The segment at hand can still be written, but none can begin.
    fs::remove_dir_all(&gone).unwrap();
    record_messages(&recorder, (0..60).map(|n| noise(n, 2_000)).collect()).await;
    let counts = recorder.finish();
    assert!(counts.received >= 60 && counts.lost > 20 && counts.lost < counts.received, "{counts:?}");
}

#[test]
fn a_folder_that_cannot_be_used_is_named_with_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    fs::File::create(&taken).unwrap().write_all(b"x").unwrap();
    let error = Recorder::start(&taken, Venue::Bybit, LIMITS).unwrap_err().to_string();
    assert!(error.contains("cannot record into") && error.contains("not a folder"), "{error}");
    let error = Recording::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("holds no recording"), "{error}");
    let bybits = folder.path().join("bybit");
    let _ = Recorder::start(&bybits, Venue::Bybit, LIMITS).unwrap().finish();
    let error = Recorder::start(&bybits, Venue::Binance, LIMITS).unwrap_err().to_string();
    assert!(error.contains("holds a recording of bybit: record binance into another folder"), "{error}");
    let other = folder.path().join("segment-0000000000001.ndjson.zst");
    fs::write(&other, zstd::encode_all(&b"{\"at\":1,\"what\":{\"lost\":{\"messages\":1}}}\n"[..], 1).unwrap()).unwrap();
    let error = Recording::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("does not begin as a segment"), "{error}");
}
