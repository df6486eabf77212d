//! Where the data comes from, and how far the first scan is. Server only.

use leptos::prelude::*;
use schema::{Held, SystemHealth, health::Feed, page::Frame, reading::Found};

use super::{Look, rendered_card};
use crate::{
    format,
    frame::recorded,
    part::{
        bar,
        figure::{Text, dash_alone, plain_stat, stat_of},
        time,
    },
};

pub(crate) fn feed(page: &Frame, health: &Found<SystemHealth>) -> AnyView {
    rendered_card(Look { name: "feed", title: "Source" }, page, health, |held| body(page, held))
}

fn body(page: &Frame, held: &Held<SystemHealth>) -> AnyView {
    let h = &held.value;
    let (class, word, text) = match &h.feed {
        Feed::Live { venue } => ("up", "Live", format!("{} answers.", venue.label())),
        Feed::Connecting { venue } => ("mid", "Connecting", format!("The first connection to {}.", venue.label())),
        Feed::Simulated { because } => ("mid", "Simulated", because.clone()),
        Feed::Recorded { venue, from, speed, ended } => {
            ("mid", "Recorded", recorded(*venue, *from, *speed, *ended, page.zone))
        }
        Feed::Unreachable { venue, cause, since } => (
            "down",
            "Unreachable",
            format!("{} does not answer since {}: {cause}", venue.label(), format::moment(*since, page.zone)),
        ),
    };
    let share = if h.symbols_total > 0 { f64::from(h.symbols_ready) / f64::from(h.symbols_total) * 100.0 } else { 0.0 };
    let started = h.started_at;
    view! {
        <p class=format!("regime {class}")>{word}</p>
        <p class="reason">{text}</p>
        <p class="pair">
            <span>"Symbols with a whole history"</span>
            <span class="n">{format!("{} of {}", h.symbols_ready, h.symbols_total)}</span>
        </p>
        {bar::share(share, "fill gold")}
        <dl class="stats">
            {scan(h)}
            {plain_stat("Version", h.version.clone())}
            <div class="stat">
                <dt>"Running for"</dt>
                <dd>{time::age(started, page.now)}</dd>
                <dd class="note"><time datetime=format::utc(started)>{format!("since {}", format::moment(started, page.zone))}</time></dd>
            </div>
            {plain_stat("Written by", held.by.to_string())}
        </dl>
    }
    .into_any()
}

/// How long the last scan took, against what it may take.
fn scan(h: &SystemHealth) -> AnyView {
    let budget = format!("of {} ms allowed", format::count(h.scan_budget_ms));
    match h.scan_took_ms {
        Some(ms) => stat_of("Last scan", Text::plain(format!("{} ms", format::quantity(ms))).view(), Some(budget)),
        None => stat_of("Last scan", dash_alone(), Some("no scan yet".to_owned())),
    }
}
