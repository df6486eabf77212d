//! Every schema in the cache of the process that serves the page: state, age, writer, stamp, size, last error. Server only.

use leptos::prelude::*;
use schema::{
    Origin,
    page::Frame,
    report::{CacheReport, SchemaReport},
};

use super::{Look, rendered_plain_card};
use crate::{
    format,
    part::{
        figure::{Text, dash},
        time,
    },
};

pub(crate) fn schemas(page: &Frame, report: &CacheReport) -> AnyView {
    rendered_plain_card(Look { name: "schemas", title: "Cache" }, "fresh", body(page, report))
}

fn body(page: &Frame, report: &CacheReport) -> AnyView {
    if report.schemas.is_empty() {
        return view! { <p class="absent">"Nothing was written or read yet."</p> }.into_any();
    }
    let rows: Vec<_> = report.schemas.iter().map(|schema| row(page, schema)).collect();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="List of schemas">
            <table class="tasks-table schemas-table">
                <thead>
                    <tr>
                        <th scope="col">"Schema"</th>
                        <th scope="col">"Values"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Age"</th>
                        <th scope="col">"Size"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(page: &Frame, schema: &SchemaReport) -> AnyView {
    let age = match schema.as_of {
        Some(as_of) => time::age(as_of, page.now),
        None => dash("never written"),
    };
    let size = schema.bytes.map_or_else(|| dash("never written"), |bytes| Text::plain(format::bytes(bytes)).view());
    let error = schema.last_error.as_ref().map(|error| {
        let text = format!("{}: {}", format::moment(error.at, page.zone), error.text);
        view! { <span class="error">{text}</span> }
    });
    let late = schema.overdue().map(|period| {
        let text = format!("over twice its period of {}", format::age(period));
        view! { <span class="note">{text}</span> }
    });
    view! {
        <tr data-state=schema.state.clone()>
            <th scope="row">
                {format!("{}@{}", schema.name, schema.version)}
                <span class="note">{written(schema)}</span>
                {error}
            </th>
            <td>{Text::plain(format::count(schema.entries)).view()}</td>
            <td><span class="state">{schema.state.clone()}</span>{late}</td>
            <td>{age}</td>
            <td>{size}</td>
        </tr>
    }
    .into_any()
}

/// Who wrote the newest value, and as which of its writes.
fn written(schema: &SchemaReport) -> String {
    let how = match schema.origin {
        Some(Origin::Live) => "by",
        Some(Origin::Restored) => "restored by",
        None => return if schema.vital { "not ready without it".to_owned() } else { String::new() },
    };
    let writer = schema.writer.as_deref().unwrap_or_default();
    schema.stamp.map_or_else(|| format!("{how} {writer}"), |stamp| format!("{how} {writer}, stamp {stamp}"))
}
