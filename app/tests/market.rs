//! The Market page in every state it can be in.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use std::time::Duration;

use app::{
    MarketPage,
    heat::Shade,
    settings::{MarketCard, MarketCards},
    source::MarketSnapshot,
};
use leptos::prelude::*;
use schema::{
    Absence, Figure, Held, MarketOverview, Stamp, Venue, Why, Zone,
    health::{Feed, RecordingEnd},
    page::{Frame, Headline},
};
use world::{NOW, bare_overview, frame, health, held, html, market_page, monitor, overview, text};

fn page(page: MarketSnapshot) -> String {
    html(move || view! { <MarketPage page=page shade=Shade::Change cards=MarketCards::ALL/> })
}

fn with_frame(frame: Frame) -> String {
    page(MarketSnapshot { frame, ..market_page() })
}

fn with_overview(overview: Held<MarketOverview>) -> String {
    let frame = Frame { headline: Ok(overview.with(Headline::from(&*overview.value))), ..frame() };
    page(MarketSnapshot { frame, overview: Ok(overview), ..market_page() })
}

#[test]
fn the_header_says_what_the_market_does_now() {
    let text = text(&page(market_page()));
    assert!(text.contains("Broad Rally: 41 of 60 symbols rise; 12 long, 5 short."), "{text}");
    assert!(text.contains("Updated just now"), "the movers, the oldest on the page, are of 3 s ago: {text}");
}

#[test]
fn the_overview_shows_every_known_figure() {
    let text = text(&page(market_page()));
    for figure in [
        "Signal balance 70.59",
        "12 long",
        "43 neutral",
        "5 short",
        "$48.2B",
        "+1.84%",
        "−0.42%",
        "4.31%",
        "24 h mean: 4 of 12 samples",
        "$91,234",
        "41.7%",
        "a year, from 30 days",
        "BTC 57.4%",
        "38 Fear",
        "Alternative.me , 21 Nov 2026",
        "$3.21T",
        "60 of 612 listed",
    ] {
        assert!(text.contains(figure), "`{figure}` is not in: {text}");
    }
}

#[test]
fn what_comes_from_outside_names_its_source_beside_it_and_its_age_once_that_is_a_minute() {
    let at = |age_s: u64| {
        let mut overview = overview();
        overview.btc_dominance = Figure::known(world::pct(57.4), NOW.minus(Duration::from_secs(age_s)));
        with_overview(held(overview, 1))
    };
    let old = at(720);
    assert!(text(&old).contains("Dominance and market cap: CoinGecko , 12 min old"), "{}", text(&old));
    assert!(old.contains(r#"<a href="https://www.coingecko.com" rel="noreferrer">CoinGecko<"#), "{old}");
    assert!(
        old.contains(r#"<a href="https://alternative.me/crypto/fear-and-greed-index/" rel="noreferrer">"#),
        "{old}"
    );
    let young = text(&at(59));
    assert!(young.contains("Dominance and market cap: CoinGecko Stablecoins: those among"), "{young}");
}

#[test]
fn a_simulated_market_credits_nobody_with_its_figures() {
    let simulated = MarketOverview { source: Venue::Sim, ..overview() };
    let html = with_overview(held(simulated, 1));
    assert!(!html.contains("coingecko") && !html.contains("alternative.me"), "{html}");
    let text = text(&html);
    assert!(text.contains("Dominance and market cap: simulated"), "{text}");
    assert!(text.contains("38 Fear simulated , 21 Nov 2026"), "{text}");
}

#[test]
fn a_source_that_told_nothing_is_not_credited() {
    let text = text(&with_overview(held(bare_overview(), 1)));
    assert!(!text.contains("CoinGecko") && !text.contains("Alternative.me"), "{text}");
}

#[test]
fn a_missing_figure_shows_its_reason_and_neither_0_nor_50() {
    let text = text(&with_overview(held(bare_overview(), 1)));
    for reason in [
        "No regime not measured yet",
        "Signal balance — not measured yet",
        "None of 60 symbols has a score yet.",
        "BTC dominance: source off",
        "Fear &amp; Greed — source unreachable: the mood index answered 503",
    ] {
        assert!(text.contains(reason), "`{reason}` is not in: {text}");
    }
    for invented in ["Signal balance 50", "Signal balance 0", "0 long", "0 short", "Dominance 0", "Greed 0", "Greed 50"]
    {
        assert!(!text.contains(invented), "`{invented}` is in: {text}");
    }
}

#[test]
fn a_zero_that_was_measured_is_shown_as_zero() {
    let text = text(&page(market_page()));
    assert!(text.contains("At 24 h low 0"), "{text}");
}

#[test]
fn a_stale_card_shows_its_age_and_keeps_its_figures() {
    let html = with_overview(held(overview(), 45));
    assert!(html.contains(r#"data-state="stale""#));
    let text = text(&html);
    assert!(text.contains("45 s old"), "{text}");
    assert!(text.contains("45 s ago: Broad Rally"), "{text}");
    assert!(text.contains("$48.2B"), "{text}");
}

#[test]
fn an_expired_card_calls_its_figures_the_last_known() {
    let html = with_overview(held(overview(), 200));
    assert!(html.contains(r#"data-state="expired""#));
    let text = text(&html);
    assert!(text.contains("last known, 3 min old"), "{text}");
    assert!(text.contains("Last known, 3 min ago: Broad Rally"), "{text}");
}

#[test]
fn a_card_without_a_value_says_why_and_shows_no_figure() {
    let absent = page(MarketSnapshot {
        breadth: Err(Absence::Unreadable("field `day`: more changes than symbols".to_owned())),
        movers: Err(Absence::Unreachable("connection refused".to_owned())),
        ..market_page()
    });
    assert_eq!(absent.matches(r#"data-state="absent""#).count(), 2);
    let text = text(&absent);
    assert!(text.contains("unreadable: field `day`: more changes than symbols"), "{text}");
    assert!(text.contains("cache unreachable: connection refused"), "{text}");
    assert!(!text.contains("advancing over 24 h"), "{text}");
}

#[test]
fn the_first_scan_shows_how_far_it_is() {
    let mut health = health(Feed::Live { venue: Venue::Bybit });
    health.symbols_ready = 14;
    let frame = Frame { monitor: Ok(monitor(&health, 1)), headline: Err(Absence::NeverWritten), ..frame() };
    let text = text(&page(MarketSnapshot { frame, overview: Err(Absence::NeverWritten), ..market_page() }));
    assert!(text.contains("First scan: 14 of 60 symbols"), "{text}");
    assert!(text.contains("No reading of the market: waiting for the first scan."), "{text}");
}

#[test]
fn a_simulated_market_is_named_on_top_and_cannot_be_dismissed() {
    let feed = Feed::Simulated { because: "Bybit unreachable (connection refused)".to_owned() };
    let html = with_frame(Frame { monitor: Ok(monitor(&health(feed), 1)), ..frame() });
    assert!(text(&html).contains("SIMULATED MARKET: Bybit unreachable (connection refused)"));
    assert!(!html.contains("<button"), "nothing to press in a banner");
}

#[test]
fn a_recording_is_named_on_top_with_its_time_and_its_pace_and_says_when_it_is_over() {
    let feed = |speed, ended| Feed::Recorded { venue: Venue::Bybit, from: NOW, speed, ended };
    let shown = |feed| text(&with_frame(Frame { monitor: Ok(monitor(&health(feed), 1)), ..frame() }));
    let text = shown(feed(10, None));
    assert!(text.contains("RECORDED MARKET: Bybit from 21 Nov 2026, 01:51 UTC on, 10 times as fast."), "{text}");
    assert!(shown(feed(1, None)).contains("01:51 UTC on, as fast as it happened."));
    let over = shown(feed(1, Some(RecordingEnd { at: NOW, lost: 3 })));
    assert!(over.contains("the recording of Bybit ended at 21 Nov 2026, 01:51 UTC; nothing more comes."), "{over}");
    assert!(over.contains("3 messages were lost"), "{over}");
}

#[test]
fn times_are_told_by_the_readers_clock_and_name_it() {
    let feed = Feed::Recorded { venue: Venue::Bybit, from: NOW, speed: 1, ended: None };
    let frame = Frame { monitor: Ok(monitor(&health(feed), 1)), zone: Zone::ahead(-210).unwrap(), ..frame() };
    let text = text(&with_frame(frame));
    assert!(text.contains("Bybit from 20 Nov 2026, 22:21 UTC−3:30 on"), "{text}");
    assert!(text.contains("38 Fear Alternative.me , 21 Nov 2026"), "the day of an index is its publisher's: {text}");
}

#[test]
fn only_the_cards_that_a_reader_chose_are_there_and_without_any_the_page_says_where_to_choose() {
    let seen = |cards| html(move || view! { <MarketPage page=market_page() shade=Shade::Change cards=cards/> });
    let two = seen(MarketCards::NONE.with(MarketCard::Movers).with(MarketCard::Breadth));
    assert_eq!(two.matches("<section").count(), 2, "{two}");
    assert!(two.contains(r#"id="breadth""#) && two.contains(r#"id="movers""#));
    let none = seen(MarketCards::NONE);
    assert!(!none.contains("<section") && none.contains(r#"<a href="settings">"#), "{none}");
}

#[test]
fn a_source_that_does_not_answer_is_named_with_its_cause_and_since_when() {
    let feed =
        Feed::Unreachable { venue: Venue::Bybit, cause: "the name could not be resolved".to_owned(), since: NOW };
    let text = text(&with_frame(Frame { monitor: Ok(monitor(&health(feed), 1)), ..frame() }));
    assert!(text.contains("BYBIT UNREACHABLE since 21 Nov 2026, 01:51 UTC: the name could not be resolved"), "{text}");
}

#[test]
fn a_monitor_that_fell_silent_is_not_taken_for_a_healthy_one() {
    let feed = Feed::Live { venue: Venue::Bybit };
    let silent = text(&with_frame(Frame { monitor: Ok(monitor(&health(feed), 300)), ..frame() }));
    assert!(silent.contains("MONITOR SILENT: it last reported at 21 Nov 2026, 01:46 UTC."), "{silent}");
    let never = text(&with_frame(Frame { monitor: Err(Absence::NeverWritten), ..frame() }));
    assert!(never.contains("MONITOR SILENT: waiting for the first scan."), "{never}");
    assert!(!text(&page(market_page())).contains("MONITOR SILENT"));
}

#[test]
fn movers_have_all_lists_and_an_empty_one_says_so() {
    let html = page(market_page());
    let text = text(&html);
    for title in ["Gainers, 24 h", "Losers, 1 h", "Most active, 24 h", "OI risers, 1 h", "Funding furthest from zero"] {
        assert!(text.contains(title), "`{title}` is not in: {text}");
    }
    assert!(text.contains("Losers, 1 h No symbol fell."), "{text}");
    assert!(text.contains("+18.40%") && text.contains("−11.20%"), "{text}");
    assert!(text.contains("Among 60 symbols of at least $1.00M turnover in 24 h."), "{text}");
    assert!(html.contains(r#"href="symbol/1000PEPEUSDT""#));
}

#[test]
fn a_tiny_price_is_short_on_screen_and_whole_for_who_asks() {
    let html = page(market_page());
    assert!(html.contains("0.0₅614"), "short");
    assert!(html.contains(r#"title="0.00000614""#), "whole");
}

#[test]
fn the_page_is_the_same_whenever_it_is_rendered() {
    assert_eq!(page(market_page()), page(market_page()));
}

#[test]
fn a_figure_missing_for_any_reason_shows_that_reason() {
    for why in [
        Why::NotYet,
        Why::NotOffered,
        Why::Simulated,
        Why::Unreadable("its answer could not be understood".to_owned()),
        Why::Flat,
        Why::TooOld { age_ms: 90_000, limit_ms: 60_000 },
        Why::LowCoverage { have_pct: 43, need_pct: 60 },
    ] {
        let mut overview = overview();
        overview.total_turnover_24h = Figure::Missing(why.clone());
        let text = text(&with_overview(held(overview, 1)));
        assert!(text.contains(&format!("Turnover 24 h — {why}")), "{why}: {text}");
    }
}

#[test]
fn the_snapshot_travels_once() {
    let html = with_frame(Frame { stamp: Stamp { epoch: 77_123, seq: 5 }, ..frame() });
    assert_eq!(html.matches("77123").count(), 1, "the page's stamp is in its props alone");
}

#[test]
fn the_page_is_asked_for_again_once_there_is_something_new_to_tell() {
    let again_s = |saving: bool, told_s_ago: Option<u64>| {
        let headline = told_s_ago.map(|age_s| held(overview(), age_s).with(Headline::from(&overview())));
        let html = with_frame(Frame { saving, headline: headline.ok_or(Absence::NeverWritten), ..frame() });
        let at: i64 = html.split("data-again-at=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
        (at - NOW.0) / 1_000
    };
    assert_eq!(again_s(false, Some(1)), 3);
    // A reader who saves data receives changes every five seconds: a page made long after the last time has its next change sooner.
    assert_eq!([0, 3, 6].map(|age_s| again_s(true, Some(age_s))), [7, 4, 1]);
    assert_eq!(again_s(true, Some(7)), 5, "the next change is late");
    assert_eq!(again_s(true, None), 5);
}
