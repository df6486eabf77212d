//! How the monitor itself is doing, and what it watches.

use serde::{Deserialize, Serialize};

use crate::{Invalid, Name, Policy, Schema, UnixMs, Venue};

/// Where the market data comes from at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feed {
    /// The first connection is being made.
    Connecting {
        /// To which venue.
        venue: Venue,
    },
    /// A real exchange answers.
    Live {
        /// Which one.
        venue: Venue,
    },
    /// The market is simulated.
    Simulated {
        /// Why: chosen, or which exchange could not be reached and how that showed.
        because: String,
    },
    /// A recording is played back.
    Recorded {
        /// Of which venue it is.
        venue: Venue,
        /// When it begins.
        from: UnixMs,
        /// How many times as fast as it happened it is played.
        speed: u32,
        /// How it ended; none as long as it goes on.
        ended: Option<RecordingEnd>,
    },
    /// The exchange does not answer; nothing is simulated.
    Unreachable {
        /// Which one.
        venue: Venue,
        /// What happened, in plain words.
        cause: String,
        /// Since when.
        since: UnixMs,
    },
}

impl Feed {
    /// The venue it names.
    #[must_use]
    pub const fn venue(&self) -> Venue {
        match self {
            Self::Connecting { venue }
            | Self::Live { venue }
            | Self::Recorded { venue, .. }
            | Self::Unreachable { venue, .. } => *venue,
            Self::Simulated { .. } => Venue::Sim,
        }
    }
}

/// The end of a recording that was played back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingEnd {
    /// When its last message was received.
    pub at: UnixMs,
    /// Messages that were lost while it was made.
    pub lost: u64,
}

/// How one task of the monitor is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskStatus {
    /// Its name.
    pub name: String,
    /// What it does, in one sentence.
    pub what: String,
    /// How often it runs by itself, in milliseconds; none where it runs all the time.
    pub period_ms: Option<u64>,
    /// Completed runs.
    pub runs: u64,
    /// Runs that failed.
    pub failures: u64,
    /// Runs among them that ended in a panic.
    pub panics: u64,
    /// When the last run ended.
    pub last_end: Option<UnixMs>,
    /// How long the last run took, in milliseconds.
    pub last_took_ms: Option<f64>,
    /// What the last run said when it failed, in plain words.
    pub last_error: Option<String>,
    /// When it is tried again after a failure; none while it works.
    pub retry_at: Option<UnixMs>,
}

/// Counters of the streams from the exchange, since the process started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamCounters {
    /// Messages taken in.
    pub messages: u64,
    /// Messages that could not be understood.
    pub malformed: u64,
    /// Messages dropped because a buffer was full.
    pub dropped: u64,
    /// Connections that had to be made again.
    pub reconnects: u64,
}

/// How long an event of the exchange was on its way, from its clock to ours: transport, waiting, and what the two clocks are
/// apart. Changes of books, since the report before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lag {
    /// How many were measured.
    pub events: u64,
    /// Half of them took less, in milliseconds.
    pub p50_ms: u64,
    /// 99 of 100 took less, in milliseconds.
    pub p99_ms: u64,
}

/// The exchange wants to be left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestPause {
    /// What it said, in plain words.
    pub reason: String,
    /// Until when nothing is asked of it.
    pub until: UnixMs,
}

/// What is left of one rate limit of a host that the monitor requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestBudget {
    /// The host, with its port.
    pub host: String,
    /// What the limit counts: `requests`, `weight`, or `route` for the route that has the least left.
    pub limit: String,
    /// What may be spent at once now.
    pub left: u32,
    /// What may be spent at once after a rest.
    pub burst: u32,
    /// The share of the allowed rate that is used, in percent: below 100 after the host asked to slow down.
    pub pace_percent: u32,
}

/// What waits between the streams and the windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventQueue {
    /// Events that wait.
    pub waiting: u64,
    /// Events for which there is room; what comes beyond is dropped and counted.
    pub capacity: u64,
}

/// How far the writer's clock may be from the exchange's before it is shown everywhere, in milliseconds.
pub const CLOCK_TOLERANCE_MS: u64 = 5_000;

/// How many seconds the writer's clock is ahead of the exchange's (behind: negative), given how far the exchange's is ahead; none
/// within [`CLOCK_TOLERANCE_MS`]. Rounded to 5 s below a minute and to minutes above, so that the jitter of a measurement is no change.
///
/// It is shown and no age is corrected by it. The ends of bars, the stamps of the cache, logins, logs and other processes go by the
/// machine's clock as well, so a correction of ages alone would make two clocks of one; it would be off by half of an answer's time;
/// and a clock that is minutes off has to be set anyway.
#[must_use]
pub const fn clock_off_s(exchange_ahead_ms: i64) -> Option<i64> {
    if exchange_ahead_ms.unsigned_abs() <= CLOCK_TOLERANCE_MS {
        return None;
    }
    let step_s: i64 = if exchange_ahead_ms.unsigned_abs() < 57_500 { 5 } else { 60 };
    let half = if exchange_ahead_ms < 0 { -step_s * 500 } else { step_s * 500 };
    Some(-(exchange_ahead_ms.saturating_add(half) / (step_s * 1_000)) * step_s)
}

/// How the monitor itself is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemHealth {
    /// Where the market data comes from.
    pub feed: Feed,
    /// Symbols whose history is complete.
    pub symbols_ready: u32,
    /// Symbols in the universe.
    pub symbols_total: u32,
    /// Counters of the streams.
    pub streams: StreamCounters,
    /// Messages taken in per second since the report before; none in the first one.
    pub messages_per_s: Option<u32>,
    /// How long events were on their way; none where no book changed.
    pub lag: Option<Lag>,
    /// How far the exchange's clock is ahead of the writer's, in milliseconds; none before it sent its time.
    pub clock_ahead_ms: Option<i64>,
    /// Events that wait to be taken in; none while nothing is watched.
    pub queue: Option<EventQueue>,
    /// The proxy that the exchange is reached through, in words; none where it is reached directly.
    pub proxy: Option<String>,
    /// Why nothing is asked of the exchange for now; none while it may be asked.
    pub pause: Option<RequestPause>,
    /// What is left of the rate limits; what has no limit is left out.
    pub budgets: Vec<RequestBudget>,
    /// How long the last scan took, in milliseconds.
    pub scan_took_ms: Option<f64>,
    /// How long a scan may take, in milliseconds.
    pub scan_budget_ms: u64,
    /// The tasks of the monitor.
    pub tasks: Vec<TaskStatus>,
    /// The version of the program that wrote this.
    pub version: String,
    /// When that program started.
    pub started_at: UnixMs,
}

impl Schema for SystemHealth {
    const NAME: Name = Name::new("system:health");
    const VERSION: u16 = 4;
    const POLICY: Policy = Policy::secs(5, 15, 60);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        if self.symbols_ready > self.symbols_total {
            return Err(Invalid::new("symbols_ready", format!("{} of {}", self.symbols_ready, self.symbols_total)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_within_five_seconds_is_not_off_and_beyond_it_is_named_with_its_side() {
        assert_eq!((clock_off_s(0), clock_off_s(5_000), clock_off_s(-5_000)), (None, None, None));
        assert_eq!((clock_off_s(5_001), clock_off_s(-5_001)), (Some(-5), Some(5)));
        assert_eq!((clock_off_s(-44_000), clock_off_s(-58_000)), (Some(45), Some(60)));
        assert_eq!((clock_off_s(-5_400_300), clock_off_s(5_399_700)), (Some(5_400), Some(-5_400)), "90 minutes");
        assert!(
            clock_off_s(i64::MIN).is_some_and(i64::is_positive) && clock_off_s(i64::MAX).is_some_and(i64::is_negative)
        );
    }
}
