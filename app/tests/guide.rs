//! The Guide explains what it is given, and nothing of it is loaded as code.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::{
    GuidePage,
    source::{Guide, GuideDimension, GuideMeasure, GuideTerm},
};
use leptos::prelude::*;
use schema::Dimension;
use world::{frame, html, text};

fn guide() -> Guide {
    let measure = GuideMeasure {
        term: GuideTerm { id: "rsi_14", label: "RSI (14)", about: "Strength of gains against losses." },
        inputs: "each timeframe: candles".to_owned(),
        figure: "0 to 100".to_owned(),
        weight: 0.22,
    };
    Guide {
        dimensions: vec![GuideDimension { dimension: Dimension::Technical, weight: 0.1, measures: vec![measure] }],
        timeframes: "1m 40%, 5m 60%".to_owned(),
        conditions: vec![GuideTerm { id: "spread", label: "Spread", about: "Best ask minus best bid." }],
    }
}

#[test]
fn each_measure_stands_with_its_weight_its_inputs_and_its_limits() {
    let html = html(move || view! { <GuidePage frame=frame() guide=guide()/> });
    let text = text(&html);
    for expected in [
        "Technical 10% of the score RSI (14) 22% Strength of gains against losses. From each timeframe: candles. Raw figure: 0 to 100.",
        "share their weight: 1m 40%, 5m 60%",
        "Spread Best ask minus best bid.",
        "Broad Rally: 41 of 60 symbols rise",
    ] {
        assert!(text.contains(expected), "`{expected}` is not in: {text}");
    }
    let island = html.split("</leptos-island>").next().unwrap();
    assert!(!island.contains("RSI (14)"), "the Guide stands outside of what lives");
}

#[test]
fn no_two_terms_share_a_place_on_the_page() {
    let html = html(move || view! { <GuidePage frame=frame() guide=guide()/> });
    let mut ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), all > 40), (all, true), "{ids:?}");
}
