//! The Beta page: what the address asks, the lines and the table.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::{
    BetaPage,
    beta::{Query, SortBy, order},
    scores::Order,
    source::BetaSnapshot,
};
use leptos::prelude::*;
use schema::{Absence, BetaTable, Figure, Why, beta::BetaWindow, reading::Found};
use world::{beta, frame, held, html, text};

fn page(beta: Found<BetaTable>, query: Query) -> String {
    let page = BetaSnapshot { frame: frame(), beta };
    html(move || view! { <BetaPage page=page query=query/> })
}

fn shown(query: Query) -> String {
    page(Ok(held(beta(120), 20)), query)
}

#[test]
fn a_row_tells_beta_with_its_error_correlation_share_of_variance_and_count() {
    let text = text(&shown(Query::PLAIN));
    // 6.0 − 0.75 ahead, a beta of 0.55 and a correlation of 0.89.
    assert!(text.contains("ETH USDT +5.25% 0.55 ± 0.08 0.89 79% 288 +6.50%"), "{text}");
    assert!(text.contains("Showing 50 of 120 contracts, log returns over 24h."), "{text}");
    assert!(text.contains("Page 1 of 3, 50 each"), "{text}");
}

#[test]
fn windows_orders_and_pages_are_links_that_keep_each_other() {
    let query = Query { window: BetaWindow::D7, sort: SortBy::Beta, order: Order::Desc, page: 2 };
    let html = shown(query);
    for address in [
        "beta?window=1h&amp;sort=beta",
        "beta?window=7d&amp;sort=beta&amp;dir=asc",
        "beta?window=7d&amp;sort=r2",
        "beta?window=7d&amp;sort=beta&amp;page=3",
    ] {
        assert!(html.contains(&format!("href=\"{address}\"")), "{address} is not in: {html}");
    }
    assert_eq!(html.matches(r#"aria-current="true""#).count(), 2, "one window and one order");
}

#[test]
fn what_is_missing_comes_last_either_way_with_its_reason() {
    let table = beta(20);
    let ranking = table.over(BetaWindow::H24).unwrap();
    for sort in SortBy::ALL {
        for direction in [Order::Desc, Order::Asc] {
            let rows = order(ranking, &Query { sort, order: direction, ..Query::PLAIN });
            let known: Vec<bool> = rows.iter().map(|row| row.beta.value().is_some()).collect();
            assert!(known.is_sorted_by(|a, b| a >= b), "{sort:?} {direction:?}: {known:?}");
        }
    }
    let text = text(&page(Ok(held(table, 20)), Query::PLAIN));
    assert!(text.contains("12 of 45 samples"), "{text}");
    assert!(!text.contains("0.00 ± 0.00"), "{text}");
}

#[test]
fn the_lines_are_named_where_they_end_and_told_in_words_and_in_a_table() {
    let html = shown(Query::PLAIN);
    let label = html.split("aria-label=\"Closes over 24h, rebased: ").nth(1).unwrap().split('"').next().unwrap();
    assert!(label.starts_with("BTC +1.25%, ") && label.contains("ETH +6.50%"), "{label}");
    assert_eq!(label.split(", ").count(), 7, "three on either side, and Bitcoin: {label}");
    assert_eq!(html.matches("<polyline").count(), 7);
    for class in ["up of-1", "up of-2", "up of-3", "down of-1", "down of-2", "down of-3", "market"] {
        assert!(html.contains(&format!("class=\"{class}\"")), "{class} has no stroke");
    }
    let table = html.split(r#"id="beta-listed""#).nth(1).unwrap().split("</details>").next().unwrap();
    assert_eq!(table.matches("<tr id=").count(), 6 + 1 + 10, "those ahead, Bitcoin and ten of those behind");
    assert!(text(table).contains("BTC USDT +1.25%"), "{}", text(table));
}

#[test]
fn without_bitcoin_there_is_no_picture_and_the_reason_stands_in_its_place() {
    let mut table = beta(3);
    for ranking in &mut table.rankings {
        ranking.market_change = Figure::Missing(Why::TooFewSamples { have: 40, need: 289 });
    }
    let html = page(Ok(held(table, 20)), Query::PLAIN);
    assert!(text(&html).contains("No line of Bitcoin: 40 of 289 samples."), "{html}");
    assert!(!html.contains("<polyline"));
}

#[test]
fn without_a_table_the_page_says_why_and_an_old_one_its_age() {
    let absent = page(Err(Absence::NeverWritten), Query::PLAIN);
    assert!(text(&absent).contains("waiting for the first scan"), "{absent}");
    assert_eq!(absent.matches(r#"data-state="absent""#).count(), 2);
    let old = page(Ok(held(beta(3), 200)), Query::PLAIN);
    assert!(old.contains(r#"data-state="stale""#) && text(&old).contains("3 min old"), "{old}");
}

#[test]
fn nothing_of_the_table_is_loaded_as_code() {
    let html = shown(Query::PLAIN);
    let island = html.split("</leptos-island>").next().unwrap();
    assert!(!island.contains("ALT30USDT") && html.contains("ALT31USDT"), "the table stands beside the island");
    assert!(island.contains("changed:analysis:beta"), "{island}");
}
