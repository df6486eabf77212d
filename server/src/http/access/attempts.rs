//! How often a wrong token may be given: by one client, and by all together.
//!
//! Each wrong one is a debt that time pays off; a client that owes too much has to wait. The right token is taken all the same:
//! readers that share an address, behind a proxy or a router, would otherwise lock each other out. The protection against guesses is the
//! length of a token; the limit keeps wrong ones from filling the log.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use crate::http::limit::network;

/// Wrong tokens of one address: five at once, then one in half a minute.
const ONE: Limit = Limit { burst: 5, step: Duration::from_secs(30) };
/// Wrong tokens of all addresses: sixty at once, then one in five seconds.
const ALL: Limit = Limit { burst: 60, step: Duration::from_secs(5) };
/// Addresses that are remembered. The limit of all lets fewer than that owe anything at a time.
const ADDRESSES: usize = 256;

struct Limit {
    burst: u32,
    step: Duration,
}

/// Until when a debt lasts.
#[derive(Clone, Copy)]
struct Debt(Instant);

impl Debt {
    /// How long to wait for the next attempt; zero: none.
    fn wait(self, limit: &Limit, now: Instant) -> Duration {
        self.0.saturating_duration_since(now).saturating_sub(limit.step * (limit.burst - 1))
    }

    fn grown(self, limit: &Limit, now: Instant) -> Self {
        Self(self.0.max(now) + limit.step)
    }
}

/// A token that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotTaken {
    /// It is not the token.
    Wrong,
    /// It is not the token, as too many before it.
    TooMany {
        /// How long to wait, in whole seconds.
        wait_s: u64,
    },
}

/// Who gave how many wrong tokens lately.
pub(super) struct Attempts {
    all: Debt,
    of: HashMap<IpAddr, Debt>,
}

impl Attempts {
    pub(super) fn new(now: Instant) -> Self {
        Self { all: Debt(now), of: HashMap::new() }
    }

    /// Judges a token of an address. One that is right costs nothing, whatever came before.
    pub(super) fn look(&mut self, from: IpAddr, now: Instant, right: bool) -> Result<(), NotTaken> {
        if right {
            return Ok(());
        }
        let from = network(from);
        let one = self.of.get(&from).copied().unwrap_or(Debt(now));
        let wait = self.all.wait(&ALL, now).max(one.wait(&ONE, now));
        if !wait.is_zero() {
            return Err(NotTaken::TooMany { wait_s: wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX) });
        }
        self.all = self.all.grown(&ALL, now);
        self.of.retain(|_, debt| debt.0 > now);
        if self.of.len() < ADDRESSES {
            self.of.insert(from, one.grown(&ONE, now));
        }
        Err(NotTaken::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_that_was_wrong_five_times_waits_and_others_do_not() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut attempts = Attempts::new(start);
        for _ in 0..5 {
            assert_eq!(attempts.look(at("10.0.0.1"), start, false), Err(NotTaken::Wrong));
        }
        let waits = NotTaken::TooMany { wait_s: 30 };
        assert_eq!(attempts.look(at("10.0.0.1"), start, false), Err(waits));
        assert_eq!(attempts.look(at("::ffff:10.0.0.1"), start, false), Err(waits), "the same address");
        assert_eq!(attempts.look(at("10.0.0.2"), start, false), Err(NotTaken::Wrong));
        let waits = NotTaken::TooMany { wait_s: 1 };
        assert_eq!(attempts.look(at("10.0.0.1"), after(29), false), Err(waits));
        assert_eq!(attempts.look(at("10.0.0.1"), after(30), false), Err(NotTaken::Wrong));
        let waits = NotTaken::TooMany { wait_s: 30 };
        assert_eq!(attempts.look(at("10.0.0.1"), after(30), false), Err(waits));
    }

    #[test]
    fn takes_the_right_token_after_any_number_of_wrong_ones() {
        let start = Instant::now();
        let mut attempts = Attempts::new(start);
        for n in 0..200_u32 {
            let _ = attempts.look(at("10.0.0.1"), start, false);
            let _ = attempts.look(IpAddr::from(n.to_be_bytes()), start, false);
            assert_eq!(attempts.look(at("10.0.0.1"), start, true), Ok(()));
            assert_eq!(attempts.look(at("10.9.9.9"), start, true), Ok(()));
        }
        assert!(
            matches!(attempts.look(at("10.0.0.1"), start, false), Err(NotTaken::TooMany { .. })),
            "it costs nothing"
        );
    }

    #[test]
    fn all_addresses_together_have_a_limit_and_few_are_remembered() {
        let start = Instant::now();
        let mut attempts = Attempts::new(start);
        let (mut looked, mut most) = (0_u32, 0);
        // An hour of a hundred new addresses a second.
        for tenth in 0..36_000_u32 {
            let now = start + Duration::from_millis(u64::from(tenth) * 100);
            for n in 0..10 {
                let from = IpAddr::from((tenth * 10 + n).to_be_bytes());
                looked += u32::from(attempts.look(from, now, false) == Err(NotTaken::Wrong));
            }
            most = most.max(attempts.of.len());
        }
        assert!((700..=780).contains(&looked), "60 at once and one in five seconds, not {looked}");
        assert!(most < ADDRESSES / 2, "{most} addresses were remembered");
    }
}
