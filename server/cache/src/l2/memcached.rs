//! The shared tier in a memcached server, through the meta protocol (1.6.0 or newer).
//!
//! Names are resolved and connections dialled when they are first needed, so a server that is down at start is an
//! ordinary failure of the first call. No call outlives its deadline, a frozen server included. The client speaks
//! plain TCP: a server on another host belongs behind a tunnel or a private network.

use std::{sync::Mutex, time::Duration};

use futures_util::future::{BoxFuture, FutureExt as _};
use memcache::exp::{AsyncMetaClient, Error, Get, GetResult, GetStatus, Meta, MutationStatus, Set, Ttl};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use schema::UnixMs;

use super::{Added, Cas, Facts, Item, L2, L2Error, StoreIf, Swapped};
use crate::lock::lock;

/// The shortest life an item is given: memcached's clock ticks in seconds, so one of 1 s may be gone at once.
pub(crate) const SHORTEST_LIFE: Duration = Duration::from_secs(2);

/// The oldest memcached that speaks the meta protocol.
const OLDEST: (u32, u32) = (1, 6);

/// What is read at most of a server's words about itself, in bytes.
const ANSWER_LIMIT: u64 = 64 * 1024;

/// A list of servers that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadServers {
    /// The list is empty.
    #[error("no memcached server is named")]
    None,
    /// An entry is not `host:port`.
    #[error("`{0}` is not host:port")]
    NotAnAddress(String),
    /// An entry is listed twice.
    #[error("`{0}` is named twice")]
    Twice(String),
}

/// One memcached server.
pub struct MemcachedL2 {
    address: String,
    deadline: Duration,
    client: Mutex<Option<AsyncMetaClient>>,
}

impl MemcachedL2 {
    /// The server at `host:port`.
    ///
    /// # Errors
    ///
    /// [`BadServers::NotAnAddress`] when the text has another form. Whether it answers is not asked here.
    pub fn new(address: &str) -> Result<Self, BadServers> {
        let spelled =
            address.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if !spelled {
            return Err(BadServers::NotAnAddress(address.to_owned()));
        }
        Ok(Self { address: address.to_owned(), deadline: Duration::from_millis(200), client: Mutex::new(None) })
    }

    /// Reads a comma-separated list of `host:port`.
    ///
    /// # Errors
    ///
    /// [`BadServers`] when it is empty, an entry has another form, or one is listed twice.
    pub fn list(text: &str) -> Result<Vec<Self>, BadServers> {
        let mut servers: Vec<Self> = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            if servers.iter().any(|server| server.address == entry) {
                return Err(BadServers::Twice(entry.to_owned()));
            }
            servers.push(Self::new(entry)?);
        }
        if servers.is_empty() { Err(BadServers::None) } else { Ok(servers) }
    }

    /// How long one exchange may take, dialling included; 200 ms by default.
    #[must_use]
    pub fn deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    async fn client(&self) -> Result<AsyncMetaClient, L2Error> {
        if let Some(client) = &*lock(&self.client) {
            return Ok(client.clone());
        }
        let client = AsyncMetaClient::builder()
            .connect_timeout(Some(self.deadline))
            .io_timeout(Some(self.deadline))
            // A frozen server must not make every stalled caller dial one more connection.
            .max_connections(Some(16))
            .connect_async(self.address.clone())
            .await
            .map_err(|error| self.named(error))?;
        Ok(lock(&self.client).get_or_insert(client).clone())
    }

    /// Runs one exchange under the deadline.
    async fn exchange<T, F>(&self, run: impl FnOnce(AsyncMetaClient) -> F + Send) -> Result<T, L2Error>
    where
        F: Future<Output = Result<T, Error>> + Send,
    {
        let work = async { run(self.client().await?).await.map_err(|error| self.named(error)) };
        match timeout(self.deadline, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(L2Error::Timeout(self.deadline)),
        }
    }

    fn named(&self, error: Error) -> L2Error {
        match error {
            Error::Io(error) => L2Error::Unreachable(format!("{}: {error}", self.address)),
            Error::Timeout { .. } => L2Error::Timeout(self.deadline),
            // The server's word about a request that it received is no unknown outcome.
            Error::Ambiguous { source, .. } => match *source {
                Error::Server(text) | Error::Rejected(text) => L2Error::Refused(text),
                other => L2Error::Ambiguous(other.to_string()),
            },
            Error::Server(text) | Error::Rejected(text) => L2Error::Refused(text),
            other => L2Error::Refused(other.to_string()),
        }
    }

    /// Asks with the commands that are not part of the meta protocol, on a connection of its own.
    async fn ask(&self) -> Result<Facts, L2Error> {
        let ask = async {
            let mut stream = TcpStream::connect(&self.address).await?;
            stream.write_all(b"version\r\nstats settings\r\nstats\r\nquit\r\n").await?;
            let mut answer = String::new();
            stream.take(ANSWER_LIMIT).read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = match timeout(self.deadline, ask).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.named(Error::Io(error))),
            Err(_) => return Err(L2Error::Timeout(self.deadline)),
        };
        let version = answer
            .lines()
            .find_map(|line| line.strip_prefix("VERSION "))
            .ok_or_else(|| L2Error::Refused(format!("{} does not answer like a memcached", self.address)))?
            .trim_end();
        let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < OLDEST {
            return Err(L2Error::Refused(format!("{} is memcached {version}; 1.6.0 or newer is needed", self.address)));
        }
        // A setting may have the name of a count: `evictions on`.
        let stat = |name: &str| {
            let figure = |line: &str| line.strip_prefix("STAT ")?.strip_prefix(name)?.trim().parse::<u64>().ok();
            answer.lines().find_map(figure)
        };
        Ok(Facts {
            version: version.to_owned(),
            item_limit_bytes: stat("item_size_max"),
            memory_limit_bytes: stat("maxbytes"),
            evictions: stat("evictions"),
            time: stat("time").and_then(|s| i64::try_from(s).ok()).map(|s| UnixMs(s.saturating_mul(1_000))),
        })
    }
}

impl std::fmt::Debug for MemcachedL2 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemcachedL2").field("address", &self.address).field("deadline", &self.deadline).finish()
    }
}

fn life(keep_for: Duration) -> Ttl {
    Ttl::secs(u32::try_from(keep_for.max(SHORTEST_LIFE).as_secs()).unwrap_or(u32::MAX))
}

/// A conditional write as the client sends it.
fn set(write: &StoreIf<'_>) -> Set {
    let set = Set::new(write.key, write.value).client_flags(write.flags).ttl(life(write.keep_for)).return_cas();
    match write.expected {
        Some(expected) => set.compare_cas(expected.0),
        None => set.add(),
    }
}

fn number(cas: Option<u64>) -> Result<Cas, L2Error> {
    cas.map(Cas).ok_or_else(|| L2Error::Refused("an answer without a CAS number".into()))
}

/// A lease placeholder is nobody's value: it reads as absent.
fn found(result: GetResult) -> Result<Option<Item>, L2Error> {
    match (result.status, result.value) {
        (GetStatus::Hit, Some(value)) => {
            let cas = number(result.item.cas)?;
            // -1 is an item that does not expire.
            let expires_in = result.item.ttl.and_then(|secs| u64::try_from(secs).ok()).map(Duration::from_secs);
            Ok(Some(Item { value, cas, flags: result.client_flags.unwrap_or(0), expires_in }))
        }
        _ => Ok(None),
    }
}

impl L2 for MemcachedL2 {
    fn name(&self) -> &str {
        &self.address
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Item>, L2Error>> {
        async move {
            let get = Get::new(key).meta(Meta::NONE.cas().ttl());
            found(self.exchange(|client| async move { client.run(get).await }).await?)
        }
        .boxed()
    }

    fn add<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
    ) -> BoxFuture<'a, Result<Added, L2Error>> {
        async move {
            let set = Set::new(key, value).add().client_flags(flags).ttl(life(keep_for)).return_cas();
            let result = self.exchange(|client| async move { client.run(set).await }).await?;
            match result.status {
                MutationStatus::Applied => Ok(Added::Stored(number(result.cas)?)),
                MutationStatus::AlreadyExists => Ok(Added::Exists),
                other => Err(L2Error::Refused(format!("unexpected answer to add: {other:?}"))),
            }
        }
        .boxed()
    }

    fn swap<'a>(
        &'a self,
        key: &'a str,
        value: &'a [u8],
        flags: u32,
        keep_for: Duration,
        expected: Cas,
    ) -> BoxFuture<'a, Result<Swapped, L2Error>> {
        async move {
            let set = Set::new(key, value).client_flags(flags).ttl(life(keep_for)).compare_cas(expected.0).return_cas();
            let result = self.exchange(|client| async move { client.run(set).await }).await?;
            match result.status {
                MutationStatus::Applied => Ok(Swapped::Stored(number(result.cas)?)),
                MutationStatus::CasMismatch => Ok(Swapped::Lost),
                MutationStatus::NotFound => Ok(Swapped::Gone),
                other => Err(L2Error::Refused(format!("unexpected answer to swap: {other:?}"))),
            }
        }
        .boxed()
    }

    fn cas_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Cas>, L2Error>>> {
        async move {
            let gets: Vec<Get> =
                keys.iter().map(|key| Get::new(key).without_value().no_lru_bump().meta(Meta::NONE.cas())).collect();
            match self.exchange(|client| async move { client.run_many(gets).await }).await {
                Ok(results) => results
                    .into_iter()
                    .map(|result| match result {
                        Ok(got) if got.status == GetStatus::Hit => number(got.item.cas).map(Some),
                        Ok(_) => Ok(None),
                        Err(error) => Err(self.named(error)),
                    })
                    .collect(),
                Err(error) => vec![Err(error); keys.len()],
            }
        }
        .boxed()
    }

    fn get_many<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Vec<Result<Option<Item>, L2Error>>> {
        async move {
            let gets: Vec<Get> = keys.iter().map(|key| Get::new(key).meta(Meta::NONE.cas().ttl())).collect();
            match self.exchange(|client| async move { client.run_many(gets).await }).await {
                Ok(results) => {
                    results.into_iter().map(|result| found(result.map_err(|error| self.named(error))?)).collect()
                }
                Err(error) => vec![Err(error); keys.len()],
            }
        }
        .boxed()
    }

    fn store_many<'a>(&'a self, writes: &'a [StoreIf<'a>]) -> BoxFuture<'a, Vec<Result<Swapped, L2Error>>> {
        async move {
            let sets: Vec<Set> = writes.iter().map(set).collect();
            match self.exchange(|client| async move { client.run_many(sets).await }).await {
                Ok(results) => results
                    .into_iter()
                    .map(|result| {
                        let result = result.map_err(|error| self.named(error))?;
                        match result.status {
                            MutationStatus::Applied => Ok(Swapped::Stored(number(result.cas)?)),
                            MutationStatus::CasMismatch | MutationStatus::AlreadyExists => Ok(Swapped::Lost),
                            MutationStatus::NotFound => Ok(Swapped::Gone),
                            other => Err(L2Error::Refused(format!("unexpected answer to a write: {other:?}"))),
                        }
                    })
                    .collect(),
                Err(error) => vec![Err(error); writes.len()],
            }
        }
        .boxed()
    }

    fn facts(&self) -> BoxFuture<'_, Result<Facts, L2Error>> {
        async move {
            // After an outage the name may lead elsewhere: it is resolved again.
            *lock(&self.client) = None;
            self.ask().await
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_servers_is_checked_before_it_is_used() {
        let servers = MemcachedL2::list(" a:11211, [::1]:2 ,").unwrap();
        assert_eq!(servers.iter().map(L2::name).collect::<Vec<_>>(), ["a:11211", "[::1]:2"]);
        assert_eq!(MemcachedL2::list(" , ").unwrap_err(), BadServers::None);
        assert_eq!(MemcachedL2::list("a:1,b:1,a:1").unwrap_err(), BadServers::Twice("a:1".into()));
        for bad in ["localhost", ":11211", "host:99999"] {
            assert_eq!(MemcachedL2::list(bad).unwrap_err(), BadServers::NotAnAddress(bad.into()));
        }
    }

    #[test]
    fn no_item_lives_shorter_than_memcached_can_count() {
        assert_eq!(life(Duration::from_millis(10)), Ttl::secs(2));
        assert_eq!(life(Duration::from_secs(86_400)), Ttl::secs(86_400));
    }
}
