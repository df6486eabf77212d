//! The last scores of a symbol as a line around 50.

use leptos::prelude::*;
use schema::{Breakdown, Held, Zone, breakdown::ScorePoint, reading::Found};

use super::{Look, card};
use crate::{format, live::Store, part::spark::points};

pub(crate) fn history(store: Store, found: RwSignal<Found<Breakdown>>) -> AnyView {
    card(Look { name: "history", title: "Score history" }, store, found, move |held| body(held, store.zone))
}

fn body(held: &Held<Breakdown>, zone: Zone) -> AnyView {
    let history = &held.value.history;
    let values: Vec<f64> = history.iter().map(|point| point.score.get()).collect();
    // As far from 50 on either side as the scores go, and never so near that noise looks like a move.
    let reach = values.iter().map(|v| (v - 50.0).abs()).fold(5.0, f64::max);
    let line = points(&values, 300.0, 80.0, Some((50.0 - reach, 50.0 + reach)));
    let (Some(line), Some(first), Some(last)) = (line, history.first(), history.last()) else {
        return view! { <p class="absent">{format!("{} of 2 closed bars needed for a line", values.len())}</p> }
            .into_any();
    };
    let low = history.iter().map(|p| p.score.get()).fold(f64::INFINITY, f64::min);
    let high = history.iter().map(|p| p.score.get()).fold(f64::NEG_INFINITY, f64::max);
    let label = format!(
        "{} scores, lowest {}, highest {}, last {}",
        history.len(),
        format::fixed(low, 2),
        format::fixed(high, 2),
        format::score(last.score)
    );
    view! {
        <svg class="trace" viewBox="0 -2 300 84" preserveAspectRatio="none" role="img" aria-label=label>
            <path class="middle" d="M0 40H300"/>
            <polyline points=line/>
        </svg>
        <p class="pair note">
            {stamp(first, zone)}
            <span>{format!("{} to {}", format::fixed(low, 2), format::fixed(high, 2))}</span>
            {stamp(last, zone)}
        </p>
    }
    .into_any()
}

fn stamp(point: &ScorePoint, zone: Zone) -> AnyView {
    view! { <time datetime=format::utc(point.at)>{format::clock(point.at, zone)}</time> }.into_any()
}
