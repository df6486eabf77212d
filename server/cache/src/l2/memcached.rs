//! The shared tier in one or several memcached servers, through the meta protocol (1.6.0 or newer).
//!
//! Names are resolved and connections dialled when they are first needed, so a server that is down at start is an
//! ordinary failure of the first call. No call outlives its deadline, a frozen server included.

use std::{sync::Mutex, time::Duration};

use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use memcache::exp::{AsyncMetaClient, Error, Get, GetResult, GetStatus, Meta, MutationStatus, Set, Ttl};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::{Added, Cas, Item, L2, L2Error, Swapped};
use crate::lock::lock;

/// The shortest life an item is given: memcached's clock ticks in seconds, so one of 1 s may be gone at once.
pub(crate) const SHORTEST_LIFE: Duration = Duration::from_secs(2);

/// The oldest memcached that speaks the meta protocol.
const OLDEST: (u32, u32) = (1, 6);

/// A list of servers that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadServers {
    /// The list is empty.
    #[error("no memcached server is named")]
    None,
    /// An entry is not `host:port`.
    #[error("`{0}` is not host:port")]
    NotAnAddress(String),
}

/// One or several memcached servers; keys are spread by rendezvous hashing over the addresses as written.
pub struct MemcachedL2 {
    servers: Vec<String>,
    deadline: Duration,
    client: Mutex<Option<AsyncMetaClient>>,
}

impl MemcachedL2 {
    /// Reads a comma-separated list of `host:port`.
    ///
    /// # Errors
    ///
    /// [`BadServers`] when it is empty or an entry has another form. Whether a server answers is not asked here.
    pub fn parse(list: &str) -> Result<Self, BadServers> {
        let servers: Vec<String> =
            list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect();
        if servers.is_empty() {
            return Err(BadServers::None);
        }
        let is_address = |entry: &str| {
            entry.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        };
        match servers.iter().find(|entry| !is_address(entry)) {
            Some(bad) => Err(BadServers::NotAnAddress(bad.clone())),
            None => Ok(Self { servers, deadline: Duration::from_millis(200), client: Mutex::new(None) }),
        }
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
            .connect_multiple_async(self.servers.clone())
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
            Error::Io(error) => L2Error::Unreachable(format!("{}: {error}", self.servers.join(","))),
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

    /// Asks one server for its version with the one command that is not part of the meta protocol.
    async fn version_of(&self, server: &str) -> Result<String, L2Error> {
        let ask = async {
            let mut stream = TcpStream::connect(server).await?;
            stream.write_all(b"version\r\n").await?;
            let mut line = String::new();
            BufReader::new(stream).take(128).read_line(&mut line).await?;
            Ok::<_, std::io::Error>(line)
        };
        let line = match timeout(self.deadline, ask).await {
            Ok(Ok(line)) => line,
            Ok(Err(error)) => return Err(L2Error::Unreachable(format!("{server}: {error}"))),
            Err(_) => return Err(L2Error::Timeout(self.deadline)),
        };
        let version = line
            .trim_end()
            .strip_prefix("VERSION ")
            .ok_or_else(|| L2Error::Refused(format!("{server} does not answer like a memcached")))?;
        let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        if (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < OLDEST {
            return Err(L2Error::Refused(format!("{server} is memcached {version}; 1.6.0 or newer is needed")));
        }
        Ok(version.to_owned())
    }
}

impl std::fmt::Debug for MemcachedL2 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemcachedL2").field("servers", &self.servers).field("deadline", &self.deadline).finish()
    }
}

fn life(keep_for: Duration) -> Ttl {
    Ttl::secs(u32::try_from(keep_for.max(SHORTEST_LIFE).as_secs()).unwrap_or(u32::MAX))
}

fn number(cas: Option<u64>) -> Result<Cas, L2Error> {
    cas.map(Cas).ok_or_else(|| L2Error::Refused("an answer without a CAS number".into()))
}

/// A lease placeholder is nobody's value: it reads as absent.
fn found(result: GetResult) -> Result<Option<Item>, L2Error> {
    match (result.status, result.value) {
        (GetStatus::Hit, Some(value)) => {
            Ok(Some(Item { value, cas: number(result.item.cas)?, flags: result.client_flags.unwrap_or(0) }))
        }
        _ => Ok(None),
    }
}

impl L2 for MemcachedL2 {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Item>, L2Error>> {
        async move {
            let get = Get::new(key).meta(Meta::NONE.cas());
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

    fn version(&self) -> BoxFuture<'_, Result<String, L2Error>> {
        async move {
            // After an outage the names may lead elsewhere: they are resolved again.
            *lock(&self.client) = None;
            let answers = join_all(self.servers.iter().map(|server| self.version_of(server))).await;
            let mut versions: Vec<String> = Vec::new();
            let mut failure = None;
            for answer in answers {
                match answer {
                    Ok(version) if versions.contains(&version) => {}
                    Ok(version) => versions.push(version),
                    Err(error) => failure = Some(error),
                }
            }
            match failure {
                // One server of several that answers is enough to go on: its keys work.
                Some(error) if versions.is_empty() => Err(error),
                _ => Ok(versions.join(", ")),
            }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_servers_is_checked_before_it_is_used() {
        assert_eq!(MemcachedL2::parse(" a:11211, [::1]:2 ,").unwrap().servers, ["a:11211", "[::1]:2"]);
        assert_eq!(MemcachedL2::parse(" , ").unwrap_err(), BadServers::None);
        for bad in ["localhost", ":11211", "host:99999"] {
            assert_eq!(MemcachedL2::parse(bad).unwrap_err(), BadServers::NotAnAddress(bad.into()));
        }
    }

    #[test]
    fn no_item_lives_shorter_than_memcached_can_count() {
        assert_eq!(life(Duration::from_millis(10)), Ttl::secs(2));
        assert_eq!(life(Duration::from_secs(86_400)), Ttl::secs(86_400));
    }
}
