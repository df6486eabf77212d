//! What a person should know about how the shared tier is set up, said at the start and by `virtuoso doctor`.
//!
//! That a value stays fresh for at least the period of its writer is no advice: [`Policy::secs`](schema::Policy::secs)
//! refuses anything else while the program is compiled.

use std::time::Duration;

use schema::{SchemaInfo, report::ServerReport};

use crate::tier::ITEM_LIMIT;

/// From here on a clock is said to be wrong: the ages on screen would be.
const CLOCK_TOLERANCE_MS: u64 = 1_000;
/// Less memory than this holds a market of 600 symbols only by dropping some of it.
const SMALL_MEMORY_BYTES: u64 = 32 * 1024 * 1024;

/// One thing that should be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// Which server it is about; none where it is about the configuration.
    pub server: Option<String>,
    /// What, and what to do about it.
    pub text: String,
}

/// Looks at what the servers say of themselves, and at how often the mirror polls.
#[must_use]
pub fn advise(servers: &[ServerReport], poll: Duration, schemas: &[SchemaInfo]) -> Vec<Advice> {
    let mut advice: Vec<Advice> = servers.iter().flat_map(of_server).collect();
    let slow = schemas.iter().filter(|info| poll > info.policy.fresh_for);
    advice.extend(slow.map(|info| {
        let (poll_ms, fresh_ms) = (poll.as_millis(), info.policy.fresh_for.as_millis());
        let text = format!("the mirror polls every {poll_ms} ms, but {} is fresh for {fresh_ms} ms only", info.name);
        Advice { server: None, text }
    }));
    advice
}

fn of_server(server: &ServerReport) -> Vec<Advice> {
    let mut texts = Vec::new();
    let budget = u64::try_from(ITEM_LIMIT).unwrap_or(u64::MAX);
    if let Some(limit) = server.item_limit_bytes.filter(|limit| *limit < budget) {
        texts.push(format!(
            "takes items of {limit} bytes only; start it with `-I 1m` or more, or large lists are refused"
        ));
    }
    if let Some(memory) = server.memory_limit_bytes.filter(|memory| *memory < SMALL_MEMORY_BYTES) {
        let mebibytes = memory / (1024 * 1024);
        texts.push(format!("has {mebibytes} MiB of memory and will drop values; start it with `-m 64` or more"));
    }
    if let Some(evictions) = server.evictions.filter(|evictions| *evictions > 0) {
        texts.push(format!("has dropped {evictions} items for want of memory; give it more with `-m`"));
    }
    if let Some(ahead_ms) = server.clock_ahead_ms.filter(|ahead| ahead.unsigned_abs() > CLOCK_TOLERANCE_MS) {
        let (seconds, way) = (ahead_ms.unsigned_abs() / 1_000, if ahead_ms > 0 { "ahead of" } else { "behind" });
        texts.push(format!("has a clock {seconds} s {way} this one; set both by NTP, or ages will be wrong"));
    }
    texts.into_iter().map(|text| Advice { server: Some(server.name.clone()), text }).collect()
}

#[cfg(test)]
mod tests {
    use schema::{SCHEMAS, report::L2State};

    use super::*;

    fn healthy() -> ServerReport {
        ServerReport {
            name: "a:11211".into(),
            state: L2State::Up { version: "1.6.18".into() },
            item_limit_bytes: Some(1024 * 1024),
            memory_limit_bytes: Some(64 * 1024 * 1024),
            clock_ahead_ms: Some(-400),
            evictions: Some(0),
            waiting: 0,
            failures: 0,
        }
    }

    const POLL: Duration = Duration::from_millis(250);

    #[test]
    fn a_server_in_order_needs_no_words() {
        assert_eq!(advise(&[healthy()], POLL, SCHEMAS), []);
    }

    #[test]
    fn each_thing_that_is_wrong_is_said_with_what_to_do() {
        let failing = ServerReport {
            item_limit_bytes: Some(65_536),
            memory_limit_bytes: Some(1024 * 1024),
            evictions: Some(3),
            clock_ahead_ms: Some(-90_000),
            ..healthy()
        };
        let texts: Vec<String> = advise(&[failing], POLL, SCHEMAS).into_iter().map(|advice| advice.text).collect();
        let expected = ["`-I 1m`", "1 MiB of memory", "dropped 3 items", "90 s behind"];
        assert_eq!(texts.len(), expected.len(), "{texts:?}");
        for (text, expected) in texts.iter().zip(expected) {
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn a_mirror_slower_than_a_value_is_fresh_is_named() {
        let advice = advise(&[], Duration::from_secs(3_600), SCHEMAS);
        assert_eq!(advice.len(), SCHEMAS.len());
        assert!(advice[0].text.contains("3600000 ms"), "{advice:?}");
    }
}
