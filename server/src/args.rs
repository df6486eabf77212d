//! The command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};

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
    /// Print the configuration in force, and where each value came from.
    Config(Overrides),
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
#[derive(Debug, Args, Default)]
pub struct Overrides {
    /// A file of settings.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where market data comes from: auto, bybit or sim.
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
    /// A folder of recorded candles that drive the market.
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
