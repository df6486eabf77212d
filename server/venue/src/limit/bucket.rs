//! One rule of an exchange, kept with a bucket of tokens.

use std::time::Duration;

use tokio::time::Instant;

/// How much may be asked: so much at once, and then one more each so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Rule {
    /// The most at once.
    burst: u32,
    /// The time after which there may be one more.
    per: Duration,
}

impl Rule {
    /// As good as none.
    pub(crate) const FREE: Self = Self { burst: 1_000_000, per: Duration::from_micros(1) };

    /// So many a second, as many of them at once.
    pub(crate) fn rate(per_second: u32) -> Self {
        let per_second = per_second.max(1);
        Self { burst: per_second, per: Duration::from_secs(1) / per_second }
    }

    /// Never more than `limit` in any window of this length: what is taken at once and what comes back while the
    /// window lasts stay below the limit together.
    pub(crate) fn law(limit: u32, window: Duration) -> Self {
        let limit = limit.max(1);
        let burst = (limit / 5).max(1);
        // With one at a time the whole limit may come back: a window then begins or ends with a request.
        let back = if burst == 1 { limit } else { limit - burst };
        Self { burst, per: window / back }
    }

    /// The stricter of both in each respect.
    pub(crate) fn within(self, other: Self) -> Self {
        Self { burst: self.burst.min(other.burst), per: self.per.max(other.per) }
    }

    /// Large enough for one request of this cost.
    #[cfg(test)]
    pub(crate) const fn burst(self) -> u32 {
        self.burst
    }
}

/// The tokens of one rule.
///
/// Its pace is halved when the exchange complains, and comes back in steps.
#[derive(Debug)]
pub(super) struct Bucket {
    rule: Rule,
    tokens: f64,
    /// When the tokens were counted last.
    at: Instant,
    /// The share of the rule's rate that is used.
    pace: f64,
    /// When the pace changed last.
    paced_at: Instant,
    /// Until when nothing is given out.
    held: Option<Instant>,
}

impl Bucket {
    /// The slowest pace.
    const SLOWEST: f64 = 1.0 / 16.0;
    /// What the pace gains in a step.
    const STEP: f64 = 0.125;
    /// Between two steps.
    const STEP_EVERY: Duration = Duration::from_secs(10);

    pub(super) fn new(rule: Rule, now: Instant) -> Self {
        Self { rule, tokens: f64::from(rule.burst), at: now, pace: 1.0, paced_at: now, held: None }
    }

    /// How long a request of this cost has to wait; none where it may be made now.
    pub(super) fn wait(&mut self, cost: u32, now: Instant) -> Option<Duration> {
        if let Some(until) = self.held.filter(|until| now < *until) {
            return Some(until - now);
        }
        self.settle(now);
        // A request that costs more than may be taken at once waits for a full bucket and leaves a debt.
        let lacking = f64::from(cost).min(self.capacity()) - self.tokens;
        // Far below any cost, and far above what rounding leaves behind.
        if lacking <= 1e-6 {
            return None;
        }
        Some(self.rule.per.mul_f64(lacking / self.pace).max(Duration::from_millis(1)))
    }

    /// Takes what a request costs.
    pub(super) fn take(&mut self, cost: u32) {
        self.tokens -= f64::from(cost);
    }

    /// What may be taken at once now and after a rest, and the pace; none where the rule is as good as none.
    pub(super) fn budget(&mut self, now: Instant) -> Option<(f64, u32, f64)> {
        self.settle(now);
        (self.rule != Rule::FREE).then_some((self.tokens, self.rule.burst, self.pace))
    }

    /// Gives nothing out for a while.
    pub(super) fn hold(&mut self, pause: Duration, now: Instant) {
        let until = now + pause;
        self.held = Some(self.held.map_or(until, |held| held.max(until)));
    }

    /// Halves the pace.
    pub(super) fn slow(&mut self, now: Instant) {
        self.settle(now);
        self.pace = (self.pace / 2.0).max(Self::SLOWEST);
        self.paced_at = now;
        self.tokens = self.tokens.min(self.capacity());
    }

    /// Takes over a stricter rule.
    pub(super) fn restrict(&mut self, rule: Rule, now: Instant) {
        self.settle(now);
        self.rule = self.rule.within(rule);
        self.tokens = self.tokens.min(self.capacity());
    }

    /// The share of the rule's rate that is used.
    #[cfg(test)]
    pub(super) fn pace(&mut self, now: Instant) -> f64 {
        self.settle(now);
        self.pace
    }

    fn capacity(&self) -> f64 {
        (f64::from(self.rule.burst) * self.pace).max(1.0)
    }

    /// Counts the tokens that have come back, step by step of the pace.
    fn settle(&mut self, now: Instant) {
        while self.pace < 1.0 && self.paced_at + Self::STEP_EVERY <= now {
            let step = self.paced_at + Self::STEP_EVERY;
            self.refill(step);
            self.pace = (self.pace + Self::STEP).min(1.0);
            self.paced_at = step;
        }
        self.refill(now);
    }

    fn refill(&mut self, now: Instant) {
        let gone = now.saturating_duration_since(self.at);
        let back = gone.as_secs_f64() / self.rule.per.as_secs_f64() * self.pace;
        self.tokens = (self.tokens + back).min(self.capacity());
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Something that happens to a bucket.
    #[derive(Debug, Clone, Copy)]
    enum Step {
        Ask(u32),
        Pass(u64),
        Slow,
        Hold(u64),
    }

    fn steps(max_cost: u32) -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            20 => (1..=max_cost).prop_map(Step::Ask),
            4 => (0_u64..400).prop_map(Step::Pass),
            1 => (400_u64..30_000).prop_map(Step::Pass),
            1 => Just(Step::Slow),
            1 => (1_u64..2_000).prop_map(Step::Hold),
        ];
        prop::collection::vec(step, 1..400)
    }

    /// When each request was made, in ms, and its cost: each as early as the bucket lets it.
    fn made(rule: Rule, steps: &[Step]) -> Vec<(u64, u32)> {
        let start = Instant::now();
        let mut bucket = Bucket::new(rule, start);
        let (mut now, mut made) = (0_u64, Vec::new());
        for step in steps {
            let at = |ms: u64| start + Duration::from_millis(ms);
            match *step {
                Step::Pass(ms) => now += ms,
                Step::Slow => bucket.slow(at(now)),
                Step::Hold(ms) => bucket.hold(Duration::from_millis(ms), at(now)),
                Step::Ask(cost) => {
                    while let Some(wait) = bucket.wait(cost, at(now)) {
                        now += u64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap().max(1);
                    }
                    bucket.take(cost);
                    made.push((now, cost));
                }
            }
        }
        made
    }

    /// The most that was asked in any window of this length.
    fn most(made: &[(u64, u32)], window_ms: u64) -> u32 {
        let from = |start: usize| made[start..].iter().take_while(move |(at, _)| at - made[start].0 < window_ms);
        (0..made.len()).map(|start| from(start).map(|(_, cost)| cost).sum()).max().unwrap_or(0)
    }

    proptest! {
        /// Whoever asks whenever: in no window is there more than the law allows.
        #[test]
        fn never_above_the_limit_in_any_window(limit in 1_u32..700, window in 200_u64..6_000, steps in steps(1)) {
            let made = made(Rule::law(limit, Duration::from_millis(window)), &steps);
            prop_assert!(most(&made, window) <= limit, "{} of {limit} in {window} ms", most(&made, window));
        }

        /// The same where requests are weighed, none heavier than what may be taken at once.
        #[test]
        fn never_above_the_weight_in_any_window(limit in 200_u32..2_400, window in 1_000_u64..60_000, steps in steps(40)) {
            let rule = Rule::law(limit, Duration::from_millis(window));
            prop_assert!(rule.burst() >= 40);
            let made = made(rule, &steps);
            prop_assert!(most(&made, window) <= limit, "{} of {limit} in {window} ms", most(&made, window));
        }
    }

    #[test]
    fn a_complaint_halves_the_rate_and_quiet_brings_it_back_in_steps() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut bucket = Bucket::new(Rule::rate(10), start);
        bucket.slow(start);
        assert_eq!(bucket.pace(start), 0.5);
        assert_eq!(bucket.pace(after(9)), 0.5);
        assert_eq!(bucket.pace(after(10)), 0.625);
        assert_eq!(bucket.pace(after(31)), 0.875);
        assert_eq!(bucket.pace(after(40)), 1.0);
        for _ in 0..20 {
            bucket.slow(after(60));
        }
        assert_eq!(bucket.pace(after(60)), Bucket::SLOWEST, "it never stops altogether");
        assert_eq!(bucket.pace(after(3_600)), 1.0);
    }

    #[test]
    fn half_the_pace_is_half_the_requests() {
        let in_ten_seconds = |complaints: usize| {
            let mut steps = vec![Step::Slow; complaints];
            steps.extend([Step::Ask(1); 400]);
            made(Rule::rate(20), &steps).iter().filter(|(at, _)| *at < 10_000).count()
        };
        // A full bucket at the beginning, and what comes back.
        assert!((20 + 195..=20 + 200).contains(&in_ten_seconds(0)), "{}", in_ten_seconds(0));
        assert!((10 + 95..=10 + 105).contains(&in_ten_seconds(1)), "{}", in_ten_seconds(1));
    }

    #[test]
    fn a_rule_the_exchange_tells_of_holds_when_it_is_stricter() {
        let start = Instant::now();
        let mut bucket = Bucket::new(Rule::rate(40), start);
        bucket.restrict(Rule::law(10, Duration::from_secs(1)), start);
        let mut now = start;
        let mut taken = 0;
        while now < start + Duration::from_secs(1) {
            match bucket.wait(1, now) {
                Some(wait) => now += wait,
                None => {
                    bucket.take(1);
                    taken += 1;
                }
            }
        }
        assert!((9..=10).contains(&taken), "{taken}");
        bucket.restrict(Rule::rate(1_000), now);
        assert_eq!(bucket.rule, Rule::rate(40).within(Rule::law(10, Duration::from_secs(1))));
    }
}
