//! The fault switch: what the simulated exchange does wrong on purpose, and for how long.
//!
//! A fault is written as text, the same on the command line and at the control endpoint: `stale@10s`,
//! `slow=2s@1m`, `skew=-90s@5m`, `silent=tickers@30s`, `gap@10s+1m` (for ten seconds, a minute from now).

pub(super) mod control;
pub(super) mod frame;
pub(super) mod http;
mod text;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use schema::Symbol;
use tokio::{sync::watch, time::Instant};

pub use text::NoFault;

/// Something that an exchange does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every stream is cut off, and none is let in.
    Drop,
    /// Every request is answered with HTTP 403.
    Forbidden,
    /// Every request is answered with code 10006.
    RateLimited,
    /// Every answer comes this much later.
    Slow(Duration),
    /// Streams stay open and say nothing at all.
    Stale,
    /// Some changes of books are left out.
    Gap,
    /// Some messages, and every answer, end in their middle.
    Malformed,
    /// Messages and answers have fields that nobody documented.
    UnknownFields,
    /// Every message comes twice.
    Duplicated,
    /// Every second message comes before the one that was sent before it.
    Reordered,
    /// The exchange's clock is off by this many milliseconds.
    ClockSkew(i64),
    /// A contract is no longer listed.
    Delisted(Symbol),
    /// One kind of topic says nothing.
    Silent(Silence),
}

/// A kind of topic that can fall silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// States of contracts.
    Tickers,
    /// Candles.
    Candles,
    /// Trades.
    Trades,
    /// Books.
    Books,
    /// Positions closed by force.
    Liquidations,
}

impl Silence {
    const ALL: [Self; 5] = [Self::Tickers, Self::Candles, Self::Trades, Self::Books, Self::Liquidations];

    const fn name(self) -> &'static str {
        match self {
            Self::Tickers => "tickers",
            Self::Candles => "candles",
            Self::Trades => "trades",
            Self::Books => "books",
            Self::Liquidations => "liquidations",
        }
    }

    /// How the topics of this kind begin.
    pub(super) const fn prefix(self) -> &'static str {
        match self {
            Self::Tickers => "tickers.",
            Self::Candles => "kline.",
            Self::Trades => "publicTrade.",
            Self::Books => "orderbook.",
            Self::Liquidations => "allLiquidation.",
        }
    }
}

/// A fault, for how long, and from when on.
///
/// Read from and written as `FAULT[=VALUE]@DURATION[+DELAY]`; durations are whole numbers of `ms`, `s`, `m` or `h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedFault {
    /// What goes wrong.
    pub fault: Fault,
    /// For how long.
    pub lasts: Duration,
    /// How long from now it begins.
    pub after: Duration,
}

impl TimedFault {
    /// A fault that begins now.
    #[must_use]
    pub const fn new(fault: Fault, lasts: Duration) -> Self {
        Self { fault, lasts, after: Duration::ZERO }
    }
}

/// A fault that was switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Set {
    fault: Fault,
    from: Instant,
    until: Instant,
}

/// The switch: it may be cloned, and each clone switches the same exchange.
#[derive(Debug, Clone)]
pub struct FaultSwitch {
    set: Arc<Mutex<Vec<Set>>>,
    /// Reports every change.
    changed: Arc<watch::Sender<u64>>,
}

/// More faults are set than can be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {} faults at a time", FaultSwitch::CAPACITY)]
pub struct TooManyFaults;

impl Default for FaultSwitch {
    fn default() -> Self {
        Self { set: Arc::default(), changed: Arc::new(watch::Sender::new(0)) }
    }
}

impl FaultSwitch {
    /// Faults that may be set at a time.
    pub const CAPACITY: usize = 64;

    /// Sets faults, beside those that are set already.
    ///
    /// # Errors
    ///
    /// [`TooManyFaults`]; then none of them is set.
    pub fn set(&self, faults: &[TimedFault]) -> Result<(), TooManyFaults> {
        let now = Instant::now();
        let mut set = self.lock();
        set.retain(|fault| now < fault.until);
        if set.len() + faults.len() > Self::CAPACITY {
            return Err(TooManyFaults);
        }
        set.extend(faults.iter().map(|timed| {
            let from = now + timed.after;
            Set { fault: timed.fault, from, until: from + timed.lasts }
        }));
        drop(set);
        self.changed.send_modify(|changes| *changes += 1);
        Ok(())
    }

    /// Ends every fault.
    pub fn clear(&self) {
        self.lock().clear();
        self.changed.send_modify(|changes| *changes += 1);
    }

    /// The faults that are set, with how long each still lasts and, before that, how long until it begins.
    #[must_use]
    pub fn list(&self) -> Vec<TimedFault> {
        let now = Instant::now();
        let left = |fault: &Set| TimedFault {
            fault: fault.fault,
            lasts: fault.until - fault.from.max(now),
            after: fault.from.saturating_duration_since(now),
        };
        self.lock().iter().filter(|fault| now < fault.until).map(left).collect()
    }

    /// The faults of this moment.
    pub(super) fn now(&self) -> Vec<Fault> {
        let now = Instant::now();
        self.lock().iter().filter(|set| set.from <= now && now < set.until).map(|set| set.fault).collect()
    }

    /// Waits until streams are to be cut off.
    pub(super) async fn dropping(&self) {
        let mut changed = self.changed.subscribe();
        loop {
            let now = Instant::now();
            let next = {
                let set = self.lock();
                let drops = set.iter().filter(|set| set.fault == Fault::Drop && now < set.until);
                drops.map(|set| set.from).min()
            };
            match next {
                Some(from) if from <= now => return,
                Some(from) => tokio::select! {
                    () = tokio::time::sleep_until(from) => {}
                    _ = changed.changed() => {}
                },
                // The sender lives as long as this switch.
                None => drop(changed.changed().await),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Set>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_fault_begins_and_ends_by_itself() {
        let switch = FaultSwitch::default();
        switch.set(&["stale@10s".parse().unwrap(), "gap@5s+20s".parse().unwrap()]).unwrap();
        assert_eq!(switch.now(), [Fault::Stale]);
        tokio::time::advance(Duration::from_secs(11)).await;
        assert_eq!(switch.now(), []);
        assert_eq!(switch.list(), ["gap@5s+9s".parse().unwrap()]);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(switch.now(), [Fault::Gap]);
        switch.clear();
        assert_eq!(switch.now(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn streams_are_cut_off_when_the_time_has_come() {
        let switch = FaultSwitch::default();
        let waiting = tokio::spawn({
            let switch = switch.clone();
            async move { switch.dropping().await }
        });
        tokio::task::yield_now().await;
        let before = Instant::now();
        switch.set(&["drop@5s+20s".parse().unwrap()]).unwrap();
        waiting.await.unwrap();
        assert_eq!(before.elapsed().as_secs(), 20);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let switch = FaultSwitch::default();
        let one = TimedFault::new(Fault::Stale, Duration::from_secs(60));
        switch.set(&[one; FaultSwitch::CAPACITY]).unwrap();
        assert_eq!(switch.set(&[one]), Err(TooManyFaults));
        assert_eq!(switch.list().len(), FaultSwitch::CAPACITY);
    }
}
