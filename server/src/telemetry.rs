//! Logs and metrics of the process.

use std::{sync::OnceLock, time::Duration};

use cache::Clock;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, reload, util::TryInitError};

use crate::{
    config::Log,
    supervise::{Job, Policy, Supervisor, panics::log_panics},
};

const SUM_UP: Job = Job { name: "metrics", what: "Sums up what was measured." };

/// How often measurements are summed up.
const UPKEEP: Duration = Duration::from_secs(5);

/// The edges that times are counted between, in seconds. Counts in fixed buckets can be added over processes and over time, and
/// take a few hundred bytes where the sketches of quantiles took 7 MB.
const SECONDS: [f64; 16] =
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0];
/// The edges that sizes are counted between.
const BYTES: [f64; 8] = [256.0, 1_024.0, 4_096.0, 16_384.0, 65_536.0, 262_144.0, 524_288.0, 1_048_576.0];

type Refilter = Box<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync>;

/// Changes the filter of the process's one log.
static REFILTER: OnceLock<Refilter> = OnceLock::new();

/// The process cannot be observed.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log cannot be set up.
    #[error("setting up the log")]
    Log(#[from] TryInitError),
    /// The filter of the log is not one.
    #[error("reading the log's filter")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The filter of the log cannot be changed.
    #[error("changing the log's filter")]
    Reload(#[from] reload::Error),
    /// The metrics cannot be set up.
    #[error("setting up the metrics")]
    Metrics(#[from] BuildError),
}

/// Writes logs and panics to standard error and keeps metrics for `/metrics`.
///
/// # Errors
///
/// When the filter cannot be read, or when something else in the process already logs or measures.
pub fn start(log: &Log) -> Result<PrometheusHandle, TelemetryError> {
    use tracing_subscriber::util::SubscriberInitExt;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(&log.filter)?)
        .with_writer(std::io::stderr)
        .with_target(true);
    if log.json {
        let lines = lines.json().with_filter_reloading();
        let filter = lines.reload_handle();
        lines.finish().try_init()?;
        let _ = REFILTER.set(Box::new(move |new| filter.reload(new)));
    } else {
        let lines = lines.with_filter_reloading();
        let filter = lines.reload_handle();
        lines.finish().try_init()?;
        let _ = REFILTER.set(Box::new(move |new| filter.reload(new)));
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), &BYTES)?
        .install_recorder()?;
    log_panics();
    // There from the beginning, or the first panic would be no increase.
    metrics::counter!("http_panics_total").increment(0);
    metrics::gauge!("virtuoso_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(recorder)
}

/// Changes what is logged from now on.
///
/// # Errors
///
/// When the filter cannot be read.
pub fn refilter(filter: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter)?;
    if let Some(refilter) = REFILTER.get() {
        refilter(filter)?;
    }
    Ok(())
}

/// Sums up what was measured, as long as the supervisor lets it run. Until then each measurement is kept by itself, and nobody may
/// ever ask for `/metrics`.
pub(crate) fn sum_up(supervisor: &Supervisor, recorder: &PrometheusHandle) {
    let (recorder, stop) = (recorder.clone(), supervisor.stop());
    supervisor.spawn(SUM_UP, Policy::Forever, move || {
        let (recorder, stop) = (recorder.clone(), stop.clone());
        async move {
            let mut timer = tokio::time::interval(UPKEEP);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return Ok(()),
                    _ = timer.tick() => recorder.run_upkeep(),
                }
            }
        }
    });
}

/// The same for a command that runs no other task, as long as the process runs.
pub(crate) fn sum_up_alone(recorder: &PrometheusHandle) {
    sum_up(&Supervisor::new(Clock::System, CancellationToken::new()), recorder);
}
