//! The parts of the schemas: what is in their lists, figures and states.

use serde_json::{Value, json};

use super::shapes::{
    amount, count, figure, number, object, of, or_null, positive, ratio, reference, score, text, time,
};

/// One word, or an object with one of some members, as an enumeration is written.
fn one_of(words: &[&str], members: &[(&str, Value)]) -> Value {
    let members = members
        .iter()
        .map(|(name, value)| json!({ "type": "object", "required": [name], "properties": { *name: value } }));
    let mut variants: Vec<Value> = members.collect();
    if !words.is_empty() {
        variants.push(json!({ "enum": words }));
    }
    json!({ "oneOf": variants })
}

pub(super) fn funding() -> Value {
    object(
        "A funding rate: a share of the position per interval.",
        &[("rate", number()), ("interval_hours", count()), ("next", time())],
    )
}

pub(super) fn funding_extreme() -> Value {
    object(
        "A funding rate far from the others, in percent per 8 h as well.",
        &[("symbol", reference("Symbol")), ("funding", funding()), ("per_8h", number())],
    )
}

pub(super) fn oi_riser() -> Value {
    object(
        "Open interest that rises, in percent.",
        &[("symbol", reference("Symbol")), ("change_1h", number()), ("open_interest_usd", figure(amount()))],
    )
}

pub(super) fn liquidated() -> Value {
    object(
        "Liquidations in US dollars by side, their number, and the share of the time that was covered.",
        &[("longs", amount()), ("shorts", amount()), ("n", count()), ("heard", ratio())],
    )
}

pub(super) fn stats() -> Value {
    object(
        "Counts and means over the rows.",
        &[
            ("long", count()),
            ("neutral", count()),
            ("short", count()),
            ("unscored", count()),
            ("mean_score", or_null(score())),
            ("mean_agreement", or_null(ratio())),
            ("top", of(reference("Symbol"))),
        ],
    )
}

fn direction() -> Value {
    json!({ "type": "number", "minimum": -1, "maximum": 1 })
}

pub(super) fn dimension() -> Value {
    let finding = object(
        "A raw figure, where it points, what it adds to the score less 50, and the observations behind it.",
        &[("raw", number()), ("lean", direction()), ("contribution", number()), ("n", count())],
    );
    let part = object(
        "A part of a dimension.",
        &[
            ("id", text()),
            ("label", text()),
            ("unit", text()),
            ("timeframe", or_null(text())),
            ("weight", ratio()),
            ("finding", figure(finding)),
        ],
    );
    object(
        "A dimension of a score.",
        &[
            ("dimension", text()),
            ("weight", ratio()),
            ("coverage", ratio()),
            ("lean", figure(direction())),
            ("contribution", or_null(number())),
            ("parts", of(part)),
        ],
    )
}

pub(super) fn factor() -> Value {
    object(
        "A factor of a score.",
        &[("factor", text()), ("weight", ratio()), ("coverage", ratio()), ("direction", figure(direction()))],
    )
}

pub(super) fn condition() -> Value {
    object(
        "A condition of trading.",
        &[("id", text()), ("label", text()), ("unit", text()), ("value", figure(number()))],
    )
}

pub(super) fn book() -> Value {
    let level = object("A level.", &[("price", positive()), ("size", amount())]);
    object("The top of the order book, best first.", &[("bids", of(level.clone())), ("asks", of(level))])
}

pub(super) fn key_levels() -> Value {
    let kinds = ["day_high", "value_high", "control", "value_low", "day_low"];
    let kind = one_of(&kinds, &[("turns", count())]);
    let level = object("A level and what makes it one.", &[("price", positive()), ("kind", kind)]);
    object("Levels of the last bars.", &[("n", count()), ("levels", of(level))])
}

pub(super) fn ranking() -> Value {
    let beta = object(
        "A slope with its standard error.",
        &[("beta", number()), ("standard_error", amount()), ("correlation", direction()), ("n", count())],
    );
    let row = object(
        "A contract against the market, in percent.",
        &[
            ("symbol", reference("Symbol")),
            ("beta", figure(beta)),
            ("change", figure(number())),
            ("excess", figure(number())),
        ],
    );
    let line = object("A line that begins at 100.", &[("symbol", reference("Symbol")), ("points", of(number()))]);
    object(
        "One window.",
        &[
            ("window", text()),
            ("market_change", figure(number())),
            ("rows", of(row)),
            ("outperformers", of(reference("Symbol"))),
            ("underperformers", of(reference("Symbol"))),
            ("lines", of(line)),
        ],
    )
}

pub(super) fn standing() -> Value {
    let watched = object("Its rank, and what admitted it.", &[("rank", count()), ("by", text())]);
    one_of(&[], &[("watched", watched), ("left_out", true.into())])
}

pub(super) fn feed() -> Value {
    let venue = || ("venue", text());
    let recorded = object("A recording.", &[venue(), ("from", time()), ("speed", count())]);
    let unreachable = object("No answer.", &[venue(), ("cause", text()), ("since", time())]);
    one_of(
        &[],
        &[
            ("connecting", object("The first connection.", &[venue()])),
            ("live", object("An exchange.", &[venue()])),
            ("simulated", object("A simulation.", &[("because", text())])),
            ("recorded", recorded),
            ("unreachable", unreachable),
        ],
    )
}

pub(super) fn streams() -> Value {
    object(
        "Counts since the start.",
        &[("messages", count()), ("malformed", count()), ("dropped", count()), ("reconnects", count())],
    )
}

pub(super) fn lag() -> Value {
    object("Delays in milliseconds.", &[("events", count()), ("p50_ms", count()), ("p99_ms", count())])
}

pub(super) fn queue() -> Value {
    object("Events that wait.", &[("waiting", count()), ("capacity", count())])
}

pub(super) fn budget() -> Value {
    object(
        "What is left of a rate limit.",
        &[
            ("host", text()),
            ("limit", json!({ "enum": ["requests", "weight", "route"] })),
            ("left", count()),
            ("burst", count()),
            ("pace_percent", count()),
        ],
    )
}

pub(super) fn task() -> Value {
    object(
        "A task of the process.",
        &[
            ("name", text()),
            ("what", text()),
            ("period_ms", or_null(count())),
            ("runs", count()),
            ("failures", count()),
            ("panics", count()),
            ("last_end", or_null(time())),
            ("last_took_ms", or_null(amount())),
            ("last_error", or_null(text())),
            ("retry_at", or_null(time())),
        ],
    )
}

pub(super) fn server() -> Value {
    object(
        "A server of the shared cache.",
        &[
            ("name", text()),
            ("item_limit_bytes", or_null(count())),
            ("memory_limit_bytes", or_null(count())),
            ("clock_ahead_ms", or_null(json!({ "type": "integer" }))),
            ("evictions", or_null(count())),
            ("waiting", count()),
            ("failures", count()),
        ],
    )
}

pub(super) fn mirror() -> Value {
    object(
        "What was read from the shared cache.",
        &[("polls", count()), ("changes", count()), ("missed", count()), ("failures", count())],
    )
}

pub(super) fn schema() -> Value {
    object(
        "A schema; of a scoped one, the value with the newest input.",
        &[
            ("name", text()),
            ("version", count()),
            ("vital", json!({ "type": "boolean" })),
            ("scoped", json!({ "type": "boolean" })),
            ("entries", count()),
            ("state", json!({ "enum": ["fresh", "stale", "expired", "absent"] })),
            ("stamp", or_null(true.into())),
            ("writer", or_null(text())),
            ("as_of", or_null(time())),
            ("age_ms", or_null(count())),
            ("bytes", or_null(count())),
            ("total_bytes", count()),
            ("expires_at", or_null(time())),
            ("last_error", or_null(object("What went wrong last.", &[("at", time()), ("text", text())]))),
        ],
    )
}
