//! Accepts connections and serves them, with limits on what a client may take its time for.
//!
//! `axum::serve` has no limit on how long a client takes to send the head of a request, so a few hundred silent connections stay open
//! for ever. This is the same loop over the same library with such a limit. A connection that waits for its next request has the
//! same one: browsers and proxies open another where they need it.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service as _;

/// How long a client may take to send the head of a request, and to begin its next one.
const HEAD: Duration = Duration::from_secs(10);
/// The largest head, in bytes. Three cookies of a browser are at most 12 KiB.
const HEAD_BYTES: usize = 32 << 10;
/// The most lines of a head.
const HEAD_LINES: usize = 100;
/// What is buffered of a connection in each direction, in bytes.
const BUFFER_BYTES: usize = 64 << 10;
/// How long no connection is accepted after the system could not give one, as it does when too many files are open.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stop`, and then until every request under way has ended.
///
/// # Errors
///
/// What the system says where the listener is of no more use.
pub(crate) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> io::Result<()> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_header_size(HEAD_BYTES)
        .max_headers(HEAD_LINES)
        .max_buf_size(BUFFER_BYTES);
    let open = TaskTracker::new();
    let ended = loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break Ok(()),
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                open.spawn(connection(http.clone(), stream, peer, router.clone(), stop.clone()));
            }
            Err(error) if is_of_one_client(&error) => tracing::debug!(%error, "a connection ended before it began"),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => break Err(error),
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted for now");
                metrics::counter!("http_accept_errors_total").increment(1);
                tokio::select! {
                    () = stop.cancelled() => break Ok(()),
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        }
    };
    // Nobody waits in vain for a connection that is not accepted any more.
    drop(listener);
    open.close();
    open.wait().await;
    ended
}

fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    http: http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    stop: CancellationToken,
) {
    // Small answers must not wait for an acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    let asked = Arc::new(AtomicBool::new(false));
    let service = service_fn({
        let asked = Arc::clone(&asked);
        move |mut request: hyper::Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            // It identifies the client.
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().call(request.map(Body::new))
        }
    });
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            // Browsers open connections ahead that they have not asked anything on.
            if !asked.load(Ordering::Relaxed) {
                return;
            }
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::trace!(%peer, %error, "a connection ended");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// A server on a free port, and what ends it.
    async fn started(router: Router) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<io::Result<()>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        (addr, stop.clone(), tokio::spawn(serve(listener, router, stop)))
    }

    async fn send(addr: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }

    async fn all(mut stream: TcpStream) -> String {
        let mut text = Vec::new();
        // A reset is an end as well.
        let _ = stream.read_to_end(&mut text).await;
        String::from_utf8(text).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn closes_connections_that_never_finish_their_headers() {
        let (addr, stop, serving) = started(Router::new().route("/", get("here"))).await;
        let mut silent = Vec::new();
        for n in 0..200 {
            let begun = ["", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nhost: localhost\r\nx: y"][n % 3];
            silent.push(send(addr, begun).await);
        }
        for stream in silent {
            let ended = tokio::time::timeout(HEAD * 2, all(stream)).await;
            assert!(ended.is_ok(), "a connection without a whole head stays open");
        }
        let answer = all(send(addr, "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("here"), "{answer}");
        stop.cancel();
        serving.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn refuses_a_head_that_is_too_large() {
        let (addr, _stop, _serving) = started(Router::new().route("/", get("here"))).await;
        for more in [format!("x: {}\r\n", "y".repeat(HEAD_BYTES)), "x: y\r\n".repeat(HEAD_LINES + 1)] {
            let answer = all(send(addr, &format!("GET / HTTP/1.1\r\nhost: localhost\r\n{more}\r\n")).await).await;
            assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        }
    }

    #[tokio::test]
    async fn ends_what_is_under_way_and_drops_what_has_asked_nothing() {
        let (begun, go) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
        let router = Router::new().route(
            "/slow",
            get({
                let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
                async move || {
                    begun.notify_one();
                    go.notified().await;
                    "whole"
                }
            }),
        );
        let (addr, stop, serving) = started(router).await;
        let ahead = send(addr, "").await;
        let slow = send(addr, "GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        begun.notified().await;
        stop.cancel();
        assert_eq!(all(ahead).await, "", "nothing was asked on it");
        go.notify_one();
        let answer = all(slow).await;
        assert!(answer.ends_with("whole") && answer.contains("connection: close"), "{answer}");
        serving.await.unwrap().unwrap();
    }
}
