//! The Scores page and the order of its list.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::{
    island::{Listing, ScoresIsland},
    scores::{Order, Query, SortBy, arrange},
    watchlist::Watchlist,
};
use leptos::prelude::*;
use proptest::prelude::*;
use schema::{Absence, Direction, Figure, SignalRow, UnixMs, Why, page::ScoresPage};
use world::{NOW, frame, html, known, pct, row, score, scores_page, text, usd, young_row};

fn rows(n: usize) -> Vec<SignalRow> {
    (0..n).map(row).collect()
}

fn page(page: ScoresPage, query: Query) -> String {
    let listing = match &page.signals {
        Ok(held) => Listing::of(&held.value.rows, &query),
        Err(_) => Listing::of(&[], &query),
    };
    html(move || view! { <ScoresIsland page=page query=query listing=listing/> })
}

fn names(rows: &[SignalRow], query: &Query) -> Vec<String> {
    arrange(rows, query).shown.into_iter().map(|i| rows[i].symbol.to_string()).collect()
}

#[test]
fn a_score_of_50_45_is_visible_with_both_decimals() {
    let mut one = row(0);
    one.score = known(score(50.45));
    let html = page(scores_page(vec![one]), Query::PLAIN);
    assert!(text(&html).contains("50.45"));
    assert!(html.contains(r#"aria-label="Score 50.45 of 100, Short""#), "{html}");
}

/// Some browsers take the meaning of a table away when a style sheet lays it out as a grid.
#[test]
fn a_list_laid_out_as_a_grid_stays_a_table_to_a_screen_reader() {
    let html = page(scores_page(rows(3)), Query::PLAIN);
    let roles = |role: &str| html.matches(&format!(r#"role="{role}""#)).count();
    assert_eq!((roles("table"), roles("rowgroup"), roles("row")), (1, 2, 1 + 3), "{html}");
    assert_eq!((roles("columnheader"), roles("cell")), (8, 3 * 8), "{html}");
    assert_eq!((html.matches("<th ").count(), html.matches("<td ").count()), (8, 3 * 8), "none is without its role");
}

#[test]
fn a_row_shows_price_change_direction_trend_forming_agreement_and_coverage() {
    let text = text(&page(scores_page(rows(1)), Query::PLAIN));
    for figure in ["BTC USDT", "91,234.5", "−6.50%", "Short", "−3.11", "forming 25.75", "agr 42%", "cov 91%"] {
        assert!(text.contains(figure), "`{figure}` is not in: {text}");
    }
}

/// The list is as young as its youngest symbol: a contract that fell silent, or was delisted, stood in it as if it were fresh.
#[test]
fn a_price_that_stands_still_while_the_market_goes_on_shows_its_age() {
    let stopped = |ms: i64| {
        let mut one = row(0);
        let at = |usd: &Figure<schema::Usd>| Figure::known(*usd.value().unwrap(), UnixMs(NOW.0 - ms));
        one.quote.turnover_24h = at(&one.quote.turnover_24h);
        one.quote.open_interest_usd = at(&one.quote.open_interest_usd);
        one.quote.change_24h = Figure::Missing(Why::NotYet);
        one.quote.high_24h = Figure::Missing(Why::NotYet);
        one.quote.low_24h = Figure::Missing(Why::NotYet);
        let page_of = scores_page(vec![one]);
        let behind = NOW.0 - page_of.signals.as_ref().unwrap().as_of.0;
        (behind, text(&page(page_of, Query::PLAIN)))
    };
    let (behind, text) = stopped(45_000);
    let age = format!("{} s old", 45 - behind / 1_000);
    assert!(text.contains(&age), "`{age}` is not in {text}");
    let (_, text) = stopped(8_000);
    assert!(!text.contains(" s old"), "a quiet contract is no old one: {text}");
}

#[test]
fn a_symbol_without_a_score_shows_the_reason_and_hollow_bars() {
    let html = page(scores_page(vec![young_row()]), Query::PLAIN);
    assert!(html.contains("No score: 43% of the inputs known, 60% needed"), "{html}");
    assert_eq!(html.matches("h5v9h-5z").count(), 6, "six dimensions, six hollow bars");
    assert!(html.contains("No price history yet"));
    let text = text(&html);
    assert!(text.contains("missing: not measured yet"), "{text}");
    for invented in ["50.00", "0.00", "+0", "$0"] {
        assert!(!text.contains(invented), "`{invented}` is in: {text}");
    }
}

#[test]
fn a_row_is_a_link_to_its_symbol() {
    assert!(page(scores_page(rows(3)), Query::PLAIN).contains(r#"href="symbol/ETHUSDT""#));
}

#[test]
fn thirty_rows_make_a_page_and_the_rest_is_counted() {
    let html = page(scores_page(rows(112)), Query::PLAIN.at_page(2));
    let text = text(&html);
    assert!(text.contains("Showing 30 of 112"), "{text}");
    assert!(text.contains("Page 2 of 4, 30 each"), "{text}");
    assert!(html.contains(r#"href="scores?page=3""#) && html.contains(r#"href="scores""#));
    assert_eq!(html.matches("<tr role=\"row\">").count(), 31, "a head and thirty rows");
}

#[test]
fn a_filter_that_matches_nothing_says_so() {
    let query = Query { text: "NOSUCH".to_owned(), ..Query::PLAIN };
    let text = text(&page(scores_page(rows(5)), query));
    assert!(text.contains("Showing 0 of 0 that match, of 5"), "{text}");
    assert!(text.contains("No symbol matches."), "{text}");
}

#[test]
fn the_form_keeps_what_was_asked_and_a_text_cannot_leave_it() {
    let query =
        Query { text: "\"><SCRIPT>".to_owned(), sort: SortBy::Oi, direction: Some(Direction::Short), ..Query::PLAIN };
    let html = page(scores_page(rows(5)), query);
    assert!(!html.contains("<SCRIPT>"));
    assert!(html.contains(r#"name="sort" value="oi""#), "{html}");
    assert!(html.contains(r#"name="direction" value="short""#));
}

#[test]
fn without_a_list_the_page_says_why() {
    let html = page(ScoresPage { frame: frame(), signals: Err(Absence::NeverWritten) }, Query::PLAIN);
    assert!(text(&html).contains("waiting for the first scan"));
    assert!(!html.contains("<table"));
}

#[test]
fn lists_sort_by_what_is_asked() {
    let list = rows(16);
    for sort in SortBy::ALL {
        let query = Query { sort, ..Query::PLAIN };
        let forth = names(&list, &query);
        let back = names(&list, &Query { order: Order::Asc, ..query });
        assert_eq!(forth.len(), 16);
        assert_ne!(forth, back, "{sort:?}");
    }
    assert_eq!(names(&list, &Query { sort: SortBy::Turnover, ..Query::PLAIN })[0], "BTCUSDT");
}

#[test]
fn what_is_missing_comes_last_either_way() {
    let mut list = rows(4);
    list.insert(0, young_row());
    for sort in [SortBy::Score, SortBy::Strength, SortBy::Change, SortBy::Turnover, SortBy::Funding, SortBy::Oi] {
        for order in [Order::Desc, Order::Asc] {
            let names = names(&list, &Query { sort, order, ..Query::PLAIN });
            assert_eq!(names.last().unwrap(), "YOUNGUSDT", "{sort:?} {order:?}");
        }
    }
}

#[test]
fn an_unknown_turnover_is_not_enough_and_zero_is_a_value() {
    let mut list = rows(2);
    list[0].quote.turnover_24h = Figure::Missing(Why::NotYet);
    list[1].quote.turnover_24h = known(usd(0.0));
    assert_eq!(arrange(&list, &Query { min_turnover: 1, ..Query::PLAIN }).matching, 0);
    assert_eq!(arrange(&list, &Query::PLAIN).matching, 2);
}

#[test]
fn strength_counts_both_ways_from_fifty() {
    let mut list = rows(3);
    for (row, value) in list.iter_mut().zip([52.0, 20.0, 71.0]) {
        row.score = known(score(value));
    }
    assert_eq!(names(&list, &Query { sort: SortBy::Strength, ..Query::PLAIN }), ["ETHUSDT", "SOLUSDT", "BTCUSDT"]);
}

#[test]
fn a_page_beyond_the_last_is_the_last() {
    let arranged = arrange(&rows(60), &Query::PLAIN.at_page(99));
    assert_eq!((arranged.page, arranged.pages, arranged.shown.len()), (2, 2, 30));
    let empty = arrange(&[], &Query::PLAIN);
    assert_eq!((empty.page, empty.pages, empty.matching), (1, 1, 0));
}

proptest! {
    #[test]
    fn the_pages_together_hold_every_match_once(changes in prop::collection::vec(prop::option::of(-20.0..20.0f64), 0..130)) {
        let list: Vec<SignalRow> = changes
            .iter()
            .enumerate()
            .map(|(i, change)| {
                let mut row = row(i);
                row.quote.change_24h = change.map_or(Figure::Missing(Why::NotYet), |c| known(pct(c)));
                row
            })
            .collect();
        let query = Query { sort: SortBy::Change, ..Query::PLAIN };
        let pages = arrange(&list, &query).pages;
        let mut all: Vec<usize> = (1..=pages).flat_map(|page| arrange(&list, &query.at_page(page)).shown).collect();
        let keys: Vec<f64> = all.iter().filter_map(|i| changes[*i]).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a >= b), "highest first: {:?}", keys);
        all.sort_unstable();
        prop_assert_eq!(all, (0..list.len()).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_watched_has_a_star_and_can_be_shown_alone() {
    let mut watchlist = Watchlist::EMPTY;
    watchlist.add(row(1).symbol);
    let query = Query { watchlist, ..Query::PLAIN };
    let html = page(scores_page(rows(3)), query.clone());
    assert_eq!(html.matches(r#"aria-label="Watched""#).count(), 1, "{html}");
    assert_eq!(names(&rows(3), &query.watching(true)), [row(1).symbol.to_string()]);
    let none = text(&page(scores_page(rows(3)), Query::PLAIN.watching(true)));
    assert!(none.contains("You watch no symbol yet."), "{none}");
}
