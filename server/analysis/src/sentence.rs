//! One sentence about a score, made of its numbers alone.

use std::fmt;

use schema::{Direction, Figure, Points, Ratio, Score, Symbol, Why, breakdown::DimensionBreakdown};

use crate::Analysis;

/// What can be said of a symbol; its parameters are numbers of the analysis, so it can be tested and translated.
#[derive(Debug, Clone, PartialEq)]
enum Sentence<'a> {
    /// There is a score.
    Scored {
        symbol: Symbol,
        score: Score,
        direction: Option<Direction>,
        most_up: Option<Push<'a>>,
        most_down: Option<Push<'a>>,
        agreement: Option<Ratio>,
        coverage: Ratio,
    },
    /// There is none, and this is why.
    Unscored { symbol: Symbol, why: &'a Why },
}

/// A dimension, what it adds, and the measure that adds most of it.
#[derive(Debug, Clone, PartialEq)]
struct Push<'a> {
    dimension: &'static str,
    points: f64,
    measure: Option<(&'a str, Option<&'static str>, f64)>,
}

/// Says in one sentence what the score is and what made it.
#[must_use]
pub fn describe(symbol: &Symbol, analysis: &Analysis, direction: Option<Direction>) -> String {
    let sentence = match &analysis.score {
        Figure::Missing(why) => Sentence::Unscored { symbol: *symbol, why },
        Figure::Known { value, .. } => Sentence::Scored {
            symbol: *symbol,
            score: *value,
            direction,
            most_up: push(&analysis.dimensions, 1.0),
            most_down: push(&analysis.dimensions, -1.0),
            agreement: analysis.agreement,
            coverage: analysis.coverage,
        },
    };
    sentence.to_string()
}

/// The dimension that adds most to one side, where one adds at least a tenth of a point.
fn push(dimensions: &[DimensionBreakdown], side: f64) -> Option<Push<'_>> {
    let added = |dimension: &DimensionBreakdown| side * dimension.contribution.map_or(0.0, Points::get);
    let most = dimensions.iter().max_by(|a, b| added(a).total_cmp(&added(b)))?;
    if added(most) < 0.05 {
        return None;
    }
    let measure = most
        .parts
        .iter()
        .filter_map(|part| part.finding.value().map(|finding| (part, finding.contribution.get())))
        .max_by(|a, b| (side * a.1).total_cmp(&(side * b.1)))
        .map(|(part, points)| (part.label.as_ref(), part.timeframe.map(schema::Timeframe::as_str), points));
    Some(Push { dimension: most.dimension.label(), points: side * added(most), measure })
}

impl fmt::Display for Push<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.dimension, Signed(self.points))?;
        match self.measure {
            Some((measure, Some(timeframe), points)) => write!(f, " ({measure} on {timeframe} {})", Signed(points)),
            Some((measure, None, points)) => write!(f, " ({measure} {})", Signed(points)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unscored { symbol, why } => write!(f, "{symbol} has no score: {why}."),
            Self::Scored { symbol, score, direction, most_up, most_down, agreement, coverage } => {
                write!(f, "{symbol} scores {:.1}", score.get())?;
                if let Some(direction) = direction {
                    write!(f, " ({})", direction.label())?;
                }
                match (most_up, most_down) {
                    (Some(up), Some(down)) => write!(f, ": most for it {up}, most against it {down}")?,
                    (Some(push), None) | (None, Some(push)) => write!(f, ": most of it {push}")?,
                    (None, None) => write!(f, ": no dimension points anywhere")?,
                }
                if let Some(agreement) = agreement {
                    write!(f, "; agreement {:.0}%", 100.0 * agreement.get())?;
                }
                write!(f, ", {:.0}% of the inputs known.", 100.0 * coverage.get())
            }
        }
    }
}

/// Points with their sign, as all of the dashboard writes them: with the minus of typography, and without a sign where they round
/// to zero.
struct Signed(f64);

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = format!("{:.1}", self.0.abs());
        let sign = match self.0 {
            _ if size == "0.0" => "",
            below if below < 0.0 => "−",
            _ => "+",
        };
        write!(f, "{sign}{size}")
    }
}

#[cfg(test)]
mod tests {
    use schema::UnixMs;

    use super::*;

    fn symbol() -> Symbol {
        Symbol::new("BTCUSDT").unwrap()
    }

    #[test]
    fn a_missing_score_says_why() {
        let why = Why::LowCoverage { have_pct: 43, need_pct: 60 };
        let sentence = Sentence::Unscored { symbol: symbol(), why: &why };
        assert_eq!(sentence.to_string(), "BTCUSDT has no score: 43% of the inputs known, 60% needed.");
    }

    #[test]
    fn a_score_says_what_made_it() {
        let sentence = Sentence::Scored {
            symbol: symbol(),
            score: Score::new(71.26).unwrap(),
            direction: Some(Direction::Long),
            most_up: Some(Push { dimension: "Volume", points: 9.31, measure: Some(("CMF (20)", Some("5m"), 2.04)) }),
            most_down: Some(Push { dimension: "Sentiment", points: -1.2, measure: None }),
            agreement: Ratio::new(0.718).ok(),
            coverage: Ratio::new(0.93).unwrap(),
        };
        assert_eq!(
            sentence.to_string(),
            "BTCUSDT scores 71.3 (Long): most for it Volume +9.3 (CMF (20) on 5m +2.0), most against it Sentiment −1.2; \
             agreement 72%, 93% of the inputs known."
        );
    }

    #[test]
    fn nothing_known_is_said_from_the_analysis_itself() {
        let input = crate::input::SymbolInput {
            as_of: UnixMs(0),
            candles: crate::input::PerTimeframe([&[]; 4]),
            open: crate::input::PerTimeframe([None; 4]),
            trades: &[],
            flow: &[],
            book: None,
            derivatives: crate::input::Derivatives {
                open_interest: &[],
                funding: None,
                funding_history: &[],
                accounts: &[],
                liquidations: None,
            },
        };
        let analysis = crate::analyse(&input, crate::Bars::Closed);
        assert_eq!(describe(&symbol(), &analysis, None), "BTCUSDT has no score: 0% of the inputs known, 60% needed.");
    }
}
