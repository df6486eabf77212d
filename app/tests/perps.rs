//! The card of the perpetual contracts.
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
use schema::{Absence, Figure, PerpsPulse, Ratio, Usd, Why, perps::Liquidated, reading::Found};
use world::{NOW, held, html, market_page, perps, text};

fn card(perps: Found<PerpsPulse>) -> String {
    let page = MarketSnapshot { perps, ..market_page() };
    let html = html(move || view! { <MarketPage page=page shade=Shade::Change cards=MarketCards::ALL/> });
    let start = html.find(r#"card perps""#).and_then(|place| html[..place].rfind("<section")).expect("the card");
    let end = html[start..].find("</section>").unwrap();
    html[start..start + end].to_owned()
}

fn text_of(change: impl FnOnce(&mut PerpsPulse)) -> String {
    let mut pulse = perps();
    change(&mut pulse);
    text(&card(Ok(held(pulse, 2))))
}

#[test]
fn every_figure_stands_with_what_it_counts() {
    let text = text_of(|_| {});
    for figure in [
        "Funding per 8 h +0.0084% z +1.27 against 30 days",
        "Open interest $12.4B −0.42% in 1 h, in coins",
        "Accounts long 58.3% of accounts, not of size",
        "Premium −3.25 bps median of 60 contracts",
        "Liquidated, 1 h 214 positions $1.24M longs $310k shorts",
        "Liquidated, 24 h 3,204 positions $8.40M longs $12.9M shorts 37% of 24 h covered",
    ] {
        assert!(text.contains(figure), "`{figure}` is not in: {text}");
    }
    assert!(!text.contains("of 1 h covered"), "a whole window needs no word: {text}");
}

#[test]
fn a_figure_older_than_its_own_cadence_shows_its_age_on_a_fresh_card() {
    let aged = |minutes: u64| {
        let mut pulse = perps();
        let as_of = NOW.minus(Duration::from_secs(minutes * 60));
        pulse.accounts_long = Figure::known(Ratio::new(0.583).unwrap(), as_of);
        card(Ok(held(pulse, 2)))
    };
    let [in_time, late] = [aged(14), aged(19)];
    assert!(text(&in_time).contains("Accounts long 58.3% of accounts, not of size"), "{}", text(&in_time));
    assert!(text(&late).contains("Accounts long 19 min ago 58.3% of accounts, not of size"), "{}", text(&late));
    assert!(late.contains(r#"data-state="fresh""#) && late.contains(r#"class="stat overdue""#), "{late}");
    let at = NOW.minus(Duration::from_secs(19 * 60)).0;
    assert!(late.contains(&format!("data-age-of=\"{at}\"")), "it goes on by itself: {late}");
    assert_eq!(late.matches("overdue").count(), 1, "the other figures are in time");
}

#[test]
fn the_header_states_the_age_of_the_oldest_figure_on_screen() {
    let mut pulse = perps();
    pulse.accounts_long = Figure::known(Ratio::new(0.583).unwrap(), NOW.minus(Duration::from_secs(19 * 60)));
    let page = MarketSnapshot { perps: Ok(held(pulse, 2)), ..market_page() };
    let shown = |cards: MarketCards| {
        let page = page.clone();
        text(&html(move || view! { <MarketPage page=page shade=Shade::Change cards=cards/> }))
    };
    assert!(shown(MarketCards::ALL).contains("oldest 19 min"), "{}", shown(MarketCards::ALL));
    let without = shown(MarketCards::NONE.with(MarketCard::Breadth));
    assert!(without.contains("Updated just now"), "only what is on screen counts: {without}");
}

#[test]
fn what_is_missing_has_its_reason_and_no_number() {
    let text = text_of(|pulse| {
        pulse.funding_per_8h = Figure::Missing(Why::NotYet);
        pulse.funding_z = Figure::Missing(Why::TooFewSamples { have: 21, need: 30 });
        pulse.open_interest_change_1h = Figure::Missing(Why::TooFewSamples { have: 4, need: 13 });
        pulse.accounts_long = Figure::Missing(Why::TooOld { age_ms: 1_860_000, limit_ms: 1_800_000 });
        pulse.liquidations_1h = Figure::Missing(Why::NotOffered);
    });
    for reason in [
        "Funding per 8 h — not measured yet",
        "Open interest $12.4B 1 h: 4 of 13 samples",
        "Accounts long — newest input 1860 s old, limit 1800 s",
        "Liquidated, 1 h — not offered by the source",
    ] {
        assert!(text.contains(reason), "`{reason}` is not in: {text}");
    }
    assert!(!text.contains("0.0000%") && !text.contains("$0"), "{text}");
    let z = text_of(|pulse| pulse.funding_z = Figure::Missing(Why::TooFewSamples { have: 21, need: 30 }));
    assert!(z.contains("+0.0084% z: 21 of 30 samples"), "{z}");
}

#[test]
fn nothing_closed_is_a_zero_that_was_measured() {
    let none = Usd::new(0.0).unwrap();
    let quiet = Liquidated { longs: none, shorts: none, n: 0, heard: Ratio::new(1.0).unwrap() };
    let text = text_of(|pulse| pulse.liquidations_1h = Figure::known(quiet, NOW));
    assert!(text.contains("Liquidated, 1 h 0 positions $0 longs $0 shorts"), "{text}");
}

#[test]
fn the_larger_side_fills_its_half_of_the_bar() {
    let html = card(Ok(held(perps(), 2)));
    assert!(html.contains(r#"aria-label="Liquidated in 1 h: $1.24M of longs, $310k of shorts""#), "{html}");
    assert!(html.contains(r#"x="0.00" y="0" width="50.00" height="6" class="fill down""#), "{html}");
    assert!(html.contains(r#"x="50" y="0" width="12.50" height="6" class="fill up""#), "{html}");
}

#[test]
fn without_a_value_the_card_says_why() {
    let text = text(&card(Err(Absence::NeverWritten)));
    assert!(text.contains("no data") && text.contains("waiting for the first scan"), "{text}");
}
