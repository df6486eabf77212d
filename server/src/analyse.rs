//! `virtuoso analyse`: a record through the very code that scores a live market, and what its readings were worth.
//!
//! Candles alone speak for the measures of candles (about two fifths of the weight), so there is no score in the strict sense;
//! each bar says so. `assume` computes what the missing dimensions would have to be for one. A recording of an exchange has all
//! of them.

mod assume;
mod bar;
mod columns;
mod followed;
mod followed_text;
mod report;
mod sections;
mod spread;

use std::{
    collections::HashMap,
    io::{IsTerminal as _, Write},
    path::Path,
};

use analysis::{idea::CostSettings, signal::Thresholds};
use engine::{Input, Output, Recorded};
use indicatif::ProgressBar;
use schema::{Symbol, UnixMs, Venue};
use venue::replay::{Recording, Taken};

use self::{bar::Bar, followed::Followed, report::Report, sections::Entered, spread::Spread};
use crate::{
    args::Analyse,
    backtest::{BacktestError, Session, candles, progress, record::Record},
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

/// Scores a record and writes what was asked for.
///
/// # Errors
///
/// [`BacktestError`] when the record cannot be used or the result cannot be written.
pub(crate) fn analyse(asked: &Analyse) -> Result<(), BacktestError> {
    let form = Form::of(asked);
    // Lines on the same terminal are progress enough.
    let progress = progress(form != Form::Report && std::io::stdout().is_terminal());
    let out = bar::Lines::new(form, std::io::BufWriter::new(std::io::stdout().lock()))?;
    let (report, out) = match (&asked.candles, &asked.recording) {
        (Some(folder), _) => {
            let symbols: Vec<Symbol> = asked.symbol.into_iter().collect();
            of_candles(&candles::read(folder, &symbols)?, asked, &progress, out)?
        }
        (None, Some(folder)) => of_recording(folder, asked, &progress, out)?,
        (None, None) => return Err(BacktestError::NoInput),
    };
    progress.finish_and_clear();
    let mut out = out.finish()?;
    match form {
        Form::Csv => {}
        Form::Json => writeln!(out, "{}", serde_json::json!({ "report": report }))?,
        Form::Text => write!(out, "\n{report}")?,
        Form::Report => write!(out, "{report}")?,
    }
    Ok(out.flush()?)
}

/// What is seen of a record while it is stepped through.
struct Seen<W: Write> {
    spread: Spread,
    followed: Followed,
    out: bar::Lines<W>,
}

impl<W: Write> Seen<W> {
    fn step(
        &mut self,
        session: &mut Session,
        input: Input,
        mut is_asked: impl FnMut(Symbol, &Recorded) -> bool,
    ) -> Result<(), BacktestError> {
        self.followed.see(&input)?;
        session.step(input, |output| {
            let Output::BarClosed { symbol, recorded } = output else { return Ok(()) };
            self.followed.add(*symbol, recorded);
            let bar = Bar::of(*symbol, recorded.bar_closed_at, recorded.close, &recorded.analysis);
            match bar.filter(|_| is_asked(*symbol, recorded)) {
                Some(bar) => {
                    self.spread.take(&recorded.analysis);
                    self.out.write(&bar)
                }
                None => Ok(()),
            }
        })
    }
}

fn of_candles<W: Write>(
    records: &[Record],
    asked: &Analyse,
    progress: &ProgressBar,
    out: bar::Lines<W>,
) -> Result<(Report, bar::Lines<W>), BacktestError> {
    let by_symbol: HashMap<Symbol, &Record> = records.iter().map(|record| (record.symbol(), record)).collect();
    let longest_ms = records.iter().map(|record| record.timeframe.ms()).max().unwrap_or_default();
    let followed = Followed::new(Entered::AtOpen, longest_ms);
    let mut seen = Seen { spread: Spread::default(), followed, out };
    let mut session = Session::new(Venue::Sim, Thresholds::STANDARD, CostSettings::MEASURED);
    candles::counted(records, progress, |input| {
        seen.step(&mut session, input, |symbol, recorded| {
            let place = by_symbol.get(&symbol).and_then(|record| record.place(recorded.bar_closed_at));
            place.is_some_and(|place| asked.takes(place))
        })
    })?;
    Ok((Report::of_candles(&seen.spread, seen.followed.found(), records, asked), seen.out))
}

fn of_recording<W: Write>(
    folder: &Path,
    asked: &Analyse,
    progress: &ProgressBar,
    out: bar::Lines<W>,
) -> Result<(Report, bar::Lines<W>), BacktestError> {
    let recording = Recording::open(folder)?;
    let new_session = || Session::new(recording.venue(), Thresholds::STANDARD, CostSettings::MEASURED);
    let mut seen = Seen { spread: Spread::default(), followed: Followed::new(Entered::ByTrade, 0), out };
    let (mut session, mut places) = (new_session(), HashMap::<Symbol, usize>::new());
    let mut described = report::Described::default();
    for taken in recording.inputs()? {
        match taken? {
            Taken::Session { .. } => session = new_session(),
            Taken::Lost { messages } => described.lost += messages,
            Taken::Input(input) => {
                progress.inc(1);
                seen.step(&mut session, input, |symbol, recorded| {
                    let at = recorded.bar_closed_at;
                    described.from = Some(described.from.map_or(at, |from: UnixMs| from.min(at)));
                    described.to = described.to.max(Some(at));
                    let place = places.entry(symbol).or_default();
                    *place += 1;
                    !recorded.is_late && asked.takes(*place - 1)
                })?;
            }
        }
    }
    if places.is_empty() {
        return Err(BacktestError::MessagesAlone { folder: folder.to_owned() });
    }
    described.contracts = places.len();
    Ok((Report::of_recording(&seen.spread, seen.followed.found(), described, asked), seen.out))
}
