//! The registry as a page for people: `docs/INDICATORS.md` is this text, and a test keeps them equal.

use schema::{Dimension, Factor};

use crate::{
    market::{MEMBERS, SHARE, needed},
    registry::{REGISTRY, Row, dimension_weight, factor_weight, timeframe_shares},
};

const HEAD: &str = "# Indicators

<!-- Made from the registry in server/analysis/src/registry.rs by `cargo run -p analysis --example indicators`. -->

Every measure that moves a score, by dimension. A measure has a raw figure that a person can check and a direction from −1
(bearish) to 1 (bullish). The direction counts with the measure's weight in its dimension, and the dimension with its own in
the score. What is missing counts as 0 and no other part takes its weight over, so the less is known, the nearer to 50 a score
is; a dimension of which less than half is known counts as missing, and below 60 % of all weight there is no score. Formula,
source and the map from the raw figure to the direction are at the head of each file in `server/analysis/src/indicator/`.
";

const FACTORS: &str = "## Four factors

Dimensions group measures as people look for them; factors group those whose directions move together. Technical, volume and
price structure are three readings of one price (their correlation is 0.80 to 0.85, see DISTRIBUTION.md), so they are one
factor. A score's `agreement` is 1 minus the weighted standard deviation of the four factors' directions, a missing one at 0;
the gain grows with it, from 0.6 to 1 of `GAIN`. Measures of one factor cannot confirm each other.

A measure belongs to the factor that its sign follows, also where it mixes inputs:

- Open interest × price belongs to the price: its sign is always that of the price change, and the change of open interest
  only scales it between half and whole. The open interest alone has no direction.
- CVD against price belongs to taker flow: the CVD counts twice as much as the price, and where they diverge its sign wins.
- VWAP, and every measure of volume over candles, belongs to the price: volume weighs, the price gives the sign.
- Absorption belongs to the book: its sign is that of the resting side, which held against the takers.
";

const TABLE: &str =
    "| Name | What it says | From | Raw figure | Factor | Weight | Id | File |\n|---|---|---|---|---|---:|---|---|\n";

/// The page.
#[must_use]
pub fn catalogue() -> String {
    let mut page = HEAD.to_owned();
    page += "\nMeasures of candles are made for four timeframes, which share their weight: ";
    page += &timeframe_shares();
    page += ".\n";
    page += &factors();
    for dimension in Dimension::ALL {
        page += &format!("\n## {}: {:.0} % of the score\n\n", dimension.label(), 100.0 * dimension_weight(dimension));
        page += TABLE;
        page.extend(REGISTRY.iter().filter(|row| row.dimension == dimension).map(line));
    }
    page += &market_wide();
    page
}

/// The factors and the rule by which a measure belongs to one.
fn factors() -> String {
    let line = |factor: Factor| format!("| {} | {:.1} % |\n", factor.label(), 100.0 * factor_weight(factor));
    format!("\n{FACTORS}\n| Factor | Weight in the score |\n|---|---:|\n{}", Factor::ALL.map(line).concat())
}

/// How many contracts a figure about the whole market needs.
fn market_wide() -> String {
    format!(
        "\n## The market as a whole\n\nRegime, mean score, signal balance, breadth with its word, average change, dispersion, and the means of the perpetuals' pulse\nspeak of the market, so they need enough of it: half of the watched contracts, but no more than {MEMBERS}, and one in {SHARE} of a large\nmarket. That is {} of 20 contracts, {} of 100 and {} of 600. With fewer the figure is missing and says how many there are. Counts\nand sums need no minimum. A regime's reason says how many scores its mean is made of.\n",
        needed(20),
        needed(100),
        needed(600)
    )
}

fn line(row: &Row) -> String {
    let (Row { label, about, id, .. }, weight) = (row, 100.0 * row.weight);
    let (from, figure) = (row.origin(), row.limits());
    let file = row.source.split("::").next().unwrap_or_default();
    let factor = row.factor.label();
    format!("| {label} | {about} | {from} | {figure} | {factor} | {weight:.0} % | `{id}` | `{file}.rs` |\n")
}
