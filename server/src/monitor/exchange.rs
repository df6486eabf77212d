//! Which exchange a configuration means, and how it is opened.

use std::{num::NonZeroU32, sync::Arc};

use schema::{UnixMs, Venue};
use venue::{
    Exchange, Past,
    binance::{Binance, BinanceConfig},
    bybit::{Bybit, BybitConfig, ConfigError, HttpConfig},
    record::Tap,
    replay::ReplayServer,
    sim::{SimConfig, SimServer},
};

use super::MonitorError;
use crate::config::{Config, Source};

impl Source {
    /// The exchange that is asked, or tried first; the simulated one where nothing else is.
    pub(crate) const fn venue(&self) -> Venue {
        match self {
            Self::Auto | Self::Bybit => Venue::Bybit,
            Self::Binance => Venue::Binance,
            Self::Sim => Venue::Sim,
            Self::Replay(_) => Venue::Replay,
        }
    }
}

/// Opens the configured exchange, recorded through `tap`; none of its addresses is asked yet. A simulated market and a
/// recording are opened by the monitor.
///
/// # Errors
///
/// [`ConfigError`] when its addresses cannot be used.
pub(crate) fn open(config: &Config, tap: Tap) -> Result<Arc<dyn Past>, ConfigError> {
    match &config.source {
        Source::Binance => {
            let addresses = &config.binance;
            let mut binance = BinanceConfig::new(&addresses.rest_url, &addresses.ws_url, Venue::Binance);
            binance.tap = tap;
            Ok(Arc::new(Binance::new(binance)?))
        }
        Source::Auto | Source::Bybit | Source::Sim | Source::Replay(_) => {
            let venue = &config.venue;
            let mut bybit = BybitConfig::new(&venue.rest_url, &venue.ws_url, Venue::Bybit);
            bybit.stream.symbols_per_connection = venue.symbols_per_connection;
            bybit.tap = tap;
            if let Some(limit) = NonZeroU32::new(venue.requests_per_second) {
                bybit.http.requests_per_second = limit;
            }
            Ok(Arc::new(Bybit::new(bybit)?))
        }
    }
}

/// A rate at which an exchange on loopback may be asked: it bans nobody.
const UNHURRIED: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);

/// Opens the simulated exchange, and the adapter that talks to it.
///
/// # Errors
///
/// [`MonitorError`] when it cannot be made.
pub(crate) async fn simulated(
    config: &Config,
    start: UnixMs,
    tap: Tap,
) -> Result<(SimServer, Arc<dyn Past>), MonitorError> {
    let sim = &config.sim;
    let market = SimConfig { symbols: sim.symbols, seed: sim.seed, candles: sim.candles.clone(), activity: 1, start };
    let server = tokio::task::spawn_blocking(|| SimServer::bind(market, ([127, 0, 0, 1], 0).into()))
        .await?
        .map_err(MonitorError::Sim)?;
    let mut adapter = BybitConfig::new(server.rest_url(), server.ws_url(), Venue::Sim);
    adapter.http.requests_per_second = UNHURRIED;
    adapter.stream.symbols_per_connection = config.venue.symbols_per_connection;
    adapter.tap = tap;
    Ok((server, Arc::new(Bybit::new(adapter)?)))
}

/// The adapter of the exchange that was recorded, talking to the recording.
///
/// # Errors
///
/// [`ConfigError`] when the recording's addresses cannot be used.
pub(crate) fn recorded(
    config: &Config,
    of: Venue,
    server: &ReplayServer,
    clock: venue::Clock,
) -> Result<Arc<dyn Exchange>, ConfigError> {
    // What the exchange forbade for ten minutes passes as fast as everything else.
    let refused_pause = HttpConfig::DEFAULT.refused_pause / config.replay_speed.max(1);
    match of {
        Venue::Binance => {
            let mut adapter = BinanceConfig::new(server.rest_url(), server.ws_url(), Venue::Replay);
            (adapter.http.requests_per_second, adapter.http.refused_pause) = (UNHURRIED, refused_pause);
            adapter.clock = clock;
            Ok(Arc::new(Binance::new(adapter)?))
        }
        Venue::Bybit | Venue::Sim | Venue::Replay => {
            let mut adapter = BybitConfig::new(server.rest_url(), server.ws_url(), Venue::Replay);
            (adapter.http.requests_per_second, adapter.http.refused_pause) = (UNHURRIED, refused_pause);
            adapter.stream.symbols_per_connection = config.venue.symbols_per_connection;
            adapter.clock = clock;
            Ok(Arc::new(Bybit::new(adapter)?))
        }
    }
}
