//! Logs and metrics of the process.

use metrics_exporter_prometheus::{BuildError, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::{EnvFilter, util::TryInitError};

use crate::config::Log;

/// The process cannot be observed.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log cannot be set up.
    #[error("setting up the log")]
    Log(#[from] TryInitError),
    /// The filter of the log is not one.
    #[error("reading the log's filter")]
    Filter(#[from] tracing_subscriber::filter::ParseError),
    /// The metrics cannot be set up.
    #[error("setting up the metrics")]
    Metrics(#[from] BuildError),
}

/// Writes logs to standard error and keeps metrics for `/metrics`.
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
        lines.json().finish().try_init()?;
    } else {
        lines.finish().try_init()?;
    }
    Ok(PrometheusBuilder::new().install_recorder()?)
}
