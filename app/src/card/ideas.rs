//! The ideas that stand. Server only: the page is asked for again when they change.

use leptos::prelude::*;
use schema::{
    ActiveIdeas, Bps, CostModel, Costs, Figure, Held, Price, Zone,
    ideas::{Idea, Reason, Shift},
    page::Frame,
    reading::Found,
    unit::RMultiple,
};

use super::{Look, rendered_card};
use crate::{
    format,
    part::{
        figure::{Text, dash, direction, stat, stat_of},
        idea::{multiple, pointing},
        symbol::symbol as name,
        time,
    },
    path,
};

/// Ideas on the page; the API returns all.
const SHOWN: usize = 30;

pub(crate) fn ideas(page: &Frame, found: &Found<ActiveIdeas>) -> AnyView {
    rendered_card(Look { name: "ideas", title: "Open ideas" }, page, found, |held| body(held, page))
}

fn body(held: &Held<ActiveIdeas>, page: &Frame) -> AnyView {
    let value = &held.value;
    let list = if value.open.is_empty() {
        view! { <p class="absent">{why_none(value, page.zone)}</p> }.into_any()
    } else {
        value.open.iter().take(SHOWN).map(|open| idea(open, page)).collect_view().into_any()
    };
    let rest = (value.open.len() > SHOWN)
        .then(|| view! { <p class="note">{format!("The newest {SHOWN} of {} are shown.", value.open.len())}</p> });
    let rules = &value.rules;
    view! {
        {list}
        {rest}
        <p class="note">
            {format!(
                "An idea opens when a closed minute makes a symbol long (score {} or more) or short ({} or less) and its distance \
                 from 50 times the quality of the reading is {} points or more. It enters at the first trade after that was decided. \
                 The stop is {} ATR (14, 5m) away, which is 1 R; it ends after {} h at the latest. {} Data, not advice.",
                format::fixed(rules.long.get(), 0),
                format::fixed(rules.short.get(), 0),
                format::fixed(rules.least_weighed.get(), 0),
                format::fixed(rules.stop_atr, 1),
                rules.expiry_ms / 3_600_000,
                model(&value.costs),
            )}
        </p>
    }
    .into_any()
}

/// What is counted as costs, in words.
pub(crate) fn model(costs: &CostModel) -> String {
    let fee = costs.taker_fee.map_or_else(
        || "a taker fee that is not known".to_owned(),
        |fee| format!("a taker fee of {} bps", format::fixed(fee.get(), 1)),
    );
    let spread = costs.assumed_spread.map_or_else(
        || "half the spread at the decision".to_owned(),
        |spread| format!("half of an assumed spread of {} bps", format::fixed(spread.get(), 1)),
    );
    format!("Net is after {fee} and {spread} on entry and exit, and after funding.")
}

/// A result after costs, or why it is not known.
pub(crate) fn net(r: &Figure<RMultiple>) -> AnyView {
    match r {
        Figure::Known { value, .. } => multiple(value.get()).view(),
        Figure::Missing(why) => dash(&format!("result after costs: {why}")),
    }
}

/// Why no idea is open, from what was counted.
fn why_none(value: &ActiveIdeas, zone: Zone) -> String {
    let (since, ended) = (format::moment(value.watched_since, zone), value.counts.n());
    let opened = match ended {
        0 => format!("None opened since {since}."),
        n => format!("{} opened since {since}, and ended.", format::count(n)),
    };
    let became = |n: u32, what: &str| match n {
        0 => String::new(),
        1 => format!(" 1 symbol became long or short {what}."),
        n => format!(" {} symbols became long or short {what}.", format::count(n.into())),
    };
    let low_quality = became(value.passed_over.low_quality, "in a reading of too low a quality");
    let no_stop = became(value.passed_over.no_stop, "without a known range to place a stop by");
    let no_price = became(value.passed_over.no_price, "and no price came within two minutes");
    let left = became(value.passed_over.left, "and no more before a price came");
    format!("No open ideas. {opened}{low_quality}{no_stop}{no_price}{left}")
}

fn idea(idea: &Idea, page: &Frame) -> AnyView {
    let (now, zone) = (page.now, page.zone);
    let id = path::idea_id(idea);
    let (details, heading) = (format!("{id}-why"), format!("{id}-name"));
    let price = |price: Price| Text::price(price, idea.tick).view();
    let away = Text::plain(format!("{}%", format::signed(100.0 * (idea.stop.get() / idea.entry.get() - 1.0), 2)));
    let targets = idea.targets.iter().map(|target| {
        let label = format!("Target {} R", format::fixed(target.r.get(), 1));
        let note = target.reached_at.map(|at| format!("reached {}", format::clock(at, zone)));
        view! {
            <div class="stat">
                <dt>{label}</dt>
                <dd>{price(target.price)}</dd>
                {note.map(|note| view! { <dd class="note">{note}</dd> })}
            </div>
        }
    });
    let running = match &idea.running {
        Figure::Known { value, as_of } => view! {
            <p class="running">
                {multiple(value.r.get()).view()}
                <span class="note">"net "{net(&idea.net.r)}" at "{price(value.price)}", "{time::age(*as_of, now)}" ago"</span>
            </p>
        }
        .into_any(),
        Figure::Missing(why) => view! { <p class="running">{dash(&format!("last price: {why}"))}</p> }.into_any(),
    };
    view! {
        <article class="idea" id=id aria-labelledby=heading.clone()>
            <div class="idea-head">
                <h3 id=heading.clone()>
                    <a href=path::symbol(&idea.symbol)>{name(&idea.symbol)}</a>" "{direction(pointing(idea.side))}
                </h3>
                <p class="note">{time::age(idea.opened_at, now)}" old"</p>
                {running}
            </div>
            {scale(idea)}
            <dl class="stats">
                {stat_of("Entry", price(idea.entry), Some(format::clock(idea.opened_at, zone)))}
                {stat_of("Stop", price(idea.stop), Some(away.view()))}
                {targets.collect_view()}
                {stat_of("Ends in", time::left(idea.expires_at, now), None::<String>)}
            </dl>
            <details id=details>
                <summary>"Why: score "{format::score(idea.score)}</summary>
                {why(idea)}
                {entered(idea, zone)}
                {costs(&idea.net.costs)}
            </details>
        </article>
    }
    .into_any()
}

/// From the stop to the last target, with the entry, the targets and the last price; one R is 100 wide.
fn scale(idea: &Idea) -> AnyView {
    let last = idea.targets.last().map_or(0.0, |target| target.r.get());
    let place = |r: f64| format!("{:.1}", 100.0 * (r.clamp(-1.0, last) + 1.0));
    let width = 100.0 * (last + 1.0);
    let (running, at) = match &idea.running {
        Figure::Known { value, .. } => {
            (Some(value.r.get()), format!("the last price is at {} R", format::signed(value.r.get(), 2)))
        }
        Figure::Missing(why) => (None, format!("the last price is missing: {why}")),
    };
    let label =
        format!("From the stop at {}1 R to the last target at +{} R: {at}", format::MINUS, format::fixed(last, 1));
    let marks = idea.targets.iter().map(|target| {
        let class = if target.reached_at.is_some() { "mark reached" } else { "mark" };
        let x = place(target.r.get());
        view! { <line class=class x1=x.clone() x2=x y1="4" y2="20"/> }
    });
    let filled = running.map(|r| {
        let (from, to) = (r.clamp(-1.0, last).min(0.0), r.clamp(-1.0, last).max(0.0));
        let class = if r < 0.0 { "run down" } else { "run up" };
        view! { <rect class=class x=place(from) y="9" width=format!("{:.1}", 100.0 * (to - from)) height="6"/> }
    });
    view! {
        <svg
            class="r-scale"
            viewBox=format!("-2 0 {:.0} 24", width + 4.0)
            preserveAspectRatio="none"
            role="img"
            aria-label=label
        >
            <rect class="track" x="0" y="11" width=format!("{width:.0}") height="2"/>
            {filled}
            <line class="mark stop" x1="0" x2="0" y1="4" y2="20"/>
            <line class="mark entry" x1="100" x2="100" y1="2" y2="22"/>
            {marks.collect_view()}
        </svg>
    }
    .into_any()
}

fn why(idea: &Idea) -> AnyView {
    let before = idea.score_before.map_or_else(
        || "The bar before had no score.".to_owned(),
        |before| format!("The bar before scored {}.", format::score(before)),
    );
    let trust = format!(
        "Agreement {}, coverage {}, quality {}.",
        format::share(idea.agreement),
        format::share(idea.coverage),
        format::share(idea.quality)
    );
    view! {
        <ol class="reasons" aria-label="Largest contributions">{idea.reasons.iter().map(reason).collect_view()}</ol>
        <p class="note">{changed(&before, &idea.shifts)}</p>
        <p class="note">{trust}</p>
    }
    .into_any()
}

/// When it was decided, and what it was entered at.
fn entered(idea: &Idea, zone: Zone) -> AnyView {
    let text = format!(
        "Bar closed {}, decided {}, entered {}: {}.",
        format::clock(idea.bar_closed_at, zone),
        format::clock(idea.decided_at, zone),
        format::clock(idea.opened_at, zone),
        idea.entry_price.label(),
    );
    view! { <p class="note">{text}</p> }.into_any()
}

/// What it would cost to end it now, part by part.
fn costs(costs: &Costs) -> AnyView {
    let paid = |bps: &Bps| Text::plain(format!("{} bps", format::fixed(bps.get(), 2)));
    let received = |bps: &Bps| Text::change(format!("{} bps", format::signed(bps.get(), 2)));
    view! {
        <p class="note">"Costs if it ended at the last price, in bps of the value at entry."</p>
        <dl class="stats">
            {stat("Taker fee", &costs.fee, paid)}
            {stat("Spread", &costs.spread, paid)}
            {stat("Funding received", &costs.funding, received)}
        </dl>
    }
    .into_any()
}

fn reason(reason: &Reason) -> AnyView {
    let timeframe = reason.timeframe.map_or_else(String::new, |timeframe| format!(" on {}", timeframe.as_str()));
    let unit = if reason.unit.is_empty() { String::new() } else { format!(" {}", reason.unit) };
    view! {
        <li>
            <span>
                {format!("{}{timeframe}", reason.label)}
                <small class="note">{format!("{} · {}{unit}", reason.dimension.label(), format::quantity(reason.raw))}</small>
            </span>
            {Text::change(format::signed(reason.contribution.get(), 2)).view()}
        </li>
    }
    .into_any()
}

/// What changed since the bar before, in words.
fn changed(before: &str, shifts: &[Shift]) -> String {
    let shift = |shift: &Shift| format!("{} {}", shift.dimension.label(), format::signed(shift.points.get(), 2));
    match shifts {
        [] => before.to_owned(),
        some => format!("{before} Since then: {}.", some.iter().map(shift).collect::<Vec<_>>().join(", ")),
    }
}
