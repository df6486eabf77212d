//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    config::{ConfigError, Settings, settings::Origin},
    role::Role,
};

/// A self-hosted market monitor for crypto perpetual futures.
///
/// Without a command it serves: it watches the market and shows the dashboard.
#[derive(Debug, Parser)]
#[command(name = "virtuoso", version)]
pub struct Cli {
    /// What to do; `serve` where nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch the market and serve the dashboard.
    Serve(Serve),
    /// Run the simulated exchange alone.
    Sim(Sim),
    /// Record everything that the exchange says into a folder, until interrupted; `--source replay:DIR` plays it back.
    Record(Record),
    /// Print the configuration in force, and where each value came from.
    Config(Overrides),
    /// Find out what is wrong: configuration, clocks, memcached, every schema, the serving process, the exchange,
    /// the outside sources.
    ///
    /// Exit code 0: all in order; 3: it works, but something wants attention; 1: something is broken; 2: the
    /// configuration cannot be used. It writes to no key that anybody reads.
    Doctor(Doctor),
    /// Look into the shared cache, or bring kept readings into it.
    #[command(subcommand)]
    Cache(CacheAction),
    /// Score a record bar by bar, and report how scores and measures are distributed and what followed them.
    ///
    /// What candles alone say is in the column CANDLES, a score needs more. Exit code 2: the folder, a file in it or the symbol
    /// cannot be used.
    Analyse(Analyse),
    /// Run what was recorded through the engine of the live monitor, at full speed: each bar, and what became of it.
    ///
    /// The same input gives the same output, byte for byte. Exit code 0: all of it was read; 2: the input cannot be used; 1: the
    /// result cannot be written.
    Backtest(Backtest),
    /// Ask a serving process whether it is ready; exit code 0 when it is, 1 when not. For service managers.
    Healthcheck {
        /// The process, such as http://127.0.0.1:3000, with `/readyz` added where there is no path; without it the one that the
        /// configuration serves: http.addr with http.base_path.
        url: Option<String>,
        /// Settings given as flags.
        #[command(flatten)]
        overrides: Overrides,
    },
    /// Read the doctor's canary from another process.
    #[command(hide = true)]
    Canary {
        /// Which one.
        nonce: u64,
        /// Settings given as flags.
        #[command(flatten)]
        overrides: Overrides,
    },
}

/// Flags of `backtest`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("input").required(true).multiple(false))]
pub struct Backtest {
    /// A recording of an exchange, as `record` makes it: everything that the live monitor has.
    #[arg(long, value_name = "DIR", group = "input")]
    pub recording: Option<PathBuf>,
    /// A folder of recorded candles or one file (docs/candle-files.md): reduced, without book, tape and derivatives data.
    #[arg(long, value_name = "DIR", group = "input")]
    pub candles: Option<PathBuf>,
    /// The last days of an exchange, fetched now: candles of a minute, what takers bought where it says so, open interest and paid
    /// funding; reduced, without book and tape. Without a name: the configured source.
    ///
    /// Contracts that are not listed any more are not in it, so that what survived is over-represented.
    #[arg(long, value_name = "NAME", num_args = 0..=1, group = "input")]
    pub venue: Option<Option<FetchedFrom>>,
    /// How many days are fetched.
    #[arg(long, default_value_t = 30, requires = "venue", value_parser = clap::value_parser!(u16).range(1..=365))]
    pub days: u16,
    /// These contracts alone, joined by commas.
    #[arg(long, value_name = "SYMBOLS", value_delimiter = ',')]
    pub symbols: Vec<schema::Symbol>,
    /// A JSON object a line, for each bar and each thing that followed.
    #[arg(long, group = "form")]
    pub json: bool,
    /// The bars as comma-separated values; what became of ideas in a file of its own, with --out.
    #[arg(long, group = "form")]
    pub csv: bool,
    /// Write into this folder instead of to the standard output: `bars.txt`, `bars.csv` with `ideas.csv`, or `events.ndjson`, and
    /// `summary.json`.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Threads that the bars of many contracts are decided on; those of the machine where it is not given. They change no byte.
    #[arg(long, value_name = "N")]
    pub threads: Option<std::num::NonZeroUsize>,
    /// Stop where the session of the recording passes this moment, such as 2026-12-01T12:00:00Z.
    #[arg(long, value_name = "TIME", requires = "recording", value_parser = venue::moment)]
    pub until: Option<schema::UnixMs>,
    /// Write everything that is known in the end into a file, for `--resume`.
    #[arg(long, value_name = "FILE", requires = "recording")]
    pub save_state: Option<PathBuf>,
    /// Go on from where the state in a file was saved, with the same recording and contracts: the rest of the same lines follows.
    #[arg(long, value_name = "FILE", requires = "recording")]
    pub resume: Option<PathBuf>,
    /// Settings given as flags.
    #[command(flatten)]
    pub settings: BacktestSettings,
}

/// An exchange whose past can be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FetchedFrom {
    /// Bybit.
    Bybit,
    /// Binance USDT-M.
    Binance,
    /// The simulated market.
    Sim,
}

/// Settings that a backtest heeds.
#[derive(Debug, Clone, Args)]
pub struct BacktestSettings {
    /// A file of settings: where a score becomes a direction, and what an idea costs.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Flags of `analyse`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("record").required(true).multiple(false))]
pub struct Analyse {
    /// A folder of recorded candles or one file, read as by `sim`; docs/candle-files.md lists what a file may look like.
    #[arg(long, value_name = "DIR", group = "record")]
    pub candles: Option<PathBuf>,
    /// A recording of an exchange with what was taken in, as `record` makes it: the report alone.
    #[arg(long, value_name = "DIR", group = "record", conflicts_with_all = ["symbol", "csv"])]
    pub recording: Option<PathBuf>,
    /// One contract instead of all.
    #[arg(long)]
    pub symbol: Option<schema::Symbol>,
    /// The bars as comma-separated values, without the report.
    #[arg(long, group = "form")]
    pub csv: bool,
    /// A JSON object a line: one for each bar, the report last.
    #[arg(long, group = "form")]
    pub json: bool,
    /// The report alone, as Markdown.
    #[arg(long, group = "form")]
    pub report: bool,
    /// Score one bar of so many; every candle is taken in all the same.
    #[arg(long, value_name = "BARS", default_value = "1", value_parser = at_least_one)]
    pub every: usize,
    /// Leave out the first bars of each contract, where longer candles are still few.
    #[arg(long, value_name = "BARS", default_value_t = 0)]
    pub skip: usize,
}

impl Analyse {
    /// Whether the report counts a bar, by its place in its contract's record.
    pub(crate) const fn takes(&self, place: usize) -> bool {
        place >= self.skip && (place - self.skip).is_multiple_of(self.every)
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "a whole number of at least 1 is expected".to_owned())
}

/// Flags of `doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// JSON for machines instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Settings given as flags.
    #[command(flatten)]
    pub overrides: Overrides,
}

/// What to do with the shared cache.
#[derive(Debug, Subcommand)]
pub enum CacheAction {
    /// List every schema: state, age, writer, stamp, size, error. Without memcached, those of the serving process.
    Ls {
        /// JSON for machines instead of a table.
        #[arg(long)]
        json: bool,
        /// Settings given as flags.
        #[command(flatten)]
        overrides: Overrides,
    },
    /// Print one value as JSON, with its header; without memcached, as the serving process has it.
    Get {
        /// The name of a schema, such as analysis:signals.
        name: String,
        /// What distinguishes its values, such as bybit:BTCUSDT.
        #[arg(default_value = "")]
        scope: String,
        /// Settings given as flags.
        #[command(flatten)]
        overrides: Overrides,
    },
    /// Print a line for each change until interrupted.
    Watch {
        /// Settings given as flags.
        #[command(flatten)]
        overrides: Overrides,
    },
    /// Fill holes with kept readings, or with a document of this program's ancestor; what is there is left alone.
    ///
    /// A document is any JSON file with the ancestor's fields, under their old or new names; each field's fate is printed.
    /// Exit code 0: read, and written where that was possible and asked for; 2: the document cannot be used, and the message
    /// names the field; 1: anything else, such as a memcached that does not answer.
    Import {
        /// A file `last-readings-….ndjson`, or a document `….json`.
        file: PathBuf,
        /// Print what would be made of a document, and write nothing; needs no memcached.
        #[arg(long)]
        dry_run: bool,
        /// JSON for machines instead of a table.
        #[arg(long)]
        json: bool,
        /// Settings given as flags.
        #[command(flatten)]
        overrides: Overrides,
    },
}

impl CacheAction {
    /// Settings given as flags.
    #[must_use]
    pub const fn overrides(&self) -> &Overrides {
        match self {
            Self::Ls { overrides, .. }
            | Self::Get { overrides, .. }
            | Self::Watch { overrides }
            | Self::Import { overrides, .. } => overrides,
        }
    }
}

/// Flags of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// What this process does of the whole.
    #[arg(long, value_enum, default_value = "all")]
    pub role: Role,
    /// Settings given as flags.
    #[command(flatten)]
    pub overrides: Overrides,
}

/// Settings that have a flag; the others are set by file or environment.
#[derive(Debug, Clone, Args, Default)]
pub struct Overrides {
    /// A file of settings.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where market data comes from: auto, bybit, binance, sim, or replay:DIR for a recording.
    #[arg(long)]
    pub source: Option<String>,
    /// The address of the dashboard, such as 127.0.0.1:3000.
    #[arg(long)]
    pub addr: Option<String>,
    /// memcached servers, host:port joined by commas.
    #[arg(long)]
    pub memcached: Option<String>,
    /// Contracts of the simulated market.
    #[arg(long)]
    pub symbols: Option<String>,
    /// What the simulated market is drawn from.
    #[arg(long)]
    pub seed: Option<String>,
    /// A folder of recorded candles that drive the simulated market.
    #[arg(long)]
    pub candles: Option<String>,
    /// How many times as fast as it happened a recording is played.
    #[arg(long)]
    pub speed: Option<String>,
    /// A folder that `serve` records what it takes in into, for `backtest` and `--source replay:DIR`.
    #[arg(long, value_name = "DIR")]
    pub record: Option<String>,
}

/// Flags of `record`.
#[derive(Debug, Args)]
pub struct Record {
    /// The folder that the recording is written to; made where it is missing.
    pub dir: PathBuf,
    /// Settings given as flags.
    #[command(flatten)]
    pub overrides: Overrides,
}

/// Flags of `sim`.
#[derive(Debug, Args)]
pub struct Sim {
    /// Where it listens; a loopback address.
    #[arg(long, default_value = "127.0.0.1:3100")]
    pub addr: SocketAddr,
    /// How many contracts it has.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=600))]
    pub symbols: u16,
    /// What the market is drawn from.
    #[arg(long, default_value_t = 20_260_401)]
    pub seed: u64,
    /// How many times as many trades and messages as usual.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=20))]
    pub activity: u8,
    /// What goes wrong, for how long, and after how long: `stale@10s`, `slow=2s@1m`, `gap@10s+1m`; may be repeated.
    ///
    /// `GET`, `POST` and `DELETE /sim/faults` do the same while it runs.
    #[arg(long, value_name = "FAULT[=VALUE]@DURATION[+DELAY]")]
    pub fault: Vec<venue::sim::TimedFault>,
    /// A folder of recorded candles, or one file, that drive the market; exit code 2 where a file cannot be used.
    #[arg(long)]
    pub candles: Option<PathBuf>,
}

impl Overrides {
    /// Every setting: defaults, then the file, the environment and the flags.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the place, the key and what is allowed.
    pub fn settings(&self, env: impl Iterator<Item = (String, String)>) -> Result<Settings, ConfigError> {
        let mut settings = Settings::defaults()?;
        if let Some(path) = &self.config {
            settings.read_file(path)?;
        }
        settings.read_env(env)?;
        for (key, flag, value) in [
            ("source", "--source", &self.source),
            ("http.addr", "--addr", &self.addr),
            ("cache.memcached", "--memcached", &self.memcached),
            ("sim.symbols", "--symbols", &self.symbols),
            ("sim.seed", "--seed", &self.seed),
            ("sim.candles", "--candles", &self.candles),
            ("replay.speed", "--speed", &self.speed),
            ("record.dir", "--record", &self.record),
        ] {
            if let Some(text) = value {
                settings.set_text(key, text, Origin::Flag(flag))?;
            }
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_flag_goes_before_the_environment() {
        let overrides = Overrides { addr: Some("127.0.0.1:4000".to_owned()), ..Overrides::default() };
        let env = [("VIRTUOSO_HTTP_ADDR".to_owned(), "127.0.0.1:5000".to_owned())];
        let settings = overrides.settings(env.into_iter()).unwrap();
        let addr = settings.get("http.addr").unwrap();
        assert_eq!((addr.value.as_str(), addr.origin.to_string()), (Some("127.0.0.1:4000"), "--addr".to_owned()));
    }
}
