//! Makes one tree of elements equal another one by changing what differs, so that what stays the same keeps its place, the focus
//! and whether it is open.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement, Node};

/// Makes the content of `old` that of `new`, which is used up.
pub(super) fn swap(old: &Element, new: &Element) {
    let focused = document().active_element();
    children(old, new);
    // An element that changed its place has lost the focus.
    if let Some(focused) = focused.filter(|focused| focused.is_connected())
        && !focused.is_same_node(document().active_element().as_deref())
        && let Ok(focused) = focused.dyn_into::<HtmlElement>()
    {
        let stay = FocusOptions::new();
        stay.set_prevent_scroll(true);
        // Without it the reader starts at the top, as on any new page.
        let _ = focused.focus_with_options(&stay);
    }
}

fn children(old: &Node, new: &Node) {
    let mut at = old.first_child();
    let mut rest = new.first_child();
    while let Some(fresh) = rest {
        rest = fresh.next_sibling();
        let kept = at.as_ref().and_then(|from| twin(from, &fresh));
        match &kept {
            Some(kept) => update(kept, &fresh),
            // The last resort of a swap that cannot be done is the next one.
            None => drop(old.insert_before(&fresh, at.as_ref())),
        }
        if let Some(kept) = kept {
            if at.as_ref().is_some_and(|at| at.is_same_node(Some(&kept))) {
                at = kept.next_sibling();
            } else {
                drop(old.insert_before(&kept, at.as_ref()));
            }
        }
    }
    while let Some(gone) = at {
        at = gone.next_sibling();
        drop(old.remove_child(&gone));
    }
}

/// The node from `from` on that `fresh` is the news of: the one of its id, or else the next one, if it is of the same kind.
fn twin(from: &Node, fresh: &Node) -> Option<Node> {
    let id = id(fresh);
    let mut node = Some(from.clone());
    while let Some(candidate) = node {
        let fits = candidate.node_name() == fresh.node_name() && self::id(&candidate) == id;
        if fits || id.is_none() {
            return fits.then_some(candidate);
        }
        node = candidate.next_sibling();
    }
    None
}

fn id(node: &Node) -> Option<String> {
    node.dyn_ref::<Element>().map(Element::id).filter(|id| !id.is_empty())
}

fn update(old: &Node, new: &Node) {
    let (Some(element), Some(fresh)) = (old.dyn_ref::<Element>(), new.dyn_ref::<Element>()) else {
        if old.node_value() != new.node_value() {
            old.set_node_value(new.node_value().as_deref());
        }
        return;
    };
    // An island within the content lives by itself.
    if element.tag_name() == "LEPTOS-ISLAND" || element.is_equal_node(Some(fresh)) {
        return;
    }
    attributes(element, fresh);
    children(element, fresh);
}

fn attributes(old: &Element, new: &Element) {
    // Whether it is open is the reader's choice.
    let foldable = old.tag_name() == "DETAILS";
    let names = |element: &Element| {
        let names = element.get_attribute_names().iter().filter_map(|name| name.as_string()).collect::<Vec<_>>();
        names.into_iter().filter(move |name| !(foldable && name == "open"))
    };
    for name in names(new) {
        let value = new.get_attribute(&name);
        if let Some(value) = value.filter(|value| old.get_attribute(&name).as_ref() != Some(value)) {
            // Fails only for a name that is no attribute's.
            drop(old.set_attribute(&name, &value));
        }
    }
    for name in names(old).filter(|name| !new.has_attribute(name)) {
        drop(old.remove_attribute(&name));
    }
}
