//! Measures without a direction: how far a score is to be trusted, never where it points.

use leptos::prelude::*;
use schema::{Breakdown, Figure, Held, breakdown::Condition, reading::Found};

use super::{Look, card};
use crate::{
    format,
    live::Store,
    part::figure::{Text, dash_alone},
};

pub(crate) fn conditions(store: Store, found: RwSignal<Found<Breakdown>>) -> AnyView {
    card(Look { name: "conditions", title: "Conditions" }, store, found, body)
}

fn body(held: &Held<Breakdown>) -> AnyView {
    if held.value.conditions.is_empty() {
        return view! { <p class="absent">"No condition is measured for this symbol yet."</p> }.into_any();
    }
    let conditions: Vec<_> = held.value.conditions.iter().map(condition).collect();
    view! { <dl class="stats">{conditions}</dl> }.into_any()
}

fn condition(condition: &Condition) -> AnyView {
    let (shown, note) = match &condition.value {
        Figure::Known { value, .. } => {
            let unit = if condition.unit.is_empty() { String::new() } else { format!(" {}", condition.unit) };
            (Text::plain(format!("{}{unit}", format::quantity(*value))).view(), None)
        }
        Figure::Missing(why) => (dash_alone(), Some(why.to_string())),
    };
    view! {
        <div class="stat">
            <dt>{condition.label.to_string()}</dt>
            <dd>{shown}</dd>
            {note.map(|note| view! { <dd class="note">{note}</dd> }.into_any())}
        </div>
    }
    .into_any()
}
