//! One scored bar, and the forms it is written in.

use std::io::Write;

use analysis::Analysis;
use schema::{Symbol, UnixMs};
use serde::Serialize;

use super::{BacktestError, Form};
use crate::backtest::candles::{DIMENSIONS, composite};

/// One bar as it is written: dimensions and scores on the scale of 0 to 100, nothing where they are missing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Bar {
    /// The close of the bar, UTC.
    closed_at: String,
    symbol: Symbol,
    close: f64,
    /// The score; missing where less than 60 % of the inputs are known, as with candles alone.
    score: Option<f64>,
    /// What the known dimensions of candles say: one factor, the price, scored as if all others agreed with it.
    candles: Option<f64>,
    technical: Option<f64>,
    volume: Option<f64>,
    price_structure: Option<f64>,
    /// The known share of all inputs, by weight.
    coverage: f64,
    /// Why there is no score.
    missing: Option<String>,
}

impl Bar {
    /// A bar of which at least one dimension is known.
    pub(super) fn of(symbol: Symbol, at: UnixMs, close: f64, analysis: &Analysis) -> Option<Self> {
        let candles = composite(analysis)?;
        let scores = analysis.dimension_scores();
        let of = |dimension| scores.get(dimension).map(schema::Score::get);
        let [technical, volume, price_structure] = DIMENSIONS.map(of);
        Some(Self {
            closed_at: app::format::utc(at),
            symbol,
            close,
            score: analysis.score.value().map(|score| score.get()),
            candles: Some(candles),
            technical,
            volume,
            price_structure,
            coverage: analysis.coverage.get(),
            missing: analysis.score.why().map(ToString::to_string),
        })
    }

    fn text(&self) -> String {
        let score = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        let line = format!(
            "{:<20}  {:<16}  {:>12}  {:>6}  {:>7}  {:>9}  {:>6}  {:>9}  {:>7.0}%  {}",
            self.closed_at,
            self.symbol,
            self.close,
            score(self.score),
            score(self.candles),
            score(self.technical),
            score(self.volume),
            score(self.price_structure),
            (100.0 * self.coverage).floor(),
            self.missing.as_deref().unwrap_or_default(),
        );
        line.trim_end().to_owned()
    }
}

/// The header above the lines for people.
fn head() -> String {
    format!(
        "{:<20}  {:<16}  {:>12}  {:>6}  {:>7}  {:>9}  {:>6}  {:>9}  {:>8}  NO SCORE BECAUSE",
        "CLOSED AT", "SYMBOL", "CLOSE", "SCORE", "CANDLES", "TECHNICAL", "VOLUME", "STRUCTURE", "COVERAGE"
    )
}

/// Writes bars in one form.
pub(super) enum Lines<W: Write> {
    Text(W),
    Csv(Box<csv::Writer<W>>),
    Json(W),
    None(W),
}

impl<W: Write> Lines<W> {
    /// Begins with the header.
    pub(super) fn new(form: Form, mut out: W) -> Result<Self, BacktestError> {
        Ok(match form {
            Form::Text => {
                writeln!(out, "{}", head())?;
                Self::Text(out)
            }
            Form::Csv => Self::Csv(Box::new(csv::Writer::from_writer(out))),
            Form::Json => Self::Json(out),
            Form::Report => Self::None(out),
        })
    }

    /// Writes a bar.
    pub(super) fn write(&mut self, bar: &Bar) -> Result<(), BacktestError> {
        match self {
            Self::Text(out) => writeln!(out, "{}", bar.text())?,
            Self::Csv(out) => out.serialize(bar)?,
            Self::Json(out) => writeln!(out, "{}", serde_json::to_string(bar)?)?,
            Self::None(_) => {}
        }
        Ok(())
    }

    /// What the rest is written to.
    pub(super) fn finish(self) -> Result<W, BacktestError> {
        match self {
            Self::Text(out) | Self::Json(out) | Self::None(out) => Ok(out),
            Self::Csv(out) => Ok(out.into_inner().map_err(csv::IntoInnerError::into_error)?),
        }
    }
}
