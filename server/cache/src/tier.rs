//! The shared tier: one or several servers, each behind its own breaker.
//!
//! A key belongs to one server, chosen by rendezvous hashing over the servers' names, so that adding or losing one
//! moves no key of the others. A server that fails costs its own keys only: they are served from what this process
//! holds, and their writes wait for it; they do not wander to another server, where a reader that still
//! reaches the first would not look.
//!
//! Every write goes through the queue of its server (`queue`), so no publisher waits for one: `behind` says when a
//! batch is written, `round` how, `claim` under which number.

mod behind;
mod claim;
mod outcome;
mod queue;
mod round;
mod server;
mod write;

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use schema::report::{L2State, ServerReport};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::{
    clock::Clock,
    l2::{Cas, L2, L2Error},
};

pub use self::{
    behind::WriteBehind,
    outcome::{Outcome, Refusal, Superseded},
    round::ITEM_LIMIT,
};
pub(crate) use self::{
    claim::{Epoch, TokenStore, Writers},
    server::{OwnWrite, Server},
    write::{Owner, Write},
};

/// The shared tier.
pub(crate) struct Tier {
    /// Each with the seed that its name makes.
    servers: Vec<(u64, Arc<Server>)>,
}

impl Tier {
    /// Takes servers into use; `None` where there is none. The task of each is handed to `spawn`.
    pub(crate) fn start(servers: Vec<Arc<dyn L2>>, clock: &Clock, mut spawn: impl FnMut(WriteBehind)) -> Option<Self> {
        let start = |l2: Arc<dyn L2>| {
            let seed = xxh3_64(l2.name().as_bytes());
            let (server, wake) = Server::new(l2, clock.clone());
            spawn(WriteBehind::of(&server, wake));
            (seed, server)
        };
        let servers: Vec<_> = servers.into_iter().map(start).collect();
        (!servers.is_empty()).then_some(Self { servers })
    }

    /// The server that a key belongs to.
    pub(crate) fn server(&self, key: &str) -> &Arc<Server> {
        &self.servers[self.place(key)].1
    }

    fn place(&self, key: &str) -> usize {
        let weight = |place: &usize| xxh3_64_with_seed(key.as_bytes(), self.servers[*place].0);
        (0..self.servers.len()).max_by_key(weight).unwrap_or(0)
    }

    /// Every server.
    pub(crate) fn servers(&self) -> impl Iterator<Item = &Arc<Server>> {
        self.servers.iter().map(|(_, server)| server)
    }

    /// The numbers of many items, one round trip per server; one answer per key, in order.
    pub(crate) async fn cas_many(&self, keys: &[String]) -> Vec<Result<Option<Cas>, L2Error>> {
        if let [(_, only)] = self.servers.as_slice() {
            return ask(only, keys).await;
        }
        let mut places: Vec<Vec<usize>> = vec![Vec::new(); self.servers.len()];
        for (at, key) in keys.iter().enumerate() {
            places[self.place(key)].push(at);
        }
        let asked = join_all(places.iter().zip(self.servers()).map(async |(places, server)| {
            let keys: Vec<String> = places.iter().map(|at| keys[*at].clone()).collect();
            if keys.is_empty() { Vec::new() } else { ask(server, &keys).await }
        }));
        let mut answers = vec![Ok(None); keys.len()];
        for (places, answered) in places.iter().zip(asked.await) {
            for (at, answer) in places.iter().zip(answered) {
                answers[*at] = answer;
            }
        }
        answers
    }

    /// How it is: degraded while any server is.
    pub(crate) fn state(&self) -> L2State {
        let states: Vec<(&str, L2State)> = self.servers().map(|server| (server.name(), server.state())).collect();
        let several = states.len() > 1;
        let failing = states.iter().filter_map(|(name, state)| match state {
            L2State::Degraded { cause, since } if several => Some((format!("{name}: {cause}"), *since)),
            L2State::Degraded { cause, since } => Some((cause.clone(), *since)),
            L2State::Up { .. } | L2State::Off => None,
        });
        let failing: Vec<(String, schema::UnixMs)> = failing.collect();
        if let Some(since) = failing.iter().map(|(_, since)| *since).min() {
            let cause = failing.into_iter().map(|(cause, _)| cause).collect::<Vec<_>>().join("; ");
            return L2State::Degraded { cause, since };
        }
        let mut versions: Vec<String> = states
            .into_iter()
            .filter_map(|(_, state)| if let L2State::Up { version } = state { Some(version) } else { None })
            .collect();
        versions.dedup();
        L2State::Up { version: versions.join(", ") }
    }

    /// What there is to say of each server.
    pub(crate) fn report(&self) -> Vec<ServerReport> {
        self.servers().map(|server| server.report()).collect()
    }

    /// How many outages there have been, of all servers.
    pub(crate) fn outages(&self) -> u64 {
        self.servers().map(|server| server.outages()).sum()
    }

    /// Resolves when the first contact with every server was made, or failed.
    pub(crate) async fn contacted(&self) {
        join_all(self.servers().map(|server| server.contacted())).await;
    }

    /// Writes what waits, where a server answers, within a limit.
    pub(crate) async fn drain(&self, limit: Duration) {
        join_all(self.servers().map(|server| server.drain(limit))).await;
    }
}

async fn ask(server: &Arc<Server>, keys: &[String]) -> Vec<Result<Option<Cas>, L2Error>> {
    match server.cas_many(keys).await {
        Ok(answers) => answers,
        Err(error) => vec![Err(error); keys.len()],
    }
}
