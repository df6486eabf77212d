//! Keeps current what the server alone renders. Browser only.
//!
//! Such content is no code in the browser: when the stream reports a change, or when the content itself said that it would be
//! time, the page's own address is asked for again and what differs is swapped in. Between two answers it ages by itself. A
//! request that fails leaves all as it is.

mod ages;

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::*;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Document, Element, XmlHttpRequest, XmlHttpRequestResponseType};

use super::{
    client::{SIGNED_OUT, dispatch, edition_of, hidden, outdated},
    pace::Pace,
    store::Store,
    swap,
};

/// An answer that takes longer is given up, in milliseconds.
const PATIENCE_MS: u32 = 10_000;

/// Keeps the page's content current once the page is hydrated.
pub(crate) fn refresh(store: Store) {
    Effect::new(move || start(store));
}

fn start(store: Store) {
    // One object for all requests: it is asked again only when it has answered, and it parses the answer.
    let Ok(request) = XmlHttpRequest::new() else { return };
    let pace = Rc::new(RefCell::new(Pace::default()));
    let on_end = {
        let (request, pace) = (request.clone(), Rc::clone(&pace));
        Closure::<dyn FnMut()>::new(move || {
            let taken = take(&request, store);
            pace.borrow_mut().ended(taken.is_some(), now_ms(), js_sys::Math::random());
        })
    };
    request.set_onloadend(Some(on_end.as_ref().unchecked_ref()));
    on_end.forget();
    let mut handled = 0;
    Effect::new(move || {
        let (now, changes) = (store.now.get(), store.changes.get());
        let content = content_of(&document());
        if let Some(content) = &content {
            ages::set(content, now);
        }
        if changes != handled || content.is_some_and(|content| ages::due(&content, now)) {
            handled = changes;
            pace.borrow_mut().want();
        }
        if !hidden() && pace.borrow_mut().start(now_ms()) && ask(&request).is_none() {
            pace.borrow_mut().ended(false, now_ms(), js_sys::Math::random());
        }
    });
}

/// Asks for the page at its own address, past every store on the way.
fn ask(request: &XmlHttpRequest) -> Option<()> {
    request.open("GET", &document().url().ok()?).ok()?;
    request.set_response_type(XmlHttpRequestResponseType::Document);
    request.set_timeout(PATIENCE_MS);
    request.set_request_header("cache-control", "no-cache").ok()?;
    request.send().ok()
}

/// Puts an answer on screen, if it is the page.
fn take(request: &XmlHttpRequest, store: Store) -> Option<()> {
    let page = request.response_xml().ok().flatten();
    let is_login = |page: &Document| page.query_selector("main.login").is_ok_and(|found| found.is_some());
    if request.status() == Ok(401) || page.as_ref().is_some_and(is_login) {
        dispatch(SIGNED_OUT);
        return None;
    }
    // What was led elsewhere is another page.
    if request.status().ok()? != 200 || document().url().ok()?.split('#').next()? != request.response_url() {
        return None;
    }
    let page = page?;
    // Of another build, it would stand under the style of this one.
    if edition_of(&page) != edition_of(&document()) {
        outdated();
        return None;
    }
    let (old, new) = (content_of(&document())?, content_of(&page)?);
    swap::swap(&old, &new);
    let now = store.now.get_untracked();
    ages::set(&old, now);
    // What is in a hole of a live page is old by design, such as closed candles; its own card says how old.
    if old.tag_name() == "MAIN" {
        store.rendered.set(ages::oldest(&old));
    }
    Some(())
}

/// What the server alone rendered: the hole of the page's island, or else all of the page.
fn content_of(document: &Document) -> Option<Element> {
    let first = |selector: &str| document.query_selector(selector).ok().flatten();
    first("leptos-children").or_else(|| first("main"))
}

/// Milliseconds since the page began, by a clock that nobody sets.
fn now_ms() -> f64 {
    window().performance().map_or_else(js_sys::Date::now, |performance| performance.now())
}
