//! What turned and which rules were met, newest first. Server only.

use leptos::prelude::*;
use schema::{
    AlertLog, Held, Symbol,
    alerts::{Alert, Event, Kind},
    page::Frame,
    reading::Found,
    rule::{ContractRule, Rule, Watched},
};

use super::{Look, rendered_card};
use crate::{
    alerts::{Query, SHOWN, listing},
    format,
    part::{
        figure::{Text, dash, direction},
        idea::{multiple, pointing},
        symbol::symbol as name,
        time,
    },
    path,
};

pub(crate) fn alerts(page: &Frame, found: &Found<AlertLog>, query: Query) -> AnyView {
    rendered_card(Look { name: "alerts", title: "What happened" }, page, found, |held| body(held, query, page))
}

fn body(held: &Held<AlertLog>, query: Query, page: &Frame) -> AnyView {
    let log = &held.value;
    let listed: Vec<&Alert> =
        log.alerts.iter().filter(|alert| query.kind.is_none_or(|kind| kind == alert.event.kind())).collect();
    let since = format::moment(log.watched_since, page.zone);
    let list = if listed.is_empty() {
        let what = query.kind.map_or("Nothing happened", |kind| match kind {
            Kind::Signal => "No signal turned",
            Kind::Market => "The market did not turn",
            Kind::Idea => "No idea opened or ended",
            Kind::Rule => "No rule was met",
        });
        view! { <p class="absent">{format!("{what} since {since}.")}</p> }.into_any()
    } else {
        let ids = ids(&listed);
        let rows = listed.iter().zip(ids).take(SHOWN).map(|(alert, id)| row(alert, id, page)).collect_view();
        view! { <ol class="log">{rows}</ol> }.into_any()
    };
    let shown = listed.len().min(SHOWN);
    let gave_way = match log.given_way {
        0 => String::new(),
        n => format!(" {} older ones gave way.", format::count(n)),
    };
    view! {
        <nav class="chips" aria-label="Kind">
            {chip(None, query)}
            {Kind::ALL.map(|kind| chip(Some(kind), query)).collect_view()}
        </nav>
        {list}
        <p class="note">
            {format!("Showing {shown} of {}, noted since {since}; {} of each kind are kept.{gave_way}", listed.len(), AlertLog::KEPT)}
        </p>
    }
    .into_any()
}

fn chip(kind: Option<Kind>, query: Query) -> AnyView {
    let current = (kind == query.kind).then_some("true");
    view! { <a class="chip" href=listing(kind) aria-current=current>{kind.map_or("All", Kind::label)}</a> }.into_any()
}

/// An id for each alert that stays its own when newer ones come: its time and its place among those of the same time.
fn ids(listed: &[&Alert]) -> Vec<String> {
    let mut ids = Vec::with_capacity(listed.len());
    let (mut at, mut place) = (None, 0);
    for alert in listed.iter().rev() {
        place = if at == Some(alert.at) { place + 1 } else { 0 };
        at = Some(alert.at);
        ids.push(format!("alert-{}-{place}", alert.at));
    }
    ids.reverse();
    ids
}

fn row(alert: &Alert, id: String, page: &Frame) -> AnyView {
    let (what, value) = described(&alert.event);
    view! {
        <li id=id class=format!("alert {}", alert.event.kind().as_str())>
            <div class="what">{what}</div>
            <div class="value">{value}</div>
            <p class="note">{format!("{} · ", format::clock(alert.at, page.zone))}{time::age(alert.at, page.now)}" ago"</p>
        </li>
    }
    .into_any()
}

pub(super) fn link(symbol: &Symbol) -> AnyView {
    view! { <a href=path::symbol(symbol)>{name(symbol)}</a> }.into_any()
}

/// What happened, and what was measured.
fn described(event: &Event) -> (AnyView, AnyView) {
    match event {
        Event::Signal { symbol, from, to, score } => (
            view! { {link(symbol)}" turned "{direction(*to)}<small>{format!("was {}", from.label())}</small> }
                .into_any(),
            score_of(score.get()),
        ),
        Event::Regime { from, to, reason } => (
            view! { "Regime "<strong>{to.clone()}</strong><small>{format!("was {from}: {reason}")}</small> }.into_any(),
            ().into_any(),
        ),
        Event::Mood { from, to, percent_advancing } => (
            view! { "Mood "<strong>{to.label()}</strong><small>{format!("was {}", from.label())}</small> }.into_any(),
            measured(format!("{}% advancing", format::fixed(percent_advancing.get(), 1))),
        ),
        Event::IdeaOpened { symbol, tick, side, entry, stop, score } => {
            let prices = format!("from {}, stop {}", format::price(*entry, *tick), format::price(*stop, *tick));
            (
                view! { "Idea: "{link(symbol)}" "{direction(pointing(*side))}<small>{prices}</small> }.into_any(),
                score_of(score.get()),
            )
        }
        Event::IdeaEnded { symbol, tick, side, outcome, exit } => {
            let at = exit.map_or_else(String::new, |exit| format!(" at {}", format::price(exit.price, *tick)));
            let ended = format!("ended: {}{at}", outcome.label());
            let worth = exit.map_or_else(
                || dash("the bars that would have decided it are missing"),
                |exit| multiple(exit.r.get()).view(),
            );
            (view! { "Idea: "{link(symbol)}" "{direction(pointing(*side))}<small>{ended}</small> }.into_any(), worth)
        }
        Event::Rule { rule, symbol, value } => {
            (view! { {link(symbol)}" met "<strong>{rule.to_string()}</strong> }.into_any(), measured_by(rule, *value))
        }
        Event::RegimeRule { to, from, reason } => (
            view! {
                "Regime met "
                <strong>{Rule::Regime(*to).to_string()}</strong>
                <small>{format!("was {from}: {reason}")}</small>
            }
            .into_any(),
            ().into_any(),
        ),
    }
}

fn measured(text: String) -> AnyView {
    Text::plain(text).view()
}

fn score_of(value: f64) -> AnyView {
    measured(format!("score {}", format::fixed(value, 2)))
}

/// What a rule measured, with its unit.
pub(super) fn measured_by(rule: &ContractRule, value: f64) -> AnyView {
    match rule.figure() {
        // A direction is one of the score.
        None | Some(Watched::Score) => score_of(value),
        Some(Watched::Change24h) => Text::change(format!("{}%", format::signed(value, 2))).view(),
        Some(Watched::Funding8h) => measured(format!("{}% / 8 h", format::signed(value, 4))),
        Some(Watched::OiChange1h) => measured(format!("OI {}%", format::signed(value, 2))),
        Some(Watched::Liquidated1h) => measured(format!("${} liquidated in 1 h", format::amount(value))),
    }
}
