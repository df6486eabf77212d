//! What positions in perpetual contracts cost, who holds them, and what was closed by force. Server only.

use leptos::prelude::*;
use schema::{Figure, Held, PerpsPulse, UnixMs, page::Frame, perps::Liquidated, reading::Found};

use super::{Look, rendered_card};
use crate::{
    format,
    part::{
        bar,
        figure::{Text, dash_alone, missing_stat, stat_of},
        time,
    },
};

/// What is told with every quote is old after a minute.
const QUOTE_S: u64 = 60;
/// What is told every five minutes is old after two of them.
const FIVE_MINUTES_S: u64 = 600;

pub(crate) fn perps(page: &Frame, found: &Found<PerpsPulse>) -> AnyView {
    rendered_card(Look { name: "perps", title: "Perps pulse" }, page, found, |held| body(page.now, held))
}

fn body(now: UnixMs, held: &Held<PerpsPulse>) -> AnyView {
    let p = &held.value;
    let funding = |rate: &schema::Pct| Text::change(format!("{}%", format::signed(rate.get(), 4)));
    let z = match &p.funding_z {
        Figure::Known { value, .. } => format!("z {} against 30 days", format::signed(*value, 2)),
        Figure::Missing(why) => format!("z: {why}"),
    };
    let change = match &p.open_interest_change_1h {
        Figure::Known { value, .. } => format!("{}% in 1 h, in coins", format::signed(value.get(), 2)),
        Figure::Missing(why) => format!("1 h: {why}"),
    };
    let accounts = |long: &schema::Ratio| Text::plain(format::percent(long.get() * 100.0, 1));
    let premium = |bps: &f64| Text::change(format!("{} bps", format::signed(*bps, 2)));
    view! {
        <dl class="stats">
            {told(now, "Funding per 8 h", &p.funding_per_8h, QUOTE_S, funding, z)}
            {told(now, "Open interest", &p.open_interest_usd, QUOTE_S, |usd| Text::plain(format::usd(*usd)), change)}
            {told(now, "Accounts long", &p.accounts_long, FIVE_MINUTES_S, accounts, "of accounts, not of size".to_owned())}
            {told(now, "Premium", &p.premium_bps, QUOTE_S, premium, format!("median of {} contracts", p.universe))}
        </dl>
        {liquidated("1 h", &p.liquidations_1h)}
        {liquidated("24 h", &p.liquidations_24h)}
    }
    .into_any()
}

/// A figure with a note beneath it: its age once that is beyond the usual, and what else belongs to it.
fn told<T>(
    now: UnixMs,
    label: &'static str,
    figure: &Figure<T>,
    usual_s: u64,
    show: impl FnOnce(&T) -> Text,
    note: String,
) -> AnyView {
    match figure {
        Figure::Known { value, as_of } => {
            let old = as_of.age(now).as_secs() >= usual_s;
            let age = old.then(|| view! { {time::age(*as_of, now)}" old; " });
            stat_of(label, show(value).view(), Some(view! { {age}{note} }))
        }
        Figure::Missing(why) => missing_stat(label, why),
    }
}

/// What was closed on both sides, as a bar that grows from its middle: the larger side fills its half.
fn liquidated(window: &'static str, figure: &Figure<Liquidated>) -> AnyView {
    let (count, bar, legend, note) = match figure {
        Figure::Known { value, .. } => {
            let (longs, shorts) = (format::usd(value.longs), format::usd(value.shorts));
            let label = format!("Liquidated in {window}: {longs} of longs, {shorts} of shorts");
            let legend = view! {
                <span class="down"><span class="n">{longs}</span>" longs"</span>
                <span class="up"><span class="n">{shorts}</span>" shorts"</span>
            };
            // Rounded down: all of a window is heard only when all of it is.
            let percent = (value.heard.get() * 100.0).floor();
            let share = if percent < 1.0 { "less than 1%".to_owned() } else { format::percent(percent, 0) };
            let note = (percent < 100.0).then(|| format!("{share} of {window} was heard"));
            let count = match value.n {
                1 => "1 position".to_owned(),
                n => format!("{} positions", format::count(n.into())),
            };
            (count, bar::two_sided(value.longs.get(), value.shorts.get(), label), legend.into_any(), note)
        }
        Figure::Missing(why) => {
            let hollow = view! { <div class="hollow-bar"></div> }.into_any();
            (String::new(), hollow, dash_alone(), Some(why.to_string()))
        }
    };
    view! {
        <div class="closed">
            <p class="pair"><span>{format!("Liquidated, {window}")}</span><span class="n">{count}</span></p>
            {bar}
            <p class="legend">{legend}</p>
            <p class="note">{note}</p>
        </div>
    }
    .into_any()
}
