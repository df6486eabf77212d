//! The rules of the reader's own, how each stands, and the forms that change them. Server only.

use leptos::prelude::*;
use schema::{
    AlertLog, Direction, Reading, UnixMs,
    alerts::{RuleBook, RuleState},
    page::Frame,
    reading::Found,
    rule::{Rule, Side, Watched},
};

use crate::{alerts::Query, part::time, path, source::KeptRules};

pub(crate) fn rules(page: &Frame, found: &Found<AlertLog>, kept: &KeptRules, query: Query) -> AnyView {
    let states = states(found, page.now);
    let (list, forms) = match kept {
        KeptRules::Here(Ok(rules)) => (listed(rules, &states, true, page.now), Some(forms(rules.len()))),
        KeptRules::Here(Err(error)) => (damaged(error), None),
        KeptRules::Elsewhere => (of_the_monitor(found, &states, page.now), None),
    };
    let refused = query.refused.map(|refused| view! { <p class="refused" role="alert">{refused.label()}</p> });
    view! {
        <section id="rules" class="card rules" aria-labelledby="rules-heading">
            <div class="card-head"><h2 id="rules-heading">"Rules of your own"</h2></div>
            {refused}
            {list}
            {forms}
            <p class="note">
                "A rule is met when a figure comes beyond its level, and again only after it came back behind it by a margin: "
                {margins()}". Each time is noted in the log; nothing is sent anywhere."
            </p>
        </section>
    }
    .into_any()
}

fn margins() -> String {
    let margin = |figure: Watched| format!("{} by {}", figure.label(), figure.hysteresis());
    Watched::ALL.map(margin).join("; ")
}

/// How each rule stands, as long as that is of now.
fn states(found: &Found<AlertLog>, now: UnixMs) -> Vec<RuleState> {
    match Reading::judge(found.clone(), now) {
        Reading::Fresh(held) => match &held.value.rules {
            RuleBook::Read(states) => states.clone(),
            RuleBook::Damaged(_) | RuleBook::Off => Vec::new(),
        },
        Reading::Stale { .. } | Reading::Expired { .. } | Reading::Absent(_) => Vec::new(),
    }
}

/// The rules as the monitor tells them, where this process keeps none.
fn of_the_monitor(found: &Found<AlertLog>, states: &[RuleState], now: UnixMs) -> AnyView {
    let elsewhere = |text: &'static str| view! { <p class="note">{text}</p> };
    match found.as_ref().map(|held| &held.value.rules) {
        Ok(RuleBook::Read(rules)) => {
            let rules: Vec<Rule> = rules.iter().map(|state| state.rule).collect();
            view! {
                {listed(&rules, states, false, now)}
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

fn listed(rules: &[Rule], states: &[RuleState], here: bool, now: UnixMs) -> AnyView {
    if rules.is_empty() {
        return view! { <p class="absent">"No rule yet."</p> }.into_any();
    }
    let rows = rules.iter().map(|rule| {
        let state = states.iter().find(|state| state.rule == *rule);
        row(rule, state, here, now)
    });
    view! { <ol class="rule-list">{rows.collect_view()}</ol> }.into_any()
}

fn row(rule: &Rule, state: Option<&RuleState>, here: bool, now: UnixMs) -> AnyView {
    let text = rule.to_string();
    let id = format!("rule-{}", text.replace(' ', "-"));
    let stands = match state {
        None => view! { "how it stands is not known" }.into_any(),
        Some(RuleState { known: 0, .. }) => view! { "its figure is not known of any symbol" }.into_any(),
        Some(RuleState { known, holding, met_at, .. }) => {
            let met = match met_at {
                Some(at) => view! { "met "{time::age(*at, now)}" ago" }.into_any(),
                None => view! { "not met yet" }.into_any(),
            };
            view! { {format!("holds for {holding} of {known} now, ")}{met} }.into_any()
        }
    };
    let remove = here.then(|| {
        view! {
            <form method="post" action=path::RULE_REMOVED>
                <input type="hidden" name="rule" value=text.clone()/>
                <button type="submit" aria-label=format!("Remove the rule {text}")>"Remove"</button>
            </form>
        }
    });
    view! {
        <li id=id>
            <p>{text.clone()}<small class="note">{stands}</small></p>
            {remove}
        </li>
    }
    .into_any()
}

fn forms(count: usize) -> AnyView {
    if count >= Rule::MOST {
        return view! { <p class="note">{format!("{count} rules are as many as there may be.")}</p> }.into_any();
    }
    let figures = Watched::ALL.map(|figure| view! { <option value=figure.as_str()>{figure.label()}</option> });
    let sides = Side::ALL.map(|side| view! { <option value=side.as_str()>{side.as_str()}</option> });
    let ways = [Direction::Long, Direction::Short, Direction::Neutral]
        .map(|way| view! { <option value=way.label().to_lowercase()>{way.label()}</option> });
    view! {
        <form id="new-crossing" class="new-rule" method="post" action=path::RULES aria-label="A figure crosses a level">
            {symbol()}
            <label><span>"Figure"</span><select name="figure">{figures.collect_view()}</select></label>
            <label><span>"Is"</span><select name="side">{sides.collect_view()}</select></label>
            <label>
                <span>"Level"</span>
                <input name="level" type="number" step="any" inputmode="decimal" autocomplete="off" required=true/>
            </label>
            <button type="submit">"Add"</button>
        </form>
        <form id="new-turn" class="new-rule" method="post" action=path::RULES aria-label="A symbol turns">
            {symbol()}
            <label><span>"Turns"</span><select name="turns">{ways.collect_view()}</select></label>
            <button type="submit">"Add"</button>
        </form>
    }
    .into_any()
}

fn symbol() -> AnyView {
    view! {
        <label>
            <span>"Symbol or “any”"</span>
            <input
                name="symbol"
                value="any"
                maxlength="24"
                autocapitalize="characters"
                autocomplete="off"
                spellcheck="false"
                required=true
            />
        </label>
    }
    .into_any()
}
