//! `virtuoso backtest`: what was recorded, through the engine of the live monitor, at full speed.
//!
//! The same input gives the same output, byte for byte, whatever the machine does meanwhile: the engine reads no clock, and time is
//! what was recorded.

pub(crate) mod candles;
mod fetch;
mod idea;
mod inputs;
mod line;
mod output;
pub(crate) mod record;
mod recording;
mod state;
mod summary;

use std::{io::IsTerminal as _, num::NonZeroUsize, path::PathBuf, sync::Arc};

use analysis::{idea::CostSettings, signal::Thresholds};
use engine::{Engine, Input, Market, Output, idea_book};
use indicatif::{ProgressBar, ProgressStyle};
use schema::{Symbol, Venue};
use venue::sim::RecordingError;

use self::output::{Form, Lines};
use crate::{args::Backtest, config::Config};

/// A backtest whose input cannot be used, or whose result cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BacktestError {
    /// The folder or a file in it cannot be used.
    #[error("reading recorded candles")]
    Candles(#[from] RecordingError),
    /// The input has nothing of a contract that was asked for.
    #[error("{} has nothing of {symbol}; it has {known}", folder.display())]
    UnknownSymbol {
        /// What was asked for.
        symbol: Symbol,
        /// Where it is not.
        folder: PathBuf,
        /// What is there.
        known: String,
    },
    /// Candles of a length that no measure reads.
    #[error("{}: the shortest candles of {symbol} are of {minutes} min: candles of 1, 5, 30 or 240 min are scored", folder.display())]
    Length {
        /// Where they are.
        folder: PathBuf,
        /// Whose.
        symbol: Symbol,
        /// How long they are.
        minutes: i64,
    },
    /// There is nothing to run.
    #[error("say what is to be run: --recording DIR, --candles DIR or --venue")]
    NoInput,
    /// The configuration names no exchange whose past can be fetched.
    #[error("a recording has no past to be fetched: name an exchange, --venue bybit, binance or sim")]
    NoPast,
    /// The exchange cannot be opened.
    #[error("opening the exchange")]
    Exchange(#[from] crate::monitor::MonitorError),
    /// The exchange does not list a contract that was asked for.
    #[error("{venue} does not list {symbol}")]
    NotListed {
        /// What was asked for.
        symbol: Symbol,
        /// Where it is not.
        venue: Venue,
    },
    /// The exchange did not answer.
    #[error("fetching {what}")]
    Venue {
        /// What was asked for.
        what: String,
        /// What happened.
        #[source]
        source: venue::VenueError,
    },
    /// The recording cannot be read.
    #[error("reading the recording")]
    Recording(#[from] venue::replay::RecordingError),
    /// The recording holds messages and not what was made of them.
    #[error("{} holds an exchange's messages but nothing of what was taken in: an earlier version made it, and `serve --source replay:DIR` plays it", folder.display())]
    MessagesAlone {
        /// The folder.
        folder: PathBuf,
    },
    /// A record is not in the order of time.
    #[error("studying what followed")]
    Study(#[from] analysis::study::Refused),
    /// The file is no state that can be gone on from.
    #[error("going on from {}", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: state::StateError,
    },
    /// The system gives no threads.
    #[error("sharing the work out")]
    Threads(#[from] engine::ThreadsError),
    /// The result cannot be written.
    #[error("writing the result")]
    Write(#[from] std::io::Error),
}

impl From<csv::Error> for BacktestError {
    fn from(error: csv::Error) -> Self {
        Self::Write(error.into())
    }
}

impl From<serde_json::Error> for BacktestError {
    fn from(error: serde_json::Error) -> Self {
        Self::Write(error.into())
    }
}

/// Runs what was asked for and writes what follows.
///
/// # Errors
///
/// [`BacktestError`] when the input cannot be used or the result cannot be written.
pub(crate) fn backtest(asked: &Backtest, config: &Config) -> Result<(), BacktestError> {
    let mut lines = Lines::new(Form::of(asked), asked.out.as_deref())?;
    let progress = progress(lines.is_shown());
    match (&asked.candles, &asked.recording, asked.venue) {
        (Some(folder), _, _) => {
            let records = candles::read(folder, &asked.symbols)?;
            lines.summary().reduce(None);
            let mut session = Session::new(Venue::Sim, config.signals, config.costs).on_threads(asked.threads)?;
            candles::counted(&records, &progress, |input| session.step(input, |output| lines.write(output)))?;
        }
        (None, Some(folder), _) => recording::run(folder, asked, config, &progress, &mut lines)?,
        (None, None, Some(from)) => fetch::run(from, asked, config, &progress, &mut lines)?,
        (None, None, None) => return Err(BacktestError::NoInput),
    }
    progress.finish_and_clear();
    lines.finish()
}

/// One engine, stepped through inputs.
pub(crate) struct Session(Engine);

impl Session {
    /// A session that has taken in nothing.
    pub(crate) fn new(venue: Venue, thresholds: Thresholds, costs: CostSettings) -> Self {
        let ideas = idea_book(&thresholds, costs.of(venue));
        Self(Engine::new(Arc::new(Market::new(venue)), thresholds, ideas))
    }

    /// Shares out over so many threads what can be, or over those of the machine.
    pub(crate) fn on_threads(self, threads: Option<NonZeroUsize>) -> Result<Self, BacktestError> {
        let threads = threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN);
        Ok(Self(self.0.on_threads(threads)?))
    }

    /// Takes an input in and hands on what follows, until one of it cannot be taken.
    pub(crate) fn step(
        &mut self,
        input: Input,
        mut take: impl FnMut(&Output) -> Result<(), BacktestError>,
    ) -> Result<(), BacktestError> {
        let mut taken = Ok(());
        self.0.step(input, &mut |output| {
            if taken.is_ok() {
                taken = take(&output);
            }
        });
        taken
    }
}

/// A bar on standard error; nothing where that is no terminal, or where lines appear on it already.
pub(crate) fn progress(hidden: bool) -> ProgressBar {
    if hidden || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let progress = ProgressBar::new(0);
    // The template is a constant; one that were wrong would leave the plain style.
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len}, {eta} left") {
        progress.set_style(style);
    }
    progress
}
