//! Counters of the streams from the exchange.

use leptos::prelude::*;
use schema::{Held, SystemHealth};

use super::{Look, card};
use crate::{format, live::Store, part::figure::plain_stat};

pub(crate) fn streams(store: Store) -> AnyView {
    card(Look { name: "streams", title: "Streams" }, store, store.health, body)
}

fn body(held: &Held<SystemHealth>) -> AnyView {
    let s = &held.value.streams;
    view! {
        <dl class="stats">
            {plain_stat("Messages", format::count(s.messages))}
            {plain_stat("Not understood", format::count(s.malformed))}
            {plain_stat("Dropped, buffer full", format::count(s.dropped))}
            {plain_stat("Reconnects", format::count(s.reconnects))}
        </dl>
        <p class="note">"Since the program started."</p>
    }
    .into_any()
}
