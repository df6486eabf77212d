//! Lists that are decoded row by row: one malformed row hides no other.

use schema::Invalid;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_path_to_error::Segment;

use crate::wire::{ParseError, Text};

/// What is wrong with a row that is none of its list.
const ROW: &str = "row";

/// The rows of a list that could be used, and what is wrong with the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The malformed ones.
    pub skipped: Vec<Skipped>,
}

/// A row that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The contract it is about, as far as the row says.
    pub contract: Option<String>,
    /// The first field that is wrong; `row` where it is no row of this list at all.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Decodes each row and reads a value from it; `None` is a row that is well-formed and of no use.
///
/// Returns the error of the first malformed row beside it, for lists of which something must be usable.
pub(crate) fn decode<'a, R: Deserialize<'a>, T>(
    list: &[&'a RawValue],
    read: impl Fn(&R) -> Result<Option<T>, Invalid>,
) -> (Rows<T>, Option<ParseError>) {
    let mut decoded = Rows { rows: Vec::with_capacity(list.len()), skipped: Vec::new() };
    let mut first = None;
    for raw in list {
        let error = match serde_json::from_str::<R>(raw.get()) {
            Ok(row) => match read(&row) {
                Ok(value) => {
                    decoded.rows.extend(value);
                    continue;
                }
                Err(invalid) => ParseError::Impossible(invalid),
            },
            Err(error) => ParseError::Shape(error),
        };
        let (field, problem) = match &error {
            ParseError::Impossible(invalid) => (invalid.field.to_owned(), invalid.problem.clone()),
            ParseError::Shape(error) => (wrong_field::<R>(raw), error.to_string()),
        };
        decoded.skipped.push(Skipped { contract: contract(raw), field, problem });
        first = first.or(Some(error));
    }
    (decoded, first)
}

/// A list of which at least one row must be usable where there is any.
pub(crate) fn usable<'a, R: Deserialize<'a>, T>(
    list: &[&'a RawValue],
    read: impl Fn(&R) -> Result<Option<T>, Invalid>,
) -> Result<Rows<T>, ParseError> {
    match decode(list, read) {
        (rows, Some(error)) if rows.rows.is_empty() => Err(error),
        (rows, _) => Ok(rows),
    }
}

/// The name of the field whose type is wrong: the last of its path, as numbers of elements further up would make many names of one.
fn wrong_field<'a, R: Deserialize<'a>>(raw: &'a RawValue) -> String {
    let mut json = serde_json::Deserializer::from_str(raw.get());
    let Err(error) = serde_path_to_error::deserialize::<_, R>(&mut json) else { return ROW.to_owned() };
    match error.path().iter().next_back() {
        Some(Segment::Map { key }) => key.clone(),
        Some(Segment::Seq { index }) => format!("column {index}"),
        Some(Segment::Enum { .. } | Segment::Unknown) | None => ROW.to_owned(),
    }
}

/// The contract that a malformed row is about.
fn contract(raw: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        symbol: Text<'a>,
    }
    let named: Named<'_> = serde_json::from_str(raw.get()).ok()?;
    Some(named.symbol.as_str().chars().filter(|c| !c.is_control()).take(64).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Row {
        n: i64,
    }

    fn read(list: &str) -> Result<Rows<i64>, ParseError> {
        let list: Vec<&RawValue> = serde_json::from_str(list).unwrap();
        usable(&list, |row: &Row| match row.n {
            0 => Ok(None),
            n if n < 0 => Err(Invalid::new("n", "is negative")),
            n => Ok(Some(n)),
        })
    }

    #[test]
    fn skips_a_malformed_row_and_names_contract_and_field() {
        let rows = read(r#"[{"n":1},{"n":"x","symbol":"AUSDT"},{"n":0},null,[],{},{"n":-1,"symbol":"BUSDT"},{"n":2}]"#)
            .unwrap();
        assert_eq!(rows.rows, [1, 2]);
        let named: Vec<_> = rows.skipped.iter().map(|row| (row.contract.as_deref(), row.field.as_str())).collect();
        let (a, b) = (Some("AUSDT"), Some("BUSDT"));
        assert_eq!(named, [(a, "n"), (None, "row"), (None, "row"), (None, "row"), (b, "n")]);
    }

    #[test]
    fn fails_where_no_row_can_be_used() {
        assert!(read(r#"[{"n":"x"}]"#).is_err());
        assert_eq!(read("[]").unwrap(), Rows { rows: vec![], skipped: vec![] });
        assert!(read(r#"[{"n":0}]"#).unwrap().rows.is_empty());
    }
}
