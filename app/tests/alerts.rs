//! The Alerts page: the log by kind, the rules in every state, and the forms that change them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::{
    AlertsPage,
    alerts::{Query, Refused, SHOWN, Unseen},
    source::{AlertsSnapshot, KeptRules},
};
use leptos::prelude::*;
use schema::{
    Absence, AlertLog, Direction, Figure, Schema, UnixMs, Venue, Why,
    alerts::{Alert, Event, Holder, Kind, RuleBook, RuleState, Stands},
    breadth::Mood,
    ideas::{IdeaSide, Outcome, Running},
    overview::{Label, Regime},
    reading::Found,
    rule::{ContractRule, Rule},
    unit::RMultiple,
};
use world::{NOW, frame, held, pct, price, score, symbol, text};

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

fn on_contracts(text: &str) -> ContractRule {
    *rule(text).on_contracts().unwrap()
}

/// A rule that holds for some contracts of those that are known.
fn state(text: &str, known: u32, holders: &[(&str, f64)], met_at: Option<UnixMs>) -> RuleState {
    let holder = |(name, value): &(&str, f64)| Holder { symbol: symbol(name), value: *value, as_of: ago(3) };
    let stands = Stands::Contracts {
        watched: known,
        known,
        holding: u32::try_from(holders.len()).unwrap(),
        foremost: holders.iter().take(Stands::FOREMOST).map(holder).collect(),
        missing: None,
    };
    RuleState { rule: rule(text), stands, met_at }
}

fn ago(seconds: i64) -> UnixMs {
    UnixMs(NOW.0 - seconds * 1_000)
}

#[test]
fn a_page_of_200_alerts_at_once_is_bounded_and_says_how_many_older_ones_are_gone() {
    let signal = alerts().into_iter().find(|alert| matches!(alert.event, Event::Signal { .. })).unwrap();
    let log = AlertLog { given_way: 100, ..log(vec![signal; AlertLog::KEPT], RuleBook::Off) };
    let html = page(Ok(held(log, 1)), KeptRules::Elsewhere, Query::default());
    assert_eq!(html.matches("<li id=\"alert-").count(), SHOWN, "{html}");
    let text = text(&html);
    assert!(text.contains(&format!("Showing {SHOWN} of 100")) && text.contains("100 of each kind are kept."), "{text}");
    assert!(text.contains("100 older ones gave way."), "{text}");
}

fn alerts() -> Vec<Alert> {
    let (btc, eth, tick) = (symbol("BTCUSDT"), symbol("ETHUSDT"), price(0.1));
    let alert = |seconds, event| Alert { at: ago(seconds), event };
    vec![
        alert(5, Event::Rule { rule: on_contracts("any change_24h above 5"), symbol: btc, value: 5.25 }),
        alert(20, Event::Rule { rule: on_contracts("ETHUSDT turns long"), symbol: eth, value: 71.5 }),
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
        alert(400, Event::RegimeRule { to: Label::RiskOn, from: "Consolidation".into(), reason: "its rule".into() }),
        alert(500, Event::Rule { rule: on_contracts("any liquidated_1h above 1.5M"), symbol: eth, value: 1_620_000.0 }),
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
    assert_eq!((unseen(3_600).as_deref(), unseen(10).as_deref()), (Some("6"), Some("1")));
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
            "ended: not known — missing: the bars that would have decided it are missing",
            "Idea: BTC USDT Short from 90,000.0, stop 91,000.0 score 28.50",
            "Mood Bullish was Neutral 62.0% advancing",
            "Regime Risk-On was Consolidation: its rule",
            "Regime met market turns risk_on was Consolidation: its rule",
            "ETH USDT met any liquidated_1h above 1.5M $1.62M liquidated in 1 h",
            "Showing 10 of 10, noted since 21 Nov 2026, 00:51 UTC; 100 of each kind are kept.",
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
    let query = Query { kind: Some(Kind::Market), ..Query::default() };
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
    let three = [("BTCUSDT", 9.0), ("ETHUSDT", 6.5), ("SOLUSDT", 5.25)];
    let regime = Regime { label: "Risk-On".into(), reason: "its rule".into() };
    let states = vec![
        state("any change_24h above 5", 60, &three, Some(ago(5))),
        state("ETHUSDT turns long", 1, &[], None),
        state("GONEUSDT score above 70", 0, &[], None),
        RuleState {
            rule: rule("market turns risk_off"),
            stands: Stands::Regime(Figure::known(regime, ago(30))),
            met_at: None,
        },
    ];
    let kept = || {
        let known =
            ["any change_24h above 5", "ETHUSDT turns long", "GONEUSDT score above 70", "market turns risk_off"];
        here(&[&known[..], &["any turns short"]].concat())
    };
    let alerts_page =
        |age_s| page(Ok(held(log(alerts(), RuleBook::Read(states.clone())), age_s)), kept(), Query::default());
    has(
        &alerts_page(2),
        &[
            "any change_24h above 5 holds for 3 of 60 now, met 5 s ago Test Remove",
            "ETHUSDT turns long holds for 0 of 1 now, not met yet",
            "GONEUSDT score above 70 GONEUSDT is not listed or not watched now",
            "market turns risk_off the regime is Risk-On now, not met yet",
            "any turns short how it stands is not known",
            "Score by 2; Change 24 h, % by 0.5; Funding, %/8 h by 0.002; OI change 1 h, % by 0.5; Liquidated 1 h, $ by 10% of",
        ],
    );
    let old = alerts_page(45);
    has(&old, &["any change_24h above 5 how it stands is not known", "45 s old"]);
    assert!(old.contains("data-state=\"stale\""));
    assert_eq!(old.matches("action=\"alerts/rules/remove\"").count(), 5, "rules are here whatever the log's age");
    let absent = page(Err(Absence::NeverWritten), kept(), Query::default());
    has(&absent, &["any turns short how it stands is not known"]);
    assert!(absent.contains("data-state=\"absent\""));
}

#[test]
fn a_test_answers_how_a_rule_stands_and_says_what_is_not_known() {
    let six = ["ONEUSDT", "TWOUSDT", "THREEUSDT", "FOURUSDT", "FIVEUSDT", "SIXUSDT"].map(|name| (name, 1_250_000.0));
    let mut partly = state("any liquidated_1h above 1M", 60, &six, None);
    let Stands::Contracts { watched, missing, .. } = &mut partly.stands else { panic!("{partly:?}") };
    (*watched, *missing) = (62, Some(Why::LowCoverage { have_pct: 25, need_pct: 100 }));
    let silent = |text: &str, of| RuleState {
        rule: rule(text),
        stands: Stands::Contracts {
            watched: of,
            known: 0,
            holding: 0,
            foremost: Vec::new(),
            missing: (of > 0).then_some(Why::NotYet),
        },
        met_at: None,
    };
    let on_regime = |text: &str, now| RuleState { rule: rule(text), stands: Stands::Regime(now), met_at: None };
    let regime = || Figure::known(Regime { label: "Risk-On".into(), reason: "bullish, broad.".into() }, ago(30));
    let states = vec![
        partly,
        state("BTCUSDT turns long", 1, &[], None),
        state("any score above 90", 60, &[], None),
        silent("ETHUSDT oi_change_1h above 5", 1),
        silent("GONEUSDT score above 70", 0),
        on_regime("market turns risk_on", regime()),
        on_regime("market turns risk_off", regime()),
        on_regime("market turns capitulation", Figure::Missing(Why::NotYet)),
    ];
    let mut kept: Vec<String> = states.iter().map(|state| state.rule.to_string()).collect();
    kept.push("any turns short".to_owned());
    let asked = |test: &str, age_s| {
        let kept = here(&kept.iter().map(String::as_str).collect::<Vec<_>>());
        let query = Query { test: Some(rule(test)), ..Query::default() };
        page(Ok(held(log(alerts(), RuleBook::Read(states.clone())), age_s)), kept, query)
    };
    let html = asked("any liquidated_1h above 1M", 2);
    let answer =
        "It holds now for 6 of 60 contracts whose figure is known. ONE USDT $1.25M liquidated in 1 h 3 s ago TWO USDT";
    has(&html, &[answer, "FIVE USDT $1.25M liquidated in 1 h 3 s ago and 1 more", "Tested, not noted:"]);
    has(&html, &["Missing for 2, for the most traded of them: 25% of the hour was covered."]);
    assert!(!text(&html).contains("SIX USDT"), "a handful is named");
    assert_eq!((html.matches("id=\"tested\"").count(), html.matches("role=\"status\">It holds").count()), (1, 1));
    assert!(html.contains("href=\"alerts?test=any%20liquidated_1h%20above%201M#tested\""), "{html}");
    for (test, answer) in [
        ("BTCUSDT turns long", "It does not hold now."),
        ("any score above 90", "It holds now for none of 60 contracts."),
        ("ETHUSDT oi_change_1h above 5", "Its figure is missing. Missing for 1: not measured yet."),
        ("GONEUSDT score above 70", "It cannot be met now: no such contract is listed or watched."),
        ("market turns risk_on", "It holds now: the regime is Risk-On. bullish, broad. 30 s ago"),
        ("market turns risk_off", "It does not hold now: the regime is Risk-On."),
        ("market turns capitulation", "The regime is missing: not measured yet."),
        ("any turns short", "Unknown: the monitor has not reported it lately."),
        ("any turns neutral", "Nothing to test: there is no rule “any turns neutral”."),
    ] {
        has(&asked(test, 2), &[answer]);
    }
    has(&asked("any score above 90", 45), &["Unknown: the monitor has not reported it lately."]);
}

#[test]
fn the_forms_need_no_script_and_a_refusal_is_said() {
    let read = || Ok(held(log(Vec::new(), RuleBook::Read(Vec::new())), 2));
    let query = Query { refused: Some(Refused::NotARule), ..Query::default() };
    let html = page(read(), here(&[]), query);
    assert_eq!(html.matches("method=\"post\" action=\"alerts/rules\"").count(), 4);
    for field in ["symbol", "figure", "side", "level", "turns"] {
        assert!(html.contains(&format!("name=\"{field}\"")), "{field}");
    }
    let figures = ["score", "change_24h", "funding_8h", "oi_change_1h", "liquidated_1h"];
    for value in [&figures[..], &["above", "below", "long", "short", "neutral", "market", "risk_on"]].concat() {
        assert!(html.contains(&format!("value=\"{value}\"")), "{value}");
    }
    has(&html, &["Nothing was changed: a rule needs a symbol or “any” and a number as its level"]);
    let full: Vec<String> = (0..Rule::MOST).map(|level| format!("any score above {level}")).collect();
    let full = here(&full.iter().map(String::as_str).collect::<Vec<_>>());
    let html = page(read(), full, Query::default());
    assert!(!html.contains("action=\"alerts/rules\""), "there is an end to rules");
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
    let states = vec![state("any turns long", 3, &[("BTCUSDT", 71.0)], None)];
    let test = Query { test: Some(rule("any turns long")), ..Query::default() };
    let html = page(Ok(held(log(Vec::new(), RuleBook::Read(states)), 2)), KeptRules::Elsewhere, test);
    has(&html, &["any turns long holds for 1 of 3 now, not met yet", "They are kept by the monitor"]);
    has(&html, &["It holds now for 1 of 3 contracts. BTC USDT score 71.00 3 s ago"]);
    assert!(!html.contains("<form"));
    let off = page(Ok(held(log(Vec::new(), RuleBook::Off), 2)), KeptRules::Elsewhere, Query::default());
    has(&off, &["Rules are switched off in the configuration."]);
    let none = page(Err(Absence::NeverWritten), KeptRules::Elsewhere, Query::default());
    has(&none, &["waiting for the first scan"]);
}
