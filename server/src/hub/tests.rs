//! What a client of the stream receives, and when. Time is paused.

use cache::{Cache, Clock, Publisher};
use schema::{
    AlertLog, Breakdown, Figure, MarketMovers, Price, Signals, Stamp, Symbol, SymbolLive, UnixMs, alerts::Alert,
    stream::Topic,
};
use tokio::time::{Duration, Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::{Catchup, FLUSH, Hub, Hubs, PACE, changes};
use crate::fixture;

struct World {
    cache: Cache,
    signals: Publisher<Signals>,
    breakdowns: Publisher<Breakdown>,
    btc: Symbol,
}

impl World {
    async fn new() -> Self {
        let cache = Cache::builder(Clock::System, "test").build();
        let (signals, breakdowns) = (cache.publisher().unwrap(), cache.publisher().unwrap());
        let world = Self { cache, signals, breakdowns, btc: Symbol::new("BTCUSDT").unwrap() };
        let _ = world.signals.publish(&(), fixture::signals(), fixture::AS_OF).await;
        world
    }

    /// Publishes the breakdown of BTC with a price, as of some milliseconds after the fixture's.
    async fn publish(&self, price: f64, later_ms: i64, change: impl FnOnce(&mut Breakdown)) {
        let mut breakdown = fixture::breakdown();
        breakdown.row.quote.price = Price::new(price).unwrap();
        change(&mut breakdown);
        let scope = (breakdown.source, self.btc);
        let _ = self.breakdowns.publish(&scope, breakdown, later(later_ms)).await;
    }

    fn topic(&self) -> Topic {
        Topic::Breakdown(self.btc)
    }
}

fn later(ms: i64) -> UnixMs {
    UnixMs(fixture::AS_OF.0 + ms)
}

/// Runs a hub until it is dropped.
struct Running(CancellationToken);

impl Running {
    fn of(hub: &Hub) -> Self {
        let stop = CancellationToken::new();
        tokio::spawn(hub.clone().run(stop.clone()));
        Self(stop)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// What was sent on a topic since a tick, once something was.
async fn sent(hub: &Hub, known: Stamp, topic: Topic) -> Vec<String> {
    let mut ticks = hub.ticks();
    let found = async {
        loop {
            ticks.mark_unchanged();
            let Catchup::Frames(frames) = hub.since(known, &[topic]).1 else { panic!("a client that is up to date") };
            if !frames.is_empty() {
                return frames.iter().map(|frame| String::from_utf8(frame.bytes().to_vec()).unwrap()).collect();
            }
            ticks.changed().await.unwrap();
        }
    };
    timeout(Duration::from_secs(10), found).await.expect("nothing was sent")
}

/// Runs a hub up to its first tick.
async fn first_tick(hub: &Hub) -> Stamp {
    let mut ticks = hub.ticks();
    ticks.wait_for(|seq| *seq > 0).await.unwrap();
    hub.tick()
}

#[tokio::test(start_paused = true)]
async fn a_breakdown_that_changed_before_the_stream_was_opened_is_sent() {
    let world = World::new().await;
    world.publish(100.0, 0, |_| {}).await;
    let hub = Hub::new(world.cache.clone(), 1, FLUSH);
    let _running = Running::of(&hub);
    // The page is made of this tick; before its stream is open, a bar closes.
    let page = first_tick(&hub).await;
    world.publish(101.0, 500, |breakdown| breakdown.bar_closed_at = Some(later(400))).await;
    let _following = hub.follow(world.btc);
    let sent = sent(&hub, page, world.topic()).await;
    assert!(sent[0].contains("\"breakdown\":") && sent[0].contains("\"price\":101"), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn a_breakdown_that_changed_while_the_phone_slept_is_sent() {
    let world = World::new().await;
    world.publish(100.0, 0, |_| {}).await;
    let hub = Hub::new(world.cache.clone(), 1, FLUSH);
    let _running = Running::of(&hub);
    let first = first_tick(&hub).await;
    let following = hub.follow(world.btc);
    sent(&hub, first, world.topic()).await;
    let slept_at = hub.tick();
    drop(following);
    world.publish(101.0, 500, |breakdown| breakdown.bar_closed_at = Some(later(400))).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let _following = hub.follow(world.btc);
    let sent = sent(&hub, slept_at, world.topic()).await;
    assert!(sent[0].contains("\"price\":101"), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn while_a_bar_is_open_the_part_that_changes_is_sent_alone() {
    let world = World::new().await;
    world.publish(100.0, 0, |_| {}).await;
    let hub = Hub::new(world.cache.clone(), 1, FLUSH);
    let _running = Running::of(&hub);
    let first = first_tick(&hub).await;
    let _following = hub.follow(world.btc);
    let whole = sent(&hub, first, world.topic()).await;
    assert!(whole[0].contains("\"breakdown\":"), "{whole:?}");
    let known = hub.tick();
    world.publish(101.0, 1_000, |_| {}).await;
    let part = sent(&hub, known, world.topic()).await;
    assert_eq!(part.len(), 1);
    assert!(part[0].starts_with("event: delta\n") && part[0].contains("{\"live\":"), "{part:?}");
    assert!(part[0].contains("\"price\":101") && part[0].len() * 2 < whole[0].len(), "{part:?}");
    let known = hub.tick();
    world.publish(102.0, 2_000, |breakdown| breakdown.bar_closed_at = Some(later(1_500))).await;
    let whole = sent(&hub, known, world.topic()).await;
    assert!(whole[0].contains("\"breakdown\":") && whole[0].contains("\"price\":102"), "{whole:?}");
}

#[tokio::test(start_paused = true)]
async fn in_a_process_that_reads_the_list_brings_the_price_between_two_breakdowns() {
    let world = World::new().await;
    world.publish(100.0, 0, |_| {}).await;
    let hub = Hub::new(world.cache.clone(), 1, FLUSH);
    let _running = Running::of(&hub);
    let first = first_tick(&hub).await;
    let _following = hub.follow(world.btc);
    sent(&hub, first, world.topic()).await;
    let known = hub.tick();
    let mut list = fixture::signals();
    list.rows[0].quote.price = Price::new(103.0).unwrap();
    let turnover = *list.rows[0].quote.turnover_24h.value().unwrap();
    list.rows[0].quote.turnover_24h = Figure::known(turnover, later(900));
    let _ = world.signals.publish(&(), list, later(1_000)).await;
    let part = sent(&hub, known, world.topic()).await;
    assert!(part[0].contains("{\"live\":") && part[0].contains("\"price\":103"), "{part:?}");
}

#[tokio::test(start_paused = true)]
async fn the_price_of_an_open_symbol_does_not_wait_for_the_timer() {
    let world = World::new().await;
    world.publish(100.0, 0, |_| {}).await;
    let hubs = Hubs::new(&world.cache, 1);
    let (hub, open) = (&hubs.live, hubs.open());
    let _running = Running::of(hub);
    let first = first_tick(hub).await;
    let _following = hub.follow(world.btc);
    sent(hub, first, world.topic()).await;
    for n in 1..=20 {
        let known = hub.tick();
        let scope = (fixture::breakdown().source, world.btc);
        let mut live = SymbolLive::of(&world.cache.get::<Breakdown>(&scope).await.unwrap());
        live.as_of = later(n * 10);
        live.quote.price = Price::new(200.0 + n as f64).unwrap();
        let began = Instant::now();
        open.set_live(live);
        open.flush();
        let part = sent(hub, known, world.topic()).await;
        assert!(part[0].contains(&format!("\"price\":{}", 200 + n)), "{part:?}");
        assert!(began.elapsed() <= PACE, "it took {:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_symbol_that_nobody_follows_any_more_leaves_nothing_behind() {
    let world = World::new().await;
    world.publish(100.0, 0, |_| {}).await;
    let hubs = Hubs::new(&world.cache, 1);
    let hub = &hubs.live;
    let _running = Running::of(hub);
    let first = first_tick(hub).await;
    let following = hub.follow(world.btc);
    sent(hub, first, world.topic()).await;
    assert!(hubs.open().is_open(world.btc));
    drop(following);
    assert!(!hubs.open().is_open(world.btc));
    let Catchup::Frames(frames) = hub.since(first, &[world.topic()]).1 else { panic!() };
    assert!(frames.is_empty(), "what was sent last says nothing of what changed since");
}

#[tokio::test(start_paused = true)]
async fn deltas_of_the_list_that_were_dropped_make_a_client_ask_for_the_whole() {
    let world = World::new().await;
    let hub = Hub::new(world.cache.clone(), 1, FLUSH);
    let _running = Running::of(&hub);
    let first = first_tick(&hub).await;
    let (mut ticks, mut known) = (hub.ticks(), Vec::new());
    for n in 1..=300 {
        let mut list = fixture::signals();
        list.rows[0].quote.price = Price::new(100.0 + f64::from(n)).unwrap();
        let _ = world.signals.publish(&(), list, later(i64::from(n))).await;
        ticks.mark_unchanged();
        ticks.changed().await.unwrap();
        known.push(hub.tick());
    }
    let missed = |stamp| match hub.since(stamp, &[Topic::Signals]).1 {
        Catchup::Frames(frames) => Some(frames.len()),
        Catchup::Whole => None,
    };
    assert_eq!((missed(known[299]), missed(known[289]), missed(known[59])), (Some(0), Some(10), Some(240)));
    assert_eq!((missed(known[58]), missed(first)), (None, None));
    let other = match hub.since(first, &[Topic::Changed(<Signals as schema::Schema>::NAME)]).1 {
        Catchup::Frames(frames) => frames.len(),
        Catchup::Whole => panic!("a topic without deltas needs no whole"),
    };
    assert_eq!(other, 1, "the newest word of a topic is enough");
}

#[tokio::test(start_paused = true)]
async fn each_alert_is_an_event_of_its_own_and_what_happened_before_is_none() {
    let world = World::new().await;
    let log = world.cache.publisher::<AlertLog>().unwrap();
    let mut alerts = fixture::alerts();
    let newest = alerts.alerts.remove(0);
    let second = Alert { at: UnixMs(newest.at.0 + 1), ..newest.clone() };
    let _ = log.publish(&(), alerts.clone(), later(0)).await;
    let hub = Hub::new(world.cache.clone(), 1, FLUSH);
    let _running = Running::of(&hub);
    let first = first_tick(&hub).await;
    alerts.alerts.insert(0, newest);
    alerts.alerts.insert(0, second);
    let _ = log.publish(&(), alerts, later(1)).await;
    let events = sent(&hub, first, Topic::Alert).await;
    assert_eq!(events.len(), 2, "{events:?}");
    assert!(events.iter().all(|event| event.starts_with("event: alert\n") && event.contains("{\"alert\":")));
    assert_ne!(events[0], events[1], "the older one comes first");
}

#[tokio::test(start_paused = true)]
async fn more_alerts_at_once_than_the_log_keeps_are_counted_on_the_stream() {
    let world = World::new().await;
    let publisher = world.cache.publisher::<AlertLog>().unwrap();
    let mut log = AlertLog { given_way: 7, ..fixture::alerts() };
    let signal = log.alerts.remove(1);
    log.alerts.clear();
    let _ = publisher.publish(&(), log.clone(), later(0)).await;
    let hub = Hub::new(world.cache.clone(), 1, FLUSH);
    let _running = Running::of(&hub);
    let first = first_tick(&hub).await;
    // 200 turned at once; the log keeps 100 of a kind.
    log.alerts = vec![signal; AlertLog::KEPT];
    log.alerts.iter_mut().rev().zip(0..).for_each(|(alert, i)| alert.at.0 += i);
    log.given_way += 100;
    let _ = publisher.publish(&(), log, later(1)).await;
    let events = sent(&hub, first, Topic::Alert).await;
    assert_eq!(events.len(), 1 + AlertLog::KEPT);
    assert!(events[0].contains(r#"{"evicted":{"count":100}}"#), "{}", events[0]);
    assert!(events[1..].iter().all(|event| event.contains(r#"{"alert":"#)));
}

impl Hub {
    /// Writes something every so often, for ever.
    pub(crate) async fn change_every(self, period: Duration) {
        let publisher = self.cache.publisher::<MarketMovers>().unwrap();
        let mut as_of = self.cache.now();
        loop {
            let _ = publisher.publish(&(), changes::tests::movers(), as_of).await;
            tokio::time::sleep(period).await;
            as_of = as_of.plus(period);
        }
    }

    /// Writes something and runs up to the tick that reports it.
    pub(crate) async fn run_for_a_tick(&self) {
        let publisher = self.cache.publisher::<MarketMovers>().unwrap();
        let _ = publisher.publish(&(), changes::tests::movers(), self.cache.now()).await;
        let stop = CancellationToken::new();
        let mut ticks = self.ticks();
        let running = tokio::spawn(self.clone().run(stop.clone()));
        ticks.changed().await.unwrap();
        stop.cancel();
        running.await.unwrap();
    }
}

#[tokio::test]
async fn a_whole_value_is_encoded_once_for_all_who_ask_in_a_tick() {
    let cache = Cache::builder(Clock::System, "test").build();
    let hub = Hub::new(cache, 7, FLUSH);
    let asked = || async { hub.whole(&[Topic::Shared, Topic::Headline]).await };
    let ((stamp, first), (_, second)) = (asked().await, asked().await);
    let [one] = first.as_slice() else { panic!("there is no headline: {first:?}") };
    assert_eq!(one.bytes().as_ptr(), second[0].bytes().as_ptr(), "the same bytes");
    hub.run_for_a_tick().await;
    let (next, third) = asked().await;
    assert!(next > stamp && third[0].bytes() != one.bytes(), "the next tick is sent with its own stamp");
}
