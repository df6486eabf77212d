//! The Signals page in every state, and how its content ages without code of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::{SignalsPage, source::SignalsSnapshot};
use leptos::prelude::*;
use schema::{
    Absence, ActiveIdeas, CostModel, Figure, Schema, Venue, Why,
    ideas::{EndedIdea, Idea, IdeaRules, Outcome, OutcomeCounts, PassedOver},
    reading::Found,
};
use world::{
    frame, held,
    ideas::{ago, points, short, stopped},
    score, text,
};

fn ideas(open: Vec<Idea>, ended: Vec<EndedIdea>) -> ActiveIdeas {
    let mut counts = OutcomeCounts::NONE;
    ended.iter().for_each(|idea| counts.count(idea.outcome));
    let rules = IdeaRules {
        long: score(70.0),
        short: score(30.0),
        least_weighed: points(10.0),
        stop_atr: 2.0,
        expiry_ms: 86_400_000,
    };
    let passed_over = PassedOver { low_quality: 3, no_stop: 0, no_price: 0, left: 0 };
    let costs = CostModel { taker_fee: schema::Bps::new(5.5).ok(), assumed_spread: None };
    let value =
        ActiveIdeas { source: Venue::Bybit, watched_since: ago(58), rules, costs, open, ended, counts, passed_over };
    value.check().unwrap();
    value
}

fn html(ideas: Found<ActiveIdeas>) -> String {
    world::html(move || view! { <SignalsPage page=SignalsSnapshot { frame: frame(), ideas }/> })
}

fn has(html: &str, expected: &[&str]) {
    let text = text(html);
    for expected in expected {
        assert!(text.contains(expected), "`{expected}` is not in: {text}");
    }
}

#[test]
fn an_idea_stands_with_its_levels_its_worth_and_its_reasons() {
    let html = html(Ok(held(ideas(vec![short()], Vec::new()), 2)));
    has(
        &html,
        &[
            "BTC USDT Short 12 min old",
            "+1.00 R net +0.68 R at 90,984.5 , 0 s ago",
            "decided 01:39:37 UTC, entered 01:39:36 UTC: first trade after the decision.",
            "Taker fee 11.00 bps Spread 0.50 bps Funding received +2.75 bps",
            "a taker fee of 5.5 bps and half the spread at the decision on entry and exit, and after funding",
            "Entry 91,234.5",
            "Stop 91,484.5 +0.27%",
            "Target 1.5 R 90,859.5 reached",
            "Target 4.0 R 90,234.5",
            "Ends in 7 h 12 min",
            "RSI (14) on 30m Technical · 36.50",
            "The bar before scored 33.25. Since then: Order flow −3.50.",
            "Agreement 62%, coverage 88%, quality 75%.",
            "None ended since 21 Nov 2026, 00:53 UTC.",
        ],
    );
    assert!(html.contains("href=\"symbol/BTCUSDT\""));
    assert!(html.contains("the last price is at +1.00 R"));
}

#[test]
fn what_lives_is_the_frame_alone_and_the_content_carries_the_times_it_ages_by() {
    let html = html(Ok(held(ideas(vec![short()], vec![stopped()]), 2)));
    let (island, content) = html.split_once("</leptos-island>").unwrap();
    assert!(island.contains("changed:signals:active"), "the island hears of changes: {island}");
    assert!(!island.contains("91,234.5"), "no idea travels as code's data");
    assert!(content.contains(&format!("data-age-of=\"{}\"", ago(12))));
    assert!(content.contains(&format!("data-left-until=\"{}\"", short().expires_at)));
    let held = held(ideas(Vec::new(), Vec::new()), 2);
    for (name, at) in [("as-of", held.as_of), ("fresh-until", held.fresh_until), ("stale-until", held.stale_until)] {
        assert_eq!(content.matches(&format!("data-{name}=\"{at}\"")).count(), 2, "each card carries {name}");
    }
    assert!(!content.contains(" style="), "the policy allows no style in an attribute");
}

#[test]
fn a_price_that_is_missing_says_why_and_is_worth_nothing_made_up() {
    let idea = Idea { running: Figure::Missing(Why::NotOffered), ..short() };
    let html = html(Ok(held(ideas(vec![idea], Vec::new()), 2)));
    has(&html, &["missing: last price: not offered by the source"]);
    assert!(html.contains("the last price is missing: not offered by the source"));
    assert!(!html.contains("class=\"run "), "nothing is filled");
}

#[test]
fn a_cost_that_is_not_known_says_why_and_leaves_no_net_result() {
    let mut idea = short();
    idea.net.costs.funding = Figure::Missing(Why::NotYet);
    idea.net.r = Figure::Missing(Why::NotYet);
    let html = html(Ok(held(ideas(vec![idea], Vec::new()), 2)));
    has(
        &html,
        &["+1.00 R net", "missing: result after costs: not measured yet", "Funding received — not measured yet"],
    );
}

#[test]
fn what_ended_stands_with_its_outcome_and_counts_with_their_n() {
    let unknown = EndedIdea {
        outcome: Outcome::Unknown,
        exit: None,
        net: None,
        bar_closed_at: ago(51),
        opened_at: ago(51),
        ..stopped()
    };
    let html = html(Ok(held(ideas(Vec::new(), vec![stopped(), unknown]), 2)));
    has(
        &html,
        &[
            "No open ideas. 2 opened since 21 Nov 2026, 00:53 UTC, and ended. 3 symbols became long or short in a reading of too \
             low a quality.",
            "n = 2 since 21 Nov 2026, 00:53 UTC",
            "stop reached 1",
            "last target reached 0",
            "ETH USDT Long stop reached 1 target reached −1.00 R −1.39 R 20 min ago",
            "missing: the bars or trades that would have decided it are missing",
            "where a minute reached the stop and a target, the stop counts",
        ],
    );
    let text = text(&html);
    assert!(!text.to_lowercase().contains("win rate") && !text.contains("Buy"), "{text}");
}

#[test]
fn old_ideas_and_none_at_all_are_said_to_be_so() {
    for (age_s, state, note) in
        [(2, "fresh", ""), (45, "stale", "45 s old"), (600, "expired", "last known, 10 min old")]
    {
        let html = html(Ok(held(ideas(vec![short()], Vec::new()), age_s)));
        assert_eq!(html.matches(&format!("data-state=\"{state}\"")).count(), 2, "{state}");
        has(&html, &[note]);
    }
    let html = html(Err(Absence::NeverWritten));
    assert_eq!(html.matches("data-state=\"absent\"").count(), 2);
    assert!(!html.contains("data-as-of="), "what is absent has no age");
}
