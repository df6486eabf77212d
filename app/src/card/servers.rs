//! The shared cache: its servers, and what the mirror did. Server only.

use leptos::prelude::*;
use schema::{
    UnixMs,
    report::{CacheReport, L2State, ServerReport},
};

use super::{Look, rendered_plain_card};
use crate::{
    format,
    part::{figure::plain_stat, time},
};

pub(crate) fn servers(now: UnixMs, report: &CacheReport) -> AnyView {
    rendered_plain_card(Look { name: "servers", title: "Shared cache" }, word(&report.l2), body(now, report))
}

/// The state in one word, as the style sheet knows it.
const fn word(state: &L2State) -> &'static str {
    match state {
        L2State::Off => "off",
        L2State::Up { .. } => "fresh",
        L2State::Degraded { .. } => "stale",
    }
}

fn body(now: UnixMs, report: &CacheReport) -> AnyView {
    if report.servers.is_empty() {
        let text = "None: this process keeps everything by itself. With memcached, other processes can read along.";
        return view! { <p class="note">{text}</p> }.into_any();
    }
    let mirror = &report.mirror;
    view! {
        <ul class="servers-list">{report.servers.iter().map(|one| server(now, one)).collect_view()}</ul>
        <dl class="stats">
            {plain_stat("Polls", format::count(mirror.polls))}
            {plain_stat("Changes found", format::count(mirror.changes))}
            {plain_stat("Missed", format::count(mirror.missed))}
            {plain_stat("Failed", format::count(mirror.failures))}
        </dl>
        <p class="note">{format!("Polls of {} since it started.", report.process)}</p>
    }
    .into_any()
}

fn server(now: UnixMs, server: &ServerReport) -> AnyView {
    let status = match &server.state {
        L2State::Off => "off".to_owned(),
        L2State::Up { version } => format!("memcached {version}"),
        L2State::Degraded { cause, .. } => cause.clone(),
    };
    let since = match &server.state {
        L2State::Degraded { since, .. } => Some(*since),
        L2State::Off | L2State::Up { .. } => None,
    };
    let mut facts = vec![
        server.item_limit_bytes.map(|bytes| format!("items up to {}", format::bytes(bytes))),
        server.memory_limit_bytes.map(|bytes| format!("{} of memory", format::bytes(bytes))),
        server
            .evictions
            .filter(|count| *count > 0)
            .map(|count| format!("{} dropped for want of it", format::count(count))),
        (server.waiting > 0).then(|| format!("{} writes wait", format::count(server.waiting))),
        (server.failures > 0).then(|| format!("{} calls failed", format::count(server.failures))),
    ];
    facts.retain(Option::is_some);
    let facts = facts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    view! {
        <li data-state=word(&server.state)>
            <strong class="n">{server.name.clone()}</strong>
            " "
            <span class="status">{status}</span>
            {since.map(|since| view! { " for "{time::age(since, now)} })}
            <span class="note">{facts}</span>
        </li>
    }
    .into_any()
}
