//! The configuration: defaults, a file, the environment and flags, in that order.
//!
//! [`settings`] gathers raw values and remembers where each came from; [`check`] turns them into
//! the typed [`Config`]. Nothing after this module sees a raw value.

pub mod authority;
pub mod base_path;
pub mod check;
pub(crate) mod kubernetes;
pub mod settings;
pub mod token;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use reqwest::Url;
use schema::{Symbol, Usd};
use venue::record::RecordLimits;

pub use authority::{Authority, Host};
pub use base_path::BasePath;
pub use settings::{ConfigError, Settings};
pub use token::Token;

/// The prefix of environment variables that are settings.
pub const ENV_PREFIX: &str = "VIRTUOSO_";

/// The checked configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where market data comes from.
    pub source: Source,
    /// The page and the API.
    pub http: Http,
    /// Who may read it.
    pub access: Access,
    /// The tier between processes.
    pub cache: Cache,
    /// Bybit, and what holds for every exchange.
    pub venue: Venue,
    /// Binance.
    pub binance: Binance,
    /// The simulated market.
    pub sim: Sim,
    /// What no exchange publishes.
    pub outside: Outside,
    /// Where `serve` records what it takes in, if it does.
    pub record_dir: Option<PathBuf>,
    /// What a recording keeps.
    pub record: RecordLimits,
    /// How many times as fast as it happened a recording is played.
    pub replay_speed: u32,
    /// Which contracts are watched.
    pub universe: Universe,
    /// Where a score becomes a direction.
    pub signals: analysis::signal::Thresholds,
    /// What is counted against the result of an idea.
    pub costs: analysis::idea::CostSettings,
    /// The file of the rules of alerts; none: switched off.
    pub rules_file: Option<PathBuf>,
    /// Contracts of less turnover in 24 h are not compared.
    pub movers_min_turnover: Usd,
    /// What is logged, and how.
    pub log: Log,
}

/// Where market data comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The exchange, and a simulated market while it cannot be reached.
    Auto,
    /// Bybit only.
    Bybit,
    /// Binance only.
    Binance,
    /// The simulated market only.
    Sim,
    /// The recording in a folder.
    Replay(PathBuf),
}

/// The page and the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Where they are served.
    pub addr: SocketAddr,
    /// What a proxy in front puts before every path and leaves there; none: nothing.
    pub base_path: Option<BasePath>,
    /// The folder with the built page.
    pub site_root: PathBuf,
    /// Names under which the dashboard is served, beside those of this machine; without a port: on every port.
    pub allowed_hosts: Vec<Authority>,
    /// Proxies whose word on the reader's address, scheme and host counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Live streams that may be open at a time.
    pub max_streams: usize,
    /// Live streams of one client, where its address is known.
    pub max_streams_per_client: usize,
}

/// Who may read what is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// What logs in; none: nobody is asked.
    pub token: Option<Token>,
    /// Whether everybody may read all the same.
    pub open_to_all: bool,
    /// Whether readers come over https alone.
    pub https: bool,
}

/// The tier between processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    /// memcached servers, `host:port`; none: this process only.
    pub memcached: Vec<String>,
    /// Put in front of every key.
    pub namespace: cache::Namespace,
    /// How often a reader asks what changed.
    pub poll: Duration,
    /// The folder where the last readings are kept; none: nowhere.
    pub snapshot_dir: Option<PathBuf>,
}

/// The exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Venue {
    /// Its HTTP host.
    pub rest_url: String,
    /// Its stream of public data.
    pub ws_url: String,
    /// Requests a second at most.
    pub requests_per_second: u32,
    /// Symbols whose streams share one connection.
    pub symbols_per_connection: usize,
    /// How long the first answer may take before a market is simulated.
    pub probe_timeout: Duration,
    /// How often an unreachable exchange is tried again.
    pub probe_every: Duration,
}

/// Where Binance is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binance {
    /// Its HTTP host.
    pub rest_url: String,
    /// The root of its streams.
    pub ws_url: String,
}

/// The simulated market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sim {
    /// How many contracts it has.
    pub symbols: u16,
    /// What it is drawn from.
    pub seed: u64,
    /// Recorded candles that drive it.
    pub candles: Option<PathBuf>,
}

/// Where that is asked for which no exchange publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// CoinGecko's host; none: switched off.
    pub coingecko: Option<Url>,
    /// Alternative.me's host; none: switched off.
    pub alternative: Option<Url>,
}

impl Outside {
    /// The same sources, as far as they are switched on, all asked of one host.
    #[must_use]
    pub fn of_host(&self, host: &Url) -> Self {
        let host = |source: &Option<Url>| source.as_ref().map(|_| host.clone());
        Self { coingecko: host(&self.coingecko), alternative: host(&self.alternative) }
    }
}

/// Which contracts are watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Universe {
    /// How many at most.
    pub max_symbols: usize,
    /// The least turnover in 24 h.
    pub min_turnover: Usd,
    /// For how many whole days it has to be listed.
    pub min_age_days: u32,
    /// Kinds of things that are watched, in the venue's words; `coin` is an ordinary coin.
    pub kinds: Vec<String>,
    /// Kinds of things that are not watched even so.
    pub exclude_kinds: Vec<String>,
    /// Base coins that follow a currency, which are not watched.
    pub stablecoins: Vec<String>,
    /// Always watched while they trade.
    pub allow: Vec<Symbol>,
    /// Never watched.
    pub deny: Vec<Symbol>,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Directives as `tracing` reads them.
    pub filter: String,
    /// One JSON object a line instead of text.
    pub json: bool,
}
