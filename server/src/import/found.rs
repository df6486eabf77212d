//! What was found in a file, before its names are read.

use serde_json::Value;

/// The fields that were found, each with the path in front of its name.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) fields: Vec<(String, String, Value)>,
    pub(super) rows: Vec<(String, Value)>,
}

/// A value as an error names it.
pub(super) fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => format!("{value}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text {:?}", text.chars().take(40).collect::<String>()),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
