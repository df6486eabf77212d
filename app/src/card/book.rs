//! The top of a symbol's order book as bars of resting size.

use leptos::prelude::*;
use schema::{Breakdown, Figure, Held, Level, Price, breakdown::BookTop, reading::Found};

use super::{Look, card};
use crate::{
    format,
    live::Store,
    part::{bar, figure::Text},
};

pub(crate) fn book(store: Store, found: RwSignal<Found<Breakdown>>) -> AnyView {
    card(Look { name: "book", title: "Order book" }, store, found, body)
}

fn body(held: &Held<Breakdown>) -> AnyView {
    match &held.value.book {
        Figure::Known { value, .. } => sides(value, held.value.row.tick),
        Figure::Missing(why) => view! { <p class="absent">{format!("No order book: {why}")}</p> }.into_any(),
    }
}

fn sides(book: &BookTop, tick: Price) -> AnyView {
    let size = |levels: &[Level]| levels.iter().map(|level| level.price * level.size).sum::<f64>();
    let (bid, ask) = (size(&book.bids), size(&book.asks));
    let depth = book.bids.len().max(book.asks.len());
    // Buyers against sellers within the levels shown; nothing to compare where nothing rests.
    let imbalance = (bid + ask > 0.0).then(|| (bid - ask) / (bid + ask));
    let largest = book.bids.iter().chain(&book.asks).map(|level| level.size).fold(0.0, f64::max);
    view! {
        <p class="pair">
            <span>{format!("Imbalance, {depth} levels")}</span>
            {imbalance.map(|value| Text::change(format::signed(value, 2)).view())}
        </p>
        {imbalance.map(bar::diverging)}
        <div class="ladders">
            {ladder("Bids", "fill up", &book.bids, largest, tick)}
            {ladder("Asks", "fill down", &book.asks, largest, tick)}
        </div>
    }
    .into_any()
}

fn ladder(name: &'static str, class: &'static str, levels: &[Level], largest: f64, tick: Price) -> AnyView {
    let rows: Vec<_> = levels
        .iter()
        .map(|level| {
            let price = Price::new(level.price).map_or_else(|_| "—".to_owned(), |price| format::price(price, tick));
            let share = if largest > 0.0 { level.size / largest * 100.0 } else { 0.0 };
            view! {
                <tr>
                    <td><span class="n">{price}</span></td>
                    <td>{bar::share(share, class)}<span class="n">{format::amount(level.size)}</span></td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <table class="ladder">
            <caption>{name}</caption>
            <thead class="vh"><tr><th scope="col">"Price"</th><th scope="col">"Size, coins"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
