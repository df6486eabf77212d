//! One connection: making it, reading it, and sending what waits at its pace.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::Url;
use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async_tls_with_config,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};

use super::{StreamConfig, outbox::Outbox};
use crate::{error::root, proxy::Dialer};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Messages larger than this end the connection; the largest real ones, 1024 trades, are below 256 KiB.
const MESSAGE_MAX_BYTES: usize = 4 * 1024 * 1024;

/// An open connection.
#[derive(Debug)]
pub(super) struct Line {
    socket: Socket,
    pub(super) outbox: Outbox,
    /// When the last message was read from it.
    pub(super) read_at: Instant,
    ping_at: Instant,
    timeout: Duration,
}

impl Line {
    /// Makes a connection; the cause in plain words where there is none.
    pub(super) async fn connect(url: &Url, dialer: &Dialer, config: &StreamConfig) -> Result<Self, String> {
        let making = async {
            let stream = dialer.connect(url).await.map_err(|error| format!("no connection ({error})"))?;
            let limits = WebSocketConfig::default()
                .max_message_size(Some(MESSAGE_MAX_BYTES))
                .max_frame_size(Some(MESSAGE_MAX_BYTES));
            let shaken = client_async_tls_with_config(url.as_str(), stream, Some(limits), None).await;
            shaken.map(|(socket, _)| socket).map_err(|error| plain(&error))
        };
        let nothing = |_| Err(format!("no connection (nothing within {} s)", config.connect_timeout.as_secs_f32()));
        let socket = timeout(config.connect_timeout, making).await.unwrap_or_else(nothing)?;
        let now = Instant::now();
        Ok(Self {
            socket,
            outbox: Outbox::new(config.messages_per_second),
            read_at: now,
            ping_at: now + config.ping_every,
            timeout: config.connect_timeout,
        })
    }

    /// The next message; the cause in plain words where the connection ended.
    pub(super) async fn next(&mut self) -> Result<Message, String> {
        let message = match self.socket.next().await {
            Some(Ok(message)) => message,
            Some(Err(error)) => return Err(plain(&error)),
            None => return Err("the exchange closed the connection".to_owned()),
        };
        self.read_at = Instant::now();
        Ok(message)
    }

    /// Queues a ping when it is time for one.
    pub(super) fn ping_when_due(&mut self, every: Duration, now: Instant, ping: impl FnOnce() -> Message) {
        if self.ping_at <= now {
            self.ping_at = now + every;
            self.outbox.push_first(ping());
        }
    }

    /// Sends a message that waits, where one may be sent now.
    pub(super) async fn send_next(&mut self, now: Instant) -> Result<(), String> {
        match self.outbox.pop(now) {
            Some(message) => self.send(message).await,
            None => Ok(()),
        }
    }

    /// Sends all that may be sent now.
    pub(super) async fn send_ready(&mut self, now: Instant) -> Result<(), String> {
        while let Some(message) = self.outbox.pop(now) {
            self.send(message).await?;
        }
        Ok(())
    }

    /// Ends the connection. Nothing more is expected of it, so that it does not matter whether the other side notices.
    pub(super) async fn close(mut self) {
        if let Err(cause) = self.send(Message::Close(None)).await {
            tracing::debug!(cause, "a connection that is not needed any more was not closed in order");
        }
    }

    /// Sends a message; a peer that does not take it in time counts as lost.
    async fn send(&mut self, message: Message) -> Result<(), String> {
        match timeout(self.timeout, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(plain(&error)),
            Err(_) => Err("the exchange takes no messages".to_owned()),
        }
    }
}

fn plain(error: &Error) -> String {
    match error {
        Error::Http(response) if matches!(response.status().as_u16(), 403 | 451) => {
            format!("it refuses this address (HTTP {})", response.status().as_u16())
        }
        Error::Http(response) => format!("it offers no stream (HTTP {})", response.status().as_u16()),
        Error::ConnectionClosed | Error::AlreadyClosed => "the exchange closed the connection".to_owned(),
        Error::Io(_) | Error::Tls(_) => format!("no connection ({})", root(error)),
        other => format!("the connection broke ({})", root(other)),
    }
}
