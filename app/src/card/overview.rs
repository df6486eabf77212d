//! The market in one look. Server only.

use leptos::prelude::*;
use schema::{Figure, Held, MarketOverview, Price, UnixMs, Venue, Zone, page::Frame, reading::Found};

use super::{Look, rendered_card};
use crate::{
    format,
    part::{
        ages::Ages,
        bar::{self, Piece},
        cadence::Cadence,
        figure::{Text, dash_alone, missing_stat, plain_stat, stat, stat_aged, stat_of, stat_with},
        time,
    },
};

pub(crate) fn overview(page: &Frame, found: &Found<MarketOverview>, ages: &Ages) -> AnyView {
    rendered_card(Look { name: "overview", title: "Overview" }, page, found, |held| body(page.now, held, ages))
}

fn body(now: UnixMs, held: &Held<MarketOverview>, ages: &Ages) -> AnyView {
    let o = &held.value;
    let interest_ago = ages.of(&o.open_interest_usd, Cadence::FiveMinutes, held.as_of);
    let price_ago = ages.of(&o.btc_price, Cadence::Quote, held.as_of);
    let price = |price: &Price| Text::plain(format!("${}", format::whole(price.get())));
    view! {
        {regime(o)}
        {balance(o)}
        {counts(o)}
        <dl class="stats">
            {stat("Turnover 24 h", &o.total_turnover_24h, |usd| Text::plain(format::usd(*usd)))}
            {stat_aged("Open interest", &o.open_interest_usd, interest_ago, |usd| Text::plain(format::usd(*usd)))}
            {stat("Average change 24 h", &o.average_change_24h, |pct| Text::pct(*pct))}
            {stat("Weighted by turnover", &o.turnover_weighted_change_24h, |pct| Text::pct(*pct))}
            {dispersion(o)}
            {stat_aged("BTC last price", &o.btc_price, price_ago, price)}
            {volatility(o)}
            {plain_stat("Symbols watched", format!("{} of {} listed", o.total_symbols, o.linear_symbols))}
        </dl>
        {outside(now, o, held.as_of, ages)}
    }
    .into_any()
}

fn regime(o: &MarketOverview) -> AnyView {
    match &o.regime {
        Figure::Known { value, .. } => view! {
            <p class="regime">{value.label.clone()}</p>
            <p class="reason">{value.reason.clone()}</p>
        }
        .into_any(),
        Figure::Missing(why) => view! {
            <p class="regime none">"No regime"</p>
            <p class="reason">{why.to_string()}</p>
        }
        .into_any(),
    }
}

fn balance(o: &MarketOverview) -> AnyView {
    match &o.signal_balance {
        Figure::Known { value, .. } => {
            let text = format::score(*value);
            view! {
                <div class="balance">
                    <p class="pair"><span>"Signal balance"</span><span class="n strong">{text.clone()}</span></p>
                    {bar::scale(value.get(), format!("Signal balance {text} on a scale from 0, all short, to 100, all long"))}
                </div>
            }
            .into_any()
        }
        Figure::Missing(why) => view! {
            <div class="balance">
                <p class="pair"><span>"Signal balance"</span>{dash_alone()}</p>
                <p class="note">{why.to_string()}</p>
            </div>
        }
        .into_any(),
    }
}

fn counts(o: &MarketOverview) -> AnyView {
    if o.scored_symbols == 0 {
        // Nothing was counted, so there is no count to show.
        return view! { <p class="note">{format!("None of {} symbols has a score yet.", o.total_symbols)}</p> }
            .into_any();
    }
    let (long, neutral, short) = (o.long_signals, o.neutral_signals, o.short_signals);
    let pieces = [
        Piece { class: "fill up", value: f64::from(long) },
        Piece { class: "fill mid", value: f64::from(neutral) },
        Piece { class: "fill down", value: f64::from(short) },
    ];
    view! {
        <div class="counts">
            {bar::stacked(&pieces, format!("{long} long, {neutral} neutral, {short} short"))}
            <p class="legend">
                <span class="up"><span class="n">{long}</span>" long"</span>
                <span class="mid"><span class="n">{neutral}</span>" neutral"</span>
                <span class="down"><span class="n">{short}</span>" short"</span>
            </p>
            <p class="note">{format!("{} of {} symbols have a score.", o.scored_symbols, o.total_symbols)}</p>
        </div>
    }
    .into_any()
}

/// The spread of changes over symbols, beside its mean of a day where that is known.
fn dispersion(o: &MarketOverview) -> AnyView {
    match &o.dispersion_24h {
        Figure::Known { value, .. } => {
            let note = match &o.dispersion_24h_mean {
                Figure::Known { value, .. } => format!("24 h mean {}", format::percent(value.get(), 2)),
                Figure::Missing(why) => format!("24 h mean: {why}"),
            };
            stat_of("Dispersion 24 h", Text::plain(format::percent(value.get(), 2)).view(), Some(note))
        }
        Figure::Missing(why) => missing_stat("Dispersion 24 h", why),
    }
}

fn volatility(o: &MarketOverview) -> AnyView {
    match &o.btc_realised_volatility {
        Figure::Known { value, .. } => stat_of(
            "BTC realised volatility",
            Text::plain(format::percent(value.get(), 1)).view(),
            Some(format!("a year, from {} days", o.btc_volatility_days)),
        ),
        Figure::Missing(why) => missing_stat("BTC realised volatility", why),
    }
}

/// What comes from outside the venue, with the name of each source beside it, as both of them ask for.
fn outside(now: UnixMs, o: &MarketOverview, newest: UnixMs, ages: &Ages) -> AnyView {
    let cap_ago = ages.of(&o.total_market_cap, Cadence::TenMinutes, newest);
    let change_ago = ages.of(&o.market_cap_change_24h, Cadence::TenMinutes, newest);
    view! {
        <div class="outside">
            {dominance(o, newest, ages)}
            <dl class="stats">
                {stat_aged("Market cap", &o.total_market_cap, cap_ago, |usd| Text::plain(format::usd(*usd)))}
                {stat_aged("Market cap 24 h", &o.market_cap_change_24h, change_ago, |pct| Text::pct(*pct))}
                {fear_greed(o, newest, ages)}
            </dl>
            {capitalisation_source(now, o)}
        </div>
    }
    .into_any()
}

fn dominance(o: &MarketOverview, newest: UnixMs, ages: &Ages) -> AnyView {
    let shares = [
        ("BTC", "fill gold", &o.btc_dominance),
        ("ETH", "fill cyan", &o.eth_dominance),
        ("Stablecoins", "fill grey", &o.stablecoin_dominance),
    ];
    let known: Vec<(&str, &'static str, f64)> = shares
        .iter()
        .filter_map(|(name, class, figure)| figure.value().map(|pct| (*name, *class, pct.get())))
        .collect();
    if let (true, Some(why)) = (known.is_empty(), o.btc_dominance.why()) {
        return view! {
            <div class="dominance">
                <p class="pair"><span>"Dominance"</span>{dash_alone()}</p>
                <p class="note">{format!("BTC dominance: {why}")}</p>
            </div>
        }
        .into_any();
    }
    // All of them are of one answer.
    let ago = shares.iter().find_map(|(_, _, figure)| ages.of(figure, Cadence::TenMinutes, newest));
    let label = known.iter().map(|(name, _, pct)| format!("{name} {}", format::percent(*pct, 1))).collect::<Vec<_>>();
    let mut pieces: Vec<Piece> = known.iter().map(|(_, class, value)| Piece { class, value: *value }).collect();
    let rest = 100.0 - pieces.iter().map(|piece| piece.value).sum::<f64>();
    // The rest of the market has no colour.
    pieces.push(Piece { class: "track", value: rest.max(0.0) });
    let legend: Vec<_> = shares
        .iter()
        .map(|(name, class, figure)| {
            let shown = match figure {
                Figure::Known { value, .. } => format::percent(value.get(), 1),
                Figure::Missing(why) => why.to_string(),
            };
            view! { <span><i class=*class></i>{*name}" "<span class="n">{shown}</span></span> }
        })
        .collect();
    view! {
        <div class="dominance">
            <p class="pair"><span>"Dominance"{ago}</span></p>
            {bar::stacked(&pieces, format!("Share of the market's capitalisation: {}", label.join(", ")))}
            <p class="legend">{legend}</p>
        </div>
    }
    .into_any()
}

fn fear_greed(o: &MarketOverview, newest: UnixMs, ages: &Ages) -> AnyView {
    match &o.fear_greed {
        Figure::Known { value, .. } => {
            let source = source(o.source, "https://alternative.me/crypto/fear-and-greed-index/", "Alternative.me");
            let note = view! { {source}{format!(", {}", format::date(value.date, Zone::UTC))} };
            let shown = Text::plain(format!("{} {}", format::fixed(value.value.get(), 0), value.label)).view();
            stat_with("Fear & Greed", ages.of(&o.fear_greed, Cadence::Day, newest), shown, Some(note))
        }
        Figure::Missing(why) => missing_stat("Fear & Greed", why),
    }
}

/// Where dominance and capitalisation come from, and their age once that is a minute: they are older than the card.
fn capitalisation_source(now: UnixMs, o: &MarketOverview) -> Option<AnyView> {
    // All of them are of one answer, which may lack some.
    let shares = [&o.btc_dominance, &o.eth_dominance, &o.stablecoin_dominance, &o.market_cap_change_24h];
    let as_of = shares.iter().find_map(|share| share.as_of()).or(o.total_market_cap.as_of())?;
    let source = source(o.source, "https://www.coingecko.com", "CoinGecko");
    let old = as_of.age(now).as_secs() >= 60;
    let age = old.then(|| view! { ", "{time::age(as_of, now)}" old" });
    let stable = o.stablecoin_dominance.value().map(|_| {
        view! { <p class="note">"Stablecoins: those among the ten largest coins."</p> }
    });
    Some(
        view! {
            <div>
                <p class="note">"Dominance and market cap: "{source}{age}</p>
                {stable}
            </div>
        }
        .into_any(),
    )
}

/// The name of an outside source with a way to it; in a simulated market there is no outside source.
fn source(venue: Venue, href: &'static str, name: &'static str) -> AnyView {
    match venue {
        Venue::Sim => "simulated".into_any(),
        Venue::Bybit | Venue::Binance | Venue::Replay => view! { <a href=href rel="noreferrer">{name}</a> }.into_any(),
    }
}
