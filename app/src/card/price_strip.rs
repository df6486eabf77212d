//! A symbol's price and its derivatives.

use std::time::Duration;

use leptos::prelude::*;
use schema::{Breakdown, Figure, Held, UnixMs, Usd, perps::Liquidated, reading::Found, signals::Funding};

use super::{Look, card};
use crate::{
    format,
    live::Store,
    part::{
        figure::{Text, figure, missing_stat, stat_aged, stat_of, stat_with},
        live::live_text,
        price_times::times,
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
    let ages = times(b).map(|(at, cadence)| cadence.overdue(at, held.as_of).map(|at| ago(at, now)));
    let [mark, index, funding_ago, interest, change, accounts, turnover, high, low] = ages;
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
            {stat_aged("Mark", &b.mark_price, mark, |price| Text::price(*price, tick))}
            {stat_aged("Index", &b.index_price, index, |price| Text::price(*price, tick))}
            {funding(now, &row.funding, funding_ago)}
            {stat_aged("Open interest", &row.quote.open_interest_usd, interest, |usd| Text::plain(format::usd(*usd)))}
            {stat_aged("OI change 1 h", &row.oi_change_1h, change, |pct| Text::pct(*pct))}
            {stat_aged("Accounts long", &b.accounts_long, accounts, |ratio| Text::plain(format::share(*ratio)))}
            {stat_aged("Turnover 24 h", &row.quote.turnover_24h, turnover, |usd| Text::plain(format::usd(*usd)))}
            {stat_aged("High 24 h", &row.quote.high_24h, high, |price| Text::price(*price, tick))}
            {stat_aged("Low 24 h", &row.quote.low_24h, low, |price| Text::price(*price, tick))}
            {liquidated("Longs liquidated", &b.liquidated_24h, |liquidated| liquidated.longs)}
            {liquidated("Shorts liquidated", &b.liquidated_24h, |liquidated| liquidated.shorts)}
        </dl>
    }
    .into_any()
}

fn ago(at: UnixMs, now: RwSignal<UnixMs>) -> AnyView {
    let text = move || format!("{} ago", format::age(at.age(now.get())));
    view! { <span class="ago">{live_text(text)}</span> }.into_any()
}

fn funding(now: RwSignal<UnixMs>, funding: &Figure<Funding>, ago: Option<AnyView>) -> AnyView {
    match funding {
        Figure::Known { value, .. } => {
            let rate = Text::change(format!("{}%", format::signed(value.rate.get() * 100.0, 4)));
            let (hours, next) = (value.interval_hours, value.next);
            let note = live_text(move || format!("per {hours} h, next in {}", format::countdown(next, now.get())));
            stat_with("Funding", ago, rate.view(), Some(note))
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
