//! The process that serves the dashboard: whether it answers, whether it is ready, and what its cache says.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use reqwest::StatusCode;
use schema::{health::TaskStatus, report::CacheReport};
use serde::Deserialize;

use super::{Finding, clock::SET_IT};
use crate::config::{Config, Token};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks one path of a process, with the token where the process asks for it.
///
/// # Errors
///
/// When there is no answer within three seconds.
pub(crate) async fn ask(url: &str, token: Option<&Token>) -> Result<(StatusCode, String), reqwest::Error> {
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    let request = client.get(url);
    let request = match token {
        Some(token) => request.bearer_auth(token.reveal()),
        None => request,
    };
    let answer = request.send().await?;
    let status = answer.status();
    Ok((status, answer.text().await?))
}

/// Where a process with this configuration serves, without a slash at the end: `http://127.0.0.1:3000/virtuoso`.
pub(crate) fn root(config: &Config) -> String {
    let mut addr = config.http.addr;
    if addr.ip().is_unspecified() {
        let loopback: IpAddr = if addr.is_ipv6() { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() };
        addr.set_ip(loopback);
    }
    let base = config.http.base_path.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("http://{addr}{base}")
}

/// What a serving process says of itself.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Health {
    /// Its tasks.
    tasks: Vec<TaskStatus>,
    /// How far its clock is off, in words.
    clock: Option<String>,
    /// Why it is not ready.
    reasons: Vec<String>,
    /// Its cache.
    pub(super) cache: Option<CacheReport>,
}

/// Asks the process at the configured address.
pub(super) async fn examine(config: &Config) -> (Vec<Finding>, Option<CacheReport>) {
    let root = root(config);
    let check = format!("process at {}", root.trim_start_matches("http://"));
    let ready = match ask(&format!("{root}/readyz"), None).await {
        Ok((status, text)) => (status, text),
        Err(error) if error.is_connect() => {
            return (vec![Finding::attention(&check, "nothing listens there: `virtuoso serve` is not running")], None);
        }
        Err(error) => return (vec![Finding::broken(&check, format!("does not answer: {error}"))], None),
    };
    let health = match ask(&format!("{root}/health"), config.access.token.as_ref()).await {
        Ok((StatusCode::UNAUTHORIZED, _)) => {
            Err("it wants another access.token than this configuration has".to_owned())
        }
        Ok((StatusCode::OK, text)) => serde_json::from_str::<Health>(&text).map_err(|error| error.to_string()),
        Ok((status, _)) => Err(format!("answered {status}")),
        Err(error) => Err(error.to_string()),
    };
    let known = health.as_ref().ok().map(|health| health.reasons.as_slice());
    let mut findings = vec![readiness(&check, ready.0, &ready.1, known)];
    match health {
        Ok(health) => {
            findings.extend(health.tasks.iter().filter_map(task));
            findings
                .extend(health.clock.map(|off| Finding::attention("clock of the process", format!("{off}; {SET_IT}"))));
            (findings, health.cache)
        }
        Err(why) => {
            findings.push(Finding::broken(&check, format!("does not report its state: {why}")));
            (findings, None)
        }
    }
}

/// Whether it is ready; its own reasons know the causes, those of the probe only what is not as it should be.
fn readiness(check: &str, status: StatusCode, text: &str, reasons: Option<&[String]>) -> Finding {
    if status == StatusCode::OK {
        return Finding::good(check, "ready");
    }
    let reasons = match reasons {
        Some(reasons) if !reasons.is_empty() => reasons.join("; "),
        _ => text.lines().skip(1).collect::<Vec<_>>().join("; "),
    };
    Finding::broken(check, format!("not ready ({}): {reasons}", status.as_u16()))
}

/// A task that fails.
fn task(task: &TaskStatus) -> Option<Finding> {
    let error = task.last_error.as_ref()?;
    let times = if task.failures == 1 { "once".to_owned() } else { format!("{} times", task.failures) };
    Some(Finding::attention(format!("task {}", task.name), format!("fails, {times} so far: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Settings, settings::Origin};

    #[test]
    fn the_process_is_found_where_the_configuration_serves_it() {
        let at = |addr: &str, base: &str| {
            let mut settings = Settings::defaults().unwrap();
            settings.set_text("http.addr", addr, Origin::Env("VIRTUOSO_HTTP_ADDR".to_owned())).unwrap();
            settings.set_text("http.base_path", base, Origin::Env("VIRTUOSO_HTTP_BASE_PATH".to_owned())).unwrap();
            root(&Config::check(&settings).unwrap())
        };
        assert_eq!(at("127.0.0.1:4000", ""), "http://127.0.0.1:4000");
        assert_eq!(at("0.0.0.0:3000", "/virtuoso"), "http://127.0.0.1:3000/virtuoso");
        assert_eq!(at("[::]:3000", ""), "http://[::1]:3000");
    }

    #[test]
    fn a_failing_task_is_named_with_its_cause() {
        let status = |last_error: Option<&str>| TaskStatus {
            name: "keep".to_owned(),
            what: "Keeps the last readings.".to_owned(),
            period_ms: Some(30_000),
            runs: 3,
            failures: 2,
            panics: 0,
            last_end: None,
            last_took_ms: None,
            last_error: last_error.map(str::to_owned),
            retry_at: None,
        };
        let finding = task(&status(Some("No space left on device"))).unwrap();
        assert_eq!((finding.check.as_str(), finding.verdict), ("task keep", super::super::Verdict::Attention));
        assert_eq!(finding.said, "fails, 2 times so far: No space left on device");
        assert_eq!(task(&status(None)), None);
    }
}
