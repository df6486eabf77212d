//! `virtuoso analyse`: recorded candles through the very code that scores a live market, bar by bar.
//!
//! A record holds candles alone, so it speaks for the measures of candles (about two fifths of the weight) and there is no
//! score in the strict sense; each bar says so. `assume` tells what the missing dimensions would have to say for one.

mod assume;
mod bar;
mod report;
mod spread;

use std::{
    collections::HashMap,
    io::{IsTerminal as _, Write},
    sync::{Arc, Mutex},
};

use analysis::{idea::Book, signal::Thresholds};
use engine::{Engine, Input, Market, Output, Recorded};
use indicatif::{ProgressBar, ProgressStyle};
use schema::{Symbol, UnixMs, Venue};

use self::{bar::Bar, report::Report, spread::Spread};
use crate::{
    args::Analyse,
    backtest::{
        BacktestError,
        candles::{self, Record},
    },
};

/// Recorded candles that cannot be analysed, or a result that cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnalyseError {
    /// The candles cannot be used.
    #[error(transparent)]
    Candles(#[from] BacktestError),
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
    let symbols: Vec<Symbol> = asked.symbol.into_iter().collect();
    let records = candles::read(&asked.candles, &symbols)?;
    let bars = records.iter().map(|record| record.market.candles.len() as u64).sum();
    // Lines on the same terminal are progress enough.
    let shown = form == Form::Report || !std::io::stdout().is_terminal();
    let progress = if shown { progress(bars) } else { ProgressBar::hidden() };
    let mut spread = Spread::default();
    let mut out = bar::Lines::new(form, std::io::BufWriter::new(std::io::stdout().lock()))?;
    let by_symbol: HashMap<Symbol, &Record> = records.iter().map(|record| (record.market.symbol, record)).collect();
    let thresholds = Thresholds::STANDARD;
    let ideas = Arc::new(Mutex::new(Book::new(&thresholds)));
    let mut engine = Engine::new(Arc::new(Market::new(Venue::Sim)), thresholds, ideas);
    for input in candles::inputs(&records) {
        progress.inc(u64::from(matches!(input, Input::Event { .. })));
        let mut written = Ok(());
        engine.step(input, &mut |output| {
            let Output::BarClosed { symbol, recorded } = output else { return };
            let is_asked = by_symbol
                .get(&symbol)
                .and_then(|record| place(record, &recorded))
                .is_some_and(|place| place >= asked.skip && (place - asked.skip).is_multiple_of(asked.every));
            let bar = Bar::of(symbol, recorded.bar_closed_at, recorded.close, &recorded.analysis);
            if let Some(bar) = bar.filter(|_| is_asked && written.is_ok()) {
                spread.take(&recorded.analysis);
                written = out.write(&bar);
            }
        });
        written?;
    }
    progress.finish_and_clear();
    let mut out = out.finish()?;
    let report = Report::of(&spread, &records, asked);
    match form {
        Form::Csv => {}
        Form::Json => writeln!(out, "{}", serde_json::json!({ "report": report }))?,
        Form::Text => write!(out, "\n{report}")?,
        Form::Report => write!(out, "{report}")?,
    }
    Ok(out.flush()?)
}

/// Which candle of its record a bar is.
fn place(record: &Record, recorded: &Recorded) -> Option<usize> {
    let start = UnixMs(recorded.bar_closed_at.0 - record.timeframe.ms());
    record.market.candles.binary_search_by_key(&start, |candle| candle.start).ok()
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
