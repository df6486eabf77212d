//! When a request about one contract may be made again, so that one that is refused costs the others nothing.

use std::{collections::HashMap, time::Duration};

use schema::{Symbol, universe::FailingRequest};
use tokio::time::Instant;
use venue::VenueError;

/// The wait after the first failure; each further one doubles it.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait after a refusal that is about the contract.
const LONGEST: Duration = Duration::from_secs(300);
/// The longest wait where the exchange itself cannot answer: once it can, nothing waits for long.
const LONGEST_OUTAGE: Duration = Duration::from_secs(10);

/// Requests about contracts, each with its own schedule and its own failures.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    waiting: HashMap<(Symbol, &'static str), Waiting>,
}

#[derive(Debug)]
struct Waiting {
    due: Instant,
    /// When it was made the last time.
    made: Instant,
    /// How often in a row it failed, or was needed again too soon.
    failures: u32,
    cause: Option<String>,
}

impl Schedule {
    /// Whether a request may be made now.
    pub(crate) fn is_due(&self, symbol: Symbol, what: &'static str) -> bool {
        self.waiting.get(&(symbol, what)).is_none_or(|waiting| waiting.due <= Instant::now())
    }

    /// When a request was or is due; none where it was never made.
    pub(crate) fn due(&self, symbol: Symbol, what: &'static str) -> Option<Instant> {
        self.waiting.get(&(symbol, what)).map(|waiting| waiting.due)
    }

    /// A request was answered, and is made again after `period`.
    pub(crate) fn answered(&mut self, symbol: Symbol, what: &'static str, period: Duration) {
        let made = Instant::now();
        self.waiting.insert((symbol, what), Waiting { due: made + period, made, failures: 0, cause: None });
    }

    /// A request was answered that should not be needed again soon: one that is needed again all the same waits longer each
    /// time, until it was not needed for `calm`.
    pub(crate) fn answered_for_good(&mut self, symbol: Symbol, what: &'static str, calm: Duration) {
        let made = Instant::now();
        let before = self.waiting.get(&(symbol, what)).filter(|before| made.duration_since(before.made) < calm);
        let failures = before.map_or(0, |before| before.failures.saturating_add(1));
        self.waiting.insert((symbol, what), Waiting { due: made + wait(failures), made, failures, cause: None });
    }

    /// A request failed.
    pub(crate) fn failed(&mut self, symbol: Symbol, what: &'static str, error: &VenueError) {
        let made = Instant::now();
        let failures = self.waiting.get(&(symbol, what)).map_or(0, |before| before.failures).saturating_add(1);
        let longest = if error.retryable() { LONGEST_OUTAGE } else { LONGEST };
        let due = made + wait(failures - 1).min(longest);
        self.waiting.insert((symbol, what), Waiting { due, made, failures, cause: Some(error.plain()) });
    }

    /// Forgets contracts that are not watched any more.
    pub(crate) fn retain(&mut self, watched: impl Fn(Symbol) -> bool) {
        self.waiting.retain(|(symbol, _), _| watched(*symbol));
    }

    /// Requests that failed the last time.
    pub(crate) fn failing(&self) -> Vec<FailingRequest> {
        let failing = self.waiting.iter().filter_map(|((symbol, what), waiting)| {
            let cause = waiting.cause.clone()?;
            Some(FailingRequest { symbol: *symbol, what: (*what).to_owned(), cause, failures: waiting.failures })
        });
        let mut failing: Vec<_> = failing.collect();
        failing.sort_by(|a, b| a.symbol.cmp(&b.symbol).then_with(|| a.what.cmp(&b.what)));
        failing
    }
}

fn wait(failures: u32) -> Duration {
    FIRST.saturating_mul(1 << failures.min(16)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(text: &str) -> Symbol {
        Symbol::new(text).unwrap()
    }

    fn refused() -> VenueError {
        VenueError::Rejected { url: String::new(), code: 10_001, message: String::new() }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_longer_after_each_failure_and_never_longer_than_five_minutes() {
        let (mut schedule, a, b) = (Schedule::default(), symbol("A"), symbol("B"));
        let mut waits = Vec::new();
        for _ in 0..12 {
            schedule.failed(a, "candles", &refused());
            assert!(!schedule.is_due(a, "candles"));
            assert!(schedule.is_due(a, "trades") && schedule.is_due(b, "candles"), "others do not wait");
            let wait = schedule.due(a, "candles").unwrap() - Instant::now();
            waits.push(wait.as_secs());
            tokio::time::advance(wait).await;
            assert!(schedule.is_due(a, "candles"));
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        let failing = schedule.failing();
        assert_eq!((failing.len(), failing[0].failures, failing[0].what.as_str()), (1, 12, "candles"));
        schedule.answered(a, "candles", Duration::from_secs(60));
        assert_eq!((schedule.failing(), schedule.is_due(a, "candles")), (vec![], false));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_waits_long_for_an_exchange_that_answers_again() {
        let (mut schedule, a) = (Schedule::default(), symbol("A"));
        for _ in 0..20 {
            schedule.failed(a, "candles", &VenueError::RateLimited { url: String::new(), retry_after: None });
        }
        assert_eq!(schedule.due(a, "candles").unwrap() - Instant::now(), LONGEST_OUTAGE);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_needed_again_soon_after_an_answer_waits_longer_too() {
        let (mut schedule, a, calm) = (Schedule::default(), symbol("A"), Duration::from_secs(600));
        let mut loads = 0;
        for _ in 0..600 {
            if schedule.is_due(a, "candles") {
                schedule.answered_for_good(a, "candles", calm);
                loads += 1;
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(loads, 10, "at 0, 1, 3, 7, 15, 31, 63, 127, 255 and 511 s");
        tokio::time::advance(calm).await;
        schedule.answered_for_good(a, "candles", calm);
        assert_eq!(schedule.due(a, "candles").unwrap() - Instant::now(), Duration::from_secs(1));
    }
}
