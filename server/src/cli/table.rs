//! Tables for people: columns as wide as their widest cell, the last one free.

use std::time::Duration;

use schema::report::CacheReport;

use crate::doctor::Finding;

/// Rows as text; a cell that has nothing to say holds a dash.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What the doctor found.
pub(super) fn findings(findings: &[Finding]) -> String {
    let row = |finding: &Finding| [finding.verdict.word().to_owned(), finding.check.clone(), finding.said.clone()];
    table(&findings.iter().map(row).collect::<Vec<_>>())
}

/// What a cache holds.
pub(super) fn report(report: &CacheReport) -> String {
    let dash = || "-".to_owned();
    let left = |until: schema::UnixMs| app::format::age(report.now.age(until));
    let head = ["SCHEMA", "STATE", "AGE", "SIZE", "TTL", "STAMP", "WRITER", "LAST ERROR"].map(str::to_owned);
    let rows = report.schemas.iter().filter(|schema| !schema.scoped).map(|schema| {
        [
            format!("{}@{}", schema.name, schema.version),
            schema.state.clone(),
            schema.age_ms.map_or_else(dash, |ms| app::format::age(Duration::from_millis(ms))),
            schema.bytes.map_or_else(dash, app::format::bytes),
            schema.expires_at.map_or_else(dash, left),
            schema.stamp.map_or_else(dash, |stamp| stamp.to_string()),
            schema.writer.clone().unwrap_or_else(dash),
            schema.last_error.as_ref().map_or_else(dash, |error| error.text.clone()),
        ]
    });
    table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a", "bb", "c"], ["aaa", "b", "dd dd"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(&rows), "a    bb  c\naaa  b   dd dd");
    }
}
