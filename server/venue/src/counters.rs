//! What the streams of an exchange went through, for the page, the log and the metrics.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use schema::{Symbol, UnixMs, Venue, universe::SkippedRows};

use crate::rows::Skipped;

/// Says of each kind of thing once that it is new.
#[derive(Debug, Default)]
pub(crate) struct OncePerKind {
    seen: Mutex<HashSet<String>>,
}

impl OncePerKind {
    /// Kinds that are remembered; later ones count as seen, so that a log cannot be flooded by inventing kinds.
    const CAPACITY: usize = 256;

    /// Whether this kind was never seen before.
    pub(crate) fn first(&self, kind: &str) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        !seen.contains(kind) && seen.len() < Self::CAPACITY && seen.insert(kind.to_owned())
    }
}

/// Counters of the streams of one exchange, shared by all its connections.
pub struct StreamCounters {
    venue: Venue,
    messages: Counter,
    malformed: Counter,
    dropped: Counter,
    reconnects: Counter,
    book_gaps: metrics::Counter,
    renewals: metrics::Counter,
    /// How far the exchange's clock is ahead, in ms; the smallest number as long as that is not known.
    skew_ms: AtomicI64,
    /// The number that the next connection gets.
    next_connection: AtomicUsize,
    complaints: OncePerKind,
    remarks: OncePerKind,
    /// Malformed rows by list and field.
    skipped: Mutex<BTreeMap<(&'static str, String), SkippedRows>>,
}

struct Counter {
    total: AtomicU64,
    metric: metrics::Counter,
}

impl Counter {
    fn new(metric: metrics::Counter) -> Self {
        Self { total: AtomicU64::new(0), metric }
    }

    fn add_one(&self) {
        self.total.fetch_add(1, Relaxed);
        self.metric.increment(1);
    }

    fn get(&self) -> u64 {
        self.total.load(Relaxed)
    }
}

impl StreamCounters {
    /// A clock that is farther off than this makes ages wrong that a person can see.
    const SKEW_REMARKED_MS: u64 = 2_000;

    /// Numbers that many new connections, and says the first number.
    pub(crate) fn number_connections(&self, count: usize) -> usize {
        self.next_connection.fetch_add(count, Relaxed)
    }

    /// Counters at zero. The metrics recorder should be installed before.
    #[must_use]
    pub fn new(venue: Venue) -> Self {
        let label = venue.as_str();
        Self {
            venue,
            messages: Counter::new(metrics::counter!("venue_messages_total", "venue" => label)),
            malformed: Counter::new(metrics::counter!("venue_malformed_total", "venue" => label)),
            dropped: Counter::new(metrics::counter!("venue_dropped_total", "venue" => label)),
            reconnects: Counter::new(metrics::counter!("venue_reconnects_total", "venue" => label)),
            book_gaps: metrics::counter!("venue_book_gaps_total", "venue" => label),
            renewals: metrics::counter!("venue_renewals_total", "venue" => label),
            skew_ms: AtomicI64::new(i64::MIN),
            next_connection: AtomicUsize::new(0),
            complaints: OncePerKind::default(),
            remarks: OncePerKind::default(),
            skipped: Mutex::default(),
        }
    }

    /// The counts of this moment.
    #[must_use]
    pub fn snapshot(&self) -> schema::health::StreamCounters {
        schema::health::StreamCounters {
            messages: self.messages.get(),
            malformed: self.malformed.get(),
            dropped: self.dropped.get(),
            reconnects: self.reconnects.get(),
        }
    }

    pub(crate) fn count_message(&self) {
        self.messages.add_one();
    }

    pub(crate) fn count_dropped(&self) {
        self.dropped.add_one();
    }

    pub(crate) fn count_reconnect(&self) {
        self.reconnects.add_one();
    }

    /// Counts a connection that another one replaced without a gap.
    pub(crate) fn count_renewal(&self) {
        self.renewals.increment(1);
    }

    /// Counts a book whose messages do not follow on one another.
    pub(crate) fn count_book_gap(&self, symbol: &Symbol) {
        self.book_gaps.increment(1);
        self.remark("book gap", symbol);
    }

    /// Counts a book that its reader found to be wrong.
    pub(crate) fn count_wrong_book(&self, symbol: &Symbol) {
        self.book_gaps.increment(1);
        self.remark("wrong book", symbol);
    }

    /// Notes the time of an answer: the exchange's own, and when it arrived after how long by this machine's.
    pub(crate) fn note_clock(&self, exchange_time: UnixMs, arrived: UnixMs, took: Duration) {
        let half = i64::try_from(took.as_millis() / 2).unwrap_or(i64::MAX);
        let skew = exchange_time.0.saturating_sub(arrived.0.saturating_sub(half));
        self.skew_ms.store(skew.max(i64::MIN + 1), Relaxed);
        metrics::gauge!("venue_clock_skew_ms", "venue" => self.venue.as_str()).set(skew as f64);
        if skew.unsigned_abs() > Self::SKEW_REMARKED_MS {
            self.remark("clock skew", &format_args!("{skew} ms"));
        }
    }

    /// How far the exchange's clock is ahead of this machine's, in ms.
    #[must_use]
    pub fn clock_skew_ms(&self) -> Option<i64> {
        Some(self.skew_ms.load(Relaxed)).filter(|skew| *skew != i64::MIN)
    }

    /// Counts a message, or a row of an answer, that could not be understood; logs the first of its kind.
    pub(crate) fn count_malformed(&self, kind: &str, detail: &dyn fmt::Display) {
        self.malformed.add_one();
        if self.complaints.first(kind) {
            tracing::warn!(venue = %self.venue, kind, %detail, "not understood; more of this kind are only counted");
        }
    }

    /// Pairs of list and field whose skipped rows are counted apart; those beyond are counted with all malformed messages only.
    const SKIPPED_MAX: usize = 128;

    /// Counts the malformed rows of a list, which is about `symbol` where it is about one contract; logs the first of each
    /// contract and field.
    pub(crate) fn count_skipped(&self, list: &'static str, symbol: Option<Symbol>, rows: &[Skipped]) {
        for row in rows {
            let contract = symbol.map(|symbol| symbol.to_string()).or_else(|| row.contract.clone());
            let (field, named) = (&row.field, contract.as_deref().unwrap_or("a row without a symbol"));
            self.malformed.add_one();
            metrics::counter!("venue_rows_skipped_total", "venue" => self.venue.as_str(), "list" => list, "field" => field.clone())
                .increment(1);
            if self.complaints.first(&format!("{list} {named} {field}")) {
                let problem = &row.problem;
                tracing::warn!(venue = %self.venue, list, contract = named, field, problem, "a malformed row is skipped; the next ones like it are only counted");
            }
            let mut skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
            let key = (list, field.clone());
            if skipped.len() >= Self::SKIPPED_MAX && !skipped.contains_key(&key) {
                continue;
            }
            let entry = skipped.entry(key).or_insert_with(|| SkippedRows {
                list: list.to_owned(),
                field: field.clone(),
                contract: None,
                problem: String::new(),
                rows: 0,
            });
            entry.rows += 1;
            entry.contract = contract;
            entry.problem.clone_from(&row.problem);
        }
    }

    /// The malformed rows that were skipped, by list and field.
    #[must_use]
    pub fn skipped_rows(&self) -> Vec<SkippedRows> {
        self.skipped.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Logs the first of its kind of something that is odd but understood.
    pub(crate) fn remark(&self, kind: &str, detail: &dyn fmt::Display) {
        if self.remarks.first(kind) {
            tracing::warn!(venue = %self.venue, kind, %detail, "odd; more of this kind are not logged");
        }
    }
}

impl fmt::Debug for StreamCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamCounters").field("venue", &self.venue).field("counts", &self.snapshot()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_new_once_and_the_memory_of_kinds_is_bounded() {
        let once = OncePerKind::default();
        assert!(once.first("json"));
        assert!(!once.first("json"));
        let new = (0..10 * OncePerKind::CAPACITY).filter(|i| once.first(&i.to_string())).count();
        assert_eq!(new, OncePerKind::CAPACITY - 1);
    }

    #[test]
    fn the_clock_of_the_exchange_is_measured_at_the_middle_of_an_answer() {
        let counters = StreamCounters::new(Venue::Sim);
        assert_eq!(counters.clock_skew_ms(), None);
        counters.note_clock(UnixMs(10_000), UnixMs(9_100), Duration::from_millis(200));
        assert_eq!(counters.clock_skew_ms(), Some(1_000));
        counters.note_clock(UnixMs(9_000), UnixMs(9_000), Duration::ZERO);
        assert_eq!(counters.clock_skew_ms(), Some(0));
    }

    #[test]
    fn every_malformed_message_is_counted_although_only_the_first_is_logged() {
        let counters = StreamCounters::new(Venue::Sim);
        for _ in 0..3 {
            counters.count_malformed("json", &"not json");
        }
        assert_eq!(counters.snapshot().malformed, 3);
        assert_eq!(counters.snapshot().messages, 0);
    }
}
