//! The Settings page.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::{
    SettingsPage,
    access::Visitor,
    scores::SortBy,
    settings::{Colours, MarketCard, MarketCards, Saving, Settings, Start, Theme},
};
use leptos::prelude::*;
use schema::Zone;
use world::{frame, html, text};

#[test]
fn the_form_shows_every_choice_and_what_is_chosen() {
    let settings = Settings {
        theme: Theme::Dark,
        colours: Colours::Blind,
        sort: SortBy::Turnover,
        zone: Zone::ahead(345).unwrap(),
        saving: Saving::On,
        start: Start::Beta,
        cards: MarketCards::NONE.with(MarketCard::Perps),
    };
    let html = html(move || view! { <SettingsPage frame=frame() settings=settings visitor=Visitor::Unasked/> });
    let checked: Vec<_> = html
        .split("<input ")
        .skip(1)
        .map(|tag| tag.split('>').next().unwrap())
        .filter(|tag| tag.contains(" checked"))
        .map(|tag| tag.split("value=\"").nth(1).unwrap().split('"').next().unwrap())
        .collect();
    assert_eq!(checked, ["dark", "blind", "turnover", "on", "beta", "perps"]);
    assert_eq!(html.matches("type=\"radio\"").count(), 3 + 3 + 6 + 2 + 5);
    assert!(html.contains("<option value=\"345\" selected>UTC+5:45, now 07:36<"), "{html}");
    assert!(html.contains("method=\"post\"") && html.contains("action=\"settings\""));
    for words in ["Theme As the device Dark Light", "Blue up, orange down", "Scores are sorted by Score Strength"] {
        assert!(text(&html).contains(words), "`{words}` is not in: {}", text(&html));
    }
}
