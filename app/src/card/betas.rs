//! Every contract's beta to Bitcoin, as a table in the order that is asked for. Server only.

use leptos::prelude::*;
use schema::{
    BetaTable, Figure, Held,
    beta::{BetaRanking, BetaRow},
    page::Frame,
    reading::Found,
};

use super::{Look, rendered_card};
use crate::{
    beta::{PAGE_SIZE, Query, SortBy, order},
    format,
    part::{
        figure::{Text, figure, missing},
        symbol::symbol as name,
    },
    path,
    scores::Order,
};

pub(crate) fn betas(frame: &Frame, found: &Found<BetaTable>, query: Query) -> AnyView {
    rendered_card(Look { name: "betas", title: "Beta, correlation and outperformance" }, frame, found, |held| {
        body(held, query)
    })
}

fn body(held: &Held<BetaTable>, query: Query) -> AnyView {
    match held.value.over(query.window) {
        Some(ranking) if !ranking.rows.is_empty() => table(ranking, query),
        _ => view! { <p class="absent">"No contract is held against Bitcoin yet."</p> }.into_any(),
    }
}

fn table(ranking: &BetaRanking, query: Query) -> AnyView {
    let rows = order(ranking, &query);
    let pages = rows.len().div_ceil(PAGE_SIZE);
    let page = query.page.clamp(1, pages);
    let shown = &rows[(page - 1) * PAGE_SIZE..rows.len().min(page * PAGE_SIZE)];
    view! {
        <nav class="chips sorts" aria-label="Sort">
            {SortBy::ALL.into_iter().map(|sort| sorter(query, sort)).collect::<Vec<_>>()}
        </nav>
        <p class="note">
            {format!("Showing {} of {} contracts, log returns over {}.", shown.len(), rows.len(), query.window.as_str())}
        </p>
        <div class="scroll" tabindex="0" role="region" aria-label="Table of betas">
            <table class="betas-table">
                <thead>
                    <tr>
                        <th scope="col">"Contract"</th>
                        <th scope="col">"vs BTC"</th>
                        <th scope="col">"Beta"</th>
                        <th scope="col">"Corr."</th>
                        <th scope="col">"R²"</th>
                        <th scope="col">"n"</th>
                        <th scope="col">"Change"</th>
                    </tr>
                </thead>
                <tbody>{shown.iter().map(|row| line(row)).collect::<Vec<_>>()}</tbody>
            </table>
        </div>
        {pager(query, page, pages)}
    }
    .into_any()
}

fn sorter(query: Query, sort: SortBy) -> AnyView {
    let current = query.sort == sort;
    let (arrow, order) = match (current, query.order) {
        (false, _) => ("", ""),
        (true, Order::Desc) => (" ↓", ", highest first"),
        (true, Order::Asc) => (" ↑", ", lowest first"),
    };
    view! {
        <a
            class="chip"
            href=query.sorted_by(sort).url()
            aria-current=current.then_some("true")
            aria-label=format!("Sort by {}{order}", sort.label())
        >
            {format!("{}{arrow}", sort.label())}
        </a>
    }
    .into_any()
}

fn line(row: &BetaRow) -> AnyView {
    let measured = match &row.beta {
        Figure::Known { value, .. } => view! {
            <td>
                <span class="n">{format::fixed(value.beta, 2)}</span>
                " "
                <small class="soft">{format!("± {}", format::fixed(value.standard_error, 2))}</small>
            </td>
            <td><span class="n">{format::fixed(value.correlation, 2)}</span></td>
            <td><span class="n">{format::percent(value.r_squared() * 100.0, 0)}</span></td>
            <td><span class="n">{value.n}</span></td>
        }
        .into_any(),
        Figure::Missing(why) => {
            view! { <td colspan="4" class="why">{missing(why)}" "{why.to_string()}</td> }.into_any()
        }
    };
    view! {
        <tr id=format!("beta-{}", row.symbol.escaped())>
            <th scope="row"><a href=path::symbol(&row.symbol)>{name(&row.symbol)}</a></th>
            <td>{figure(&row.excess, |points| Text::pct(*points))}</td>
            {measured}
            <td>{figure(&row.change, |pct| Text::pct(*pct))}</td>
        </tr>
    }
    .into_any()
}

fn pager(query: Query, page: usize, pages: usize) -> Option<AnyView> {
    let link = |to: usize, label: &'static str, rel: &'static str| {
        view! { <a class="chip" href=query.at_page(to).url() rel=rel>{label}</a> }
    };
    (pages > 1).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of the table">
                {(page > 1).then(|| link(page - 1, "Previous", "prev"))}
                <span>{format!("Page {page} of {pages}, {PAGE_SIZE} each")}</span>
                {(page < pages).then(|| link(page + 1, "Next", "next"))}
            </nav>
        }
        .into_any()
    })
}
