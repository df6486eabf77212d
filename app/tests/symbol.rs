//! The page of one symbol, the System page and the page for addresses that lead nowhere.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::{
    LostPage, SystemPage,
    island::SymbolIsland,
    source::{OpenStreams, SystemSnapshot},
};
use leptos::prelude::*;
use schema::{
    Absence, Breakdown, Figure, MarketUniverse, Schema, Symbol, UnixMs, Venue, Why,
    health::Feed,
    page::{Frame, SymbolPage},
    report::CacheReport,
    universe::{Admission, Contract, Exclusion, FailingRequest, SkippedRows, Standing, Unconfirmed},
};
use world::{
    breakdown, cache, cache_without_its_server, frame, health, held, html, monitor, symbol_page, text, young_row,
};

fn system(frame: Frame, cache: CacheReport) -> SystemSnapshot {
    let universe = Err(Absence::NeverWritten);
    let readers = OpenStreams { open: 12, most: 10_000 };
    SystemSnapshot { frame, health: Ok(held(health(Feed::Live { venue: Venue::Bybit }), 1)), universe, cache, readers }
}

#[test]
fn the_system_page_names_contract_and_field_and_why_a_contract_is_not_watched() {
    let contract = |symbol: &str, exclusion: Option<Exclusion>| Contract {
        symbol: Symbol::new(symbol).unwrap(),
        base: "A".to_owned(),
        status: "TRADING".to_owned(),
        kind: String::new(),
        turnover_24h: None,
        listed_at: UnixMs(0),
        ends_at: None,
        reason: exclusion.as_ref().map(ToString::to_string),
        standing: exclusion.map_or(Standing::Watched { rank: 1, by: Admission::Rules }, Standing::LeftOut),
    };
    let universe = MarketUniverse {
        source: Venue::Binance,
        watched: 1,
        contracts: vec![
            contract("币安人生USDT", None),
            contract("<b>\"USDT", Some(Exclusion::Kind { kind: "EQUITY".to_owned() })),
        ],
        unconfirmed: Some(Unconfirmed { contracts: 0, tickers: 0, before: 2 }),
        skipped: vec![SkippedRows {
            list: "klines".to_owned(),
            field: "high".to_owned(),
            contract: Some("AUSDT".to_owned()),
            problem: "is below the low".to_owned(),
            rows: 3,
        }],
        failing: vec![FailingRequest {
            symbol: Symbol::new("BUSDT").unwrap(),
            what: "accounts".to_owned(),
            cause: "it rejected the request (code -1121)".to_owned(),
            failures: 4,
        }],
    };
    universe.check().unwrap();
    let page = SystemSnapshot { universe: Ok(held(universe, 1)), ..system(frame(), cache()) };
    let page = html(move || view! { <SystemPage page=page/> });
    for expected in [
        "high of klines, AUSDT: is below the low (3 rows)",
        "of 120 at api.bybit.com:443, at 50% of the pace",
        "of 10,000 allowed",
        "BUSDT, accounts: it rejected the request (code -1121) (4 in a row)",
        "&lt;b&gt;\"USDT: Kind \"EQUITY\" is not in universe.kinds",
        "The last list has 0 contracts with 0 prices where 2 were listed.",
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    assert!(!page.contains("<b>"), "a symbol is written as HTML");
}

fn page(breakdown: Breakdown) -> String {
    let page = SymbolPage { breakdown: Ok(held(breakdown, 1)), ..symbol_page() };
    html(move || view! { <SymbolIsland page=page watched=false/> })
}

#[test]
fn the_made_up_breakdown_keeps_the_rules_of_its_schema() {
    assert_eq!(breakdown().check(), Ok(()));
}

#[test]
fn the_line_of_the_sum_adds_up_as_it_stands() {
    let text = text(&page(breakdown()));
    assert!(text.contains("50 + 6.10 − 1.31 + 3.00 + 2.41 + 1.18 = 61.38"), "{text}");
}

#[test]
fn a_figure_of_the_price_strip_shows_its_own_age_where_it_is_overdue() {
    let mut overdue = breakdown();
    overdue.accounts_long =
        Figure::known(schema::Ratio::new(0.58).unwrap(), schema::UnixMs(world::NOW.0 - 19 * 60_000));
    let html = page(overdue);
    let text = text(&html);
    assert!(text.contains("Accounts long 19 min ago 58%"), "{text}");
    assert!(text.contains("oldest 19 min"), "the header states it as well: {text}");
    assert!(html.contains(r#"data-state="fresh""#) && html.matches("stat overdue").count() == 1, "{html}");
}

#[test]
fn the_price_strip_shows_last_mark_funding_with_its_countdown_and_accounts() {
    let text = text(&page(breakdown()));
    for figure in [
        "91,234.5",
        "Mark 91,230.2",
        "Index 91,241.8",
        "Funding −0.0100% per 8 h, next in 6 h 08 min",
        "Accounts long 58%",
        "Longs liquidated $1.20M in 10 h",
        "Shorts liquidated $310k in 10 h",
        "Open interest $2.40B",
        "forming 62.07",
        "bar closed 01:51:00 UTC",
    ] {
        assert!(text.contains(figure), "`{figure}` is not in: {text}");
    }
}

#[test]
fn shows_the_four_factors_beside_the_agreement_and_why_one_is_missing() {
    let text = text(&page(breakdown()));
    let shown = "Price 67.00 Taker flow 70.50 Book 43.50 Positioning — 20% of the inputs known, 50% needed";
    assert!(text.contains(shown), "{text}");
}

#[test]
fn key_levels_stand_around_the_last_price_with_how_far_away_each_is() {
    let page = |key_levels| text(&page(Breakdown { key_levels, ..breakdown() }));
    let text = page(breakdown().key_levels);
    let shown = "Day before, high 92,480.0 +1.37% Value area, high 91,905.5 +0.74% 4 turns 91,610.2 +0.41% Last 91,234.5 Point \
                 of control 91,120.4 −0.13% 2 turns 90,880.0 −0.39% Value area, low 90,402.1 −0.91%";
    assert!(text.contains(shown), "{text}");
    assert!(text.contains("from 250 closed candles of 30 minutes until 01:30"), "{text}");
    let missing = page(Figure::Missing(Why::TooFewSamples { have: 12, need: 50 }));
    assert!(missing.contains("No key level: 12 of 50 samples"), "{missing}");
}

#[test]
fn parts_show_their_raw_values_or_why_there_is_none() {
    let text = text(&page(breakdown()));
    assert!(text.contains("RSI (14) 1m 61.30 300 +5.60"), "{text}");
    assert!(text.contains("CVD, 1 h −1.20M USD 300 +0.50"), "{text}");
    assert!(text.contains("ADX (14) 4h — 4 of 12 samples"), "{text}");
}

#[test]
fn a_missing_dimension_is_hollow_with_its_reason() {
    let html = page(breakdown());
    assert_eq!(html.matches("hollow-bar").count(), 1);
    assert!(text(&html).contains("Sentiment — 20% of the inputs known, 50% needed"));
}

#[test]
fn a_symbol_without_a_score_shows_why_and_no_sum() {
    let mut young = breakdown();
    young.row = young_row();
    young.bar_closed_at = None;
    std::sync::Arc::make_mut(&mut young.dimensions).iter_mut().for_each(|d| {
        d.contribution = None;
        d.lean = Figure::Missing(Why::NotYet);
    });
    young.history.clear();
    young.book = Figure::Missing(Why::NotYet);
    let text = text(&page(young));
    assert!(text.contains("No score: 43% of the inputs known, 60% needed"), "{text}");
    assert!(text.contains("0 of 2 closed bars needed for a line"), "{text}");
    assert!(text.contains("No order book: not measured yet"), "{text}");
    for invented in ["50 =", "= 50", "50.00"] {
        assert!(!text.contains(invented), "`{invented}` is in: {text}");
    }
}

#[test]
fn a_breakdown_that_is_absent_leaves_the_page_standing() {
    let page = SymbolPage { breakdown: Err(Absence::NeverWritten), ..symbol_page() };
    let html = html(move || view! { <SymbolIsland page=page watched=true/> });
    assert_eq!(html.matches(r#"data-state="absent""#).count(), 7);
    assert!(text(&html).contains("BTCUSDT"));
    assert!(html.contains(r#"href="scores""#));
}

#[test]
fn the_system_page_shows_source_streams_tasks_and_version() {
    let page = system(frame(), cache());
    let text = text(&html(move || view! { <SystemPage page=page/> }));
    for figure in [
        "Bybit answers.",
        "60 of 60",
        "Last scan 4.21 ms of 500 ms allowed",
        "Version 0.1.0",
        "Messages 1,204,331",
        "Reconnects 2",
        "Running for 5 h",
        "the source closed the connection",
        "missing: has not run yet",
        "5 s",
    ] {
        assert!(text.contains(figure), "`{figure}` is not in: {text}");
    }
}

#[test]
fn the_system_page_lists_every_schema_with_its_state_age_writer_stamp_size_and_last_error() {
    let page = system(frame(), cache());
    let text = text(&html(move || view! { <SystemPage page=page/> }));
    for expected in [
        "Shared cache None: this process keeps everything by itself.",
        "analysis:signals@1 by all@host/1, stamp 1795200000000-41 1 fresh over twice its period of 1 s 3 s 12.3 KiB",
        "market:overview@1 not ready without it",
        "the body does not match its hash 0 absent",
        "missing: never written",
    ] {
        assert!(text.contains(expected), "`{expected}` is not in: {text}");
    }
}

#[test]
fn a_shared_cache_that_does_not_answer_is_said_on_top_and_in_detail() {
    let cache = cache_without_its_server();
    let page = system(Frame { shared: cache.l2.clone(), ..frame() }, cache);
    let text = text(&html(move || view! { <SystemPage page=page/> }));
    for expected in [
        "Shared cache: no answer since 21 Nov 2026, 01:50 UTC (no answer within 200 ms).",
        "127.0.0.1:11211 no answer within 200 ms for 1 min",
        "items up to 1 MiB, 64 MiB of memory, 3 dropped for want of it, 4 writes wait, 17 calls failed",
        "Polls 1,204 Changes found 311 Missed 0 Failed 17",
    ] {
        assert!(text.contains(expected), "`{expected}` is not in: {text}");
    }
}

#[test]
fn a_lost_page_leads_back_and_keeps_the_banner() {
    let feed = Feed::Simulated { because: "asked for".to_owned() };
    let frame = Frame { monitor: Ok(monitor(&health(feed), 1)), ..frame() };
    let html = html(move || {
        view! { <LostPage frame=frame what="The universe has no symbol <b>X".to_owned()/> }
    });
    let text = text(&html);
    assert!(text.contains("SIMULATED MARKET: asked for"), "{text}");
    assert!(text.contains("404 Nothing trades here The universe has no symbol &lt;b&gt;X"), "{text}");
    assert!(html.contains(r#"href="scores""#));
}
