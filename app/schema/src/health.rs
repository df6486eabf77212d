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
    /// How often it runs by itself, in milliseconds.
    pub period_ms: u64,
    /// Completed runs.
    pub runs: u64,
    /// Runs that failed.
    pub failures: u64,
    /// When the last run ended.
    pub last_end: Option<UnixMs>,
    /// How long the last run took, in milliseconds.
    pub last_took_ms: Option<f64>,
    /// What the last run said when it failed, in plain words.
    pub last_error: Option<String>,
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

/// How long what the exchange told was on its way, from its clock to ours: transport, waiting, and what the two clocks are
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
    /// How long what was told was on its way; none where no book changed.
    pub lag: Option<Lag>,
    /// How far the exchange's clock is ahead of the writer's, in milliseconds; none before it told its time.
    pub clock_ahead_ms: Option<i64>,
    /// Why nothing is asked of the exchange for now; none while it may be asked.
    pub pause: Option<RequestPause>,
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
    const VERSION: u16 = 2;
    const POLICY: Policy = Policy::secs(5, 15, 60);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        if self.symbols_ready > self.symbols_total {
            return Err(Invalid::new("symbols_ready", format!("{} of {}", self.symbols_ready, self.symbols_total)));
        }
        Ok(())
    }
}
