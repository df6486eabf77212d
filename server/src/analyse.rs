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
};

use analysis::{idea::CostSettings, signal::Thresholds};
use engine::{Output, Recorded};
use schema::{Symbol, UnixMs, Venue};

use self::{bar::Bar, report::Report, spread::Spread};
use crate::{
    args::Analyse,
    backtest::{
        BacktestError, Session,
        candles::{self, Record},
        progress,
    },
};

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
/// [`BacktestError`] when the candles cannot be used or the result cannot be written.
pub(crate) fn analyse(asked: &Analyse) -> Result<(), BacktestError> {
    let form = Form::of(asked);
    let symbols: Vec<Symbol> = asked.symbol.into_iter().collect();
    let records = candles::read(&asked.candles, &symbols)?;
    // Lines on the same terminal are progress enough.
    let progress = progress(form != Form::Report && std::io::stdout().is_terminal());
    let mut spread = Spread::default();
    let mut out = bar::Lines::new(form, std::io::BufWriter::new(std::io::stdout().lock()))?;
    let by_symbol: HashMap<Symbol, &Record> = records.iter().map(|record| (record.market.symbol, record)).collect();
    let mut session = Session::new(Venue::Sim, Thresholds::STANDARD, CostSettings::MEASURED);
    for input in candles::counted(&records, &progress) {
        session.step(input, |output| {
            let Output::BarClosed { symbol, recorded } = output else { return Ok(()) };
            let is_asked = by_symbol
                .get(symbol)
                .and_then(|record| place(record, recorded))
                .is_some_and(|place| place >= asked.skip && (place - asked.skip).is_multiple_of(asked.every));
            match Bar::of(*symbol, recorded.bar_closed_at, recorded.close, &recorded.analysis).filter(|_| is_asked) {
                Some(bar) => {
                    spread.take(&recorded.analysis);
                    out.write(&bar)
                }
                None => Ok(()),
            }
        })?;
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
