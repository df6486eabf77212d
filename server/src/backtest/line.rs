//! One output of the engine as it is written.

use engine::{Output, Recorded};
use schema::{Dimension, Direction, Symbol};
use serde::Serialize;

use super::{candles::composite, idea::IdeaLine};

/// A bar that was decided. Scores and dimensions are on the scale of 0 to 100, nothing where they are missing; times are UTC.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct BarLine {
    /// The close of the bar.
    closed_at: String,
    symbol: Symbol,
    /// When it was decided: the earliest moment at which anyone could act on it.
    decided_at: String,
    /// Whether it closed before the start.
    late: bool,
    close: f64,
    score: Option<f64>,
    direction: Option<Direction>,
    agreement: Option<f64>,
    /// The known share of all inputs, by weight.
    coverage: f64,
    quality: Option<f64>,
    /// What the known dimensions of candles say.
    candles: Option<f64>,
    technical: Option<f64>,
    volume: Option<f64>,
    orderflow: Option<f64>,
    orderbook: Option<f64>,
    price_structure: Option<f64>,
    sentiment: Option<f64>,
    /// Why there is no score.
    missing: Option<String>,
}

impl BarLine {
    /// The line of a bar.
    pub(super) fn of(symbol: Symbol, recorded: &Recorded) -> Self {
        let Recorded { analysis, .. } = recorded;
        let scores = analysis.dimension_scores();
        let of = |dimension| scores.get(dimension).map(schema::Score::get);
        Self {
            closed_at: app::format::utc(recorded.bar_closed_at),
            symbol,
            decided_at: app::format::utc(recorded.decided_at),
            late: recorded.is_late,
            close: recorded.close,
            score: analysis.score.value().map(|score| score.get()),
            direction: recorded.direction,
            agreement: analysis.agreement.map(schema::Ratio::get),
            coverage: analysis.coverage.get(),
            quality: analysis.quality.value().map(|quality| quality.get()),
            candles: composite(analysis),
            technical: of(Dimension::Technical),
            volume: of(Dimension::Volume),
            orderflow: of(Dimension::Orderflow),
            orderbook: of(Dimension::Orderbook),
            price_structure: of(Dimension::PriceStructure),
            sentiment: of(Dimension::Sentiment),
            missing: analysis.score.why().map(ToString::to_string),
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let score = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        let line = format!(
            "{:<20}  {:<16}  {:>12}  {:>6}  {:<7}  {:>7}  {:>7.0}%  {}",
            self.closed_at,
            self.symbol,
            self.close,
            score(self.score),
            self.direction.map_or("-", |direction| match direction {
                Direction::Long => "long",
                Direction::Neutral => "neutral",
                Direction::Short => "short",
            }),
            score(self.candles),
            (100.0 * self.coverage).floor(),
            self.missing.as_deref().unwrap_or_default(),
        );
        line.trim_end().to_owned()
    }
}

/// What is above the lines for people.
pub(super) fn head() -> String {
    format!(
        "{:<20}  {:<16}  {:>12}  {:>6}  {:<7}  {:>7}  {:>8}  NO SCORE BECAUSE",
        "CLOSED AT", "SYMBOL", "CLOSE", "SCORE", "SIDE", "CANDLES", "COVERAGE"
    )
}

/// Anything that follows, as a JSON object with its kind.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Event {
    /// A bar was decided.
    Bar(Box<BarLine>),
    /// A bar went by that could not be looked at.
    Missed { closed_at: String, symbol: Symbol, decided_at: String, why: String },
    /// A contract points elsewhere since a bar.
    Direction { closed_at: String, symbol: Symbol, from: Option<Direction>, to: Option<Direction> },
    /// Something became of an idea.
    Idea(Box<IdeaLine>),
}

impl Event {
    /// What is written of an output; nothing of one that is for the exchange.
    pub(super) fn of(output: &Output) -> Option<Self> {
        match output {
            Output::BarClosed { symbol, recorded } => Some(Self::Bar(Box::new(BarLine::of(*symbol, recorded)))),
            Output::BarMissed { symbol, bar_closed_at, decided_at, why } => Some(Self::Missed {
                closed_at: app::format::utc(*bar_closed_at),
                symbol: *symbol,
                decided_at: app::format::utc(*decided_at),
                why: why.to_string(),
            }),
            Output::DirectionChanged { symbol, from, to, bar_closed_at } => Some(Self::Direction {
                closed_at: app::format::utc(*bar_closed_at),
                symbol: *symbol,
                from: *from,
                to: *to,
            }),
            Output::Idea(event) => Some(Self::Idea(Box::new(IdeaLine::of(event)))),
            Output::BookWrong { .. } => None,
        }
    }
}
