//! Old and new names of the same figure.

use std::collections::BTreeMap;

use schema::UnixMs;
use serde_json::Value;

use super::{
    ImportError, Line, Made, ScoredSymbol,
    found::{Found, kind},
};

/// Arrays of rows.
pub(super) const ROWS: [&str; 4] = ["recent_signals", "signals", "confluence_scores", "rows"];
/// Names of the time of a document.
const TIMES: [&str; 4] = ["as_of", "timestamp", "last_updated", "updated_at"];
/// The largest Unix times in seconds and in milliseconds that are meant: the year 5138.
const MOST_SECONDS: f64 = 1e11;
const MOST_MS: f64 = 1e14;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Count,
    Text,
}

/// A figure, the new name first.
pub(super) struct Known {
    pub(super) names: &'static [&'static str],
    pub(super) kind: Kind,
}

const fn number(names: &'static [&'static str]) -> Known {
    Known { names, kind: Kind::Number }
}

const fn count(names: &'static [&'static str]) -> Known {
    Known { names, kind: Kind::Count }
}

/// Every figure that is read.
pub(super) static KNOWN: [Known; 26] = [
    count(&["total_symbols", "total_symbols_monitored"]),
    count(&["linear_symbols"]),
    count(&["scored_symbols"]),
    number(&["total_turnover_24h", "total_volume_24h", "total_volume"]),
    number(&["signal_balance", "trend_strength"]),
    count(&["long_signals", "bullish_signals"]),
    count(&["short_signals", "bearish_signals"]),
    count(&["neutral_signals"]),
    number(&["average_change_24h", "average_change", "avg_change_percent"]),
    number(&["turnover_weighted_change_24h"]),
    number(&["dispersion_24h", "market_dispersion", "volatility", "current_volatility"]),
    number(&["dispersion_24h_mean", "avg_market_dispersion", "avg_volatility"]),
    number(&["btc_price"]),
    number(&["btc_realised_volatility", "btc_volatility"]),
    number(&["btc_daily_volatility"]),
    count(&["btc_volatility_days", "btc_vol_days"]),
    Known { names: &["regime", "market_regime", "market_state"], kind: Kind::Text },
    count(&["gainers"]),
    count(&["losers"]),
    count(&["unchanged"]),
    number(&["open_interest_usd"]),
    number(&["btc_dominance", "btc_dom"]),
    number(&["eth_dominance"]),
    number(&["stablecoin_dominance"]),
    number(&["total_market_cap"]),
    number(&["market_cap_change_24h"]),
];

/// Whether a name is one that is read.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| known.names.contains(&name))
}

/// A value as it was read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Read {
    Number(f64),
    Text(String),
}

impl std::fmt::Display for Read {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// What was taken from a document.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) as_of: Option<UnixMs>,
    /// By their new names, with the path of the old one.
    pub(super) values: BTreeMap<&'static str, (String, Read)>,
    pub(super) signals: Vec<ScoredSymbol>,
}

/// Takes what is known, and writes a line for each field, in the document or not.
pub(super) fn take(found: &Found, report: &mut Vec<Line>) -> Result<Taken, ImportError> {
    let mut taken = Taken::default();
    for (path, name, value) in &found.fields {
        let here = format!("{path}{name}");
        if TIMES.contains(&name.as_str()) {
            time(&here, value, &mut taken, report)?;
            continue;
        }
        let Some(known) = KNOWN.iter().find(|known| known.names.contains(&name.as_str())) else {
            let line =
                Line { old: Some(here), new: None, made: Made::Ignored, value: "nothing corresponds to it".to_owned() };
            report.push(line);
            continue;
        };
        let new = known.names[0];
        // Null is how the ancestor wrote that it did not know; the lines of missing fields come last.
        let Some(read) = typed(&here, value, known.kind)? else { continue };
        if let Some((first, value)) = taken.values.get(new) {
            if *value != read {
                return Err(ImportError::Conflict {
                    field: new,
                    first: first.clone(),
                    first_value: value.to_string(),
                    second: here,
                    second_value: read.to_string(),
                });
            }
            report.push(Line { old: Some(here), new: Some(new), made: Made::Repeated, value: format!("as {first}") });
            continue;
        }
        let made = if new == name { Made::Kept } else { Made::Renamed };
        report.push(Line { old: Some(here.clone()), new: Some(new), made, value: read.to_string() });
        taken.values.insert(new, (here, read));
    }
    for (here, row) in &found.rows {
        taken.signals.push(scored(here, row)?);
    }
    if !found.rows.is_empty() {
        let unscored = taken.signals.iter().filter(|row| row.score.is_none()).count();
        let value = format!("{} rows, {unscored} of them without a score", taken.signals.len());
        let path = found.rows[0].0.split('[').next().unwrap_or_default().to_owned();
        report.push(Line { old: Some(path), new: Some("rows"), made: Made::Renamed, value });
    }
    Ok(taken)
}

fn typed(here: &str, value: &Value, kind: Kind) -> Result<Option<Read>, ImportError> {
    let wrong = |expected| Err(ImportError::Type { field: here.to_owned(), expected, found: self::kind(value) });
    match (kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Number, Value::Number(number)) => match number.as_f64().filter(|number| number.is_finite()) {
            Some(number) => Ok(Some(Read::Number(number))),
            None => wrong("a number"),
        },
        (Kind::Count, Value::Number(number)) => match number.as_f64() {
            Some(number) if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) => {
                Ok(Some(Read::Number(number)))
            }
            _ => wrong("a whole number of 0 or more"),
        },
        (Kind::Text, Value::String(text)) => Ok(Some(Read::Text(text.clone()))),
        (Kind::Number, _) => wrong("a number"),
        (Kind::Count, _) => wrong("a whole number of 0 or more"),
        (Kind::Text, _) => wrong("a text"),
    }
}

fn scored(here: &str, row: &Value) -> Result<ScoredSymbol, ImportError> {
    let Value::Object(fields) = row else {
        return Err(ImportError::Type { field: here.to_owned(), expected: "an object", found: kind(row) });
    };
    let path = |name: &str| format!("{here}.{name}");
    let symbol = match fields.get("symbol") {
        Some(Value::String(symbol)) => symbol.clone(),
        other => {
            let found = other.map_or_else(|| "nothing".to_owned(), kind);
            return Err(ImportError::Type { field: path("symbol"), expected: "a text", found });
        }
    };
    let score = |name: &str| match fields.get(name) {
        None => Ok(None),
        Some(value) => match typed(&path(name), value, Kind::Number)? {
            Some(Read::Number(score)) if !(0.0..=100.0).contains(&score) => {
                Err(ImportError::Type { field: path(name), expected: "a score from 0 to 100", found: kind(value) })
            }
            Some(Read::Number(score)) => Ok(Some(score)),
            Some(Read::Text(_)) | None => Ok(None),
        },
    };
    match (score("score")?, score("confluence_score")?) {
        (Some(one), Some(other)) if one != other => Err(ImportError::Conflict {
            field: "score",
            first: path("score"),
            first_value: one.to_string(),
            second: path("confluence_score"),
            second_value: other.to_string(),
        }),
        (one, other) => Ok(ScoredSymbol { symbol, score: one.or(other) }),
    }
}

/// The time of a document; the oldest where several are stated, so that nothing becomes younger.
fn time(here: &str, value: &Value, taken: &mut Taken, report: &mut Vec<Line>) -> Result<(), ImportError> {
    let wrong = || ImportError::Type {
        field: here.to_owned(),
        expected: "Unix time in seconds or milliseconds",
        found: kind(value),
    };
    let at = match value {
        Value::Null => return Ok(()),
        Value::Number(number) => {
            let number = number.as_f64().filter(|number| *number > 0.0 && *number < MOST_MS).ok_or_else(wrong)?;
            milliseconds(if number < MOST_SECONDS { number * 1_000.0 } else { number })
        }
        _ => return Err(wrong()),
    };
    let line = Line { old: Some(here.to_owned()), new: Some("as_of"), made: Made::Renamed, value: at.0.to_string() };
    report.push(line);
    taken.as_of = Some(taken.as_of.map_or(at, |before| before.min(at)));
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "the caller keeps it within 1e14")]
const fn milliseconds(number: f64) -> UnixMs {
    UnixMs(number as i64)
}
