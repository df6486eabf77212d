//! What positions in perpetual contracts cost, who holds them, and what was closed by force. Server only.

use leptos::prelude::*;
use schema::{Figure, Held, PerpsPulse, page::Frame, perps::Liquidated, reading::Found};

use super::{Look, rendered_card};
use crate::{
    format,
    part::{
        ages::Ages,
        bar,
        cadence::Cadence,
        figure::{Text, dash_alone, missing_stat, stat_with},
    },
};

pub(crate) fn perps(page: &Frame, found: &Found<PerpsPulse>, ages: &Ages) -> AnyView {
    rendered_card(Look { name: "perps", title: "Perps pulse" }, page, found, |held| body(held, ages))
}

fn body(held: &Held<PerpsPulse>, ages: &Ages) -> AnyView {
    let p = &held.value;
    let funding_ago = ages.of(&p.funding_per_8h, Cadence::Minute, held.as_of);
    let premium_ago = ages.of(&p.premium_bps, Cadence::Quote, held.as_of);
    let interest_ago = ages.of(&p.open_interest_usd, Cadence::FiveMinutes, held.as_of);
    let accounts_ago = ages.of(&p.accounts_long, Cadence::FiveMinutes, held.as_of);
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
            {noted("Funding per 8 h", &p.funding_per_8h, funding_ago, funding, z)}
            {noted("Open interest", &p.open_interest_usd, interest_ago, |usd| Text::plain(format::usd(*usd)), change)}
            {noted("Accounts long", &p.accounts_long, accounts_ago, accounts, "of accounts, not of size".to_owned())}
            {noted("Premium", &p.premium_bps, premium_ago, premium, format!("median of {} contracts", p.universe))}
        </dl>
        {liquidated("1 h", &p.liquidations_1h)}
        {liquidated("24 h", &p.liquidations_24h)}
    }
    .into_any()
}

/// A figure with its age where it is overdue, and a note beneath it.
fn noted<T>(
    label: &'static str,
    figure: &Figure<T>,
    ago: Option<AnyView>,
    show: impl FnOnce(&T) -> Text,
    note: String,
) -> AnyView {
    match figure {
        Figure::Known { value, .. } => stat_with(label, ago, show(value).view(), Some(note)),
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
            // Rounded down: all of a window is covered only when all of it is.
            let percent = (value.heard.get() * 100.0).floor();
            let share = if percent < 1.0 { "less than 1%".to_owned() } else { format::percent(percent, 0) };
            let note = (percent < 100.0).then(|| format!("{share} of {window} covered"));
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
