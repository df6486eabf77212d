//! How many symbols take part in the market's move. Server only.

use leptos::prelude::*;
use schema::{
    Figure, Held, MarketBreadth,
    breadth::{Advance, Mood},
    page::Frame,
    reading::Found,
};

use super::{Look, rendered_card};
use crate::{
    format,
    part::{
        bar::{self, Piece},
        figure::{Text, figure, plain_stat, stat},
    },
};

pub(crate) fn breadth(page: &Frame, found: &Found<MarketBreadth>) -> AnyView {
    rendered_card(Look { name: "breadth", title: "Breadth" }, page, found, body)
}

fn body(held: &Held<MarketBreadth>) -> AnyView {
    let b = &held.value;
    let part = |known: &Figure<schema::Pct>, text: &'static str| {
        stat(text, known, |pct| Text::plain(format::percent(pct.get(), 1)))
    };
    view! {
        {gauge(b)}
        {window("24 h", &b.day, b.universe)}
        {window("1 h", &b.hour, b.universe)}
        <dl class="stats">
            {part(&b.above_ma20, "Above 20-bar mean, 30 m")}
            {part(&b.above_ma50, "Above 50-bar mean, 30 m")}
            {plain_stat("At 24 h high", b.new_highs.to_string())}
            {plain_stat("At 24 h low", b.new_lows.to_string())}
        </dl>
    }
    .into_any()
}

fn gauge(b: &MarketBreadth) -> AnyView {
    let (class, word) = match &b.mood {
        Figure::Known { value: Mood::Bullish, .. } => ("up", Mood::Bullish.label().to_owned()),
        Figure::Known { value: Mood::Neutral, .. } => ("mid", Mood::Neutral.label().to_owned()),
        Figure::Known { value: Mood::Bearish, .. } => ("down", Mood::Bearish.label().to_owned()),
        Figure::Missing(why) => ("", why.to_string()),
    };
    let dial = match &b.day.percent_advancing {
        Figure::Known { value, .. } => view! {
            {bar::gauge(value.get(), class)}
            <p class="n reading">{format::percent(value.get(), 1)}</p>
        }
        .into_any(),
        Figure::Missing(why) => view! {
            {bar::gauge(0.0, "none")}
            <p class="reading">{crate::part::figure::missing(why)}</p>
        }
        .into_any(),
    };
    view! {
        <div class="dial">
            {dial}
            <p class=format!("mood {class}")>{word}</p>
            <p class="note">"advancing over 24 h"</p>
        </div>
    }
    .into_any()
}

fn window(name: &'static str, a: &Advance, universe: u32) -> AnyView {
    let pieces = [
        Piece { class: "fill up", value: f64::from(a.advancers) },
        Piece { class: "fill grey", value: f64::from(a.unchanged) },
        Piece { class: "fill down", value: f64::from(a.decliners) },
    ];
    let label = format!(
        "{name}: {} advance, {} unchanged, {} decline, of {universe} symbols",
        a.advancers, a.unchanged, a.decliners
    );
    view! {
        <div class="window">
            <p class="pair">
                <span>{name}</span>
                <span>"A/D ratio "{figure(&a.ad_ratio, |ratio| Text::plain(format::fixed(*ratio, 2)))}</span>
            </p>
            {bar::stacked(&pieces, label)}
            <p class="legend">
                <span class="up"><span class="n">{a.advancers}</span>" advance"</span>
                <span class="soft"><span class="n">{a.unchanged}</span>" unchanged"</span>
                <span class="down"><span class="n">{a.decliners}</span>" decline"</span>
            </p>
        </div>
    }
    .into_any()
}
