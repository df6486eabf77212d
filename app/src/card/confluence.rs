//! A symbol's score: the ring, the word, the sentence, and how far it is to be trusted.

use leptos::prelude::*;
use schema::{Breakdown, FactorReading, Figure, Held, Score, Zone, reading::Found};

use super::{Look, card};
use crate::{
    format,
    live::Store,
    part::{
        figure::{Text, dash_alone, direction, plain_stat, stat, stat_of},
        ring::{Size, ring},
    },
};

pub(crate) fn confluence(store: Store, found: RwSignal<Found<Breakdown>>) -> AnyView {
    card(Look { name: "confluence", title: "Score" }, store, found, move |held| body(held, store.zone))
}

fn body(held: &Held<Breakdown>, zone: Zone) -> AnyView {
    let (b, row) = (&held.value, &held.value.row);
    let word = row.direction.map_or_else(
        || {
            let why = row.score.why().map_or_else(String::new, ToString::to_string);
            view! { <span class="direction none">{format!("No score: {why}")}</span> }.into_any()
        },
        direction,
    );
    let closed = b.bar_closed_at.map(|at| {
        view! { <p class="note">"bar closed "<time datetime=format::utc(at)>{format::clock(at, zone)}</time></p> }
            .into_any()
    });
    let agreement = match row.agreement {
        Some(ratio) => plain_stat("Agreement", format::share(ratio)),
        None => stat_of("Agreement", dash_alone(), Some("no score".to_owned())),
    };
    let forming = match &row.quote.forming {
        Figure::Known { value, .. } => Text::plain(format::score(*value)).view(),
        Figure::Missing(_) => dash_alone(),
    };
    view! {
        <div class="verdict">
            {ring(&row.score, row.direction, Size::Page)}
            <div>
                <p class="word">{word}</p>
                {closed}
                <p class="forming">"forming "{forming}</p>
                {row.quote.forming.why().map(|why| view! { <p class="note">{why.to_string()}</p> }.into_any())}
            </div>
        </div>
        <p class="sentence">{b.sentence.clone()}</p>
        <dl class="stats">
            {agreement}
            {plain_stat("Coverage", format::share(row.coverage))}
            {stat("Quality", &b.quality, |ratio| Text::plain(format::share(*ratio)))}
            {stat("Trend 1 h", &row.trend, |points| Text::change(format::signed(points.get(), 2)))}
        </dl>
        <p class="note">"Agreement is that of four factors, each from 0 (bearish) to 100 (bullish):"</p>
        <dl class="stats">{b.factors.iter().map(factor).collect_view()}</dl>
    }
    .into_any()
}

/// A factor's direction on the scale of a score.
fn factor(reading: &FactorReading) -> AnyView {
    stat(reading.factor.label(), &reading.direction, |direction| Text::plain(format::score(Score::of(*direction))))
}
