//! Ages of what the server alone renders: the texts and states that follow from the time.

use schema::UnixMs;
use web_sys::Element;

use crate::{
    format,
    part::{note::Note, time},
};

/// Sets every age, every time left and the state of every card as of `now`.
pub(super) fn set(main: &Element, now: UnixMs) {
    each(main, &format!("[{}]", time::AGE), |element| {
        if let Some(at) = moment(element, time::AGE) {
            write(element, &format::age(at.age(now)));
        }
    });
    each(main, &format!("[{}]", time::LEFT), |element| {
        if let Some(until) = moment(element, time::LEFT) {
            write(element, &format::countdown(until, now));
        }
    });
    each(main, &format!("[{}]", Note::AS_OF), |card| {
        let (Some(as_of), Some(fresh_until), Some(stale_until)) =
            (moment(card, Note::AS_OF), moment(card, Note::FRESH_UNTIL), moment(card, Note::STALE_UNTIL))
        else {
            return;
        };
        let note = Note::of(as_of, fresh_until, stale_until, now);
        if card.get_attribute("data-state").as_deref() != Some(note.state) {
            // Fails only for a name that is no attribute's.
            drop(card.set_attribute("data-state", note.state));
        }
        if let Ok(Some(age)) = card.query_selector(".age") {
            write(&age, &note.text);
        }
    });
}

/// Whether it is time to ask again, as the content itself says.
pub(super) fn due(content: &Element, now: UnixMs) -> bool {
    let marked = content.query_selector(&format!("[{}]", time::AGAIN)).ok().flatten();
    marked.and_then(|card| moment(&card, time::AGAIN)).is_some_and(|at| at <= now)
}

/// The time of the oldest value that a card shows, and of the oldest figure that is overdue beside its card.
pub(super) fn oldest(main: &Element) -> Option<UnixMs> {
    let mut oldest = None;
    each(main, &format!("[{}],.ago [{}]", Note::AS_OF, time::AGE), |shown| {
        let as_of = moment(shown, Note::AS_OF).or_else(|| moment(shown, time::AGE));
        oldest = [oldest, as_of].into_iter().flatten().min();
    });
    oldest
}

fn each(main: &Element, selector: &str, mut to: impl FnMut(&Element)) {
    use wasm_bindgen::JsCast;

    let Ok(found) = main.query_selector_all(selector) else { return };
    for place in 0..found.length() {
        if let Some(element) = found.item(place).and_then(|node| node.dyn_into::<Element>().ok()) {
            to(&element);
        }
    }
}

fn moment(element: &Element, name: &str) -> Option<UnixMs> {
    element.get_attribute(name)?.parse().ok().map(UnixMs)
}

fn write(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}
