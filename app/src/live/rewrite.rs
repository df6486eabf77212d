//! Keeps current an element whose content is markup. Browser only.

use leptos::{html::ElementType, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::swap::swap;

/// Writes the `markup` of a value into an element whenever the value changes; what is there stays where it is and as it is, as far as it
/// is the same. What the value is now, the element has already.
pub(crate) fn rewrite<E, T>(place: NodeRef<E>, value: Memo<T>, markup: impl Fn(&T) -> String + Send + Sync + 'static)
where
    E: ElementType,
    E::Output: JsCast + Clone + 'static,
    T: Send + Sync + 'static,
{
    Effect::new(move |before: Option<()>| {
        value.track();
        if let (Some(()), Some(element)) = (before, place.get_untracked()) {
            put(element.unchecked_ref(), &value.with_untracked(&markup));
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
