//! The answer to a test: the state of a rule now. It notes nothing and changes nothing. Server only.

use leptos::prelude::*;
use schema::{
    Figure, UnixMs, Why,
    alerts::{Holder, RuleState, Stands},
    overview::{Label, Regime},
    rule::{ContractRule, Rule, Watched},
};

use super::alerts::{link, measured_by};
use crate::{alerts::TESTED, part::time};

/// The answer, by the state of its rule; the state is none where that is not known.
pub(super) fn answer(rule: &Rule, state: Option<&RuleState>, now: UnixMs) -> AnyView {
    match (rule, state.map(|state| &state.stands)) {
        (Rule::Contract(rule), Some(Stands::Contracts { watched, known, holding, foremost, missing })) => {
            let (verdict, more) =
                (verdict(*watched, *known, *holding), (*holding as usize).saturating_sub(foremost.len()));
            said(
                verdict,
                view! { {holders(rule, foremost, more, now)}{lacking(rule, watched.saturating_sub(*known), missing.as_ref())} }.into_any(),
            )
        }
        (Rule::Regime(label), Some(Stands::Regime(regime))) => turned(*label, regime, now),
        // A state that is another kind's is refused when the log is published.
        (Rule::Contract(_), Some(Stands::Regime(_)) | None)
        | (Rule::Regime(_), Some(Stands::Contracts { .. }) | None) => {
            said("Unknown: the monitor has not reported it lately.".to_owned(), ().into_any())
        }
    }
}

/// The answer where no such rule is kept.
pub(super) fn no_such_rule(rule: &Rule) -> AnyView {
    said(format!("Nothing to test: there is no rule “{rule}”."), ().into_any())
}

/// A verdict, which a screen reader says by itself when it changes, and what it rests on, whose ages go on and are not said.
fn said(verdict: String, rests_on: AnyView) -> AnyView {
    view! {
        <div id=TESTED class="tested">
            <p role="status">{verdict}</p>
            {rests_on}
            <p class="note">"Tested, not noted: an alert comes when a rule becomes met, not while it stays met."</p>
        </div>
    }
    .into_any()
}

fn verdict(watched: u32, known: u32, holding: u32) -> String {
    let those = if known < watched { "contracts whose figure is known" } else { "contracts" };
    match (watched, known, holding) {
        (0, _, _) => "It cannot be met now: no such contract is listed or watched.".to_owned(),
        (1, 0, _) => "Its figure is missing.".to_owned(),
        (_, 0, _) => format!("Its figure is missing for all {watched} contracts."),
        (1, _, 0) => "It does not hold now.".to_owned(),
        (1, _, _) => "It holds now.".to_owned(),
        (_, _, 0) => format!("It holds now for none of {known} {those}."),
        (_, _, _) => format!("It holds now for {holding} of {known} {those}."),
    }
}

fn holders(rule: &ContractRule, foremost: &[Holder], more: usize, now: UnixMs) -> Option<AnyView> {
    let rows = foremost.iter().map(|Holder { symbol, value, as_of }| {
        view! { <li>{link(symbol)}" "{measured_by(rule, *value)}<small>" "{time::age(*as_of, now)}" ago"</small></li> }
    });
    let more = (more > 0).then(|| view! { <li>{format!("and {more} more")}</li> });
    (!foremost.is_empty()).then(|| view! { <ol>{rows.collect_view()}{more}</ol> }.into_any())
}

fn lacking(rule: &ContractRule, lacking: u32, why: Option<&Why>) -> Option<AnyView> {
    let why = match (rule.figure(), why?) {
        (Some(Watched::Liquidated1h), Why::LowCoverage { have_pct, .. }) => {
            format!("{have_pct}% of the hour was covered")
        }
        (_, why) => why.to_string(),
    };
    let text = match lacking {
        1 => format!("Missing for 1: {why}."),
        n => format!("Missing for {n}, for the most traded of them: {why}."),
    };
    Some(view! { <p class="note">{text}</p> }.into_any())
}

fn turned(label: Label, regime: &Figure<Regime>, now: UnixMs) -> AnyView {
    match regime {
        Figure::Known { value, as_of } => {
            let holds = if value.label == label.as_str() { "It holds now" } else { "It does not hold now" };
            let reason = view! {
                <p class="note">{value.reason.clone()}" "{time::age(*as_of, now)}" ago"</p>
            };
            said(format!("{holds}: the regime is {}.", value.label), reason.into_any())
        }
        Figure::Missing(why) => said(format!("The regime is missing: {why}."), ().into_any()),
    }
}
