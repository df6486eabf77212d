//! The tasks of the monitor. Server only.

use leptos::prelude::*;
use schema::{Held, SystemHealth, UnixMs, health::TaskStatus, page::Frame, reading::Found};

use super::{Look, rendered_card};
use crate::{
    format,
    part::{
        figure::{Text, dash},
        time,
    },
};

pub(crate) fn tasks(page: &Frame, health: &Found<SystemHealth>) -> AnyView {
    rendered_card(Look { name: "tasks", title: "Tasks" }, page, health, |held| body(page.now, held))
}

fn body(now: UnixMs, held: &Held<SystemHealth>) -> AnyView {
    if held.value.tasks.is_empty() {
        return view! { <p class="absent">"No task has started yet."</p> }.into_any();
    }
    let rows: Vec<_> = held.value.tasks.iter().map(|task| row(now, task)).collect();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="List of tasks">
            <table class="tasks-table">
                <thead>
                    <tr>
                        <th scope="col">"Task"</th>
                        <th scope="col">"Every"</th>
                        <th scope="col">"Runs"</th>
                        <th scope="col">"Failed"</th>
                        <th scope="col">"Took"</th>
                        <th scope="col">"Ended"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(now: UnixMs, task: &TaskStatus) -> AnyView {
    let took = task
        .last_took_ms
        .map_or_else(|| dash("has not run yet"), |ms| Text::plain(format!("{} ms", format::quantity(ms))).view());
    let ended = match task.last_end {
        Some(at) => view! { {time::age(at, now)}" ago" }.into_any(),
        None => dash("has not run yet"),
    };
    let failed = if task.failures > 0 { "n down" } else { "n" };
    view! {
        <tr>
            <th scope="row">
                {task.name.clone()}
                <span class="note">{task.what.clone()}</span>
                {task.last_error.clone().map(|error| view! { <span class="error">{error}</span> })}
            </th>
            <td>{Text::plain(period(task.period_ms)).view()}</td>
            <td>{Text::plain(format::count(task.runs)).view()}</td>
            <td><span class=failed>{format::count(task.failures)}</span></td>
            <td>{took}</td>
            <td>{ended}</td>
        </tr>
    }
    .into_any()
}

/// A period as it was set: `250 ms`, `5 s`, `1 min`.
fn period(ms: u64) -> String {
    if ms.is_multiple_of(1_000) { format::age(std::time::Duration::from_millis(ms)) } else { format!("{ms} ms") }
}
