//! The page's one connection. Browser only.
//!
//! It goes on from the tick that the page was made at, makes a lost connection again with a growing wait, and drops and
//! makes it at once when the page is looked at again. It judges no figure: ages do.

use std::{cell::RefCell, rc::Rc};

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};
use schema::{
    Stamp, UnixMs,
    stream::{FrameMessage, Topic},
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventSource, MessageEvent, PageTransitionEvent};

use super::{
    Reader, ServerClock, backoff, flash,
    store::{Link, Store},
    taken::Taken,
};
use crate::{decode::decode, path};

/// A connection that said nothing for so long is made again, in milliseconds; the server speaks every 15 s at least.
const SILENT_MS: f64 = 20_000.0;
/// On return to the page, a connection that said nothing for so long is made again, in milliseconds.
const WAKE_MS: f64 = 3_000.0;
/// How long a hidden page keeps its connection.
const HIDDEN: std::time::Duration = std::time::Duration::from_secs(30);
const EVENTS: [&str; 4] = ["snapshot", "delta", "state", EDITION];
/// The event that names the server's build.
const EDITION: &str = "edition";

/// An event on the window, for the script of the page (`shell/page.js`): there are new alerts.
const ALERTS: &str = "alerts";
/// The server answered the stream with an error.
const REFUSED: &str = "refused";
/// The login ended.
pub(super) const SIGNED_OUT: &str = "signed-out";

type Shared = Rc<RefCell<Client>>;

struct Client {
    store: Store,
    topics: Vec<Topic>,
    own: Option<Reader>,
    clock: ServerClock,
    /// The last tick that was taken; none where a whole snapshot is wanted.
    since: Option<Stamp>,
    source: Option<EventSource>,
    on_message: Option<Closure<dyn FnMut(MessageEvent)>>,
    on_error: Option<Closure<dyn FnMut()>>,
    heard_ms: f64,
    attempt: u32,
    /// Whether a message could not be read.
    unreadable: bool,
    retry: Option<TimeoutHandle>,
    hide: Option<TimeoutHandle>,
}

/// Brings a page to life once it is hydrated: its frame, the topics beside that, and what reads those that are for its content
/// alone. Does nothing on the server.
pub(crate) fn connect(store: Store, topics: &[Topic], own: Option<Reader>, page: UnixMs, since: Option<Stamp>) {
    let topics: Vec<Topic> = Topic::FRAME.iter().chain(topics).copied().collect();
    Effect::new(move || start(store, topics.clone(), own.clone(), page, since));
}

fn start(store: Store, topics: Vec<Topic>, own: Option<Reader>, page: UnixMs, since: Option<Stamp>) {
    mark("data-hydrated", "yes");
    flash::watch();
    let client = Rc::new(RefCell::new(Client {
        store,
        topics,
        own,
        clock: ServerClock::new(page, browser_now(), answered()),
        since,
        source: None,
        on_message: None,
        on_error: None,
        heard_ms: 0.0,
        attempt: 0,
        unreadable: false,
        retry: None,
        hide: None,
    }));
    let shared = Rc::clone(&client);
    let on_message = Closure::new(move |event: MessageEvent| heard(&shared, &event));
    let shared = Rc::clone(&client);
    let on_error = Closure::new(move || failed(&shared));
    {
        let mut client = client.borrow_mut();
        client.on_message = Some(on_message);
        client.on_error = Some(on_error);
    }
    tick(&client);
    open(&client);

    // The page lives as long as its document, so none of these is ever taken down.
    let shared = Rc::clone(&client);
    set_interval(move || tick(&shared), std::time::Duration::from_secs(1));
    let shared = Rc::clone(&client);
    let on_visibility = Closure::<dyn FnMut()>::new(move || if hidden() { sleep(&shared) } else { wake(&shared) });
    if document().add_event_listener_with_callback("visibilitychange", on_visibility.as_ref().unchecked_ref()).is_ok() {
        on_visibility.forget();
    }
    let shared = Rc::clone(&client);
    let _ = window_event_listener_untyped("online", move |_| wake(&shared));
    // Of a page that has just been loaded it says nothing new.
    let shared = Rc::clone(&client);
    let _ = window_event_listener_untyped("pageshow", move |event| {
        if event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted) {
            wake(&shared);
        }
    });
    let shared = Rc::clone(&client);
    let _ = window_event_listener_untyped(SIGNED_OUT, move |_| {
        close(&shared);
        say(&shared, Link::SignedOut);
    });
    let shared = Rc::clone(&client);
    let _ = window_event_listener_untyped("offline", move |_| say(&shared, Link::Offline));
    // An open stream would keep the page out of the back-forward cache.
    let shared = Rc::clone(&client);
    let _ = window_event_listener_untyped("pagehide", move |_| close(&shared));
}

fn open(shared: &Shared) {
    close(shared);
    let mut client = shared.borrow_mut();
    client.heard_ms = js_sys::Date::now();
    let url = path::stream(&client.topics, client.since);
    let Ok(source) = EventSource::new(&url) else { return };
    if let (Some(on_message), Some(on_error)) = (&client.on_message, &client.on_error) {
        for name in EVENTS {
            // Adding a listener fails only for an object that is no event target.
            let _ = source.add_event_listener_with_callback(name, on_message.as_ref().unchecked_ref());
        }
        source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    }
    client.source = Some(source);
}

fn close(shared: &Shared) {
    let mut client = shared.borrow_mut();
    if let Some(source) = client.source.take() {
        source.close();
    }
    if let Some(retry) = client.retry.take() {
        retry.clear();
    }
}

/// Opens again without a place to go on from, so that the server sends everything.
fn open_afresh(shared: &Shared) {
    shared.borrow_mut().since = None;
    open(shared);
}

fn heard(shared: &Shared, event: &MessageEvent) {
    let (store, own) = {
        let client = shared.borrow();
        (client.store, client.own.clone())
    };
    shared.borrow_mut().heard_ms = js_sys::Date::now();
    let text = event.data().as_string();
    if event.type_() == EDITION {
        if text != edition_of(&document()) {
            outdated();
        }
        return;
    }
    let taken = text.and_then(|text| {
        // What is the page's own is most of what comes.
        let taken = own.and_then(|read| read(&text));
        taken.or_else(|| decode::<FrameMessage>(&text).ok().map(|message| store.take(message)))
    });
    let Some(taken) = taken else {
        // A server of another build: what is on screen ages, and says so.
        if !std::mem::replace(&mut shared.borrow_mut().unreadable, true) {
            leptos::logging::error!("a message of the stream could not be read");
            outdated();
        }
        return;
    };
    shared.borrow_mut().attempt = 0;
    say(shared, Link::Live);
    match taken {
        Taken::Gap => open_afresh(shared),
        Taken::Clock(server) => {
            shared.borrow_mut().clock.set(server, browser_now());
            tick(shared);
        }
        Taken::Applied | Taken::Ignored | Taken::Alerts => {
            if taken == Taken::Alerts {
                dispatch(ALERTS);
            }
            if let Ok(stamp) = event.last_event_id().parse() {
                shared.borrow_mut().since = Some(stamp);
            }
        }
    }
}

/// The browser makes a dropped connection again by itself, but not one that was answered with an error.
fn failed(shared: &Shared) {
    say(shared, Link::Reconnecting);
    let closed = shared.borrow().source.as_ref().is_none_or(|source| source.ready_state() == EventSource::CLOSED);
    if closed && !hidden() {
        dispatch(REFUSED);
        retry(shared);
    }
}

fn retry(shared: &Shared) {
    let mut client = shared.borrow_mut();
    let wait = backoff::wait_ms(client.attempt, js_sys::Math::random());
    client.attempt = client.attempt.saturating_add(1);
    if let Some(earlier) = client.retry.take() {
        earlier.clear();
    }
    let again = Rc::clone(shared);
    let wait = std::time::Duration::from_secs_f64(wait / 1_000.0);
    client.retry = set_timeout_with_handle(move || open(&again), wait).ok();
}

/// Once a second: time goes on, and a silent connection is made again.
fn tick(shared: &Shared) {
    if hidden() {
        return;
    }
    let (store, now, silent) = {
        let client = shared.borrow();
        let silent = js_sys::Date::now() - client.heard_ms > SILENT_MS && client.source.is_some();
        (client.store, client.clock.now(browser_now()), silent)
    };
    store.now.set(now);
    if silent {
        say(shared, Link::Reconnecting);
        open(shared);
    }
}

fn wake(shared: &Shared) {
    if hidden() {
        return;
    }
    if let Some(hide) = shared.borrow_mut().hide.take() {
        hide.clear();
    }
    tick(shared);
    let current = {
        let client = shared.borrow();
        client.source.as_ref().is_some_and(|source| source.ready_state() == EventSource::OPEN)
            && js_sys::Date::now() - client.heard_ms <= WAKE_MS
    };
    if !current {
        say(shared, Link::Reconnecting);
        shared.borrow_mut().attempt = 0;
        open(shared);
    }
}

fn sleep(shared: &Shared) {
    let later = Rc::clone(shared);
    let handle = set_timeout_with_handle(
        move || {
            if hidden() {
                close(&later);
            }
        },
        HIDDEN,
    )
    .ok();
    shared.borrow_mut().hide = handle;
}

fn say(shared: &Shared, link: Link) {
    let link = if link == Link::Reconnecting && !window().navigator().on_line() { Link::Offline } else { link };
    let signal = shared.borrow().store.link;
    // Until it is live again: that no connection can be made follows from it.
    if link == Link::Reconnecting && signal.get_untracked() == Link::SignedOut {
        return;
    }
    if signal.get_untracked() != link {
        mark("data-stream", link.marker());
        signal.set(link);
    }
}

pub(super) fn hidden() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Hidden
}

/// The name of the build that a page is of.
pub(super) fn edition_of(page: &web_sys::Document) -> Option<String> {
    page.document_element()?.get_attribute("data-edition")
}

/// Has the page replace itself by one of the server's build. The mark also reaches a script that loads later.
pub(super) fn outdated() {
    mark("data-outdated", "");
    dispatch("outdated");
}

/// Dispatches an event on the window, for the script of the page.
pub(crate) fn dispatch(name: &str) {
    if let Ok(event) = Event::new(name) {
        // Fails only for an event that is being dispatched.
        drop(window().dispatch_event(&event));
    }
}

fn browser_now() -> UnixMs {
    unix(js_sys::Date::now())
}

fn unix(ms: f64) -> UnixMs {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds far below 2^53; the fraction is of no use")]
    UnixMs(ms as i64)
}

/// When the page began to arrive, by the browser's clock; none where it came out of a store of the browser's.
fn answered() -> Option<UnixMs> {
    // The worker's mark on the last picture of a page.
    if document().body()?.has_attribute("data-kept") {
        return None;
    }
    let performance = window().performance()?;
    let entry = performance.get_entries_by_type("navigation").get(0);
    let number = |name: &str| js_sys::Reflect::get(&entry, &name.into()).ok().and_then(|value| value.as_f64());
    // Transferred bytes distinguish an answer of the server from a stored one.
    let travelled = number("transferSize")? > 0.0;
    let start = number("responseStart")?;
    (travelled && start > 0.0).then(|| unix(performance.time_origin() + start))
}

/// A marker on the body, for tests.
pub(super) fn mark(name: &str, value: &str) {
    if let Some(body) = document().body() {
        // Fails only for a name that is no attribute's.
        let _ = body.set_attribute(name, value);
    }
}
