//! Ideas of the past with their outcome, and how many ended in which way. Server only.

use leptos::prelude::*;
use schema::{
    ActiveIdeas, Held, UnixMs,
    ideas::{EndedIdea, Outcome},
    page::Frame,
    reading::Found,
};

use super::{
    Look,
    ideas::{model, net},
    rendered_card,
};
use crate::{
    format,
    part::{
        figure::{dash, direction},
        idea::{multiple, pointing},
        symbol::symbol as name,
        time,
    },
    path,
};

/// Rows on the page; the API returns all that are kept.
const SHOWN: usize = 30;

pub(crate) fn ended_ideas(page: &Frame, found: &Found<ActiveIdeas>) -> AnyView {
    rendered_card(Look { name: "ended-ideas", title: "Ended ideas" }, page, found, |held| body(held, page))
}

fn body(held: &Held<ActiveIdeas>, page: &Frame) -> AnyView {
    let value = &held.value;
    let since = format::moment(value.watched_since, page.zone);
    if value.ended.is_empty() {
        return view! { <p class="absent">{format!("None ended since {since}.")}</p> }.into_any();
    }
    let counts = Outcome::ALL.map(|outcome| {
        view! { <div class="stat"><dt>{outcome.label()}</dt><dd class="n">{format::count(value.counts.of(outcome).into())}</dd></div> }
    });
    let n = value.counts.n();
    let rows = value.ended.iter().take(SHOWN).map(|ended| row(ended, page.now)).collect_view();
    let rest = (value.ended.len() > SHOWN).then(|| format!(" The latest {SHOWN} are listed."));
    view! {
        <p class="n-of">{format!("n = {} since {since}", format::count(n))}</p>
        <dl class="stats">{counts.collect_view()}</dl>
        <div class="scroll" tabindex="0" role="region" aria-label="Ended ideas, newest first">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Idea"</th>
                        <th scope="col">"Outcome"</th>
                        <th scope="col">"Gross"</th>
                        <th scope="col">"Net"</th>
                        <th scope="col">"Ended"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <p class="note">
            "Decided by closed minutes, in the minute of the entry by trades; where a minute reached the stop and a target, the stop \
             counts. "{model(&value.costs)}{rest}
        </p>
    }
    .into_any()
}

fn row(ended: &EndedIdea, now: UnixMs) -> AnyView {
    let id = format!("ended-{}-{}-{}", ended.symbol.escaped(), ended.opened_at, pointing(ended.side).label());
    let unknown = || dash("the bars or trades that would have decided it are missing");
    let gross = ended.exit.map_or_else(unknown, |exit| multiple(exit.r.get()).view());
    let net = ended.net.as_ref().map_or_else(unknown, |left| net(&left.r));
    let targets = match ended.targets_reached {
        0 => "no target reached".to_owned(),
        1 => "1 target reached".to_owned(),
        more => format!("{more} targets reached"),
    };
    view! {
        <tr id=id>
            <th scope="row">
                <a href=path::symbol(&ended.symbol)>{name(&ended.symbol)}</a>" "{direction(pointing(ended.side))}
            </th>
            <td>{ended.outcome.label()}<small class="note">{targets}</small></td>
            <td>{gross}</td>
            <td>{net}</td>
            <td>{time::age(ended.ended_at, now)}" ago"</td>
        </tr>
    }
    .into_any()
}
