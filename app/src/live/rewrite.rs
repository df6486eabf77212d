//! Keeps current an element whose content is markup. Browser only.

use leptos::{html::ElementType, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::swap::swap;

/// Writes `markup` into an element whenever it changes; what is there stays where it is and as it is, as far as it is the same. What
/// the markup is now, the element has already.
pub(crate) fn rewrite<E>(place: NodeRef<E>, markup: Memo<String>)
where
    E: ElementType,
    E::Output: JsCast + Clone + 'static,
{
    Effect::new(move |before: Option<()>| {
        markup.track();
        if let (Some(()), Some(element)) = (before, place.get_untracked()) {
            markup.with_untracked(|markup| put(element.unchecked_ref(), markup));
        }
    });
}

fn put(element: &Element, markup: &str) {
    // The same element without its content, for what may stand in it follows from what it is.
    let Ok(fresh) = element.clone_node() else { return };
    let fresh: Element = fresh.unchecked_into();
    fresh.set_inner_html(markup);
    swap(element, &fresh);
}
