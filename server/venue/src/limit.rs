//! How often and whether a host may be asked.
//!
//! Every rule of a venue has a bucket of its own: one for all requests, one for each lane, which is a route or a group
//! of routes that the venue counts together. Rates and refusals belong to the host and hold for the whole process:
//! an exchange that banned this address must not be asked by anybody.

mod bucket;
mod budget;

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use bucket::Bucket;
pub(crate) use bucket::Rule;
pub use budget::{Budget, budgets};

/// What is known of every host that was ever asked, by `host:port`.
static HOSTS: LazyLock<Mutex<HashMap<String, Arc<Host>>>> = LazyLock::new(Mutex::default);

/// What holds for one host, whoever asks it.
#[derive(Debug, Default)]
struct Host {
    pauses: Mutex<Pauses>,
    /// Adapters that keep to the same rules share their buckets.
    rates: Mutex<HashMap<Rules, Arc<Rates>>>,
}

#[derive(Debug, Default)]
struct Pauses {
    refused: Option<Refusal>,
    /// Until when everybody waits.
    held: Option<Instant>,
}

/// Why a request may not be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The host refused this address.
    Refused {
        /// The status of the refusal.
        status: u16,
        /// For how much longer nothing is requested.
        left: Duration,
    },
    /// The host asked for a pause that is too long to be waited for.
    Held {
        /// How much of it is left.
        left: Duration,
    },
}

#[derive(Debug)]
struct Refusal {
    until: Instant,
    status: u16,
    reason: String,
}

/// The rules of a venue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Rules {
    /// What holds for all requests together, by their number.
    pub(crate) count: Rule,
    /// What holds for all requests together, by their weight.
    pub(crate) weight: Rule,
    /// What holds for each lane, by the number of requests.
    pub(crate) lanes: Vec<Rule>,
}

/// What a request is charged with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Charge {
    /// Its lane, by its place in [`Rules::lanes`].
    pub(crate) lane: usize,
    /// What it weighs in the rule of weights; 0 where the venue counts the lane apart.
    pub(crate) weight: u32,
}

#[derive(Debug)]
struct Rates {
    buckets: Mutex<Buckets>,
    /// Who waits for the rules for all, in order.
    queue: tokio::sync::Mutex<()>,
    /// Who waits for a lane, in order. It is entered before the queue for all, so that a slow lane holds up no other.
    lane_queues: Vec<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct Buckets {
    count: Bucket,
    weight: Bucket,
    lanes: Vec<Bucket>,
}

/// Why nothing is asked of a host for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// What the host said, in plain words.
    pub reason: String,
    /// For how much longer nothing is asked.
    pub left: Duration,
}

/// The way to one host: lets requests pass at a rate, makes them wait, or sends them back.
#[derive(Debug)]
pub(crate) struct Gate {
    host: Arc<Host>,
    rates: Arc<Rates>,
}

impl Gate {
    /// A longer pause is not waited for: the caller receives how long it lasts and requests again.
    pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

    /// The gate to a host, given as `host:port`.
    pub(crate) fn new(host: &str, rules: Rules) -> Self {
        let mut hosts = locked(&HOSTS);
        let host = Arc::clone(hosts.entry(host.to_owned()).or_default());
        let rates =
            Arc::clone(locked(&host.rates).entry(rules).or_insert_with_key(|rules| Arc::new(Rates::new(rules))));
        Self { host, rates }
    }

    /// Waits for a turn.
    ///
    /// # Errors
    ///
    /// [`Stopped`] where the host may not be asked, now or for longer than [`Gate::PATIENCE`].
    pub(crate) async fn pass(&self, charge: Charge) -> Result<(), Stopped> {
        let Charge { lane, weight } = charge;
        loop {
            self.refusal()?;
            if let Some(until) = self.held() {
                let left = until - Instant::now();
                if left > Self::PATIENCE {
                    return Err(Stopped::Held { left });
                }
                tokio::time::sleep_until(until).await;
                continue;
            }
            let _in_lane = self.rates.lane_queues[lane].lock().await;
            self.refusal()?;
            while let Some(wait) = self.lane_wait(lane) {
                tokio::time::sleep(wait).await;
            }
            let _in_turn = self.rates.queue.lock().await;
            self.refusal()?;
            while let Some(wait) = self.all_wait(weight) {
                tokio::time::sleep(wait).await;
            }
            // While this request waited for its turn the venue may have answered another one to stop or to wait.
            self.refusal()?;
            if self.held().is_none() && self.take(lane, weight) {
                return Ok(());
            }
        }
    }

    /// Sends everybody back for a while.
    pub(crate) fn refuse(&self, status: u16, reason: String, pause: Duration) {
        let until = Instant::now() + pause;
        let mut pauses = locked(&self.host.pauses);
        if pauses.refused.as_ref().is_none_or(|refusal| refusal.until < until) {
            pauses.refused = Some(Refusal { until, status, reason });
        }
    }

    /// Makes everybody wait for a while, and then ask half as often.
    pub(crate) fn hold(&self, pause: Duration) {
        let now = Instant::now();
        let mut pauses = locked(&self.host.pauses);
        let until = now + pause;
        pauses.held = Some(pauses.held.map_or(until, |held| held.max(until)));
        drop(pauses);
        let mut buckets = self.buckets();
        buckets.count.slow(now);
        buckets.weight.slow(now);
    }

    /// Makes those in a lane wait for a while; `slower`: and then ask half as often.
    pub(crate) fn hold_lane(&self, lane: usize, pause: Duration, slower: bool) {
        let now = Instant::now();
        let bucket = &mut self.buckets().lanes[lane];
        bucket.hold(pause, now);
        if slower {
            bucket.slow(now);
        }
    }

    /// Keeps a lane to a rule that the host announced.
    pub(crate) fn restrict_lane(&self, lane: usize, rule: Rule) {
        self.buckets().lanes[lane].restrict(rule, Instant::now());
    }

    /// Why nothing is asked for now.
    pub(crate) fn pause(&self) -> Option<Pause> {
        let now = Instant::now();
        let pauses = locked(&self.host.pauses);
        if let Some(refusal) = pauses.refused.as_ref().filter(|refusal| now < refusal.until) {
            return Some(Pause { reason: refusal.reason.clone(), left: refusal.until - now });
        }
        let left = pauses.held?.checked_duration_since(now).filter(|left| *left > Self::PATIENCE)?;
        Some(Pause { reason: "HTTP 429: it asked to slow down".to_owned(), left })
    }

    fn refusal(&self) -> Result<(), Stopped> {
        let now = Instant::now();
        match &locked(&self.host.pauses).refused {
            Some(Refusal { until, status, .. }) if now < *until => {
                Err(Stopped::Refused { status: *status, left: *until - now })
            }
            _ => Ok(()),
        }
    }

    fn held(&self) -> Option<Instant> {
        locked(&self.host.pauses).held.filter(|until| Instant::now() < *until)
    }

    fn lane_wait(&self, lane: usize) -> Option<Duration> {
        self.buckets().lane_wait(lane)
    }

    fn all_wait(&self, weight: u32) -> Option<Duration> {
        self.buckets().all_wait(weight)
    }

    fn take(&self, lane: usize, weight: u32) -> bool {
        self.buckets().take(lane, weight)
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        locked(&self.rates.buckets)
    }
}

impl Rates {
    fn new(rules: &Rules) -> Self {
        let now = Instant::now();
        let lanes: Vec<_> = rules.lanes.iter().map(|rule| Bucket::new(*rule, now)).collect();
        Self {
            queue: tokio::sync::Mutex::default(),
            lane_queues: lanes.iter().map(|_| tokio::sync::Mutex::default()).collect(),
            buckets: Mutex::new(Buckets {
                count: Bucket::new(rules.count, now),
                weight: Bucket::new(rules.weight, now),
                lanes,
            }),
        }
    }
}

impl Buckets {
    fn lane_wait(&mut self, lane: usize) -> Option<Duration> {
        self.lanes[lane].wait(1, Instant::now())
    }

    fn all_wait(&mut self, weight: u32) -> Option<Duration> {
        let now = Instant::now();
        self.count.wait(1, now).max(self.weight.wait(weight, now))
    }

    /// Charges both at once or none; whether it did.
    fn take(&mut self, lane: usize, weight: u32) -> bool {
        let ready = self.lane_wait(lane).is_none() && self.all_wait(weight).is_none();
        if ready {
            self.lanes[lane].take(1);
            self.count.take(1);
            self.weight.take(weight);
        }
        ready
    }
}

/// What these locks guard is whole after every statement, so that a panic elsewhere leaves nothing half done.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Charge = Charge { lane: 0, weight: 1 };

    fn gate(host: &str) -> Gate {
        Gate::new(host, Rules { count: Rule::rate(1_000), weight: Rule::FREE, lanes: vec![Rule::rate(1_000); 2] })
    }

    fn refused(status: u16, seconds: u64) -> Result<(), Stopped> {
        Err(Stopped::Refused { status, left: Duration::from_secs(seconds) })
    }

    fn refuse(gate: &Gate, status: u16, seconds: u64) {
        gate.refuse(status, format!("HTTP {status}"), Duration::from_secs(seconds));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_holds_for_every_gate_of_the_host_and_for_no_other_host() {
        let refusing = gate("refusing.test:443");
        refuse(&refusing, 403, 600);
        assert_eq!(gate("refusing.test:443").pass(ONE).await, refused(403, 600));
        assert_eq!(gate("other.test:443").pass(ONE).await, Ok(()));
        tokio::time::advance(Duration::from_secs(599)).await;
        assert_eq!(refusing.pass(ONE).await, refused(403, 1));
        let pause = Pause { reason: "HTTP 403".to_owned(), left: Duration::from_secs(1) };
        assert_eq!(refusing.pause(), Some(pause));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(refusing.pass(ONE).await, Ok(()));
        assert_eq!(refusing.pause(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_refusal_does_not_cut_a_longer_one() {
        let gate = gate("banned.test:443");
        refuse(&gate, 403, 600);
        refuse(&gate, 451, 1);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(gate.pass(ONE).await, refused(403, 590));
    }

    #[tokio::test(start_paused = true)]
    async fn obeys_a_long_pause_in_full_and_says_how_long_it_lasts() {
        let slowed = gate("hours.test:443");
        let (pause, reason) = (Duration::from_secs(2 * 3_600), "HTTP 429: it asked to slow down".to_owned());
        slowed.hold(pause);
        assert_eq!(slowed.pause(), Some(Pause { reason, left: pause }));
        let sibling = gate("hours.test:443");
        for left_s in [7_200, 3_600, 31] {
            tokio::time::advance(slowed.pause().unwrap().left - Duration::from_secs(left_s)).await;
            assert_eq!(sibling.pass(ONE).await, Err(Stopped::Held { left: Duration::from_secs(left_s) }));
        }
        let before = Instant::now();
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(sibling.pass(ONE).await, Ok(()), "the rest is short enough to be waited for");
        assert!(before.elapsed() >= Duration::from_secs(31), "{:?}", before.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_held_waits_and_then_passes() {
        let gate = gate("slow.test:443");
        gate.hold(Duration::from_secs(5));
        let before = Instant::now();
        assert_eq!(gate.pass(ONE).await, Ok(()));
        assert!(before.elapsed() >= Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_that_is_held_holds_up_no_other() {
        let gate = Arc::new(gate("lanes.test:443"));
        gate.hold_lane(0, Duration::from_secs(5), true);
        let before = Instant::now();
        let held: Vec<_> = (0..10)
            .map(|_| {
                let gate = Arc::clone(&gate);
                tokio::spawn(async move { gate.pass(ONE).await })
            })
            .collect();
        tokio::task::yield_now().await;
        for _ in 0..100 {
            assert_eq!(gate.pass(Charge { lane: 1, weight: 1 }).await, Ok(()));
        }
        assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
        for waiting in held {
            assert_eq!(waiting.await.unwrap(), Ok(()));
        }
        assert!(before.elapsed() >= Duration::from_secs(5));
    }

    /// When each of some requests was let pass, in ms.
    async fn passed(gate: Arc<Gate>, charges: Vec<Charge>) -> Vec<(u64, Charge)> {
        let start = Instant::now();
        let waiting: Vec<_> = charges
            .into_iter()
            .map(|charge| {
                let gate = Arc::clone(&gate);
                tokio::spawn(async move {
                    gate.pass(charge).await.unwrap();
                    (u64::try_from(start.elapsed().as_millis()).unwrap(), charge)
                })
            })
            .collect();
        let mut passed = Vec::new();
        for waiting in waiting {
            passed.push(waiting.await.unwrap());
        }
        passed.sort_by_key(|(at, _)| *at);
        passed
    }

    fn most(passed: &[(u64, Charge)], window_ms: u64, cost: impl Fn(&Charge) -> u32) -> u32 {
        let from = |start: usize| passed[start..].iter().take_while(move |(at, _)| at - passed[start].0 < window_ms);
        (0..passed.len()).map(|start| from(start).map(|(_, charge)| cost(charge)).sum()).max().unwrap_or(0)
    }

    #[tokio::test(start_paused = true)]
    async fn many_who_ask_at_once_never_exceed_any_rule_in_any_window() {
        let rules = Rules {
            count: Rule::rate(1_000),
            weight: Rule::law(600, Duration::from_secs(5)),
            lanes: vec![Rule::law(50, Duration::from_secs(1)), Rule::law(500, Duration::from_secs(1))],
        };
        let gate = Arc::new(Gate::new("windows.test:443", rules));
        let charge = |n: u32| Charge { lane: usize::from(n.is_multiple_of(3)), weight: 1 + n % 40 };
        let passed = passed(gate, (0..300).map(charge).collect()).await;
        assert_eq!(passed.len(), 300);
        let weight = most(&passed, 5_000, |charge| charge.weight);
        let first = most(&passed, 1_000, |charge| u32::from(charge.lane == 0));
        assert!(weight <= 600 && weight > 450, "{weight} in 5 s");
        assert!(first <= 50, "{first} of the first lane in 1 s");
    }

    #[tokio::test(start_paused = true)]
    async fn adapters_with_the_same_rules_share_the_rate_of_a_host() {
        let rules = Rules { count: Rule::rate(10), weight: Rule::FREE, lanes: vec![Rule::FREE] };
        let (one, other) = (Gate::new("shared.test:443", rules.clone()), Gate::new("shared.test:443", rules));
        let before = Instant::now();
        for _ in 0..10 {
            one.pass(ONE).await.unwrap();
            other.pass(ONE).await.unwrap();
        }
        assert!(before.elapsed() >= Duration::from_millis(990), "{:?}", before.elapsed());
    }
}
