//! The registry as a page for people: `docs/INDICATORS.md` is this text, and a test keeps them equal.

use schema::Dimension;

use crate::{
    market::{MEMBERS, SHARE, needed},
    registry::{REGISTRY, Row, dimension_weight, timeframe_shares},
};

const HEAD: &str = "# Indicators

<!-- Made from the registry in server/analysis/src/registry.rs by `cargo run -p analysis --example indicators`. -->

Every measure that moves a score, by dimension. A measure finds a raw figure that a person can check and a lean from −1
(bearish) to 1 (bullish); the lean counts with the measure's weight in its dimension, and the dimension with its own in
the score. What is missing leaves its weight to the rest of its dimension. Formula, source and the map from the raw figure
to the lean stand at the head of each file in `server/analysis/src/indicator/`.
";

const TABLE: &str =
    "| Name | What it says | From | Raw figure | Weight | Id | File |\n|---|---|---|---|---:|---|---|\n";

/// The page.
#[must_use]
pub fn catalogue() -> String {
    let mut page = HEAD.to_owned();
    page += "\nMeasures of candles are made for four timeframes, which share their weight: ";
    page += &timeframe_shares();
    page += ".\n";
    for dimension in Dimension::ALL {
        page += &format!("\n## {}: {:.0} % of the score\n\n", dimension.label(), 100.0 * dimension_weight(dimension));
        page += TABLE;
        page.extend(REGISTRY.iter().filter(|row| row.dimension == dimension).map(line));
    }
    page += &market_wide();
    page
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
    format!("| {label} | {about} | {from} | {figure} | {weight:.0} % | `{id}` | `{file}.rs` |\n")
}
