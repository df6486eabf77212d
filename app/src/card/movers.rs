//! What moves most: five lists, two windows, switched without a script. Server only.

use leptos::prelude::*;
use schema::{
    Held, MarketMovers, Symbol,
    movers::{FundingExtreme, Mover, MoverLists, OiRiser},
    page::Frame,
    reading::Found,
};

use super::{Look, rendered_card};
use crate::{
    format,
    part::{
        figure::{Text, write_figure},
        markup::Markup,
        symbol::symbol as name,
    },
    path,
};

/// The lists, by the value of their switch.
const LISTS: [(&str, &str); 5] = [
    ("gainers", "Gainers"),
    ("losers", "Losers"),
    ("active", "Most active"),
    ("oi", "OI risers"),
    ("funding", "Funding"),
];

pub(crate) fn movers(page: &Frame, found: &Found<MarketMovers>) -> AnyView {
    rendered_card(Look { name: "movers", title: "Movers" }, page, found, body)
}

/// The switches are radio buttons that stand before what they switch, so that the style sheet alone can do it.
fn body(held: &Held<MarketMovers>) -> AnyView {
    let m = &held.value;
    let radios: Vec<_> = LISTS
        .iter()
        .enumerate()
        .map(|(i, (id, label))| {
            view! { <input type="radio" class="vh" name="movers-list" id=format!("movers-{id}") checked=i == 0 aria-label=*label/> }
        })
        .collect();
    let labels: Vec<_> =
        LISTS.iter().map(|(id, label)| view! { <label for=format!("movers-{id}")>{*label}</label> }).collect();
    view! {
        {radios}
        <input type="radio" class="vh" name="movers-window" id="movers-day" checked=true aria-label="Over 24 h"/>
        <input type="radio" class="vh" name="movers-window" id="movers-hour" aria-label="Over 1 h"/>
        <div class="switches" aria-hidden="true">
            <div class="chips lists-switch">{labels}</div>
            <div class="chips window-switch">
                <label for="movers-day">"24 h"</label>
                <label for="movers-hour">"1 h"</label>
            </div>
        </div>
        <div class="lists">
            {gain_lose("day", "24 h", &m.day)}
            {gain_lose("hour", "1 h", &m.hour)}
            {list("active", "Most active, 24 h", "Nothing was traded.", active(&m.most_active))}
            {list("oi", "OI risers, 1 h", "No open interest rose.", risers(&m.oi_risers))}
            {list("funding", "Funding furthest from zero", "No funding rate is known.", funding(&m.funding_extremes))}
        </div>
        <p class="note">
            {format!("Among {} symbols of at least {} turnover in 24 h.", m.universe, format::usd(m.min_turnover))}
        </p>
    }
    .into_any()
}

fn gain_lose(window: &'static str, name: &str, lists: &MoverLists) -> AnyView {
    let rows = |movers: &[Mover]| movers.iter().map(|mover| row(mover, Text::pct(mover.change))).collect();
    view! {
        {list(if window == "day" { "gainers day" } else { "gainers hour" }, format!("Gainers, {name}"), "No symbol rose.", rows(&lists.gainers))}
        {list(if window == "day" { "losers day" } else { "losers hour" }, format!("Losers, {name}"), "No symbol fell.", rows(&lists.losers))}
    }
    .into_any()
}

fn list(class: &'static str, title: impl Into<String>, none: &'static str, rows: Vec<AnyView>) -> AnyView {
    let body = if rows.is_empty() {
        view! { <p class="absent">{none}</p> }.into_any()
    } else {
        view! { <ol>{rows}</ol> }.into_any()
    };
    view! {
        <div class=format!("list {class}")>
            <h3>{title.into()}</h3>
            {body}
        </div>
    }
    .into_any()
}

fn line(symbol: &Symbol, middle: impl FnOnce(&mut Markup), end: AnyView) -> AnyView {
    let mut written = Markup::default();
    middle(&mut written);
    view! {
        <li>
            <a href=path::symbol(symbol)>
                {name(symbol)}
                <span class="middle" inner_html=written.into_text()></span>
                <span class="end">{end}</span>
            </a>
        </li>
    }
    .into_any()
}

fn row(mover: &Mover, end: Text) -> AnyView {
    line(&mover.symbol, |to| Text::price(mover.price, mover.tick).write(to), end.view())
}

fn active(movers: &[Mover]) -> Vec<AnyView> {
    movers
        .iter()
        .map(|mover| {
            let turnover = Text::plain(format::usd(mover.turnover_24h));
            line(&mover.symbol, |to| turnover.write(to), Text::pct(mover.change).view())
        })
        .collect()
}

fn risers(risers: &[OiRiser]) -> Vec<AnyView> {
    risers
        .iter()
        .map(|riser| {
            let held =
                |to: &mut Markup| write_figure(to, &riser.open_interest_usd, |usd| Text::plain(format::usd(*usd)));
            line(&riser.symbol, held, Text::pct(riser.change_1h).view())
        })
        .collect()
}

fn funding(extremes: &[FundingExtreme]) -> Vec<AnyView> {
    extremes
        .iter()
        .map(|extreme| {
            let own = format!(
                "{}% / {} h",
                format::signed(extreme.funding.rate.get() * 100.0, 4),
                extreme.funding.interval_hours
            );
            let per_8h = format!("{}% / 8 h", format::signed(extreme.per_8h.get(), 4));
            line(&extreme.symbol, |to| Text::plain(own).write(to), Text::change(per_8h).view())
        })
        .collect()
}
