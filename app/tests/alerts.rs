//! The Alerts page: the log by kind, the rules in every state, and the forms that change them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::{
    AlertsPage,
    alerts::{Query, Refused, Unseen},
    source::{AlertsSnapshot, KeptRules},
};
use leptos::prelude::*;
use schema::{
    Absence, AlertLog, Direction, Schema, UnixMs, Venue,
    alerts::{Alert, Event, Kind, RuleBook, RuleState},
    breadth::Mood,
    ideas::{IdeaSide, Outcome, Running},
    reading::Found,
    rule::Rule,
    unit::RMultiple,
};
use world::{NOW, frame, held, pct, price, score, symbol, text};

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

fn ago(seconds: i64) -> UnixMs {
    UnixMs(NOW.0 - seconds * 1_000)
}

fn alerts() -> Vec<Alert> {
    let (btc, eth, tick) = (symbol("BTCUSDT"), symbol("ETHUSDT"), price(0.1));
    let alert = |seconds, event| Alert { at: ago(seconds), event };
    vec![
        alert(5, Event::Rule { rule: rule("any change_24h above 5"), symbol: btc, value: 5.25 }),
        alert(20, Event::Rule { rule: rule("ETHUSDT turns long"), symbol: eth, value: 71.5 }),
        alert(20, Event::Signal { symbol: eth, from: Direction::Neutral, to: Direction::Long, score: score(71.5) }),
        alert(
            90,
            Event::IdeaEnded {
                symbol: btc,
                tick,
                side: IdeaSide::Short,
                outcome: Outcome::Stopped,
                exit: Some(Running { price: price(91_000.0), r: RMultiple::new(-1.0).unwrap() }),
            },
        ),
        alert(95, Event::IdeaEnded { symbol: eth, tick, side: IdeaSide::Long, outcome: Outcome::Unknown, exit: None }),
        alert(
            200,
            Event::IdeaOpened {
                symbol: btc,
                tick,
                side: IdeaSide::Short,
                entry: price(90_000.0),
                stop: price(91_000.0),
                score: score(28.5),
            },
        ),
        alert(300, Event::Mood { from: Mood::Neutral, to: Mood::Bullish, percent_advancing: pct(62.0) }),
        alert(400, Event::Regime { from: "Consolidation".into(), to: "Risk-On".into(), reason: "its rule".into() }),
    ]
}

fn log(alerts: Vec<Alert>, rules: RuleBook) -> AlertLog {
    let log = AlertLog { source: Venue::Bybit, watched_since: ago(3_600), alerts, given_way: 0, rules };
    log.check().unwrap();
    log
}

fn page(log: Found<AlertLog>, rules: KeptRules, query: Query) -> String {
    world::html(move || view! { <AlertsPage page=AlertsSnapshot { frame: frame(), log, rules } query=query/> })
}

fn here(rules: &[&str]) -> KeptRules {
    KeptRules::Here(Ok(rules.iter().map(|text| rule(text)).collect()))
}

fn has(html: &str, expected: &[&str]) {
    let text = text(html);
    for expected in expected {
        assert!(text.contains(expected), "`{expected}` is not in: {text}");
    }
}

#[test]
fn rules_that_were_met_and_turns_of_the_market_are_new_until_they_were_looked_at() {
    let log = log(alerts(), RuleBook::Read(Vec::new()));
    let unseen = |age_s| Unseen::since(&log, ago(age_s)).label();
    assert_eq!((unseen(3_600).as_deref(), unseen(10).as_deref()), (Some("4"), Some("1")));
    assert_eq!(unseen(0), None, "all was seen");
    assert_eq!(Unseen(100).label().as_deref(), Some("99+"));
}

#[test]
fn what_happened_stands_newest_first_with_what_was_measured() {
    let html = page(Ok(held(log(alerts(), RuleBook::Read(Vec::new())), 2)), here(&[]), Query::default());
    has(
        &html,
        &[
            "BTC USDT met any change_24h above 5 +5.25% 01:51:31 UTC · 5 s ago",
            "ETH USDT met ETHUSDT turns long score 71.50",
            "ETH USDT turned Long was Neutral score 71.50 01:51:16 UTC · 20 s ago",
            "Idea: BTC USDT Short ended: stop reached at 91,000.0 −1.00 R",
            "ended: bars missing — missing: the bars that would have decided it are missing",
            "Idea: BTC USDT Short from 90,000.0, stop 91,000.0 score 28.50",
            "Mood Bullish was Neutral 62.0% advancing",
            "Regime Risk-On was Consolidation: its rule",
            "Showing 8 of 8, noted since 21 Nov 2026, 00:51 UTC; 100 of each kind are kept.",
        ],
    );
    let mut ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "no two things share an id");
    let (island, content) = html.split_once("</leptos-island>").unwrap();
    assert!(island.contains("changed:alerts:log") && !island.contains("any change_24h"), "only the frame is code");
    assert!(!content.contains(" style=") && !content.contains("<script"), "the policy allows neither");
}

#[test]
fn one_kind_is_listed_where_the_address_names_it() {
    let query = Query { kind: Some(Kind::Market), refused: None };
    let html = page(Ok(held(log(alerts(), RuleBook::Read(Vec::new())), 2)), here(&[]), query);
    has(&html, &["Showing 2 of 2", "Mood Bullish"]);
    assert!(!text(&html).contains("turned Long"));
    assert_eq!(html.matches("aria-current=\"true\"").count(), 1);
    let none = page(Ok(held(log(Vec::new(), RuleBook::Read(Vec::new())), 2)), here(&[]), query);
    has(&none, &["The market did not turn since 21 Nov 2026, 00:51 UTC."]);
    let nothing = page(Ok(held(log(Vec::new(), RuleBook::Read(Vec::new())), 2)), here(&[]), Query::default());
    has(&nothing, &["Nothing happened since 21 Nov 2026, 00:51 UTC.", "No rule yet."]);
}

#[test]
fn a_rule_says_how_it_stands_as_long_as_that_is_known() {
    let state = |text, known, holding, met_at| RuleState { rule: rule(text), known, holding, met_at };
    let states = vec![
        state("any change_24h above 5", 60, 3, Some(ago(5))),
        state("ETHUSDT turns long", 1, 0, None),
        state("GONEUSDT score above 70", 0, 0, None),
    ];
    let kept = || here(&["any change_24h above 5", "ETHUSDT turns long", "GONEUSDT score above 70", "any turns short"]);
    let told = |age_s| page(Ok(held(log(alerts(), RuleBook::Read(states.clone())), age_s)), kept(), Query::default());
    has(
        &told(2),
        &[
            "any change_24h above 5 holds for 3 of 60 now, met 5 s ago Remove",
            "ETHUSDT turns long holds for 0 of 1 now, not met yet",
            "GONEUSDT score above 70 its figure is not known of any symbol",
            "any turns short how it stands is not known",
            "Score by 2; Change 24 h, % by 0.5; Funding, %/8 h by 0.002; OI change 1 h, % by 0.5",
        ],
    );
    let old = told(45);
    has(&old, &["any change_24h above 5 how it stands is not known", "45 s old"]);
    assert!(old.contains("data-state=\"stale\""));
    assert_eq!(old.matches("action=\"/alerts/rules/remove\"").count(), 4, "rules are here whatever the log's age");
    let absent = page(Err(Absence::NeverWritten), kept(), Query::default());
    has(&absent, &["any turns short how it stands is not known"]);
    assert!(absent.contains("data-state=\"absent\""));
}

#[test]
fn the_forms_need_no_script_and_a_refusal_is_said() {
    let read = || Ok(held(log(Vec::new(), RuleBook::Read(Vec::new())), 2));
    let query = Query { kind: None, refused: Some(Refused::NotARule) };
    let html = page(read(), here(&[]), query);
    assert_eq!(html.matches("method=\"post\" action=\"/alerts/rules\"").count(), 2);
    for field in ["symbol", "figure", "side", "level", "turns"] {
        assert!(html.contains(&format!("name=\"{field}\"")), "{field}");
    }
    for value in ["score", "change_24h", "funding_8h", "oi_change_1h", "above", "below", "long", "short", "neutral"] {
        assert!(html.contains(&format!("value=\"{value}\"")), "{value}");
    }
    has(&html, &["Nothing was changed: a rule needs a symbol or “any” and a number as its level"]);
    let full: Vec<String> = (0..Rule::MOST).map(|level| format!("any score above {level}")).collect();
    let full = here(&full.iter().map(String::as_str).collect::<Vec<_>>());
    let html = page(read(), full, Query::default());
    assert!(!html.contains("action=\"/alerts/rules\""), "there is an end to rules");
    has(&html, &["20 rules are as many as there may be."]);
}

#[test]
fn a_damaged_file_and_rules_kept_elsewhere_are_said_and_offer_no_form() {
    let error = "the file of rules /var/lib/virtuoso/alert-rules.toml is damaged and left as it is: TOML parse error <at> line 1";
    let damaged = || Ok(held(log(Vec::new(), RuleBook::Damaged(error.to_owned())), 2));
    for kept in [KeptRules::Here(Err(error.into())), KeptRules::Elsewhere] {
        let html = page(damaged(), kept, Query::default());
        has(
            &html,
            &[
                "No rule is in force: their file cannot be used.",
                "alert-rules.toml is damaged",
                "read again within seconds",
            ],
        );
        assert!(html.contains("&lt;at&gt;") && !html.contains("<form"), "what a file holds is text");
    }
    let states = vec![RuleState { rule: rule("any turns long"), known: 3, holding: 1, met_at: None }];
    let html = page(Ok(held(log(Vec::new(), RuleBook::Read(states)), 2)), KeptRules::Elsewhere, Query::default());
    has(&html, &["any turns long holds for 1 of 3 now, not met yet", "They are kept by the monitor"]);
    assert!(!html.contains("<form"));
    let off = page(Ok(held(log(Vec::new(), RuleBook::Off), 2)), KeptRules::Elsewhere, Query::default());
    has(&off, &["Rules are switched off in the configuration."]);
    let none = page(Err(Absence::NeverWritten), KeptRules::Elsewhere, Query::default());
    has(&none, &["waiting for the first scan"]);
}
