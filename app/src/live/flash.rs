//! A figure that changes flashes once, quietly. Browser only.
//!
//! One observer for the page sees text change in place, so no card has to remember what it showed before.

use js_sys::{Array, Function, Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, MutationObserver, MutationObserverInit, MutationRecord};

const LASTS_MS: f64 = 700.0;
/// What flashes: figures, but not ages and countdowns, which change by themselves.
const FIGURE: &str = ".n:not(.tick)";

/// Watches the page's figures, unless its reader asked for less motion.
pub(super) fn watch() {
    let calm = window().match_media("(prefers-reduced-motion: reduce)").ok().flatten().is_some_and(|m| m.matches());
    let Ok(Some(main)) = document().query_selector("main") else { return };
    if calm {
        return;
    }
    let frames = frames();
    let on_change = Closure::<dyn FnMut(Array)>::new(move |records: Array| {
        for record in records.iter() {
            let record: MutationRecord = record.unchecked_into();
            let parent = record.target().and_then(|node| node.parent_element());
            if let Some(Ok(Some(figure))) = parent.map(|parent| parent.closest(FIGURE)) {
                flash(&figure, &frames);
            }
        }
    });
    let Ok(observer) = MutationObserver::new(on_change.as_ref().unchecked_ref()) else { return };
    let what = MutationObserverInit::new();
    what.set_character_data(true);
    what.set_subtree(true);
    // Without a flash the page is whole all the same.
    if observer.observe_with_options(&main, &what).is_ok() {
        on_change.forget();
    }
}

/// Calls the element's `animate` by its name: its binding is not among the stable ones.
fn flash(figure: &Element, frames: &Object) {
    let animate = Reflect::get(figure, &JsValue::from_str("animate")).ok().and_then(|f| f.dyn_into::<Function>().ok());
    if let Some(animate) = animate {
        let _ = animate.call2(figure, frames, &JsValue::from_f64(LASTS_MS));
    }
}

fn frames() -> Object {
    let frames = Object::new();
    let colours = Array::of2(&JsValue::from_str("var(--flash)"), &JsValue::from_str("transparent"));
    // Setting a property of a plain object cannot fail.
    let _ = Reflect::set(&frames, &JsValue::from_str("backgroundColor"), &colours);
    frames
}
