//! How often a wrong token may be given: by one address, and by all together.
//!
//! Each wrong one is a debt that time pays off; whoever owes too much waits, with the right token as well, for an answer would tell
//! it from a wrong one. Behind a proxy every reader has the proxy's address, and shares its limit.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

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
    /// It was not looked at, for there were too many wrong ones.
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

    /// Looks at a token of an address, unless there were too many wrong ones.
    pub(super) fn look(&mut self, from: IpAddr, now: Instant, right: impl FnOnce() -> bool) -> Result<(), NotTaken> {
        let from = network(from);
        let one = self.of.get(&from).copied().unwrap_or(Debt(now));
        let wait = self.all.wait(&ALL, now).max(one.wait(&ONE, now));
        if !wait.is_zero() {
            return Err(NotTaken::TooMany { wait_s: wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX) });
        }
        if right() {
            return Ok(());
        }
        self.all = self.all.grown(&ALL, now);
        self.of.retain(|_, debt| debt.0 > now);
        if self.of.len() < ADDRESSES {
            self.of.insert(from, one.grown(&ONE, now));
        }
        Err(NotTaken::Wrong)
    }
}

/// What one machine can have: an address of IPv4, or a network of 64 bits.
fn network(addr: IpAddr) -> IpAddr {
    match addr.to_canonical() {
        IpAddr::V6(addr) => IpAddr::V6(Ipv6Addr::from_bits(addr.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
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
            assert_eq!(attempts.look(at("10.0.0.1"), start, || false), Err(NotTaken::Wrong));
        }
        let waits = NotTaken::TooMany { wait_s: 30 };
        assert_eq!(attempts.look(at("10.0.0.1"), start, || panic!("it is not looked at")), Err(waits));
        assert_eq!(attempts.look(at("::ffff:10.0.0.1"), start, || true), Err(waits), "the same address");
        assert_eq!(attempts.look(at("10.0.0.2"), start, || true), Ok(()));
        let waits = NotTaken::TooMany { wait_s: 1 };
        assert_eq!(attempts.look(at("10.0.0.1"), after(29), || true), Err(waits));
        assert_eq!(attempts.look(at("10.0.0.1"), after(30), || true), Ok(()), "a right one costs nothing");
        assert_eq!(attempts.look(at("10.0.0.1"), after(30), || false), Err(NotTaken::Wrong));
        assert!(matches!(attempts.look(at("10.0.0.1"), after(30), || true), Err(NotTaken::TooMany { wait_s: 30 })));
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
                looked += u32::from(attempts.look(from, now, || false) == Err(NotTaken::Wrong));
            }
            most = most.max(attempts.of.len());
        }
        assert!((700..=780).contains(&looked), "60 at once and one in five seconds, not {looked}");
        assert!(most < ADDRESSES / 2, "{most} addresses were remembered");
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        assert_eq!(network(at("2001:db8:1:2:3::4")), network(at("2001:db8:1:2:ffff::1")));
        assert_ne!(network(at("2001:db8:1:2::")), network(at("2001:db8:1:3::")));
    }
}
