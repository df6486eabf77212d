//! The reader's own rules, and the state of each. Server only.

use leptos::prelude::*;
use schema::{
    AlertLog, Figure, Reading, UnixMs,
    alerts::{RuleBook, RuleState, Stands},
    page::Frame,
    reading::Found,
    rule::{ContractRule, Hysteresis, Rule, Subject, Watched},
};

use super::{
    new_rule::forms,
    tested::{answer, no_such_rule},
};
use crate::{
    alerts::{Query, testing},
    format,
    part::time,
    path,
    source::KeptRules,
};

pub(crate) fn rules(page: &Frame, found: &Found<AlertLog>, kept: &KeptRules, query: Query) -> AnyView {
    let states = states(found, page.now);
    let look = Look { states: &states, test: query.test, now: page.now };
    let (list, forms) = match kept {
        KeptRules::Here(Ok(rules)) => (listed(rules, look, true), Some(forms(rules.len()))),
        KeptRules::Here(Err(error)) => (damaged(error), None),
        KeptRules::Elsewhere => (of_the_monitor(found, look), None),
    };
    let refused = query.refusal().map(|why| view! { <p class="refused" role="alert">{why}</p> });
    view! {
        <section id="rules" class="card rules" aria-labelledby="rules-heading">
            <div class="card-head"><h2 id="rules-heading">"Rules of your own"</h2></div>
            {refused}
            {list}
            {forms}
            <p class="note">
                "A rule is met when a figure comes beyond its level, and again only after it came back behind it by a margin: "
                {margins()}". Liquidations are known once a whole hour was covered, or what was received is above the level. Each \
                time is noted in the log; nothing is sent anywhere."
            </p>
        </section>
    }
    .into_any()
}

/// What is known of the rules, and the one that is tested.
#[derive(Clone, Copy)]
struct Look<'a> {
    states: &'a [RuleState],
    test: Option<Rule>,
    now: UnixMs,
}

fn margins() -> String {
    let margin = |figure: Watched| match figure.hysteresis() {
        Hysteresis::Fixed(margin) => format!("{} by {margin}", figure.label()),
        Hysteresis::OfLevel(share) => {
            format!("{} by {} of the level", figure.label(), format::percent(100.0 * share, 0))
        }
    };
    Watched::ALL.map(margin).join("; ")
}

/// The state of each rule, as long as that is of now.
fn states(found: &Found<AlertLog>, now: UnixMs) -> Vec<RuleState> {
    match Reading::judge(found.clone(), now) {
        Reading::Fresh(held) => match &held.value.rules {
            RuleBook::Read(states) => states.clone(),
            RuleBook::Damaged(_) | RuleBook::Off => Vec::new(),
        },
        Reading::Stale { .. } | Reading::Expired { .. } | Reading::Absent(_) => Vec::new(),
    }
}

/// The rules as the monitor reports them, where this process keeps none.
fn of_the_monitor(found: &Found<AlertLog>, look: Look<'_>) -> AnyView {
    let elsewhere = |text: &'static str| view! { <p class="note">{text}</p> };
    match found.as_ref().map(|held| &held.value.rules) {
        Ok(RuleBook::Read(rules)) => {
            let rules: Vec<Rule> = rules.iter().map(|state| state.rule).collect();
            view! {
                {listed(&rules, look, false)}
                {elsewhere("They are kept by the monitor, another process: its file of rules is read again when it is changed.")}
            }
            .into_any()
        }
        Ok(RuleBook::Damaged(error)) => damaged(error),
        Ok(RuleBook::Off) => view! { <p class="absent">"Rules are switched off in the configuration."</p> }.into_any(),
        Err(absence) => view! { <p class="absent">{absence.to_string()}</p> }.into_any(),
    }
}

fn damaged(error: &str) -> AnyView {
    view! {
        <div class="damaged" role="alert">
            <p><strong>"No rule is in force: their file cannot be used."</strong></p>
            <pre>{error.to_owned()}</pre>
            <p class="note">"It is left as it is. Mend or remove it; it is read again within seconds."</p>
        </div>
    }
    .into_any()
}

fn listed(rules: &[Rule], look: Look<'_>, here: bool) -> AnyView {
    let gone = look.test.filter(|test| !rules.contains(test)).map(|test| no_such_rule(&test));
    if rules.is_empty() {
        return view! { {gone}<p class="absent">"No rule yet."</p> }.into_any();
    }
    let rows = rules.iter().map(|rule| row(rule, look, here)).collect_view();
    view! { {gone}<ol class="rule-list">{rows}</ol> }.into_any()
}

fn row(rule: &Rule, look: Look<'_>, here: bool) -> AnyView {
    let text = rule.to_string();
    let id = format!("rule-{}", text.replace(' ', "-"));
    let state = look.states.iter().find(|state| state.rule == *rule);
    let remove = here.then(|| {
        view! {
            <form method="post" action=path::RULE_REMOVED.href()>
                <input type="hidden" name="rule" value=text.clone()/>
                <button type="submit" aria-label=format!("Remove the rule {text}")>"Remove"</button>
            </form>
        }
    });
    let answer = (look.test == Some(*rule)).then(|| answer(rule, state, look.now));
    view! {
        <li id=id>
            <p>{text.clone()}<small class="note">{stands(state, look.now)}</small></p>
            <a class="test" href=testing(rule) aria-label=format!("Test the rule {text}")>"Test"</a>
            {remove}
            {answer}
        </li>
    }
    .into_any()
}

/// The state of a rule, in a line.
fn stands(state: Option<&RuleState>, now: UnixMs) -> AnyView {
    let Some(RuleState { rule, stands, met_at }) = state else {
        return view! { "how it stands is not known" }.into_any();
    };
    let subject = rule.on_contracts().map(ContractRule::subject);
    if let (Stands::Contracts { watched: 0, .. }, Some(Subject::One(symbol))) = (stands, subject) {
        return view! { {format!("{symbol} is not listed or not watched now")} }.into_any();
    }
    let holds = match stands {
        Stands::Contracts { known: 0, .. } => return view! { "its figure is not known of any symbol" }.into_any(),
        Stands::Contracts { known, holding, .. } => format!("holds for {holding} of {known} now, "),
        Stands::Regime(Figure::Known { value, .. }) => format!("the regime is {} now, ", value.label),
        Stands::Regime(Figure::Missing(_)) => "the regime is not known, ".to_owned(),
    };
    let met = match met_at {
        Some(at) => view! { "met "{time::age(*at, now)}" ago" }.into_any(),
        None => view! { "not met yet" }.into_any(),
    };
    view! { {holds}{met} }.into_any()
}
