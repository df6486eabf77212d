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
    let (ended, took) = match task.period_ms {
        Some(_) => (ended, took),
        None => (dash("runs all the time"), dash("runs all the time")),
    };
    let failed = if task.failures > 0 { "n down" } else { "n" };
    view! {
        <tr>
            <th scope="row">
                {task.name.clone()}
                <span class="note">{task.what.clone()}</span>
                {trouble(now, task).map(|text| view! { <span class="error">{text}</span> })}
            </th>
            <td>{task.period_ms.map_or_else(|| dash("runs all the time"), |ms| Text::plain(period(ms)).view())}</td>
            <td>{Text::plain(format::count(task.runs)).view()}</td>
            <td><span class=failed>{format::count(task.failures)}</span></td>
            <td>{took}</td>
            <td>{ended}</td>
        </tr>
    }
    .into_any()
}

/// What is wrong with a task, and when it is tried again: `failing: no answer, retried in 4 s`.
fn trouble(now: UnixMs, task: &TaskStatus) -> Option<String> {
    let error = task.last_error.as_ref()?;
    let Some(at) = task.retry_at else { return Some(error.clone()) };
    let retried = match format::countdown(at, now).as_str() {
        "due" => "retried now".to_owned(),
        left => format!("retried in {left}"),
    };
    Some(format!("failing: {error}, {retried}"))
}

/// A period as it was set: `250 ms`, `5 s`, `1 min`.
fn period(ms: u64) -> String {
    if ms.is_multiple_of(1_000) { format::age(std::time::Duration::from_millis(ms)) } else { format!("{ms} ms") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_task_shows_its_cause_and_when_it_is_retried() {
        let task = TaskStatus {
            name: "hub".to_owned(),
            what: "Turns changes into the live stream.".to_owned(),
            period_ms: None,
            runs: 0,
            failures: 1,
            panics: 1,
            last_end: None,
            last_took_ms: None,
            last_error: Some("panicked: index out of bounds".to_owned()),
            retry_at: Some(UnixMs(5_000)),
        };
        let shown = |now| trouble(UnixMs(now), &task);
        assert_eq!(shown(1_000).as_deref(), Some("failing: panicked: index out of bounds, retried in 4 s"));
        assert_eq!(shown(6_000).as_deref(), Some("failing: panicked: index out of bounds, retried now"));
        assert_eq!(trouble(UnixMs(1_000), &TaskStatus { last_error: None, ..task }), None);
    }
}
