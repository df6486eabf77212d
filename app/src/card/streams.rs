//! What comes over the streams from the exchange, how fast, and how the exchange may be asked. Server only.

use leptos::prelude::*;
use schema::{
    Held, SystemHealth, UnixMs,
    health::{Feed, Lag, RequestBudget, RequestPause, clock_off_s},
    page::Frame,
    reading::Found,
};

use super::{Look, rendered_card};
use crate::{
    format,
    part::{
        figure::{Text, dash_alone, plain_stat, stat_of},
        time,
    },
    source::OpenStreams,
};

pub(crate) fn streams(page: &Frame, health: &Found<SystemHealth>, readers: OpenStreams) -> AnyView {
    rendered_card(Look { name: "streams", title: "Streams" }, page, health, |held| body(page.now, held, readers))
}

fn body(now: UnixMs, held: &Held<SystemHealth>, readers: OpenStreams) -> AnyView {
    let h = &held.value;
    let s = &h.streams;
    view! {
        {h.pause.clone().map(|pause| paused(now, pause))}
        {h.clock_ahead_ms.and_then(clock_off_s).map(|off_s| wrong_clock(off_s, &h.feed))}
        <dl class="stats">
            {known("Messages a second", h.messages_per_s.map(|n| format::count(n.into())), None)}
            {known("On their way", h.lag.map(way), h.lag.map(|lag| format!("99 of 100; half of them {}", ms(lag.p50_ms))))}
            {known("Exchange\u{2019}s clock", h.clock_ahead_ms.map(clock), None)}
            {known("Events waiting", h.queue.map(|q| format::count(q.waiting)), h.queue.map(|q| format!("room for {}", format::count(q.capacity))))}
            {plain_stat("Proxy", h.proxy.clone().unwrap_or_else(|| "none".to_owned()))}
            {plain_stat("Messages", format::count(s.messages))}
            {plain_stat("Not understood", format::count(s.malformed))}
            {plain_stat("Dropped, buffer full", format::count(s.dropped))}
            {plain_stat("Reconnects", format::count(s.reconnects))}
            {h.budgets.iter().map(budget).collect_view()}
            {known("Readers connected", Some(format::count(readers.open)), Some(format!("of {} allowed", format::count(readers.most))))}
        </dl>
        <p class="note">"Messages are counted since the program started. Their way is measured from the exchange\u{2019}s clock to ours."</p>
    }
    .into_any()
}

/// A named text, or a dash while it is not known.
fn known(label: &'static str, text: Option<String>, note: Option<String>) -> AnyView {
    let note = Some(note.unwrap_or_else(|| if text.is_some() { "\u{a0}" } else { "not measured yet" }.to_owned()));
    stat_of(label, text.map_or_else(dash_alone, |text| Text::plain(text).view()), note)
}

/// What is left of one rate limit.
fn budget(budget: &RequestBudget) -> AnyView {
    let label = match budget.limit.as_str() {
        "requests" => "Requests left",
        "weight" => "Request weight left",
        _ => "Left on the busiest route",
    };
    let pace = (budget.pace_percent < 100).then(|| format!(", at {}% of the pace", budget.pace_percent));
    let note = format!("of {} at {}{}", format::count(budget.burst.into()), budget.host, pace.unwrap_or_default());
    stat_of(label, Text::plain(format::count(budget.left.into())).view(), Some(note))
}

fn way(lag: Lag) -> String {
    ms(lag.p99_ms)
}

fn ms(at_most: u64) -> String {
    format!("under {} ms", format::count(at_most.max(1)))
}

fn clock(ahead_ms: i64) -> String {
    let ms = format::count(ahead_ms.unsigned_abs());
    match ahead_ms {
        0 => "equal to ours".to_owned(),
        1.. => format!("{ms} ms ahead"),
        _ => format!("{ms} ms behind"),
    }
}

/// The clock of the machine that watches the market is off.
fn wrong_clock(off_s: i64, feed: &Feed) -> AnyView {
    let said = format::clock_off(off_s, feed.venue().label());
    view! { <p class="reason down">{format!("Wrong clock: {said}. Ages are off by as much; set it by NTP.")}</p> }
        .into_any()
}

/// The exchange wants to be left alone: what it said, and for how much longer.
fn paused(now: UnixMs, pause: RequestPause) -> AnyView {
    view! {
        <p class="reason down">
            {format!("Requests paused by the exchange: {}. Next request: ", pause.reason)}
            {time::left(pause.until, now)}
        </p>
    }
    .into_any()
}
