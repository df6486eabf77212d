//! The shapes that schemas are put together from, as JSON Schema 2020-12.

use serde_json::{Map, Value, json};

/// The path of a schema by its name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// A schema inside of the envelope.
pub(super) fn enveloped(name: &str) -> Value {
    json!({ "allOf": [reference("Envelope"), { "properties": { "data": reference(name) } }] })
}

/// An object with exactly these required fields, and perhaps others.
pub(super) fn object(what: &str, fields: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    let required: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    json!({ "type": "object", "description": what, "properties": properties, "required": required })
}

pub(super) fn list(item: &str) -> Value {
    json!({ "type": "array", "items": reference(item) })
}

pub(super) fn of(item: Value) -> Value {
    json!({ "type": "array", "items": item })
}

pub(super) fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

/// A figure: known with its own time, or missing with the reason.
pub(super) fn figure(value: Value) -> Value {
    json!({ "oneOf": [
        { "type": "object", "required": ["known"], "properties": { "known": {
            "type": "object", "required": ["value", "as_of"], "properties": { "value": value, "as_of": time() } } } },
        { "type": "object", "required": ["missing"], "properties": { "missing": true } },
    ] })
}

pub(super) fn time() -> Value {
    reference("UnixMs")
}

pub(super) fn number() -> Value {
    json!({ "type": "number" })
}

pub(super) fn score() -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 100 })
}

pub(super) fn ratio() -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 1 })
}

pub(super) fn positive() -> Value {
    json!({ "type": "number", "exclusiveMinimum": 0 })
}

pub(super) fn amount() -> Value {
    json!({ "type": "number", "minimum": 0 })
}

pub(super) fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn any_object() -> Value {
    json!({ "type": "object" })
}
