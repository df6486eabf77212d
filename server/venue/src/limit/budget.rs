//! How much of each rate limit is left, for whoever operates the program.

use tokio::time::Instant;

use super::{Buckets, HOSTS, Rates, bucket::Bucket, locked};

/// What is left of one rate limit of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// The host, with its port.
    pub host: String,
    /// What the limit counts: `requests`, `weight`, or `route` for the route that has the least left.
    pub limit: &'static str,
    /// What may be spent at once now.
    pub left: u32,
    /// What may be spent at once after a rest.
    pub burst: u32,
    /// The share of the allowed rate that is used, in percent: below 100 after the host asked to slow down.
    pub pace_percent: u32,
}

/// The limits of every host that was requested by this process, by host. What has no limit is left out.
#[must_use]
pub fn budgets() -> Vec<Budget> {
    let now = Instant::now();
    let hosts = locked(&HOSTS);
    let mut budgets = Vec::new();
    for (host, known) in hosts.iter() {
        for rates in locked(&known.rates).values() {
            budgets.extend(of(host, rates, now));
        }
    }
    drop(hosts);
    budgets.sort_by(|a, b| (&a.host, a.limit).cmp(&(&b.host, b.limit)));
    budgets
}

fn of(host: &str, rates: &Rates, now: Instant) -> Vec<Budget> {
    let mut buckets = locked(&rates.buckets);
    let Buckets { count, weight, lanes } = &mut *buckets;
    let mut budgets = Vec::new();
    budgets.extend(one(host, "requests", count, now));
    budgets.extend(one(host, "weight", weight, now));
    let routes = lanes.iter_mut().filter_map(|lane| one(host, "route", lane, now));
    let share = |budget: &Budget| f64::from(budget.left) / f64::from(budget.burst.max(1));
    budgets.extend(routes.min_by(|a, b| share(a).total_cmp(&share(b))));
    budgets
}

fn one(host: &str, limit: &'static str, bucket: &mut Bucket, now: Instant) -> Option<Budget> {
    let (left, burst, pace) = bucket.budget(now)?;
    let whole = |value: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and far below the limit"
        )]
        let whole = value.max(0.0).floor() as u32;
        whole
    };
    Some(Budget { host: host.to_owned(), limit, left: whole(left), burst, pace_percent: whole(pace * 100.0) })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::limit::{Charge, Gate, Rule, Rules};

    fn seen(host: &str) -> Vec<(&'static str, u32, u32, u32)> {
        let of_host = budgets().into_iter().filter(|budget| budget.host == host);
        of_host.map(|budget| (budget.limit, budget.left, budget.burst, budget.pace_percent)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_left_of_each_limit_is_stated_and_what_is_unlimited_is_not() {
        let rule = Rule::law(100, Duration::from_secs(60));
        let gate =
            Gate::new("budget.example:443", Rules { count: Rule::FREE, weight: rule, lanes: vec![Rule::FREE, rule] });
        assert_eq!(seen("budget.example:443"), [("route", 20, 20, 100), ("weight", 20, 20, 100)]);
        for _ in 0..3 {
            gate.pass(Charge { lane: 1, weight: 5 }).await.unwrap();
        }
        assert_eq!(seen("budget.example:443"), [("route", 17, 20, 100), ("weight", 5, 20, 100)]);
        gate.hold(Duration::ZERO);
        assert_eq!(seen("budget.example:443"), [("route", 17, 20, 100), ("weight", 5, 20, 50)]);
        tokio::time::sleep(Duration::from_secs(300)).await;
        assert_eq!(seen("budget.example:443"), [("route", 20, 20, 100), ("weight", 20, 20, 100)]);
    }
}
