//! The metrics of one schema. Labels are names of schemas, never of symbols.
//!
//! Handles are made once, so a hit costs one atomic addition; the recorder has to be installed before the cache is built.

use metrics::{Counter, Histogram, counter, gauge, histogram};
use schema::{Schema, UnixMs, report::SchemaReport};

use crate::envelope::Unreadable;

/// The metrics of one schema.
pub(crate) struct Meter {
    schema: &'static str,
    /// Reads answered by this process.
    pub(crate) l1_hits: Counter,
    /// Reads answered by the shared tier.
    pub(crate) l2_hits: Counter,
    /// Reads that found nothing.
    pub(crate) l2_misses: Counter,
    /// Reads of the shared tier that failed.
    pub(crate) l2_failures: Counter,
    /// Reads that waited for another caller's.
    pub(crate) coalesced: Counter,
    /// Time of a read of the shared tier. A hit of this process takes less than the two looks at a clock that would
    /// time it.
    pub(crate) read_seconds: Histogram,
    /// Time from the call of a publish to its outcome.
    pub(crate) publish_seconds: Histogram,
    /// Lengths of encoded bodies.
    pub(crate) body_bytes: Histogram,
}

impl Meter {
    pub(crate) fn of<T: Schema>() -> Self {
        let schema = T::NAME.as_str();
        let reads =
            |tier, result| counter!("cache_reads_total", "schema" => schema, "tier" => tier, "result" => result);
        Self {
            schema,
            l1_hits: reads("l1", "hit"),
            l2_hits: reads("l2", "hit"),
            l2_misses: reads("l2", "miss"),
            l2_failures: reads("l2", "failure"),
            coalesced: counter!("cache_coalesced_total", "schema" => schema),
            read_seconds: histogram!("cache_read_seconds", "schema" => schema, "tier" => "l2"),
            publish_seconds: histogram!("cache_publish_seconds", "schema" => schema),
            body_bytes: histogram!("cache_body_bytes", "schema" => schema),
        }
    }

    /// Counts an outcome by its name. A value that was deferred and then written counts as both.
    pub(crate) fn published(&self, outcome: &'static str) {
        counter!("cache_publishes_total", "schema" => self.schema, "outcome" => outcome).increment(1);
    }

    /// Shows how much of the room for an item is taken.
    pub(crate) fn filled(&self, bytes: usize, limit: usize) {
        let share = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        gauge!("cache_item_fill_ratio", "schema" => self.schema).set(share(bytes) / share(limit.max(1)));
    }

    /// Counts an item that could not be read.
    pub(crate) fn unreadable(&self, unreadable: &Unreadable) {
        counter!("cache_unreadable_total", "schema" => self.schema, "reason" => unreadable.kind()).increment(1);
    }

    /// Counts a look for something newer than a value past its freshness.
    pub(crate) fn refreshed(&self, result: &'static str) {
        counter!("cache_refreshes_total", "schema" => self.schema, "result" => result).increment(1);
    }

    /// Shows by how much a writer's clock is ahead of this one, from a second on; 0 once it no longer is.
    pub(crate) fn skew(&self, as_of: UnixMs, now: UnixMs) {
        let ahead_ms = as_of.0.saturating_sub(now.0);
        let shown = if ahead_ms > 1_000 { seconds(ahead_ms) } else { 0.0 };
        gauge!("cache_clock_skew_seconds", "schema" => self.schema).set(shown);
    }

    /// Sets the gauges from a report.
    pub(crate) fn observe(&self, report: &SchemaReport) {
        gauge!("cache_l1_entries", "schema" => self.schema)
            .set(f64::from(u32::try_from(report.entries).unwrap_or(u32::MAX)));
        gauge!("cache_l1_bytes", "schema" => self.schema)
            .set(f64::from(u32::try_from(report.total_bytes).unwrap_or(u32::MAX)));
        if let Some(age_ms) = report.age_ms {
            gauge!("cache_age_seconds", "schema" => self.schema)
                .set(seconds(i64::try_from(age_ms).unwrap_or(i64::MAX)));
        }
        // Also of a reading that came late again in a moment: the alarm says how long that has to last.
        gauge!("cache_overdue", "schema" => self.schema).set(if report.overdue().is_some() { 1.0 } else { 0.0 });
    }
}

#[expect(clippy::cast_precision_loss, reason = "a gauge; milliseconds fit exactly for 285,000 years")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}
