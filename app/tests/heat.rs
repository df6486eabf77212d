//! The heat map in every state it can be in.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::heat::{CELLS, Shade, card};
use schema::{Absence, Figure, SignalRow, Why};
use world::{frame, held, html, row, signals, text, young_row};

fn drawn(rows: Vec<SignalRow>, age_s: u64, shade: Shade) -> String {
    html(|| card(&frame(), &Ok(held(signals(rows), age_s)), shade)).replace("<!>", "")
}

#[test]
fn every_cell_is_a_link_with_a_name_that_says_it_all() {
    let html = drawn((0..80).map(row).collect(), 1, Shade::Change);
    let map = html.split("<svg").nth(1).unwrap().split("</svg>").next().unwrap();
    assert_eq!(map.matches("<a ").count(), CELLS);
    let first = map.split("<a ").nth(1).unwrap().split('>').next().unwrap();
    assert!(first.contains("href=\"symbol/BTCUSDT\""), "{first}");
    assert!(first.contains("aria-label=\"BTC −6.50% in 24 h, 24.45 score, turnover $9.40B\""), "{first}");
    assert!(map.contains("20 others"), "the cell of the others says how many they are");
    assert!(text(&html).contains("60 symbols, and 20 others with $"), "{}", text(&html));
    assert!(!html.contains("style="), "the policy of the page forbids it");
}

#[test]
fn colours_follow_the_change_or_the_score_and_what_is_not_known_has_none() {
    let mut young = young_row();
    young.quote.turnover_24h = row(1).quote.turnover_24h;
    let rows = || vec![row(0), young.clone()];
    let change = drawn(rows(), 1, Shade::Change);
    assert!(change.contains("class=\"c d2\"") && change.contains("aria-current=\"true\" class=\"chip\">24 h change"));
    let score = drawn(rows(), 1, Shade::Score);
    assert!(score.contains("class=\"c d3\"") && score.contains("aria-current=\"true\" class=\"chip\">Score"));
    for html in [change, score] {
        let cells = html.split("<svg").nth(1).unwrap().split("</svg>").next().unwrap().to_owned();
        assert!(cells.contains("class=\"c none\""), "the young one's figures are not known: {cells}");
    }
    assert_eq!(Shade::asked(Some("score")), Shade::Score);
    assert_eq!(Shade::asked(Some("mood")), Shade::Change);
}

#[test]
fn every_cell_stands_in_a_table_with_its_numbers() {
    let html = drawn((0..80).map(row).collect(), 1, Shade::Change);
    assert_eq!(html.matches("<th scope=\"row\">").count(), CELLS);
    let first = html.split("<th scope=\"row\">").nth(1).unwrap();
    assert!(text(first).starts_with("BTC USDT $9.40B −6.50% 24.45"), "{}", text(first));
}

#[test]
fn a_symbol_whose_turnover_is_not_known_has_no_cell_and_is_counted() {
    let mut quiet = row(1);
    quiet.quote.turnover_24h = Figure::Missing(Why::NotYet);
    let shown = text(&drawn(vec![row(0), quiet.clone()], 1, Shade::Change));
    assert!(shown.contains("1 symbols; 1 without a turnover are left out."), "{shown}");
    assert!(text(&drawn(vec![quiet], 1, Shade::Change)).contains("No symbol's turnover is known yet."));
}

#[test]
fn the_map_shows_its_age_and_is_old_after_a_minute_and_a_half() {
    let at = |age_s| drawn(vec![row(0)], age_s, Shade::Change);
    assert!(text(&at(40)).contains("As of 40 s ago.") && at(40).contains("data-state=\"fresh\""));
    assert!(at(91).contains("data-state=\"stale\""));
    assert!(at(700).contains("data-state=\"expired\""));
    let nothing = html(|| card(&frame(), &Err(Absence::NeverWritten), Shade::Change));
    assert!(nothing.contains("data-state=\"absent\"") && !nothing.contains("<svg"));
}
