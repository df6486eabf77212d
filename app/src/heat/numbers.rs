//! The numbers of the map, for those who cannot see it and for those who want them.

use leptos::prelude::*;
use schema::{SignalRow, Usd};

use crate::{
    format,
    part::{
        figure::{Text, figure},
        symbol::symbol,
    },
    path,
};

/// The symbols with a cell of their own as a table, most traded first.
pub(super) fn table(rows: &[(&SignalRow, Usd)]) -> AnyView {
    let lines: Vec<_> = rows
        .iter()
        .map(|(row, turnover)| {
            view! {
                <tr id=format!("heat-{}", row.symbol.escaped())>
                    <th scope="row"><a href=path::symbol(&row.symbol)>{symbol(&row.symbol)}</a></th>
                    <td>{format::usd(*turnover)}</td>
                    <td>{figure(&row.quote.change_24h, |pct| Text::pct(*pct))}</td>
                    <td>{figure(&row.score, |score| Text::plain(format::score(*score)))}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <details class="numbers" id="heat-numbers">
            <summary>"The same in numbers"</summary>
            <div class="scroll" tabindex="0" role="region" aria-label="List of the map's symbols">
                <table>
                    <caption class="vh">"Symbols of the map, most traded first"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Symbol"</th>
                            <th scope="col">"Turnover"</th>
                            <th scope="col">"24 h"</th>
                            <th scope="col">"Score"</th>
                        </tr>
                    </thead>
                    <tbody>{lines}</tbody>
                </table>
            </div>
        </details>
    }
    .into_any()
}
