//! Every schema: whether it is there, how old, who wrote it, and whether it can be read.

use std::time::Duration;

use cache::Cache;
use futures_util::future::{BoxFuture, FutureExt as _, join_all};
use schema::{
    Schema, Scope as _,
    contract::Visitor,
    report::{CacheReport, SchemaReport},
};

use super::{Finding, Verdict};

/// Reads every schema of one value from the shared cache, so that a report covers all.
pub(crate) async fn read(cache: &Cache) {
    struct Reads<'a>(&'a Cache, Vec<BoxFuture<'a, ()>>);
    impl Visitor for Reads<'_> {
        fn visit<T: Schema>(&mut self) {
            // Of a schema with scopes there is no list; it is asked for by name.
            if let Some(scope) = T::Scope::read("") {
                let cache = self.0;
                // The report contains what was found, or why nothing was.
                self.1.push(async move { drop(cache.get::<T>(&scope).await) }.boxed());
            }
        }
    }
    let mut reads = Reads(cache, Vec::new());
    schema::visit(&mut reads);
    join_all(reads.1).await;
}

/// Judges what a report says of each schema.
pub(super) fn judge(report: &CacheReport, place: &str) -> Vec<Finding> {
    report.schemas.iter().filter(|schema| !schema.scoped).map(|schema| finding(schema, place)).collect()
}

fn finding(schema: &SchemaReport, place: &str) -> Finding {
    let verdict = match (schema.state.as_str(), schema.vital) {
        ("fresh", _) => Verdict::Good,
        ("stale", _) | (_, false) => Verdict::Attention,
        (_, true) => Verdict::Broken,
    };
    let mut said = match (schema.age_ms, &schema.writer) {
        (Some(age_ms), Some(writer)) => {
            let age = app::format::age(Duration::from_millis(age_ms));
            format!("{}, {age} old, by {writer}, in {place}", schema.state)
        }
        _ => format!("not in {place}: is a monitor running, with the same namespace?"),
    };
    // No verdict of its own: a value that is written each second may be late by chance, and one that stays so goes stale.
    if let Some(period) = schema.overdue() {
        said = format!("{said}; older than twice its period of {}", app::format::age(period));
    }
    // A reading that arrived after the error has made it history.
    if let Some(error) = schema.last_error.as_ref().filter(|_| verdict > Verdict::Good) {
        said = format!("{said}; last error: {}", error.text);
    }
    Finding::new(verdict, &schema.name, said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(state: &str, vital: bool) -> SchemaReport {
        SchemaReport {
            name: "analysis:signals".into(),
            version: 1,
            vital,
            scoped: false,
            entries: 1,
            state: state.into(),
            stamp: None,
            writer: Some("monitor@a/1".into()),
            origin: None,
            as_of: None,
            age_ms: Some(95_000),
            bytes: None,
            total_bytes: 0,
            expires_at: None,
            last_error: None,
        }
    }

    #[test]
    fn a_schema_older_than_twice_its_period_is_named_with_the_period() {
        let late = finding(&schema("stale", true), "memcached").said;
        assert_eq!(late, "stale, 1 min old, by monitor@a/1, in memcached; older than twice its period of 1 s");
        let breadth = SchemaReport { name: "analysis:beta".into(), ..schema("fresh", false) };
        assert_eq!(finding(&breadth, "memcached").said, "fresh, 1 min old, by monitor@a/1, in memcached");
    }

    #[test]
    fn an_old_vital_reading_is_broken_and_another_wants_attention() {
        let verdict = |state, vital| finding(&schema(state, vital), "memcached").verdict;
        assert_eq!(verdict("fresh", true), Verdict::Good);
        assert_eq!(verdict("stale", true), Verdict::Attention);
        assert_eq!(verdict("expired", true), Verdict::Broken);
        assert_eq!(verdict("expired", false), Verdict::Attention);
        assert_eq!(verdict("absent", true), Verdict::Broken);
    }
}
