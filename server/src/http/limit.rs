//! How many live streams may be open: each is a connection, a task and a buffer for as long as a page is.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

use app::source::OpenStreams;
use axum::{
    body::Body,
    extract::{Extension, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use futures_util::StreamExt as _;

use super::{client::Client, error::ApiError};
use crate::config::Http;

/// How long a client that is refused waits, in seconds.
const WAIT_S: u64 = 15;

/// The open streams of this process.
#[derive(Clone)]
pub(crate) struct Streams(Arc<Inner>);

struct Inner {
    most: usize,
    most_of_one: usize,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    all: usize,
    /// Of clients whose address distinguishes them from others.
    of: HashMap<IpAddr, usize>,
}

/// One open stream, until it is dropped.
struct Permit {
    streams: Streams,
    client: Option<IpAddr>,
}

impl Streams {
    pub(crate) fn new(http: &Http) -> Self {
        let (most, most_of_one) = (http.max_streams, http.max_streams_per_client);
        Self(Arc::new(Inner { most, most_of_one, open: Mutex::default() }))
    }

    /// How many are open, and how many may be.
    pub(super) fn counts(&self) -> OpenStreams {
        let open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner).all;
        let whole = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        OpenStreams { open: whole(open), most: whole(self.0.most) }
    }

    fn open(&self, client: &Client) -> Result<Permit, ApiError> {
        let client = client.is_distinct.then(|| network(client.addr));
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = client.is_some_and(|client| open.of.get(&client).is_some_and(|n| *n >= self.0.most_of_one));
        if of_one || open.all >= self.0.most {
            return Err(ApiError::TooManyStreams { of_one, wait_s: WAIT_S });
        }
        open.all += 1;
        if let Some(client) = client {
            *open.of.entry(client).or_default() += 1;
        }
        drop(open);
        Ok(Permit { streams: self.clone(), client })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.streams.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all -= 1;
        let Some(client) = self.client else { return };
        let left = open.of.get(&client).copied().unwrap_or_default().saturating_sub(1);
        match left {
            0 => drop(open.of.remove(&client)),
            left => drop(open.of.insert(client, left)),
        }
    }
}

/// Opens a stream, where there is room for one more.
pub(super) async fn count(
    State(streams): State<Streams>,
    Extension(client): Extension<Client>,
    request: Request,
    next: Next,
) -> Response {
    let permit = match streams.open(&client) {
        Ok(permit) => permit,
        Err(error) => {
            metrics::counter!("http_streams_refused_total").increment(1);
            return error.into_response();
        }
    };
    let (head, body) = next.run(request).await.into_parts();
    // It is open for as long as its body is.
    let body = body.into_data_stream().map(move |piece| {
        let _ = &permit;
        piece
    });
    Response::from_parts(head, Body::from_stream(body))
}

/// What one client can have: an address of IPv4, or a network of 64 bits.
pub(super) fn network(addr: IpAddr) -> IpAddr {
    match addr.to_canonical() {
        IpAddr::V6(addr) => IpAddr::V6(Ipv6Addr::from_bits(addr.to_bits() & !u128::from(u64::MAX))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(max_streams: usize, max_streams_per_client: usize) -> Streams {
        Streams(Arc::new(Inner { most: max_streams, most_of_one: max_streams_per_client, open: Mutex::default() }))
    }

    fn client(addr: &str) -> Client {
        let addr: IpAddr = addr.parse().unwrap();
        let is_distinct = !addr.is_loopback();
        Client { addr, is_local: false, is_distinct, is_https: false, host: None }
    }

    #[test]
    fn one_client_cannot_have_every_stream_and_no_more_are_open_than_may_be() {
        let streams = streams(4, 2);
        let open = |addr: &str| streams.open(&client(addr));
        let refused = |addr: &str| open(addr).err();
        let first = (open("10.0.0.1").unwrap(), open("10.0.0.1").unwrap());
        assert_eq!(refused("10.0.0.1"), Some(ApiError::TooManyStreams { of_one: true, wait_s: WAIT_S }));
        let others = (open("10.0.0.2").unwrap(), open("2001:db8::1").unwrap());
        assert_eq!(refused("10.0.0.3"), Some(ApiError::TooManyStreams { of_one: false, wait_s: WAIT_S }));
        drop(others);
        drop(first);
        assert!(streams.0.open.lock().unwrap().of.is_empty(), "nobody is remembered who has none");
        let local: Vec<_> = (0..4).map(|_| open("127.0.0.1").unwrap()).collect();
        assert!(refused("127.0.0.1").is_some());
        drop(local);
        let same_network = (open("2001:db8::1").unwrap(), open("2001:db8::2").unwrap());
        assert!(refused("2001:db8::3").is_some());
        drop(same_network);
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let at = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(network(at("2001:db8:1:2:3::4")), network(at("2001:db8:1:2:ffff::1")));
        assert_ne!(network(at("2001:db8:1:2::")), network(at("2001:db8:1:3::")));
    }
}
