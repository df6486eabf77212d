//! Making the connection under a WebSocket, directly or through a proxy.

use std::{
    future::{Ready, ready},
    io,
    task::{Context, Poll},
};

use hyper_util::{
    client::legacy::connect::proxy::{SocksV5, Tunnel},
    rt::TokioIo,
};
use reqwest::Url;
use tokio::net::{TcpStream, lookup_host};
use tokio_tungstenite::tungstenite::http::{HeaderValue, Uri};
use tower_service::Service;

use super::{Proxy, ProxyFailure};

/// Makes connections to one host.
#[derive(Debug, Clone)]
pub(crate) struct Dialer {
    proxy: Option<Proxy>,
}

/// No connection could be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DialError {
    /// The host, or the proxy, cannot be connected to.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The proxy cannot be reached or does not connect.
    #[error(transparent)]
    Proxy(#[from] ProxyFailure),
}

impl Dialer {
    /// Connects through a proxy, or directly.
    pub(crate) const fn new(proxy: Option<Proxy>) -> Self {
        Self { proxy }
    }

    /// Connects to the host and port of an address.
    pub(crate) async fn connect(&self, url: &Url) -> Result<TcpStream, DialError> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        let stream = match &self.proxy {
            None => TcpStream::connect((unbracketed(host), port)).await?,
            Some(proxy) => proxy.connect(host, port).await?,
        };
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Proxy {
    async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, ProxyFailure> {
        let (own_host, own_port) = self.host_and_port();
        let unreachable = |error: io::Error| self.failure(&format!("it cannot be connected to ({error})"));
        let stream = TcpStream::connect((unbracketed(own_host), own_port)).await.map_err(unreachable)?;
        let connected = Connected(Some(TokioIo::new(stream)));
        // Neither library asks where the proxy is: the connection to it is there.
        let own = Uri::from_static("proxy:0");
        let failed = |error: &dyn std::fmt::Display| self.failure(&error.to_string());
        let (user, password) = self.credentials();
        let io = if self.url.scheme() == "http" {
            let mut tunnel = Tunnel::new(own, connected);
            if !user.is_empty() || !password.is_empty() {
                tunnel =
                    tunnel.with_auth(basic(&user, &password).ok_or_else(|| failed(&"its password cannot be sent"))?);
            }
            tunnel.call(target(host, port).map_err(|error| failed(&error))?).await.map_err(|error| failed(&error))?
        } else {
            let mut socks = SocksV5::new(own, connected);
            if !user.is_empty() || !password.is_empty() {
                socks = socks.with_auth(user, password);
            }
            let host = if self.url.scheme() == "socks5" {
                resolve(host, port).await.map_err(|error| failed(&error))?
            } else {
                host.to_owned()
            };
            socks.call(target(&host, port).map_err(|error| failed(&error))?).await.map_err(|error| failed(&error))?
        };
        Ok(io.into_inner())
    }

    /// User and password of its address, decoded.
    fn credentials(&self) -> (String, String) {
        let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        (decoded(self.url.username()), decoded(self.url.password().unwrap_or_default()))
    }
}

/// An address of a host, resolved here: `socks5` leaves the names to this machine, `socks5h` to the proxy.
async fn resolve(host: &str, port: u16) -> io::Result<String> {
    let mut found = lookup_host((unbracketed(host), port)).await?;
    let address = found.next().ok_or_else(|| io::Error::other(format!("{host} has no address")))?;
    Ok(if address.is_ipv6() { format!("[{}]", address.ip()) } else { address.ip().to_string() })
}

fn target(host: &str, port: u16) -> Result<Uri, tokio_tungstenite::tungstenite::http::Error> {
    Uri::builder().scheme("https").authority(format!("{host}:{port}")).path_and_query("/").build()
}

fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))).ok()
}

fn unbracketed(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// A connection that is there already, for libraries that want to make it.
#[derive(Debug)]
struct Connected(Option<TokioIo<TcpStream>>);

impl Service<Uri> for Connected {
    type Response = TokioIo<TcpStream>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        ready(self.0.take().ok_or_else(|| io::Error::other("the connection to the proxy was used")))
    }
}
