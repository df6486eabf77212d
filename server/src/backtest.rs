//! `virtuoso backtest`: what was recorded, through the engine of the live monitor, at full speed.
//!
//! The same input gives the same output, byte for byte, whatever the machine does meanwhile: the engine reads no clock, and time is
//! what was recorded.

mod candles;
mod line;
mod output;
mod summary;

use std::{
    io::IsTerminal as _,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use analysis::idea::Book;
use engine::{Engine, Input, Market};
use indicatif::{ProgressBar, ProgressStyle};
use schema::{Symbol, Venue};
use venue::sim::RecordingError;

use self::{
    output::{Form, Lines},
    summary::Summary,
};
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
    let summary = match &asked.candles {
        Some(folder) => {
            let records = candles::read(folder, &asked.symbols)?;
            progress.set_length(records.iter().map(|record| record.candles.len() as u64).sum());
            let inputs = candles::inputs(&records).map(Ok).inspect(|input| {
                if matches!(input, Ok(Input::Event { .. })) {
                    progress.inc(1);
                }
            });
            run(Venue::Sim, config, inputs, &mut lines)?
        }
        None => Summary::default(),
    };
    progress.finish_and_clear();
    lines.finish(&summary)
}

/// Steps an engine through inputs and writes its outputs.
fn run(
    venue: Venue,
    config: &Config,
    inputs: impl Iterator<Item = Result<Input, BacktestError>>,
    lines: &mut Lines,
) -> Result<Summary, BacktestError> {
    let ideas = Arc::new(Mutex::new(Book::new(&config.signals)));
    let mut engine = Engine::new(Arc::new(Market::new(venue)), config.signals, ideas);
    let mut summary = Summary::default();
    for input in inputs {
        let mut written = Ok(());
        engine.step(input?, &mut |output| {
            summary.count(&output);
            if written.is_ok() {
                written = lines.write(&output);
            }
        });
        written?;
    }
    Ok(summary)
}

/// A bar on standard error; nothing where that is no terminal, or where lines appear on it already.
fn progress(hidden: bool) -> ProgressBar {
    if hidden || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let progress = ProgressBar::new(0);
    // The template is a constant; one that were wrong would leave the plain style.
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} {msg}, {eta} left") {
        progress.set_style(style);
    }
    progress
}
