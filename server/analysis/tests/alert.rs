//! Alerts: what turned from one look at the market to the next, and when a rule is met.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../../../app/schema/tests/fixture/mod.rs"]
mod fixture;

use std::collections::HashMap;

use analysis::{
    alert::{Published, Watch},
    market::HeardHour,
};
use proptest::{collection::vec, prelude::*};
use schema::{
    ActiveIdeas, AlertLog, Direction, Figure, MarketBreadth, MarketOverview, Pct, Rate, Ratio, Schema, Score,
    SignalRow, Signals, Symbol, UnixMs, Usd, Venue, Why,
    alerts::{Alert, Event, Holder, Kind, RuleBook, RuleState, Stands},
    breadth::Mood,
    overview::{Label, Regime},
    rule::Rule,
    signals::Funding,
};

const START: i64 = 1_795_225_860_000;

fn at(seconds: i64) -> UnixMs {
    UnixMs(START + 1_000 * seconds)
}

fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

/// A contract at a second with a score, where it points, and a change over 24 h.
fn row(name: &str, second: i64, score: Option<(f64, Direction)>, change: Option<f64>) -> SignalRow {
    let mut row = fixture::signals().rows.remove(0);
    row.symbol = symbol(name);
    row.direction = score.map(|(_, direction)| direction);
    row.score =
        score.map_or(Figure::Missing(Why::NotYet), |(score, _)| Figure::known(Score::new(score).unwrap(), at(second)));
    row.quote.change_24h =
        change.map_or(Figure::Missing(Why::NotYet), |change| Figure::known(Pct::new(change).unwrap(), at(second)));
    row
}

fn signals(rows: Vec<SignalRow>) -> Signals {
    let stats = analysis::market::stats(&rows);
    Signals { source: Venue::Sim, rows, stats }
}

/// A market of which the list alone is known.
fn listed<'a>(signals: &'a Signals, liquidated: &'a HashMap<Symbol, HeardHour>) -> Published<'a> {
    Published { signals, overview: None, breadth: None, ideas: None, liquidated }
}

/// One look at a market of which the list alone is known; gives what happened in it, newest first.
fn look(watch: &mut Watch, rows: Vec<SignalRow>) -> Vec<Alert> {
    let before = watch.alerts().len();
    let signals = signals(rows);
    let happened = watch.look(&listed(&signals, &HashMap::new()));
    let mut alerts = watch.alerts();
    alerts.truncate(alerts.len() - before);
    assert_eq!(happened, !alerts.is_empty());
    alerts
}

/// The changes over 24 h of one contract, second by second, and the values a rule was met by.
fn met_by(rule_text: &str, changes: &[Option<f64>]) -> Vec<f64> {
    let mut watch = Watch::new(at(0));
    watch.enforce(&[rule(rule_text)]);
    let mut met = Vec::new();
    for (second, change) in (0..).zip(changes) {
        for alert in look(&mut watch, vec![row("BTCUSDT", second, None, *change)]) {
            assert_eq!(alert.at, at(second), "it carries the time of what was measured");
            let Event::Rule { value, rule: by, .. } = alert.event else { panic!("{alert:?}") };
            assert_eq!(Rule::Contract(by), rule(rule_text));
            met.push(value);
        }
    }
    met
}

#[test]
fn a_direction_that_changes_is_told_and_one_that_is_seen_first_is_not() {
    let mut watch = Watch::new(at(0));
    assert_eq!(look(&mut watch, vec![row("BTCUSDT", 0, Some((75.0, Direction::Long)), None)]), []);
    assert_eq!(look(&mut watch, vec![row("BTCUSDT", 1, Some((72.0, Direction::Long)), None)]), []);
    assert_eq!(look(&mut watch, vec![row("BTCUSDT", 2, None, None)]), [], "a score that is missing is no turn");
    let alerts = look(&mut watch, vec![row("BTCUSDT", 3, Some((50.0, Direction::Neutral)), None)]);
    let event = Event::Signal {
        symbol: symbol("BTCUSDT"),
        from: Direction::Long,
        to: Direction::Neutral,
        score: Score::new(50.0).unwrap(),
    };
    assert_eq!(alerts, [Alert { at: at(3), event }]);
    let rows = vec![
        row("BTCUSDT", 4, Some((50.0, Direction::Neutral)), None),
        row("NEWUSDT", 4, Some((20.0, Direction::Short)), None),
    ];
    assert_eq!(look(&mut watch, rows), [], "a new listing did not turn");
}

#[test]
fn a_rule_is_met_once_for_each_crossing() {
    let above = "BTCUSDT change_24h above 5";
    let seen = [4.0, 5.0, 5.01, 6.0, 5.2, 4.9, 5.1, 4.51, 5.3, 4.5, 5.4].map(Some);
    assert_eq!(met_by(above, &seen), [5.01, 5.4], "again only after it came back by half a percent");
    let below = "any change_24h below -5";
    assert_eq!(met_by(below, &seen.map(|change| change.map(|change| -change))), [-5.01, -5.4]);
}

#[test]
fn a_figure_that_was_beyond_when_it_was_first_seen_did_not_cross() {
    let above = "any change_24h above 5";
    assert_eq!(met_by(above, &[Some(9.0), Some(9.0), Some(4.0), Some(9.0)]), [9.0]);
    assert_eq!(met_by(above, &[Some(4.0), None, Some(9.0), None, Some(9.0)]), [9.0], "what is missing changes nothing");
}

#[test]
fn a_rule_watches_its_own_contract_and_figure() {
    let mut watch = Watch::new(at(0));
    watch.enforce(&[rule("ETHUSDT change_24h above 5"), rule("any funding_8h above 0.05"), rule("any turns short")]);
    let funded = |name, second, percent: f64, hours, score| {
        let mut row = row(name, second, Some(score), Some(9.0));
        let funding = Funding { rate: Rate::new(percent / 100.0).unwrap(), interval_hours: hours, next: at(9_999) };
        row.funding = Figure::known(funding, at(second));
        row
    };
    let neutral = (50.0, Direction::Neutral);
    let calm = |second| vec![funded("BTCUSDT", second, 0.01, 8, neutral), funded("ETHUSDT", second, 0.01, 4, neutral)];
    look(&mut watch, calm(0));
    let rows = vec![funded("BTCUSDT", 1, 0.04, 8, (25.0, Direction::Short)), funded("ETHUSDT", 1, 0.03, 4, neutral)];
    let alerts = look(&mut watch, rows);
    let rules: Vec<_> = alerts
        .iter()
        .filter_map(|alert| match &alert.event {
            Event::Rule { rule, symbol, value } => Some((rule.to_string(), symbol.to_string(), format!("{value:.3}"))),
            _ => None,
        })
        .collect();
    let expected = |rule: &str, symbol: &str, value: &str| (rule.to_owned(), symbol.to_owned(), value.to_owned());
    assert_eq!(
        rules,
        [expected("any funding_8h above 0.05", "ETHUSDT", "0.060"), expected("any turns short", "BTCUSDT", "25.000"),],
        "the rate of four hours counts twice"
    );
    let states = watch.rules();
    let counts = |state: &RuleState| match &state.stands {
        Stands::Contracts { known, holding, .. } => (*known, *holding),
        Stands::Regime(_) => panic!("{state:?}"),
    };
    assert_eq!(states.iter().map(counts).collect::<Vec<_>>(), [(1, 1), (2, 1), (2, 1)]);
    assert_eq!(states.iter().map(|state| state.met_at).collect::<Vec<_>>(), [None, Some(at(1)), Some(at(1))]);
}

#[test]
fn rules_that_stay_go_on_and_a_new_one_begins_where_things_stand() {
    let (old, new) = (rule("any change_24h above 5"), rule("any change_24h above 6"));
    let mut watch = Watch::new(at(0));
    watch.enforce(&[old]);
    look(&mut watch, vec![row("BTCUSDT", 0, None, Some(4.0))]);
    assert_eq!(look(&mut watch, vec![row("BTCUSDT", 1, None, Some(7.0))]).len(), 1);
    watch.enforce(&[new, old]);
    assert_eq!(look(&mut watch, vec![row("BTCUSDT", 2, None, Some(7.0))]), []);
    assert_eq!(watch.rules().iter().map(|state| state.met_at).collect::<Vec<_>>(), [None, Some(at(1))]);
    watch.enforce(&[]);
    look(&mut watch, vec![row("BTCUSDT", 3, None, Some(4.0))]);
    assert_eq!(look(&mut watch, vec![row("BTCUSDT", 4, None, Some(7.0))]), [], "no rule, no alert");
}

/// What was liquidated of one contract within the last hour: how much, and the covered part of the hour.
fn liquidated_hour(usd: f64, part: f64, second: i64) -> HashMap<Symbol, HeardHour> {
    let hour = HeardHour { usd: Usd::new(usd).unwrap(), heard: Ratio::new(part).unwrap(), as_of: at(second) };
    HashMap::from([(symbol("BTCUSDT"), hour)])
}

#[test]
fn a_rule_on_liquidations_is_met_by_the_sum_of_an_hour_and_not_by_a_gap_in_it() {
    let mut watch = Watch::new(at(0));
    let liquidated = rule("any liquidated_1h above 500k");
    watch.enforce(&[liquidated]);
    let whole = signals(vec![row("BTCUSDT", 0, None, None), row("ETHUSDT", 0, None, None)]);
    let mut second = 0;
    let mut met = |heard_of: Option<(f64, f64)>| {
        second += 1;
        let before = watch.alerts().len();
        let hour = heard_of.map_or_else(HashMap::new, |(usd, part)| liquidated_hour(usd, part, second));
        watch.look(&listed(&whole, &hour));
        let state = watch.rules().remove(0).stands;
        let Stands::Contracts { watched: 2, known, holding, missing, .. } = state else { panic!("{state:?}") };
        (watch.alerts().len() - before, known, holding, missing)
    };
    let short = |have_pct| Some(Why::LowCoverage { have_pct, need_pct: 100 });
    assert_eq!(met(None), (0, 0, 0, Some(Why::NotYet)), "nothing was covered");
    assert_eq!(met(Some((0.0, 0.25))), (0, 0, 0, short(25)), "what went before may have been more");
    assert_eq!(met(Some((600_000.0, 0.5))), (0, 1, 1, Some(Why::NotYet)), "it may have been there before");
    assert_eq!(met(Some((480_000.0, 1.0))), (0, 1, 0, Some(Why::NotYet)));
    assert_eq!(met(Some((510_000.0, 1.0))), (0, 1, 1, Some(Why::NotYet)), "it came back by less than a tenth");
    assert_eq!(met(Some((450_000.0, 1.0))), (0, 1, 0, Some(Why::NotYet)));
    assert_eq!(met(None), (0, 0, 0, Some(Why::NotYet)), "the connection was lost");
    assert_eq!(met(Some((499_000.0, 0.1))), (0, 0, 0, short(10)));
    assert_eq!(met(Some((501_000.0, 0.2))), (1, 1, 1, Some(Why::NotYet)), "a part of the hour is enough to be above");
    assert_eq!(met(Some((100.0, 0.1))), (0, 0, 0, short(10)), "another loss is no way back behind the level");
    assert_eq!(met(Some((900_000.0, 0.9))), (0, 1, 1, Some(Why::NotYet)));
    let alerts = watch.alerts();
    let Event::Rule { rule, symbol: by, value } = alerts[0].event else { panic!("{alerts:?}") };
    assert_eq!((Rule::Contract(rule), by, value, alerts[0].at), (liquidated, symbol("BTCUSDT"), 501_000.0, at(9)));
}

#[test]
fn what_a_look_found_names_the_foremost_that_hold_a_rule() {
    let mut watch = Watch::new(at(0));
    watch.enforce(&[rule("any change_24h above 5"), rule("any turns long"), rule("GONEUSDT score above 70")]);
    let long = |name: &str, change| row(name, 1, Some((71.0, Direction::Long)), change);
    let mut rows: Vec<_> = (0..7).map(|n| long(&format!("C{n}USDT"), Some(f64::from(n) + 4.0))).collect();
    rows.push(row("LATEUSDT", 1, None, None));
    assert_eq!(look(&mut watch, rows), [], "looking alone raises no alert");
    let states = watch.rules();
    let foremost = |state: &RuleState| match &state.stands {
        Stands::Contracts { watched, known, holding, foremost, missing } => {
            let names: Vec<_> = foremost.iter().map(|holder| (holder.symbol.to_string(), holder.value)).collect();
            (*watched, *known, *holding, names, missing.clone())
        }
        Stands::Regime(_) => panic!("{state:?}"),
    };
    let named = |list: &[(u8, f64)]| list.iter().map(|(n, value)| (format!("C{n}USDT"), *value)).collect::<Vec<_>>();
    let farthest = named(&[(6, 10.0), (5, 9.0), (4, 8.0), (3, 7.0), (2, 6.0)]);
    assert_eq!(foremost(&states[0]), (8, 7, 5, farthest, Some(Why::NotYet)));
    let most_traded = named(&[(0, 71.0), (1, 71.0), (2, 71.0), (3, 71.0), (4, 71.0)]);
    assert_eq!(foremost(&states[1]), (8, 7, 7, most_traded, Some(Why::NotYet)));
    assert_eq!(foremost(&states[2]), (0, 0, 0, Vec::new(), None), "no such contract is watched");
    let Stands::Contracts { foremost: holders, .. } = &states[0].stands else { panic!("{states:?}") };
    assert_eq!(holders[0], Holder { symbol: symbol("C6USDT"), value: 10.0, as_of: at(1) });
    let log = AlertLog {
        source: Venue::Sim,
        watched_since: watch.since(),
        alerts: watch.alerts(),
        given_way: 0,
        rules: RuleBook::Read(states),
    };
    log.check().unwrap();
}

#[test]
fn a_rule_on_the_regime_is_met_when_the_market_turns_to_it() {
    let mut watch = Watch::new(at(0));
    watch.enforce(&[rule("market turns risk_on"), rule("any change_24h above 5")]);
    let (signals, nothing) = (signals(Vec::new()), HashMap::new());
    let mut step = |label, second| {
        let overview = overview(label, second);
        watch.look(&Published { overview: Some(&overview), ..listed(&signals, &nothing) });
        let state = watch.rules().remove(0);
        let met = watch.alerts().into_iter().find(|alert| alert.at == at(second) && alert.event.kind() == Kind::Rule);
        (met.map(|alert| alert.event), state.stands, state.met_at)
    };
    let now = |label: &str, second| Stands::Regime(overview(Some(label), second).regime);
    assert_eq!(step(Some("Risk-On"), 0), (None, now("Risk-On", 0), None), "what is seen first is no news");
    assert_eq!(step(None, 1), (None, Stands::Regime(Figure::Missing(Why::NotYet)), None));
    assert_eq!(step(Some("Risk-On"), 2), (None, now("Risk-On", 2), None), "a gap is no turn");
    assert_eq!(step(Some("Consolidation"), 3), (None, now("Consolidation", 3), None));
    let met = Event::RegimeRule { to: Label::RiskOn, from: "Consolidation".into(), reason: "its rule".into() };
    assert_eq!(step(Some("Risk-On"), 4), (Some(met), now("Risk-On", 4), Some(at(4))));
    assert_eq!(step(Some("Risk-On"), 5), (None, now("Risk-On", 5), Some(at(4))), "it holds, and is reported once");
    assert_eq!(watch.alerts().iter().filter(|alert| alert.event.kind() == Kind::Market).count(), 2);
}

fn overview(label: Option<&str>, second: i64) -> MarketOverview {
    let regime = |label: &str| Regime { label: label.to_owned(), reason: "its rule".to_owned() };
    let regime = label.map_or(Figure::Missing(Why::NotYet), |label| Figure::known(regime(label), at(second)));
    MarketOverview { regime, ..fixture::overview() }
}

fn breadth(mood: Mood, second: i64) -> MarketBreadth {
    MarketBreadth { mood: Figure::known(mood, at(second)), ..fixture::breadth() }
}

#[test]
fn the_market_turns_with_its_regime_and_with_a_mood_that_holds() {
    let mut watch = Watch::new(at(0));
    let signals = signals(Vec::new());
    let mut step = |label, mood, second| {
        let (overview, breadth) = (overview(label, second), breadth(mood, second));
        let nothing = HashMap::new();
        let market = listed(&signals, &nothing);
        watch.look(&Published { overview: Some(&overview), breadth: Some(&breadth), ..market });
        watch.alerts().first().filter(|alert| alert.at == at(second)).map(|alert| alert.event.clone())
    };
    assert_eq!(step(None, Mood::Neutral, 0), None);
    assert_eq!(step(Some("Risk-On"), Mood::Bullish, 1), None);
    assert_eq!(step(None, Mood::Neutral, 60), None, "a mood that trembles is no turn");
    assert_eq!(step(Some("Risk-On"), Mood::Bullish, 61), None);
    assert_eq!(step(Some("Risk-On"), Mood::Bullish, 240), None);
    let turned = step(Some("Risk-On"), Mood::Bullish, 241).unwrap();
    assert!(matches!(turned, Event::Mood { from: Mood::Neutral, to: Mood::Bullish, .. }), "{turned:?}");
    let changed = step(Some("Capitulation"), Mood::Bullish, 242).unwrap();
    assert!(matches!(&changed, Event::Regime { from, to, .. } if from == "Risk-On" && to == "Capitulation"));
}

#[test]
fn ideas_are_told_when_they_open_and_when_they_end_and_only_those_of_now() {
    let mut watch = Watch::new(at(0));
    let signals = signals(Vec::new());
    let mut step = |ideas: &ActiveIdeas| {
        let before = watch.alerts().len();
        watch.look(&Published { ideas: Some(ideas), ..listed(&signals, &HashMap::new()) });
        watch.alerts().len() - before
    };
    let whole = fixture::ideas();
    assert_eq!(step(&whole), 0, "what is seen first is no news");
    assert_eq!(step(&whole), 0);
    let mut newer = whole.open[0].clone();
    newer.opened_at = UnixMs(newer.opened_at.0 + 60_000);
    let opened = ActiveIdeas { open: vec![newer.clone()], ..whole.clone() };
    assert_eq!(step(&opened), 1);
    let mut ended = whole.ended[0].clone();
    (ended.symbol, ended.side, ended.opened_at) = (newer.symbol, newer.side, newer.opened_at);
    let over = ActiveIdeas { open: Vec::new(), ended: vec![ended, whole.ended[0].clone()], ..whole };
    assert_eq!(step(&over), 1);
    assert_eq!(step(&over), 0);
    let alerts = watch.alerts();
    assert_eq!(alerts.iter().filter(|alert| matches!(alert.event, Event::IdeaOpened { .. })).count(), 1);
    assert_eq!(alerts.iter().filter(|alert| matches!(alert.event, Event::IdeaEnded { .. })).count(), 1);
}

#[test]
fn what_happens_often_does_not_push_out_what_happens_rarely() {
    let mut watch = Watch::new(at(0));
    watch.enforce(&[rule("any change_24h above 5")]);
    look(&mut watch, vec![row("BTCUSDT", 0, Some((50.0, Direction::Neutral)), Some(4.0))]);
    look(&mut watch, vec![row("BTCUSDT", 1, Some((50.0, Direction::Neutral)), Some(6.0))]);
    for second in 2..302 {
        let direction = if second % 2 == 0 { (75.0, Direction::Long) } else { (50.0, Direction::Neutral) };
        look_on(&mut watch, row("BTCUSDT", second, Some(direction), Some(6.0)));
    }
    let (alerts, rules) = (watch.alerts(), RuleBook::Read(watch.rules()));
    let count = |kind| alerts.iter().filter(|alert| alert.event.kind() == kind).count();
    assert_eq!((count(Kind::Signal), count(Kind::Rule), watch.given_way()), (AlertLog::KEPT, 1, 200));
    let log =
        AlertLog { source: Venue::Sim, watched_since: watch.since(), given_way: watch.given_way(), alerts, rules };
    log.check().unwrap();
    assert_eq!(log.alerts[0].at, at(301), "newest first");
}

fn look_on(watch: &mut Watch, row: SignalRow) {
    let signals = signals(vec![row]);
    watch.look(&listed(&signals, &HashMap::new()));
}

proptest! {
    #[test]
    fn between_two_alerts_of_a_rule_its_figure_came_back_by_the_margin(
        steps in vec(prop::option::weighted(0.9, -3.0..3.0_f64), 1..200)
    ) {
        let rule_text = "any change_24h above 0";
        let mut watch = Watch::new(at(0));
        watch.enforce(&[rule(rule_text)]);
        // The state of the rule by its words alone: none before the first figure, armed, or met.
        let (mut armed, mut expected_alerts) = (None, 0_usize);
        for (second, change) in (0..).zip(&steps) {
            look_on(&mut watch, row("BTCUSDT", second, None, *change));
            let expected = change.is_some_and(|change| armed == Some(true) && change > 0.0);
            if let Some(change) = change {
                let disarmed = *change > 0.0 || (armed == Some(false) && *change > -0.5);
                armed = Some(!disarmed);
            }
            expected_alerts += usize::from(expected);
            let noted = watch.alerts().len() + usize::try_from(watch.given_way()).unwrap();
            prop_assert_eq!(noted, expected_alerts, "after second {}", second);
        }
    }

    #[test]
    fn the_mirrored_rule_is_met_by_the_mirrored_market(steps in vec(-3.0..3.0_f64, 1..100)) {
        let (up, down): (Vec<_>, Vec<_>) = steps.iter().map(|change| (Some(*change), Some(-*change))).unzip();
        let mirrored: Vec<f64> = met_by("any change_24h below -1", &down).into_iter().map(|value| -value).collect();
        prop_assert_eq!(met_by("any change_24h above 1", &up), mirrored);
    }
}
