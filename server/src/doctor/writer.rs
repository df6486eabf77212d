//! Who writes to the shared cache, held against the process that serves here.

use schema::report::{CacheReport, SchemaReport};

use super::Finding;

/// Looks whether another monitor is the writer of what the process at the configured address means to write.
pub(super) fn examine(serving: &CacheReport, shared: &CacheReport) -> Option<Finding> {
    const CHECK: &str = "writer";
    if !writes(&serving.process) {
        return None;
    }
    let newest = shared.schemas.iter().filter(|schema| schema.writer.is_some()).max_by_key(|schema| epoch(schema))?;
    let (writer, us) = (newest.writer.as_deref().unwrap_or_default(), &serving.process);
    if writer == us {
        return Some(Finding::good(CHECK, format!("memcached holds what {us} writes")));
    }
    let said = format!(
        "superseded: memcached holds what {writer} writes (epoch {}), not what {us} does; stop one of the two monitors",
        epoch(newest)
    );
    Some(Finding::broken(CHECK, said))
}

/// Whether a process of this name writes: `monitor@host/812`.
fn writes(process: &str) -> bool {
    ["monitor@", "all@"].iter().any(|role| process.starts_with(role))
}

fn epoch(schema: &SchemaReport) -> u64 {
    schema.stamp.map_or(0, |stamp| stamp.epoch)
}

#[cfg(test)]
mod tests {
    use schema::{
        Stamp,
        report::{L2State, MirrorCounts},
    };

    use super::{super::Verdict, *};

    fn report(process: &str, writer: &str, epoch: u64) -> CacheReport {
        let schema = SchemaReport {
            name: "analysis:signals".into(),
            version: 1,
            vital: true,
            scoped: false,
            entries: 1,
            state: "fresh".into(),
            stamp: Some(Stamp { epoch, seq: 3 }),
            writer: Some(writer.into()),
            origin: None,
            as_of: None,
            age_ms: Some(100),
            bytes: None,
            total_bytes: 0,
            expires_at: None,
            last_error: None,
        };
        CacheReport {
            process: process.into(),
            now: schema::UnixMs(0),
            l2: L2State::Off,
            servers: Vec::new(),
            mirror: MirrorCounts { polls: 0, changes: 0, missed: 0, failures: 0 },
            schemas: vec![schema],
        }
    }

    #[test]
    fn a_superseded_monitor_is_named_with_the_one_that_writes() {
        let (ours, shared) = (report("monitor@a/1", "monitor@a/1", 7), report("doctor@a/9", "monitor@b/2", 8));
        let finding = examine(&ours, &shared).unwrap();
        assert_eq!(finding.verdict, Verdict::Broken);
        assert!(
            finding.said.starts_with("superseded: memcached holds what monitor@b/2 writes (epoch 8)"),
            "{finding:?}"
        );
        assert!(finding.said.contains("monitor@a/1"), "{finding:?}");
    }

    #[test]
    fn the_writer_itself_is_good_and_a_web_process_is_not_asked() {
        let shared = report("doctor@a/9", "monitor@a/1", 8);
        assert_eq!(examine(&report("monitor@a/1", "monitor@a/1", 8), &shared).unwrap().verdict, Verdict::Good);
        assert_eq!(examine(&report("web@a/1", "monitor@a/1", 8), &shared), None);
    }
}
