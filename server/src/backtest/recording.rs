//! Goes through a recording as the session did that made it.

use std::{collections::HashSet, path::Path};

use engine::{Input, Loaded};
use indicatif::ProgressBar;
use schema::Symbol;
use venue::replay::{Recording, Taken};

use super::{
    BacktestError, Session,
    output::Lines,
    state::{Place, StateError},
};
use crate::{args::Backtest, config::Config};

/// Steps an engine through what each session of a recording took in.
pub(super) fn run(
    folder: &Path,
    asked: &Backtest,
    config: &Config,
    progress: &ProgressBar,
    lines: &mut Lines,
) -> Result<(), BacktestError> {
    let recording = Recording::open(folder)?;
    let begin = || Session::new(recording.venue(), config.signals, config.costs).on_threads(asked.threads);
    let mut session = begin()?;
    let (mut taken, mut listed) = (0_u64, HashSet::new());
    let mut place = Place::begin(recording.began());
    let mut resumed = match &asked.resume {
        Some(path) => {
            let resumed = Session::resume(path, recording.venue(), config.signals, config.costs);
            Some(resumed.map_err(|source| BacktestError::State { path: path.clone(), source })?)
        }
        None => None,
    };
    let mut inputs = recording.inputs()?;
    for recorded in inputs.by_ref() {
        match recorded? {
            Taken::Session { began } => {
                place = Place::begin(began);
                session = begin()?;
            }
            Taken::Lost { .. } if resumed.is_some() => {}
            Taken::Lost { messages } => lines.summary().lose(messages),
            Taken::Input(Input::Second(second)) if asked.until.is_some_and(|until| second > until) => break,
            Taken::Input(input) => {
                taken += 1;
                progress.inc(1);
                place.pass(&input);
                let input = of_symbols(input, &asked.symbols, &mut listed);
                match resumed.take_if(|(saved_at, _)| *saved_at == place) {
                    Some((_, saved)) => session = saved.on_threads(asked.threads)?,
                    None if resumed.is_some() => {}
                    None => session.step(input, |output| lines.write(output))?,
                }
            }
        }
    }
    if let (Some((place, _)), Some(path)) = (resumed, &asked.resume) {
        let source = StateError::NotInRecording { place };
        return Err(BacktestError::State { path: path.clone(), source });
    }
    if let Some(path) = &asked.save_state {
        session.save(path, place)?;
    }
    lines.summary().cut(inputs.cut());
    if taken == 0 {
        return Err(BacktestError::MessagesAlone { folder: folder.to_owned() });
    }
    let known = || listed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match asked.symbols.iter().find(|symbol| !listed.contains(*symbol)) {
        Some(symbol) => {
            Err(BacktestError::UnknownSymbol { symbol: *symbol, folder: folder.to_owned(), known: known() })
        }
        None => Ok(()),
    }
}

/// Watches no other contracts than those that are asked for: what is said of others passes by.
fn of_symbols(input: Input, symbols: &[Symbol], listed: &mut HashSet<Symbol>) -> Input {
    match input {
        Input::Loaded { received, loaded: Loaded::Universe { mut instruments, linear_symbols, history } } => {
            listed.extend(instruments.iter().map(|instrument| instrument.symbol));
            instruments.retain(|instrument| symbols.is_empty() || symbols.contains(&instrument.symbol));
            Input::Loaded { received, loaded: Loaded::Universe { instruments, linear_symbols, history } }
        }
        other => other,
    }
}
