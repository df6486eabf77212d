//! The memcached servers: whether each answers, what it is, and what kind of silence it keeps.

use std::{io, time::Duration};

use cache::{Cache, advise};
use schema::{
    SCHEMAS,
    report::{CacheReport, L2State},
};
use tokio::{net::TcpStream, time::timeout};

use super::Finding;

/// How long a connection to a silent server may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// What surrounds a value in its item, in bytes, at most: the key, the envelope's header and memcached's own. A value that is this
/// near to the limit was refused, or will be.
const AROUND_BYTES: u64 = 512;

/// Looks at every server of a cache that has made its first contact.
pub(super) async fn examine(cache: &Cache, poll: Duration) -> Vec<Finding> {
    let report = cache.report();
    let mut findings = Vec::new();
    for server in &report.servers {
        let check = format!("memcached {}", server.name);
        findings.push(match &server.state {
            L2State::Up { version } => {
                let limit =
                    server.item_limit_bytes.map_or_else(String::new, |limit| format!(", items up to {limit} bytes"));
                let memory = server.memory_limit_bytes.map_or_else(String::new, |m| format!(", {} MiB", m >> 20));
                Finding::good(check, format!("version {version}{limit}{memory}"))
            }
            L2State::Degraded { cause, .. } => Finding::broken(check, explain(&server.name, cause).await),
            L2State::Off => Finding::broken(check, "off"),
        });
    }
    for advice in advise(&report.servers, poll, SCHEMAS) {
        let check = advice.server.map_or_else(|| "settings".to_owned(), |server| format!("memcached {server}"));
        findings.push(Finding::attention(check, advice.text));
    }
    let clocks = report.servers.iter().filter_map(|server| server.clock_ahead_ms).all(|ahead| ahead.abs() <= 1_000);
    if clocks && report.servers.iter().any(|server| server.clock_ahead_ms.is_some()) {
        findings.push(Finding::good("clock", "this one and memcached's agree to the second"));
    }
    findings
}

/// Holds the largest value, as the writer or memcached knows it, against the largest item that a server takes.
pub(super) fn item_limit(servers: &CacheReport, reports: &[&CacheReport]) -> Option<Finding> {
    const CHECK: &str = "item limit";
    let limit = servers.servers.iter().filter_map(|server| server.item_limit_bytes).min()?;
    let schemas = reports.iter().flat_map(|report| &report.schemas);
    let (bytes, largest) = schemas.filter_map(|schema| Some((schema.bytes?, schema.name.as_str()))).max()?;
    let said = format!("the largest value, {largest}, takes {bytes} of the {limit} bytes that memcached takes");
    Some(match bytes {
        _ if bytes + AROUND_BYTES >= limit => {
            Finding::broken(CHECK, format!("{said}, so other processes do not get it: start it with `-I 1m` or more"))
        }
        _ if bytes > limit / 5 * 4 => Finding::attention(CHECK, format!("{said}: start it with a larger `-I`")),
        _ => Finding::good(CHECK, said),
    })
}

/// Names the cause behind a server that does not answer, by what a bare connection meets.
async fn explain(address: &str, cause: &str) -> String {
    match timeout(PATIENCE, TcpStream::connect(address)).await {
        Ok(Ok(_)) if cause.contains("no answer") => {
            format!("{cause}: it takes connections and says nothing, so it is frozen (SIGSTOP, swapping) or overloaded")
        }
        Ok(Ok(_)) => cause.to_owned(),
        Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
            format!("{address}: nothing listens there; is memcached running?")
        }
        Ok(Err(error)) => format!("{address}: {error}; is the host's name right?"),
        Err(_) => format!("{address}: no way there within {} s; wrong host, or a firewall between", PATIENCE.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Verdict, *};

    #[tokio::test]
    async fn a_silent_server_a_dead_one_and_a_wrong_name_are_told_apart() {
        let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = silent.local_addr().unwrap().to_string();
        assert!(explain(&address, "no answer within 200 ms").await.contains("frozen"));
        drop(silent);
        assert!(explain(&address, "Connection refused").await.contains("is memcached running?"));
        assert!(explain("no-such-host.invalid:11211", "unreachable").await.contains("is the host's name right?"));
    }

    #[test]
    fn the_largest_value_is_held_against_the_item_limit() {
        let of = |bytes: u64, limit: u64| {
            let report = serde_json::json!({
                "process": "all@a/1", "now": 0, "l2": {"state": "off"},
                "servers": [{"name": "a:1", "state": {"state": "up", "version": "1.6"}, "item_limit_bytes": limit,
                    "memory_limit_bytes": null, "clock_ahead_ms": null, "evictions": null, "waiting": 0, "failures": 0}],
                "mirror": {"polls": 0, "changes": 0, "missed": 0, "failures": 0},
                "schemas": [{"name": "analysis:signals", "version": 1, "vital": true, "scoped": false, "entries": 1,
                    "state": "fresh", "stamp": null, "writer": null, "origin": null, "as_of": null, "age_ms": null,
                    "bytes": bytes, "total_bytes": bytes, "last_error": null}],
            });
            let report: CacheReport = serde_json::from_value(report).unwrap();
            let finding = item_limit(&report, &[&report]).unwrap();
            (finding.verdict, finding.said)
        };
        let (verdict, said) = of(20_000, 16_384);
        assert!(
            verdict == Verdict::Broken && said.contains("analysis:signals, takes 20000 of the 16384 bytes"),
            "{said}"
        );
        assert_eq!(of(4_033, 4_096).0, Verdict::Broken, "with its key and header it does not fit");
        assert_eq!(of(14_000, 16_384).0, Verdict::Attention);
        assert_eq!(of(2_000, 1_048_576).0, Verdict::Good);
    }
}
