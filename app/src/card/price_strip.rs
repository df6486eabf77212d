//! A symbol's price and its derivatives.

use std::time::Duration;

use leptos::prelude::*;
use schema::{Breakdown, Figure, Held, UnixMs, Usd, perps::Liquidated, reading::Found, signals::Funding};

use super::{Look, card};
use crate::{
    format,
    live::Store,
    part::{
        figure::{Text, figure, missing_stat, stat, stat_of},
        live::live_text,
    },
};

/// The window of what was closed by force.
const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn price_strip(store: Store, found: RwSignal<Found<Breakdown>>) -> AnyView {
    card(Look { name: "price-strip", title: "Price" }, store, found, move |held| body(store.now, held))
}

fn body(now: RwSignal<UnixMs>, held: &Held<Breakdown>) -> AnyView {
    let (b, row) = (&held.value, &held.value.row);
    let tick = row.tick;
    view! {
        <p class="last">
            {Text::price(row.quote.price, tick).view()}
            <span class="change">{figure(&row.quote.change_24h, |pct| Text::pct(*pct))}</span>
            {match row.quote.behind(held.as_of) {
                Some(age) => view! { <span class="old">{format!("{} old", format::age(age))}</span> }.into_any(),
                None => view! { <span class="note">"last, 24 h"</span> }.into_any(),
            }}
        </p>
        <dl class="stats">
            {stat("Mark", &b.mark_price, |price| Text::price(*price, tick))}
            {stat("Index", &b.index_price, |price| Text::price(*price, tick))}
            {funding(now, &row.funding)}
            {stat("Open interest", &row.quote.open_interest_usd, |usd| Text::plain(format::usd(*usd)))}
            {stat("OI change 1 h", &row.oi_change_1h, |pct| Text::pct(*pct))}
            {stat("Accounts long", &b.accounts_long, |ratio| Text::plain(format::share(*ratio)))}
            {stat("Turnover 24 h", &row.quote.turnover_24h, |usd| Text::plain(format::usd(*usd)))}
            {stat("High 24 h", &row.quote.high_24h, |price| Text::price(*price, tick))}
            {stat("Low 24 h", &row.quote.low_24h, |price| Text::price(*price, tick))}
            {liquidated("Longs liquidated", &b.liquidated_24h, |told| told.longs)}
            {liquidated("Shorts liquidated", &b.liquidated_24h, |told| told.shorts)}
        </dl>
    }
    .into_any()
}

fn funding(now: RwSignal<UnixMs>, funding: &Figure<Funding>) -> AnyView {
    match funding {
        Figure::Known { value, .. } => {
            let rate = Text::change(format!("{}%", format::signed(value.rate.get() * 100.0, 4)));
            let (hours, next) = (value.interval_hours, value.next);
            view! {
                <div class="stat">
                    <dt>"Funding"</dt>
                    <dd>{rate.view()}</dd>
                    <dd class="note">
                        {live_text(move || format!("per {hours} h, next in {}", format::countdown(next, now.get())))}
                    </dd>
                </div>
            }
            .into_any()
        }
        Figure::Missing(why) => missing_stat("Funding", why),
    }
}

/// What was closed by force on one side within 24 h, or as far back as it was listened to.
fn liquidated(label: &'static str, figure: &Figure<Liquidated>, side: fn(&Liquidated) -> Usd) -> AnyView {
    match figure {
        Figure::Known { value, .. } => {
            // One contract is listened to without a break: a part of the day is its end.
            let heard =
                if value.heard.get() < 1.0 { format::age(DAY.mul_f64(value.heard.get())) } else { "24 h".to_owned() };
            stat_of(label, Text::plain(format::usd(side(value))).view(), Some(format!("in {heard}")))
        }
        Figure::Missing(why) => missing_stat(label, why),
    }
}
