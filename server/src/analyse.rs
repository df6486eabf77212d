//! `virtuoso analyse`: recorded candles through the very code that scores a live market, bar by bar.
//!
//! A record holds candles alone, so it speaks for the measures of candles (about two fifths of the weight) and there is no
//! score in the strict sense; each bar says so. `assume` tells what the missing dimensions would have to say for one.

mod assume;
mod bar;
mod history;
mod report;
mod spread;

use std::{
    io::{IsTerminal as _, Write},
    path::{Path, PathBuf},
};

use analysis::{Bars, Scorer};
use indicatif::{ProgressBar, ProgressStyle};
use schema::{Symbol, Timeframe};
use venue::sim::{RecordedCandles, RecordingError, recorded_candles};

use self::{bar::Bar, history::History, report::Report, spread::Spread};
use crate::args::Analyse;

/// Recorded candles that cannot be analysed, or a result that cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnalyseError {
    /// The folder or a file in it cannot be used.
    #[error("reading recorded candles")]
    Recording(#[from] RecordingError),
    /// The folder has no candles of the symbol.
    #[error("{} holds no candles of {symbol}; it has {known}", folder.display())]
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

impl From<csv::Error> for AnalyseError {
    fn from(error: csv::Error) -> Self {
        Self::Write(error.into())
    }
}

impl From<serde_json::Error> for AnalyseError {
    fn from(error: serde_json::Error) -> Self {
        Self::Write(error.into())
    }
}

/// How the result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A line for each bar, then the report, for people.
    Text,
    /// A line for each bar, comma-separated.
    Csv,
    /// A JSON object for each bar, then one with the report.
    Json,
    /// The report alone.
    Report,
}

impl Form {
    const fn of(asked: &Analyse) -> Self {
        match (asked.csv, asked.json, asked.report) {
            (true, _, _) => Self::Csv,
            (_, true, _) => Self::Json,
            (_, _, true) => Self::Report,
            _ => Self::Text,
        }
    }
}

/// Scores recorded candles and writes what was asked for.
///
/// # Errors
///
/// [`AnalyseError`] when the candles cannot be used or the result cannot be written.
pub(crate) fn analyse(asked: &Analyse) -> Result<(), AnalyseError> {
    let form = Form::of(asked);
    let markets = markets(&asked.candles, asked.symbol)?;
    let bars = markets.iter().map(|(_, market)| market.candles.len() as u64).sum();
    // Lines on the same terminal are progress enough.
    let shown = form == Form::Report || !std::io::stdout().is_terminal();
    let progress = if shown { progress(bars) } else { ProgressBar::hidden() };
    let mut spread = Spread::default();
    let mut out = bar::Lines::new(form, std::io::BufWriter::new(std::io::stdout().lock()))?;
    for (timeframe, market) in &markets {
        progress.set_message(market.symbol.to_string());
        let mut history = History::new(*timeframe);
        let mut scorer = Scorer::new(Bars::Closed);
        for (place, candle) in market.candles.iter().enumerate() {
            progress.inc(1);
            history.add(*candle);
            if place < asked.skip || !(place - asked.skip).is_multiple_of(asked.every) {
                continue;
            }
            let analysis = scorer.analyse(&history.input());
            let Some(bar) = Bar::of(market.symbol, history.now(), candle.close, &analysis) else { continue };
            spread.take(&analysis);
            out.write(&bar)?;
        }
    }
    progress.finish_and_clear();
    let mut out = out.finish()?;
    let report = Report::of(&spread, &markets, asked);
    match form {
        Form::Csv => {}
        Form::Json => writeln!(out, "{}", serde_json::json!({ "report": report }))?,
        Form::Text => write!(out, "\n{report}")?,
        Form::Report => write!(out, "{report}")?,
    }
    Ok(out.flush()?)
}

/// The recorded contracts, or the one that is asked for, each with the timeframe of its candles.
fn markets(folder: &Path, symbol: Option<Symbol>) -> Result<Vec<(Timeframe, RecordedCandles)>, AnalyseError> {
    let mut all = recorded_candles(folder)?;
    if let Some(symbol) = symbol {
        let known = || all.iter().map(|one| one.symbol.to_string()).collect::<Vec<_>>().join(", ");
        if !all.iter().any(|one| one.symbol == symbol) {
            return Err(AnalyseError::UnknownSymbol { symbol, folder: folder.to_owned(), known: known() });
        }
        all.retain(|one| one.symbol == symbol);
    }
    all.into_iter()
        .map(|one| match Timeframe::ALL.into_iter().find(|timeframe| timeframe.ms() == one.span_ms) {
            Some(timeframe) => Ok((timeframe, one)),
            None => Err(AnalyseError::Length {
                folder: folder.to_owned(),
                symbol: one.symbol,
                minutes: one.span_ms / 60_000,
            }),
        })
        .collect()
}

/// A bar on standard error; nothing where that is no terminal.
fn progress(bars: u64) -> ProgressBar {
    let progress = ProgressBar::new(bars);
    // The template is a constant; one that were wrong would leave the plain style.
    if let Ok(style) = ProgressStyle::with_template("{msg:16} {wide_bar} {human_pos} of {human_len} bars, {eta} left") {
        progress.set_style(style);
    }
    progress
}
