//! What the commands do. Errors are words for a person; the exit code is 2 for a configuration or an input that cannot
//! be used, 1 for everything else that went wrong.

mod import;
mod inspect;
mod signals;
mod table;

use std::{io::Write, net::SocketAddr, process::ExitCode};

use tokio::net::TcpListener;
use venue::sim::{SimConfig, SimServer};

use crate::{
    args::{Analyse, Backtest, CacheAction, Cli, Command, Overrides, Record, Serve, Sim},
    backtest::BacktestError,
    config::{Config, ConfigError, Settings},
    role::Role,
    run, telemetry,
};
use signals::stopped;

/// A command that failed.
#[derive(Debug)]
enum Failure {
    /// The configuration cannot be used.
    Config(ConfigError),
    /// The input cannot be used.
    Input(BacktestError),
    /// Anything else, in words.
    Other(anyhow::Error),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

/// An error that is none of the configuration.
fn other(error: impl Into<anyhow::Error>) -> Failure {
    Failure::Other(error.into())
}

/// Does what the command line says.
pub async fn main(cli: Cli) -> ExitCode {
    let command = cli.command.unwrap_or(Command::Serve(Serve { role: Role::All, overrides: Overrides::default() }));
    let outcome = match command {
        Command::Serve(serve) => self::serve(&serve).await,
        Command::Sim(sim) => self::sim(sim).await,
        Command::Record(record) => self::record(&record).await,
        Command::Config(overrides) => print_config(&overrides),
        Command::Cache(action) => match Config::of(action.overrides()) {
            Ok(config) => match action {
                CacheAction::Ls { json, .. } => inspect::list(&config, json).await,
                CacheAction::Get { name, scope, .. } => inspect::get(&config, &name, &scope).await,
                CacheAction::Watch { .. } => inspect::watch(&config, stopped()).await,
                CacheAction::Import { file, dry_run, json, .. } => {
                    if file.extension().is_some_and(|extension| extension == "ndjson") {
                        inspect::import(&config, &file, dry_run || json).await
                    } else {
                        import::import(&config, &file, dry_run, json).await
                    }
                }
            }
            .map_err(Failure::Other),
            Err(error) => Err(error.into()),
        },
        Command::Doctor(doctor) => match self::doctor(&doctor.overrides, doctor.json).await {
            Ok(code) => return code,
            Err(failure) => Err(failure),
        },
        Command::Analyse(asked) => analyse(asked).await,
        Command::Backtest(asked) => backtest(asked).await,
        Command::Healthcheck { url: Some(url), .. } => healthcheck(&with_path(&url)).await,
        Command::Healthcheck { url: None, overrides } => match Config::of(&overrides) {
            Ok(config) => healthcheck(&format!("{}/readyz", crate::doctor::serving::root(&config))).await,
            Err(error) => Err(error.into()),
        },
        Command::Canary { nonce, overrides } => match Config::of(&overrides) {
            Ok(config) => crate::doctor::canary::read(&config, nonce).await.map_err(Failure::Other),
            Err(error) => Err(error.into()),
        },
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Config(error)) => {
            say(&format!("virtuoso: {}", crate::chain::chain(&error)));
            ExitCode::from(2)
        }
        Err(Failure::Input(error)) => {
            say(&format!("virtuoso: {}", crate::chain::chain(&error)));
            ExitCode::from(2)
        }
        Err(Failure::Other(error)) => {
            say(&format!("virtuoso: {error:#}"));
            if names_an_input(&error) { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Whether an error is about a file or folder that the command was given.
fn names_an_input(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.is::<venue::sim::RecordingError>() || cause.is::<import::Refused>())
}

impl Config {
    /// The configuration that these flags and the environment make.
    fn of(overrides: &Overrides) -> Result<Self, ConfigError> {
        Self::check(&overrides.settings(variables())?)
    }
}

async fn doctor(overrides: &Overrides, json: bool) -> Result<ExitCode, Failure> {
    let config = Config::of(overrides)?;
    let findings = crate::doctor::examine(&config).await;
    let text = if json { serde_json::to_string_pretty(&findings).map_err(other)? } else { table::findings(&findings) };
    writeln!(std::io::stdout(), "{text}").map_err(other)?;
    Ok(crate::doctor::worst(&findings).exit_code())
}

async fn backtest(asked: Backtest) -> Result<(), Failure> {
    let overrides = Overrides { config: asked.settings.config.clone(), ..Overrides::default() };
    let config = Config::of(&overrides)?;
    let recorder = telemetry::start(&config.log).map_err(other)?;
    telemetry::sum_up_alone(&recorder);
    computed(move || crate::backtest::backtest(&asked, &config)).await
}

async fn analyse(asked: Analyse) -> Result<(), Failure> {
    computed(move || crate::analyse::analyse(&asked)).await
}

/// Runs a long computation that writes what it finds.
async fn computed(run: impl FnOnce() -> Result<(), BacktestError> + Send + 'static) -> Result<(), Failure> {
    match tokio::task::spawn_blocking(run).await.map_err(other)? {
        Ok(()) => Ok(()),
        // Whoever reads has seen enough.
        Err(BacktestError::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error @ BacktestError::Write(_)) => Err(other(error)),
        Err(error) => Err(Failure::Input(error)),
    }
}

/// Asks whether a process is ready, and gives its own words where it is not.
async fn healthcheck(url: &str) -> Result<(), Failure> {
    let (status, text) = crate::doctor::serving::ask(url, None).await.map_err(|error| Failure::Other(error.into()))?;
    if status.is_success() {
        return Ok(());
    }
    Err(Failure::Other(anyhow::anyhow!("{url} answers {status}: {}", text.trim())))
}

/// An address with the path that is asked where it has none.
fn with_path(url: &str) -> String {
    let url = url.trim_end_matches('/');
    // `http://host:port` has two slashes; a third begins a path.
    if url.matches('/').count() > 2 { url.to_owned() } else { format!("{url}/readyz") }
}

async fn serve(serve: &Serve) -> Result<(), Failure> {
    let config = Config::of(&serve.overrides)?;
    config.check_reach()?;
    let recorder = telemetry::start(&config.log).map_err(other)?;
    crate::config::kubernetes::log_passed_over(variables());
    let addr = config.http.addr;
    let listener = TcpListener::bind(addr).await.map_err(|error| Failure::Other(busy(addr, error)))?;
    let bound = listener.local_addr().map_err(other)?;
    tracing::info!(role = serve.role.as_str(), version = env!("CARGO_PKG_VERSION"), "starting");
    if let Err(error) = crate::raise_open_files() {
        tracing::warn!(%error, "the limit of open files stays as it is: few streams may be open at a time");
    }
    if serve.role.serves_pages() {
        announce(bound);
    }
    let overrides = serve.overrides.clone();
    let stop = signals::stopped_or_reloaded(move || reload(&overrides));
    run(config, serve.role, listener, recorder, stop).await.map_err(other)
}

/// Reads again what can change while the process runs: the log's filter. The rules of alerts are read again by themselves.
fn reload(overrides: &Overrides) {
    let filter = match Config::of(overrides) {
        Ok(config) => config.log.filter,
        Err(error) => {
            let error = crate::chain::chain(&error);
            tracing::warn!(error, "SIGHUP: the configuration cannot be used, nothing is changed");
            return;
        }
    };
    match telemetry::refilter(&filter) {
        // The new filter may hide this line; `warn` is seldom hidden.
        Ok(()) => tracing::warn!(
            filter,
            "SIGHUP: log.filter was read again; the rules of alerts are read every few seconds, other settings at a start"
        ),
        Err(error) => {
            let error = crate::chain::chain(&error);
            tracing::warn!(error, "SIGHUP: the log's filter is not changed");
        }
    }
}

fn busy(addr: SocketAddr, error: std::io::Error) -> anyhow::Error {
    let advice = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "something else is listening there; stop it, or choose another with --addr or VIRTUOSO_HTTP_ADDR"
        }
        std::io::ErrorKind::PermissionDenied => "this user may not; choose a port above 1023",
        std::io::ErrorKind::AddrNotAvailable => "this machine has no such address",
        _ => "choose another with --addr or VIRTUOSO_HTTP_ADDR",
    };
    anyhow::Error::new(error).context(format!("cannot listen on {addr}: {advice}"))
}

/// Says where the dashboard is, on this machine and for a phone.
fn announce(addr: SocketAddr) {
    let port = addr.port();
    let mut lines = vec![String::new()];
    if addr.ip().is_unspecified() {
        lines.push(format!("  Dashboard      http://127.0.0.1:{port}/"));
        match local_ip() {
            Some(ip) => lines.push(format!("  On your phone  http://{ip}:{port}/  (same network)")),
            None => lines.push("  On your phone  no network address was found".to_owned()),
        }
    } else {
        lines.push(format!("  Dashboard      http://{addr}/"));
        if addr.ip().is_loopback() {
            let ip = local_ip().map_or_else(|| "<this machine's address>".to_owned(), |ip| ip.to_string());
            lines.push(format!("  On your phone  http://{ip}:{port}/ once it is opened to the network:"));
            lines.push(format!(
                "                 start it with VIRTUOSO_HTTP_ADDR=0.0.0.0:{port} and a VIRTUOSO_ACCESS_TOKEN"
            ));
        }
    }
    lines.push(String::new());
    say(&lines.join("\n"));
}

/// The address this machine has in its network. Connecting a UDP socket sends nothing.
fn local_ip() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    socket.connect(("192.0.2.1", 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified() && !ip.is_loopback()).then_some(ip)
}

async fn sim(sim: Sim) -> Result<(), Failure> {
    let recorder = telemetry::start(&crate::config::Log { filter: "info".to_owned(), json: false }).map_err(other)?;
    telemetry::sum_up_alone(&recorder);
    let config = SimConfig {
        symbols: sim.symbols,
        seed: sim.seed,
        candles: sim.candles,
        activity: sim.activity,
        start: cache::Clock::System.now(),
    };
    let server =
        tokio::task::spawn_blocking(move || SimServer::bind(config, sim.addr)).await.map_err(other)?.map_err(other)?;
    server.faults().set(&sim.fault).map_err(other)?;
    say(&format!(
        "simulated exchange\n  VIRTUOSO_VENUE_REST_URL={}\n  VIRTUOSO_VENUE_WS_URL={}",
        server.rest_url(),
        server.ws_url()
    ));
    server.run(stopped()).await.map_err(other)?;
    Ok(())
}

async fn record(record: &Record) -> Result<(), Failure> {
    let config = Config::of(&record.overrides)?;
    let recorder = telemetry::start(&config.log).map_err(other)?;
    telemetry::sum_up_alone(&recorder);
    let counts = crate::record(&config, &record.dir, stopped()).await.map_err(other)?;
    let (kept, lost) = (counts.received - counts.lost.min(counts.received), counts.lost);
    let (segments, mib) = (counts.segments, counts.bytes / 1_024 / 1_024);
    say(&format!(
        "recorded {kept} messages in {segments} segments, {mib} MiB; {lost} lost\n  --source replay:{} plays them",
        record.dir.display()
    ));
    Ok(())
}

fn print_config(overrides: &Overrides) -> Result<(), Failure> {
    let settings: Settings = overrides.settings(variables())?;
    Config::check(&settings)?;
    let mut out = std::io::stdout().lock();
    for (key, setting) in settings.iter() {
        writeln!(out, "{key} = {}  # {}", setting.shown(key), setting.origin).map_err(other)?;
    }
    Ok(())
}

/// Environment variables that are text.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// A line for the person at the terminal. Where nobody can read it, nothing is lost.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
