//! Key levels of a symbol, and how far the last price is from each.

use leptos::prelude::*;
use schema::{Breakdown, Figure, Held, Price, UnixMs, Zone, levels::KeyLevels, reading::Found};

use super::{Look, card};
use crate::{format, live::Store, part::figure::Text};

pub(crate) fn key_levels(store: Store, found: RwSignal<Found<Breakdown>>) -> AnyView {
    card(Look { name: "key-levels", title: "Key levels" }, store, found, move |held| body(held, store.zone))
}

fn body(held: &Held<Breakdown>, zone: Zone) -> AnyView {
    let row = &held.value.row;
    match &held.value.key_levels {
        Figure::Known { value, as_of } => table(value, *as_of, row.quote.price, row.tick, zone),
        Figure::Missing(why) => view! { <p class="absent">{format!("No key level: {why}")}</p> }.into_any(),
    }
}

fn table(known: &KeyLevels, as_of: UnixMs, last: Price, tick: Price, zone: Zone) -> AnyView {
    let above = known.levels.partition_point(|level| level.price > last);
    let mut rows: Vec<AnyView> = known
        .levels
        .iter()
        .map(|level| {
            let away = 100.0 * (level.price.get() / last.get() - 1.0);
            let away = format!("{}%", format::signed(away, 2));
            line("", level.kind.to_string(), Text::price(level.price, tick), away)
        })
        .collect();
    rows.insert(above, line("last-price", "Last".to_owned(), Text::price(last, tick), String::new()));
    view! {
        <table>
            <thead class="vh">
                <tr><th scope="col">"Level"</th><th scope="col">"Price"</th><th scope="col">"Away from the last price"</th></tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <p class="note">
            {format!("from {} closed candles of 30 minutes until ", known.n)}
            <time datetime=format::utc(as_of)>{format::minute(as_of, zone)}</time>
        </p>
    }
    .into_any()
}

fn line(class: &'static str, name: String, price: Text, away: String) -> AnyView {
    view! {
        <tr class=class>
            <th scope="row">{name}</th>
            <td>{price.view()}</td>
            <td>{away}</td>
        </tr>
    }
    .into_any()
}
