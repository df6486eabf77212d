//! The card itself: its heading, the age of what it shows, and what it shows when there is nothing.

use leptos::prelude::*;
use schema::{Absence, Held, UnixMs, page::MonitorState, reading::Found};

use crate::{
    frame,
    live::Store,
    part::{live::live_text, note::Note},
};

/// The place of a card in the page and in the style sheet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Its class, and the start of its ids.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
}

fn note<T>(found: &Found<T>, now: UnixMs) -> Note {
    match found {
        Ok(held) => Note::of(held.as_of, held.fresh_until, held.stale_until, now),
        Err(_) => Note { state: "absent", text: "no data".to_owned() },
    }
}

/// A card over one schema. `body` is called again when the value changes, and what differs is changed in place.
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
        found.with(|found| note(found, now))
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
                <p class="age">{live_text(move || note.with(|note| note.text.clone()))}</p>
            </div>
            {content}
        </section>
    }
    .into_any()
}

/// A card of the server's alone over something that is no schema: always there, with a state of its own.
#[cfg(feature = "ssr")]
pub(crate) fn rendered_plain_card(look: Look, state: &'static str, content: AnyView) -> AnyView {
    rendered(look, state, [None, None, None], None, content)
}

/// A card of the server's alone, on a page that is refreshed: it carries the times by which it ages.
#[cfg(feature = "ssr")]
pub(crate) fn rendered_card<T>(
    look: Look,
    page: &schema::page::Frame,
    found: &Found<T>,
    body: impl FnOnce(&Held<T>) -> AnyView,
) -> AnyView {
    let Note { state, text } = note(found, page.now);
    match found {
        Ok(held) => {
            let times = [held.as_of, held.fresh_until, held.stale_until].map(Some);
            rendered(look, state, times, Some(text), body(held))
        }
        Err(absence) => rendered(look, state, [None, None, None], Some(text), nothing(&page.monitor, absence)),
    }
}

/// Its outline, with the time of its value, until when that is fresh and until when stale.
#[cfg(feature = "ssr")]
fn rendered(
    look: Look,
    state: &'static str,
    times: [Option<UnixMs>; 3],
    age: Option<String>,
    content: AnyView,
) -> AnyView {
    let heading = format!("{}-heading", look.name);
    let [as_of, fresh_until, stale_until] = times.map(|time| time.map(|at| at.0.to_string()));
    view! {
        <section
            id=look.name
            class=format!("card {}", look.name)
            aria-labelledby=heading
            data-state=state
            data-as-of=as_of
            data-fresh-until=fresh_until
            data-stale-until=stale_until
        >
            <div class="card-head">
                <h2 id=heading.clone()>{look.title}</h2>
                {age.map(|age| view! { <p class="age">{age}</p> })}
            </div>
            {content}
        </section>
    }
    .into_any()
}

fn absent(store: Store, absence: &Absence) -> AnyView {
    store.monitor.with(|monitor| nothing(monitor, absence))
}

/// Why there is nothing to show; during the first scan, how far that is.
fn nothing(monitor: &Found<MonitorState>, absence: &Absence) -> AnyView {
    let progress = monitor.as_ref().ok().and_then(|held| frame::first_scan(&held.value));
    let reason = match absence {
        Absence::NeverWritten => {
            progress.map_or_else(|| absence.to_string(), |progress| format!("First scan: {progress}"))
        }
        Absence::Unreadable(_) | Absence::Unreachable(_) => absence.to_string(),
    };
    view! { <p class="absent">{reason}</p> }.into_any()
}
