//! Finds the documents in a file: one of them, a payload with both, or a dump by key.

use serde_json::{Map, Value};

use super::{
    ImportError, Line, Made, fields,
    found::{Found, kind},
};

/// JSON inside of JSON is decoded so often.
const DEEPEST: usize = 3;
/// Names under which a document may be found, in a dump by key or in the payload for phones.
const OVERVIEWS: [&str; 3] = ["market:overview", "market_overview", "overview"];
const SIGNALS: [&str; 2] = ["analysis:signals", "analysis_signals"];

/// Parses a text and collects the fields in it.
pub(super) fn find(text: &str, report: &mut Vec<Line>) -> Result<Found, ImportError> {
    let value: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| ImportError::NotJson {
            line: error.line(),
            column: error.column(),
            problem: error.to_string().split(" at line").next().unwrap_or_default().to_owned(),
        })?;
    let value = decoded(value, "the document", report);
    let Value::Object(document) = value else { return Err(ImportError::Unknown { found: kind(&value) }) };
    let mut found = Found::default();
    collect(document, "", &mut found, report)?;
    let known = found.fields.iter().any(|(_, name, _)| fields::is_known(name)) || !found.rows.is_empty();
    if known {
        return Ok(found);
    }
    let names: Vec<String> = found.fields.iter().take(5).map(|(path, name, _)| format!("{path}{name}")).collect();
    let listed =
        if names.is_empty() { "an empty object".to_owned() } else { format!("an object with {}", names.join(", ")) };
    Err(ImportError::Unknown { found: listed })
}

fn collect(
    document: Map<String, Value>,
    path: &str,
    found: &mut Found,
    report: &mut Vec<Line>,
) -> Result<(), ImportError> {
    for (name, value) in document {
        let here = format!("{path}{name}");
        let value = decoded(value, &here, report);
        let part = OVERVIEWS.contains(&name.as_str()) || SIGNALS.contains(&name.as_str()) || name == "data";
        match value {
            Value::Object(inner) if part => collect(inner, &format!("{here}."), found, report)?,
            other if part && !other.is_null() => {
                return Err(ImportError::Type { field: here, expected: "an object", found: kind(&other) });
            }
            Value::Array(rows) if fields::ROWS.contains(&name.as_str()) => {
                found.rows.extend(rows.into_iter().enumerate().map(|(place, row)| (format!("{here}[{place}]"), row)));
            }
            other if fields::ROWS.contains(&name.as_str()) && !other.is_null() => {
                return Err(ImportError::Type { field: here, expected: "an array", found: kind(&other) });
            }
            other => found.fields.push((path.to_owned(), name, other)),
        }
    }
    Ok(())
}

/// A value that was encoded as JSON once more is decoded; any other text stays as it is.
fn decoded(mut value: Value, name: &str, report: &mut Vec<Line>) -> Value {
    for _ in 0..DEEPEST {
        let Value::String(text) = &value else { break };
        let Ok(inner @ (Value::Object(_) | Value::Array(_) | Value::String(_))) = serde_json::from_str(text) else {
            break;
        };
        let said = "JSON inside of a JSON text, decoded again".to_owned();
        report.push(Line { old: Some(name.to_owned()), new: None, made: Made::EncodedTwice, value: said });
        value = inner;
    }
    value
}
