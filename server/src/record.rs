//! `virtuoso record`: subscribes to an exchange as the monitor does, and keeps everything it sends.

use std::{path::Path, sync::Arc, time::Duration};

use cache::Clock;
use engine::{Loaded, idea_book};
use schema::health::Feed;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use venue::{
    Exchange,
    record::{RecordCounts, RecordError, Recorder},
};

use crate::{
    config::{Config, Source},
    market::Market,
    monitor::{
        MonitorError,
        board::{Board, Watched},
        driver::{Driver, chain},
        exchange,
        inputs::{self, Heard, Inputs},
    },
    opened::OpenSymbols,
    supervise::{Broken, Group, Job, Supervisor, TaskFatal},
};

/// How often the log says how it goes.
const REPORT_EVERY: Duration = Duration::from_secs(60);
/// How often it is looked for whether a segment began.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A recording that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RecordingFailed {
    /// A recording cannot be recorded.
    #[error("a recording cannot be recorded: choose an exchange with --source")]
    OfARecording,
    /// The folder or the writer cannot be used.
    #[error(transparent)]
    Recorder(#[from] RecordError),
    /// The exchange cannot be opened.
    #[error("opening the exchange")]
    Exchange(#[from] MonitorError),
    /// A task of the recording did not go on.
    #[error("recording: {0}")]
    Broken(String),
    /// The writer was lost.
    #[error("ending the recording")]
    Lost(#[from] tokio::task::JoinError),
}

impl From<Broken> for RecordingFailed {
    fn from(broken: Broken) -> Self {
        Self::Broken(chain(&broken))
    }
}

impl From<TaskFatal> for RecordingFailed {
    fn from(fatal: TaskFatal) -> Self {
        Self::Broken(chain(&fatal))
    }
}

const SIMULATOR: Job = Job { name: "simulated exchange", what: "Serves the simulated market." };

/// Records the configured exchange into a folder until `shutdown`; what was kept. `auto` means the exchange: nothing is
/// simulated unasked.
///
/// # Errors
///
/// [`RecordingFailed`] when the folder cannot be written to or the exchange's addresses cannot be used. An exchange that
/// does not answer is not an error: it is tried again.
pub async fn record(
    config: &Config,
    folder: &Path,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<RecordCounts, RecordingFailed> {
    if matches!(config.source, Source::Replay(_)) {
        return Err(RecordingFailed::OfARecording);
    }
    let recorder = Recorder::start(folder, config.source.venue(), config.record)?;
    let stop = CancellationToken::new();
    let supervisor = Supervisor::new(Clock::System, stop);
    let group = supervisor.group();
    let exchange = if config.source == Source::Sim {
        let (server, exchange) = exchange::simulated(config, Clock::System.now(), recorder.tap()).await?;
        let end = group.stop();
        group.spawn_bound(SIMULATOR, async move { Ok(server.run(async move { end.cancelled().await }).await?) });
        exchange
    } else {
        exchange::open(config, recorder.tap()).map_err(MonitorError::from)?
    };
    let heard = hear(&recorder, config, exchange, &group);
    let ended = tokio::select! {
        () = shutdown => Ok(()),
        () = heard => Ok(()),
        broken = group.broken() => Err(RecordingFailed::from(broken)),
        fatal = supervisor.fatal() => Err(RecordingFailed::from(fatal)),
    };
    group.end().await;
    let counts = tokio::task::spawn_blocking(|| recorder.finish()).await?;
    ended.map(|()| counts)
}

/// Asks for and listens to everything the monitor would, and says from time to time how it goes; never ends by itself.
async fn hear(recorder: &Recorder, config: &Config, exchange: Arc<dyn Exchange>, group: &Group) {
    let (market, venue) = (Arc::new(Market::new(exchange.venue())), exchange.venue());
    let (board, driver) = (Board::new(Clock::System, venue), Driver::new(Clock::System, group));
    let watched = Watched { market: Arc::clone(&market), exchange: Arc::clone(&exchange) };
    board.begin(watched, Feed::Live { venue });
    let (market_of, open) = (Arc::clone(&market), OpenSymbols::default());
    let (thresholds, costs) = (config.signals, config.costs.of(venue));
    let ideas = idea_book(&thresholds, costs);
    let heard = Heard {
        market: market_of,
        exchange,
        board,
        clock: Clock::System,
        open,
        thresholds,
        ideas,
        tap: recorder.tap(),
        universe: None,
    };
    let inputs = inputs::spawn(group, &driver, &config.universe, heard);
    let mut segments = recorder.counts().segments;
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut reported = tokio::time::Instant::now();
    loop {
        looks.tick().await;
        let counts = recorder.counts();
        if counts.segments > segments {
            segments = counts.segments;
            fetch_again(&inputs).await;
        }
        if reported.elapsed() >= REPORT_EVERY {
            reported = tokio::time::Instant::now();
            say(counts);
        }
    }
}

/// A segment begins: what is asked for once is asked for again, so that the segment can be played without those before.
async fn fetch_again(inputs: &Inputs) {
    inputs.loads.load(Loaded::FetchAgain).await;
    let wakes = &inputs.wakes;
    for wake in [&wakes.universe, &wakes.history, &wakes.positions, &wakes.volatility] {
        wake.notify_one();
    }
}

fn say(RecordCounts { received, lost, segments, bytes }: RecordCounts) {
    let kept_mib = bytes / 1_024 / 1_024;
    if lost > 0 {
        tracing::warn!(received, lost, segments, kept_mib, "recording; messages were lost");
    } else {
        tracing::info!(received, segments, kept_mib, "recording");
    }
}
