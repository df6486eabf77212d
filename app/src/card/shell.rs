//! The card itself: its heading, the age of what it shows, and what it shows when there is nothing.

use leptos::prelude::*;
use schema::{Absence, Held, Reading, reading::Found};

use crate::{format, frame, live::Store};

/// Where a card stands in the page and in the style sheet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Its class, and the start of its ids.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
}

/// What a card says of the age of its value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    state: &'static str,
    text: String,
}

fn note<T>(reading: &Reading<T>) -> Note {
    let text = match reading {
        Reading::Fresh(_) => String::new(),
        Reading::Stale { age, .. } => format!("{} old", format::age(*age)),
        Reading::Expired { age, .. } => format!("last known, {} old", format::age(*age)),
        Reading::Absent(_) => "no data".to_owned(),
    };
    Note { state: reading.state(), text }
}

/// A card over one schema. `body` is called anew when the value changes, and what differs is changed in place.
pub(crate) fn card<T: Clone + Send + Sync + 'static>(
    look: Look,
    store: Store,
    found: RwSignal<Found<T>>,
    body: impl Fn(&Held<T>) -> AnyView + Send + 'static,
) -> AnyView {
    framed(look, store, found, move || {
        found.with(|found| match found {
            Ok(held) => body(held),
            Err(absence) => absent(store, absence),
        })
    })
}

/// A card whose `body` is made once, when there first is a value, and follows the value by itself.
pub(crate) fn steady_card<T: Clone + Send + Sync + 'static>(
    look: Look,
    store: Store,
    found: RwSignal<Found<T>>,
    body: impl Fn() -> AnyView + Send + 'static,
) -> AnyView {
    let missing = Memo::new(move |_| found.with(|found| found.as_ref().err().cloned()));
    framed(look, store, found, move || {
        missing.with(|missing| match missing {
            None => body(),
            Some(absence) => absent(store, absence),
        })
    })
}

fn framed<T: Clone + Send + Sync + 'static>(
    look: Look,
    store: Store,
    found: RwSignal<Found<T>>,
    content: impl Fn() -> AnyView + Send + 'static,
) -> AnyView {
    let judge = move || {
        let now = store.now.get();
        found.with(|found| note(&Reading::judge(found.clone(), now)))
    };
    drawn(look, Box::new(judge), Box::new(content))
}

/// The card, once for all schemas: what differs is behind the two functions, so that the browser loads this code once.
fn drawn(look: Look, judge: Box<dyn Fn() -> Note + Send + Sync>, content: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    let note = Memo::new(move |_| judge());
    let heading = format!("{}-heading", look.name);
    view! {
        <section
            class=format!("card {}", look.name)
            aria-labelledby=heading
            data-state=move || note.with(|note| note.state)
        >
            <div class="card-head">
                <h2 id=heading.clone()>{look.title}</h2>
                <p class="age">{move || note.with(|note| note.text.clone())}</p>
            </div>
            {move || content()}
        </section>
    }
    .into_any()
}

/// A card over something that is no schema: always there, with a state of its own.
pub(crate) fn plain_card(
    look: Look,
    state: impl Fn() -> &'static str + Send + 'static,
    content: impl Fn() -> AnyView + Send + 'static,
) -> AnyView {
    let state: Box<dyn Fn() -> &'static str + Send> = Box::new(state);
    let content: Box<dyn Fn() -> AnyView + Send> = Box::new(content);
    let heading = format!("{}-heading", look.name);
    view! {
        <section class=format!("card {}", look.name) aria-labelledby=heading data-state=state>
            <div class="card-head">
                <h2 id=heading.clone()>{look.title}</h2>
            </div>
            {move || content()}
        </section>
    }
    .into_any()
}

/// Why there is nothing to show; during the first scan, how far that is.
fn absent(store: Store, absence: &Absence) -> AnyView {
    let reason = match absence {
        Absence::NeverWritten => store
            .health
            .with(|health| health.as_ref().ok().and_then(|held| frame::first_scan(&held.value)))
            .map_or_else(|| absence.to_string(), |progress| format!("First scan: {progress}")),
        Absence::Unreadable(_) | Absence::Unreachable(_) => absence.to_string(),
    };
    view! { <p class="absent">{reason}</p> }.into_any()
}
