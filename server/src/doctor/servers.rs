//! The memcached servers: whether each answers, what it is, and what kind of silence it keeps.

use std::{io, time::Duration};

use cache::{Cache, advise};
use schema::{SCHEMAS, report::L2State};
use tokio::{net::TcpStream, time::timeout};

use super::Finding;

/// How long a connection to a silent server may take.
const PATIENCE: Duration = Duration::from_secs(1);

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
    use super::*;

    #[tokio::test]
    async fn a_silent_server_a_dead_one_and_a_wrong_name_are_told_apart() {
        let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = silent.local_addr().unwrap().to_string();
        assert!(explain(&address, "no answer within 200 ms").await.contains("frozen"));
        drop(silent);
        assert!(explain(&address, "Connection refused").await.contains("is memcached running?"));
        assert!(explain("no-such-host.invalid:11211", "unreachable").await.contains("is the host's name right?"));
    }
}
