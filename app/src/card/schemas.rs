//! Every schema in the cache of the process that serves the page: state, age, writer, stamp, size, last error.

use leptos::prelude::*;
use schema::{
    Origin,
    report::{CacheReport, SchemaReport},
};

use super::{Look, plain_card};
use crate::{
    format,
    live::Store,
    part::figure::{Text, dash},
};

pub(crate) fn schemas(store: Store, cache: RwSignal<CacheReport>) -> AnyView {
    plain_card(Look { name: "schemas", title: "Cache" }, || "fresh", move || cache.with(|report| body(store, report)))
}

fn body(store: Store, report: &CacheReport) -> AnyView {
    if report.schemas.is_empty() {
        return view! { <p class="absent">"Nothing was written or read yet."</p> }.into_any();
    }
    let rows: Vec<_> = report.schemas.iter().map(|schema| row(store, schema)).collect();
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

fn row(store: Store, schema: &SchemaReport) -> AnyView {
    let age = match schema.as_of {
        Some(as_of) => {
            view! { <span class="n tick">{move || format::age(as_of.age(store.now.get()))}</span> }.into_any()
        }
        None => dash("never written"),
    };
    let size = schema.bytes.map_or_else(|| dash("never written"), |bytes| Text::plain(format::bytes(bytes)).view());
    let error = schema.last_error.as_ref().map(|error| {
        let text = format!("{}: {}", format::moment(error.at), error.text);
        view! { <span class="error">{text}</span> }
    });
    view! {
        <tr data-state=schema.state.clone()>
            <th scope="row">
                {format!("{}@{}", schema.name, schema.version)}
                <span class="note">{written(schema)}</span>
                {error}
            </th>
            <td>{Text::plain(format::count(schema.entries)).view()}</td>
            <td><span class="state">{schema.state.clone()}</span></td>
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
