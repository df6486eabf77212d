//! The server: sockets and the only clock.

use std::{
    convert::Infallible,
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, middleware, routing::get, serve::ListenerExt};
use schema::UnixMs;
use tokio::sync::oneshot;

use super::{
    FaultSwitch, RecordingError, SimConfig,
    fault::{control, http::faulty},
    market::{Market, TICK_MS},
    outside, recorded, rest,
    shared::{Exchange, Shared},
    stream, truth,
};

/// How long requests that are being answered may take when it ends.
const LINGER: Duration = Duration::from_secs(2);
/// A clock that was set back by more than this is followed no longer; market time never goes back.
const SET_BACK_MS: i64 = 5_000;

/// What can go wrong with the simulated exchange.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimError {
    /// It only ever listens on loopback.
    #[error("the simulated exchange listens on loopback only, not on {addr}")]
    NotLoopback {
        /// The address that was asked for.
        addr: SocketAddr,
    },
    /// It cannot list that many contracts.
    #[error("{asked} symbols asked for; 1 to {} are possible", SimConfig::MAX_SYMBOLS)]
    SymbolCount {
        /// How many were asked for.
        asked: u16,
    },
    /// An activity that is not offered.
    #[error("{asked} times the usual activity asked for; 1 to {} are possible", SimConfig::MAX_ACTIVITY)]
    Activity {
        /// What was asked for.
        asked: u8,
    },
    /// The address cannot be listened on.
    #[error("listening on {addr}")]
    Bind {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The recorded candles cannot be played.
    #[error("reading the recorded candles in {}", folder.display())]
    Candles {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with them.
        #[source]
        source: RecordingError,
    },
    /// The server broke down.
    #[error("serving the simulated exchange")]
    Serve {
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The market broke down.
    #[error("moving the simulated market on")]
    Market {
        /// What became of its task.
        #[source]
        source: tokio::task::JoinError,
    },
}

/// A simulated exchange that listens and is ready to run.
#[derive(Debug)]
pub struct SimServer {
    listener: TcpListener,
    addr: SocketAddr,
    shared: Shared,
    /// Market time minus wall time, in ms.
    offset: i64,
}

impl SimServer {
    /// Makes the market and its history, and listens on `addr`; connections wait until [`run`](Self::run).
    ///
    /// It works for a while (60 contracts some tenths of a second, 600 a few seconds), so asynchronous code should
    /// call it on a blocking thread. The market's time is wall time, shifted so that it is `config.start` now.
    ///
    /// # Errors
    ///
    /// [`SimError`] for an address that is not loopback or cannot be listened on, an impossible number of symbols, or
    /// recorded candles that cannot be played.
    pub fn bind(config: SimConfig, addr: SocketAddr) -> Result<Self, SimError> {
        let offset = config.start.0 - wall_time();
        if !addr.ip().is_loopback() {
            return Err(SimError::NotLoopback { addr });
        }
        if !(1..=SimConfig::MAX_SYMBOLS).contains(&config.symbols) {
            return Err(SimError::SymbolCount { asked: config.symbols });
        }
        let failed = |source| SimError::Bind { addr, source };
        let listener = TcpListener::bind(addr).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        if !(1..=SimConfig::MAX_ACTIVITY).contains(&config.activity) {
            return Err(SimError::Activity { asked: config.activity });
        }
        let mut market = match config.candles {
            None => Market::invented(config.seed, config.symbols, config.start),
            Some(folder) => played(config.seed, config.symbols, config.start, &folder)
                .map_err(|source| SimError::Candles { folder, source })?,
        };
        market.quicken(config.activity);
        let shared = Shared::new(Exchange::new(market));
        Ok(Self { listener, addr, shared, offset })
    }

    /// The address it listens on.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it does wrong on purpose: nothing, until it is switched on here or at `/sim/faults`.
    #[must_use]
    pub fn faults(&self) -> FaultSwitch {
        self.shared.faults.clone()
    }

    /// The base of its REST routes, for example `http://127.0.0.1:4000`.
    #[must_use]
    pub fn rest_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The address of its stream, for example `ws://127.0.0.1:4000/v5/public/linear`.
    #[must_use]
    pub fn ws_url(&self) -> String {
        format!("ws://{}/v5/public/linear", self.addr)
    }

    /// Serves until `shutdown`; then every connection is closed.
    ///
    /// # Errors
    ///
    /// [`SimError::Serve`] or [`SimError::Market`] when it breaks down before that.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), SimError> {
        let serving = |source| SimError::Serve { source };
        let listener = tokio::net::TcpListener::from_std(self.listener).map_err(serving)?;
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "a simulated connection delays small frames");
            }
        });
        let faults = self.shared.faults.clone();
        let routes: Router = rest::routes()
            .route("/v5/public/linear", get(stream::upgrade))
            .merge(outside::routes())
            .with_state(self.shared.clone())
            .layer(middleware::from_fn_with_state(faults.clone(), faulty))
            .merge(control::routes(faults))
            .merge(truth::routes().with_state(self.shared.clone()));
        let market = keep_moving(self.shared.clone(), self.offset);
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let server = axum::serve(listener, routes).with_graceful_shutdown(async {
            // It is dropped rather than sent.
            let _ = stopped.await;
        });
        let mut server = std::pin::pin!(server.into_future());
        let outcome = tokio::select! {
            served = &mut server => return served.map_err(serving),
            failed = market => Err(SimError::Market { source: failed }),
            () = shutdown => Ok(()),
        };
        // A stopped market must not go on answering over a connection that was kept alive.
        drop(stop);
        self.shared.with(|exchange| exchange.hub.close()).await;
        if tokio::time::timeout(LINGER, server).await.is_err() {
            tracing::debug!("a simulated connection was still busy at the end");
        }
        outcome
    }
}

fn played(seed: u64, symbols: u16, start: UnixMs, folder: &std::path::Path) -> Result<Market, RecordingError> {
    let mut all = recorded::read_folder(folder)?;
    all.truncate(usize::from(symbols));
    let window = recorded::place(folder, &all, start.0)?;
    Ok(Market::recorded(seed, all, window, start))
}

/// Moves the market along with wall time; returns only when that fails.
///
/// It wakes when a tick of the market ends: one that was sent later would carry a time that has passed, as if it had been on its
/// way for so long.
async fn keep_moving(shared: Shared, mut offset: i64) -> tokio::task::JoinError {
    loop {
        let shared = shared.clone();
        let moved = tokio::task::spawn_blocking(move || {
            let mut exchange = shared.lock();
            exchange.step(UnixMs(wall_time() + offset));
            exchange.market.now().0 - wall_time() - offset
        });
        let ahead = match moved.await {
            Err(failed) => return failed,
            Ok(ahead) if ahead > SET_BACK_MS => {
                tracing::warn!(by_ms = ahead, "the clock was set back; the simulated market goes on from where it was");
                offset += ahead;
                0
            }
            Ok(ahead) => ahead,
        };
        let until_next = (TICK_MS + ahead).clamp(1, TICK_MS);
        tokio::time::sleep(Duration::from_millis(until_next.unsigned_abs())).await;
    }
}

/// Milliseconds since 1970 by the machine's clock; 0 for a clock before that.
fn wall_time() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
