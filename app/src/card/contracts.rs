//! Which contracts are not watched and why, and what the exchange's lists and answers about contracts lack. Server only.

use leptos::prelude::*;
use schema::{
    Held, MarketUniverse,
    page::Frame,
    reading::Found,
    universe::{Contract, FailingRequest, SkippedRows, Standing, Unconfirmed},
};

use super::{Look, rendered_card};
use crate::{
    format,
    part::{figure::plain_stat, time},
};

pub(crate) fn contracts(page: &Frame, universe: &Found<MarketUniverse>) -> AnyView {
    rendered_card(Look { name: "contracts", title: "Contracts" }, page, universe, body)
}

fn body(held: &Held<MarketUniverse>) -> AnyView {
    let universe = &held.value;
    let left_out: Vec<&Contract> =
        universe.contracts.iter().filter(|row| matches!(row.standing, Standing::LeftOut(_))).collect();
    let ending: Vec<&Contract> = universe
        .contracts
        .iter()
        .filter(|row| row.ends_at.is_some() && matches!(row.standing, Standing::Watched { .. }))
        .collect();
    view! {
        {universe.unconfirmed.map(unconfirmed)}
        <dl class="stats">
            {plain_stat("Watched", format::count(universe.watched.into()))}
            {plain_stat("Listed", count(universe.contracts.len()))}
            {plain_stat("Malformed rows", format::count(universe.skipped.iter().map(|row| row.rows).sum()))}
            {plain_stat("Failing requests", count(universe.failing.len()))}
        </dl>
        {list("contracts-failing", "Failing requests", universe.failing.iter().map(failing).collect())}
        {list("contracts-malformed", "Malformed rows", universe.skipped.iter().map(skipped).collect())}
        {list("contracts-ending", "Announced ends", ending.into_iter().map(|row| end(row, held.as_of)).collect())}
        {list("contracts-left-out", "Not watched", left_out.into_iter().map(reason).collect())}
    }
    .into_any()
}

fn count(n: usize) -> String {
    format::count(u64::try_from(n).unwrap_or(u64::MAX))
}

fn unconfirmed(list: Unconfirmed) -> AnyView {
    let text = format!(
        "The last list has {} contracts with {} prices where {} were listed. Nothing changes until a second response confirms it.",
        list.contracts, list.tickers, list.before
    );
    view! { <p class="reason down">{text}</p> }.into_any()
}

/// A list that is folded away; nothing where it is empty.
fn list(id: &'static str, title: &'static str, rows: Vec<AnyView>) -> Option<AnyView> {
    let title = format!("{title} ({})", rows.len());
    (!rows.is_empty()).then(|| {
        view! { <details class="numbers" id=id><summary>{title}</summary><ul>{rows}</ul></details> }.into_any()
    })
}

fn failing(row: &FailingRequest) -> AnyView {
    let text = format!("{}, {}: {} ({} in a row)", row.symbol, row.what, row.cause, row.failures);
    view! { <li>{text}</li> }.into_any()
}

fn skipped(row: &SkippedRows) -> AnyView {
    let contract = row.contract.as_deref().unwrap_or("no contract");
    let text =
        format!("{} of {}, {}: {} ({} rows)", row.field, row.list, contract, row.problem, format::count(row.rows));
    view! { <li>{text}</li> }.into_any()
}

fn end(row: &Contract, now: schema::UnixMs) -> AnyView {
    let left = row.ends_at.map(|ends_at| time::left(ends_at, now));
    view! { <li>{format!("{} ends in ", row.symbol)}{left}</li> }.into_any()
}

fn reason(row: &Contract) -> AnyView {
    view! { <li>{format!("{}: {}", row.symbol, row.reason.as_deref().unwrap_or("no reason is known"))}</li> }.into_any()
}
