//! Fetches the list of scores again without leaving the page. Browser only.
//!
//! Links and form lead to addresses, and do just that while the list here is not whole. Once it is, the address changes in place and
//! the list is arranged at once; a way back in the browser's history is a way back in the list.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, Event, HtmlElement, MouseEvent, UrlSearchParams};

use super::{client::mark, list::List, sight::first_in_sight};
use crate::{path, scores::Query};

const CARD: &str = ".card.scores";
const SEARCH: &str = "#scores-q";
const TURNOVER: &str = "#scores-turnover";

/// What becomes of the address before.
#[derive(Clone, Copy)]
enum Before {
    /// The way back leads to it.
    Kept,
    /// It is replaced: what is typed letter by letter is one query.
    Replaced,
}

/// Answers in place what the list is asked, once the page is hydrated; `drawn` is how many of its rows are drawn.
pub(crate) fn ask(list: List, asked: RwSignal<Query>, drawn: RwSignal<usize>) {
    Effect::new(move || start(list, asked, drawn));
}

fn start(list: List, asked: RwSignal<Query>, drawn: RwSignal<usize>) {
    let Ok(Some(card)) = document().query_selector(CARD) else { return };
    Effect::new(move || {
        if list.whole.get() {
            mark("data-list", "whole");
            // What was typed while the rest was on its way.
            let typed = typed(asked);
            if asked.with_untracked(|old| old.text != typed.text || old.min_turnover != typed.min_turnover) {
                show(asked, drawn, typed, Before::Replaced);
            }
        }
    });
    let heard = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        if list.whole.get_untracked() {
            hear(&event, asked, drawn);
        }
    });
    for name in ["click", "submit", "input"] {
        // Adding a listener fails only for an object that is no event target.
        let _ = card.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
    }
    // The page lives as long as its document.
    heard.forget();
    let _ = window_event_listener_untyped("popstate", move |_| {
        let Some(query) = window().location().search().ok().and_then(|search| read(asked, &search)) else { return };
        set_value(SEARCH, &query.text);
        set_value(TURNOVER, &query.min_turnover.to_string());
        asked.set(query);
    });
}

fn hear(event: &Event, asked: RwSignal<Query>, drawn: RwSignal<usize>) {
    match event.type_().as_str() {
        "click" => {
            if let Some(query) = followed(event, asked) {
                event.prevent_default();
                show(asked, drawn, query, Before::Kept);
            }
        }
        "submit" => {
            event.prevent_default();
            show(asked, drawn, typed(asked), Before::Kept);
            // A phone takes its keys away.
            if let Ok(Some(field)) = document().query_selector(SEARCH) {
                let _ = field.unchecked_into::<HtmlElement>().blur();
            }
        }
        _ => show(asked, drawn, typed(asked), Before::Replaced),
    }
}

fn show(asked: RwSignal<Query>, drawn: RwSignal<usize>, query: Query, before: Before) {
    if asked.with_untracked(|old| *old == query) {
        return;
    }
    let (url, Ok(history)) = (query.url(), window().history()) else { return };
    // A browser that takes no more addresses shows the list all the same.
    let _ = match before {
        Before::Kept => history.push_state_with_url(&JsValue::NULL, "", Some(&url)),
        Before::Replaced => history.replace_state_with_url(&JsValue::NULL, "", Some(&url)),
    };
    if asked.with_untracked(|old| old.page != query.page) {
        window().scroll_to_with_x_and_y(0.0, 0.0);
    }
    first_in_sight(drawn);
    asked.set(query);
}

/// What a link to the list asks that was clicked without a key that would open it elsewhere.
fn followed(event: &Event, asked: RwSignal<Query>) -> Option<Query> {
    let click: &MouseEvent = event.dyn_ref()?;
    if click.button() != 0 || click.ctrl_key() || click.meta_key() || click.shift_key() || click.alt_key() {
        return None;
    }
    let link = event.target()?.dyn_into::<Element>().ok()?.closest("a[href]").ok()??;
    let href = link.get_attribute("href")?;
    let search = href.strip_prefix(path::SCORES.href()).filter(|rest| rest.is_empty() || rest.starts_with('?'))?;
    read(asked, search)
}

/// What an address asks of the same reader.
fn read(asked: RwSignal<Query>, search: &str) -> Option<Query> {
    let said = UrlSearchParams::new_with_str(search).ok()?;
    let (usual, watchlist) = asked.with_untracked(|query| (query.usual, query.watchlist.clone()));
    Some(Query::read_for(usual, watchlist, |name| said.get(name)))
}

/// The same query with the content of the form.
fn typed(asked: RwSignal<Query>) -> Query {
    let text = value(SEARCH).unwrap_or_default();
    let min_turnover = value(TURNOVER).and_then(|text| text.parse().ok()).unwrap_or(0);
    asked.with_untracked(|query| query.searching(&text, min_turnover))
}

fn value(selector: &str) -> Option<String> {
    let field = document().query_selector(selector).ok()??;
    js_sys::Reflect::get(&field, &"value".into()).ok()?.as_string()
}

fn set_value(selector: &str, value: &str) {
    if let Ok(Some(field)) = document().query_selector(selector) {
        // Fails only for an object that takes no properties.
        let _ = js_sys::Reflect::set(&field, &"value".into(), &value.into());
    }
}
