//! The alarm rules for Prometheus name metrics that exist.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The metrics that the expressions of the rules name.
fn named() -> BTreeSet<String> {
    let rules = fs::read_to_string(root().join("config/alerts.yml")).unwrap();
    let expressions = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    expressions.flat_map(metrics).collect()
}

/// Functions of the language with a name like that of a metric.
const FUNCTIONS: [&str; 1] = ["histogram_quantile"];

/// The metrics of an expression: what is no label, no duration, no function and no word between them.
fn metrics(expression: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut depth = 0;
    for letter in expression.chars() {
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            _ if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    // The other words of the language, and the labels in use, have no `_`.
    let words = plain.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.contains('_') && !FUNCTIONS.contains(word)).map(str::to_owned).collect()
}

/// Every text in the macros of metrics below a folder.
fn measured(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            measured(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for kind in ["counter!(", "gauge!(", "histogram!("] {
                let names =
                    text.split(kind).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
                found.extend(names.map(str::to_owned));
            }
        }
    }
}

#[test]
fn every_metric_that_a_rule_names_is_measured() {
    let mut found = BTreeSet::new();
    for folder in ["server/src", "server/cache/src", "server/venue/src"] {
        measured(&root().join(folder), &mut found);
    }
    let named = named();
    for name in &named {
        let series = ["_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(found.contains(series), "no metric is called {name}");
    }
    for name in
        ["cache_overdue", "feed_state", "task_failing", "task_panics_total", "virtuoso_ready", "http_requests_total"]
    {
        assert!(named.contains(name), "no rule watches {name}");
    }
}

#[test]
fn the_metrics_of_an_expression_are_found() {
    let expression =
        r#"sum by (class) (rate(http_requests_total{status=~"5.._x"}[5m])) > 0.1 and on() virtuoso_ready == 0"#;
    assert_eq!(metrics(expression), ["http_requests_total", "virtuoso_ready"]);
}
