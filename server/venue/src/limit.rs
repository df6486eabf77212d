//! How often and whether a host may be asked.
//!
//! The rate belongs to one adapter. A refusal belongs to the host and holds for the whole process:
//! an exchange that banned this address must not be asked by anybody.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

/// What is known of every host that was ever asked, by `host:port`.
static HOSTS: LazyLock<Mutex<HashMap<String, Arc<Host>>>> = LazyLock::new(Mutex::default);

/// What holds for one host, whoever asks it.
#[derive(Debug, Default)]
struct Host(Mutex<Pauses>);

#[derive(Debug, Default)]
struct Pauses {
    /// Until when nobody may ask, and the status that said so.
    refused: Option<(Instant, u16)>,
    /// Until when everybody waits.
    held: Option<Instant>,
}

/// The way to one host: lets requests pass at a rate, makes them wait, or sends them back.
#[derive(Debug)]
pub(crate) struct Gate {
    bucket: DefaultDirectRateLimiter,
    host: Arc<Host>,
}

impl Gate {
    /// The gate to a host, given as `host:port`.
    pub(crate) fn new(host: &str, requests_per_second: NonZeroU32) -> Self {
        let mut hosts = HOSTS.lock().unwrap_or_else(PoisonError::into_inner);
        let host = Arc::clone(hosts.entry(host.to_owned()).or_default());
        Self { bucket: RateLimiter::direct(Quota::per_second(requests_per_second)), host }
    }

    /// Waits for a turn; the status of the refusal where the host may not be asked.
    pub(crate) async fn pass(&self) -> Result<(), u16> {
        loop {
            self.refusal()?;
            if let Some(until) = self.held() {
                tokio::time::sleep_until(until).await;
                continue;
            }
            self.bucket.until_ready().await;
            // While this request waited for its turn another one may have been told to stop.
            self.refusal()?;
            if self.held().is_none() {
                return Ok(());
            }
        }
    }

    /// Sends everybody back for a while.
    pub(crate) fn refuse(&self, status: u16, pause: Duration) {
        let until = Instant::now() + pause;
        let mut pauses = self.pauses();
        if pauses.refused.is_none_or(|(held, _)| held < until) {
            pauses.refused = Some((until, status));
        }
    }

    /// Makes everybody wait for a while.
    pub(crate) fn hold(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut pauses = self.pauses();
        pauses.held = Some(pauses.held.map_or(until, |held| held.max(until)));
    }

    fn refusal(&self) -> Result<(), u16> {
        match self.pauses().refused {
            Some((until, status)) if Instant::now() < until => Err(status),
            _ => Ok(()),
        }
    }

    fn held(&self) -> Option<Instant> {
        self.pauses().held.filter(|until| Instant::now() < *until)
    }

    fn pauses(&self) -> MutexGuard<'_, Pauses> {
        self.host.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);

    #[tokio::test(start_paused = true)]
    async fn a_refusal_holds_for_every_gate_of_the_host_and_for_no_other_host() {
        let gate = Gate::new("refusing.test:443", FAST);
        gate.refuse(403, Duration::from_secs(600));
        assert_eq!(Gate::new("refusing.test:443", FAST).pass().await, Err(403));
        assert_eq!(Gate::new("other.test:443", FAST).pass().await, Ok(()));
        tokio::time::advance(Duration::from_secs(599)).await;
        assert_eq!(gate.pass().await, Err(403));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(gate.pass().await, Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_shorter_refusal_does_not_cut_a_longer_one() {
        let gate = Gate::new("banned.test:443", FAST);
        gate.refuse(403, Duration::from_secs(600));
        gate.refuse(451, Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(gate.pass().await, Err(403));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_held_waits_and_then_passes() {
        let gate = Gate::new("slow.test:443", FAST);
        gate.hold(Duration::from_secs(5));
        let before = Instant::now();
        assert_eq!(gate.pass().await, Ok(()));
        assert!(before.elapsed() >= Duration::from_secs(5));
    }
}
