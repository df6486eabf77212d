//! `virtuoso cache import FILE` with a document of the ancestor.

use std::{io::Write as _, path::Path};

use anyhow::Context as _;
use cache::FillOutcome;
use schema::MarketOverview;
use serde_json::json;

use super::{inspect, table};
use crate::{
    config::Config,
    import::{self, ImportError, Imported, Line, Made},
};

/// A file that cannot be imported.
#[derive(Debug, thiserror::Error)]
#[error("{file}")]
pub(super) struct Refused {
    file: String,
    #[source]
    source: ImportError,
}

/// Reads a document, prints what became of each field, and fills a hole of memcached with it unless this is a trial.
pub(super) async fn import(config: &Config, file: &Path, trial: bool, as_json: bool) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    let imported = import::read(&text).map_err(|source| Refused { file: file.display().to_string(), source })?;
    let (outcome, failed) = match (&imported.overview, imported.as_of) {
        (Err(needs), _) => (format!("nothing is written: an overview also needs {needs}"), false),
        (Ok(_), None) => ("nothing is written: the document states no time".to_owned(), false),
        (Ok(_), Some(_)) if trial => ("nothing is written: this is a trial".to_owned(), false),
        (Ok(overview), Some(as_of)) => {
            let cache = inspect::open(config)?;
            match cache.warmer::<MarketOverview>().fill(&(), overview.clone(), as_of).await.l2 {
                FillOutcome::Added => ("market:overview is filled, with its original time".to_owned(), false),
                FillOutcome::Occupied => ("market:overview is left alone: a value is there".to_owned(), false),
                FillOutcome::Off => ("nothing is written: no memcached".to_owned(), true),
                FillOutcome::Failed(why) => (format!("writing failed: {why}"), true),
                FillOutcome::Refused(why) => (format!("writing was refused: {why}"), true),
            }
        }
    };
    let text = if as_json {
        serde_json::to_string_pretty(&json!({ "imported": imported, "outcome": outcome }))?
    } else {
        format!("{}\n\n{outcome}", report(&imported))
    };
    writeln!(std::io::stdout(), "{text}").context("writing to standard output")?;
    anyhow::ensure!(!failed, "{outcome}");
    Ok(())
}

fn report(imported: &Imported) -> String {
    let head = ["IN THE DOCUMENT", "NOW", "WHAT", "VALUE"].map(str::to_owned);
    let row = |line: &Line| {
        let dash = || "-".to_owned();
        let what = match line.made {
            Made::Kept => "kept",
            Made::Renamed => "renamed",
            Made::Repeated => "repeated",
            Made::Derived => "derived",
            Made::Missing => "missing",
            Made::Ignored => "ignored",
            Made::EncodedTwice => "encoded twice",
        };
        [
            line.old.clone().unwrap_or_else(dash),
            line.new.map_or_else(dash, str::to_owned),
            what.to_owned(),
            line.value.clone(),
        ]
    };
    table::table(&std::iter::once(head).chain(imported.report.iter().map(row)).collect::<Vec<_>>())
}
