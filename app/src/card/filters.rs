//! What the list of scores can be asked: plain links and one form, so that the address holds it all.

use leptos::prelude::*;
use schema::Direction;

use crate::{
    part::live::live,
    path,
    scores::{Order, Query, SortBy},
};

/// The smallest turnovers that can be chosen, in US dollars.
const TURNOVERS: [(u64, &str); 5] =
    [(0, "Any size"), (1_000_000, "≥ $1M"), (10_000_000, "≥ $10M"), (100_000_000, "≥ $100M"), (1_000_000_000, "≥ $1B")];

pub(super) fn filters(asked: RwSignal<Query>) -> AnyView {
    view! {
        <div class="filters">
            {form(asked)}
            <nav class="chips" aria-label="Direction and watchlist">{live(move || asked.with(directions).into_any())}</nav>
            <nav class="chips sorts" aria-label="Sort">{live(move || asked.with(sorters).into_any())}</nav>
        </div>
    }
    .into_any()
}

fn directions(query: &Query) -> Vec<AnyView> {
    let pointing = |label, to| chip(label, query.pointing(to), query.direction == to);
    vec![
        pointing("All", None),
        pointing("Long", Some(Direction::Long)),
        pointing("Neutral", Some(Direction::Neutral)),
        pointing("Short", Some(Direction::Short)),
        chip("★ Watched", query.watching(!query.watched), query.watched),
    ]
}

fn sorters(query: &Query) -> Vec<AnyView> {
    SortBy::ALL.into_iter().map(|sort| sorter(query, sort)).collect()
}

fn chip(label: &'static str, to: Query, current: bool) -> AnyView {
    view! { <a class="chip" href=to.url() aria-current=current.then_some("true")>{label}</a> }.into_any()
}

fn sorter(query: &Query, sort: SortBy) -> AnyView {
    let current = query.sort == sort;
    let (arrow, order) = match (current, query.order) {
        (false, _) => ("", ""),
        (true, Order::Desc) => (" ↓", ", highest first"),
        (true, Order::Asc) => (" ↑", ", lowest first"),
    };
    view! {
        <a
            class="chip"
            href=query.sorted_by(sort).url()
            aria-current=current.then_some("true")
            aria-label=format!("Sort by {}{order}", sort.label())
        >
            {format!("{}{arrow}", sort.label())}
        </a>
    }
    .into_any()
}

/// What the form does not ask, so that it stays as it was asked.
fn hidden(query: &Query) -> Vec<AnyView> {
    [
        (query.sort != query.usual).then(|| ("sort", query.sort.as_str())),
        (query.order == Order::Asc).then_some(("dir", "asc")),
        query.direction.map(|direction| ("direction", crate::scores::direction_name(direction))),
        query.watched.then_some(("watched", "1")),
    ]
    .into_iter()
    .flatten()
    .map(|(name, value)| view! { <input type="hidden" name=name value=value/> }.into_any())
    .collect()
}

/// The form stays as it was made, for what is being typed into it.
fn form(asked: RwSignal<Query>) -> AnyView {
    let query = asked.get_untracked();
    let mut turnovers = TURNOVERS.map(|(usd, label)| (usd, label.to_owned())).to_vec();
    if !TURNOVERS.iter().any(|(usd, _)| *usd == query.min_turnover) {
        turnovers.push((query.min_turnover, format!("≥ ${}", crate::format::count(query.min_turnover))));
    }
    let options: Vec<_> = turnovers
        .into_iter()
        .map(|(usd, label)| {
            view! { <option value=usd.to_string() selected=usd == query.min_turnover>{label}</option> }.into_any()
        })
        .collect();
    view! {
        <form method="get" action=path::SCORES.href() role="search">
            {live(move || asked.with(hidden).into_any())}
            <label class="vh" for="scores-q">"Search for a symbol"</label>
            <input
                id="scores-q" type="search" name="q" value=query.text placeholder="Symbol"
                maxlength=Query::TEXT_MAX.to_string() autocomplete="off" autocapitalize="characters" spellcheck="false" enterkeyhint="search"
            />
            <label class="vh" for="scores-turnover">"Minimum turnover in 24 h"</label>
            <select id="scores-turnover" name="min_turnover">{options}</select>
            <button type="submit">"Show"</button>
        </form>
    }
    .into_any()
}
