//! Finds out what is wrong, one question after the other, and says it in words that help.
//!
//! It reads what everybody reads and writes to one key of its own, in its own namespace; no live key is touched.

pub(crate) mod canary;
mod clock;
mod exchange;
mod outside;
mod readings;
mod servers;
pub(crate) mod serving;
mod state;
mod writer;

use std::process::ExitCode;

use cache::Clock;
use serde::Serialize;

use crate::{cache_named, config::Config};

pub(crate) use self::readings::read as read_all;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// As it should be.
    Good,
    /// It works, but somebody should look.
    Attention,
    /// It does not work.
    Broken,
}

impl Verdict {
    /// The exit code: 0, 3 or 1; 2 is a configuration that cannot be used.
    pub(crate) fn exit_code(self) -> ExitCode {
        match self {
            Self::Good => ExitCode::SUCCESS,
            Self::Attention => ExitCode::from(3),
            Self::Broken => ExitCode::FAILURE,
        }
    }

    /// The word in the table.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Attention => "look",
            Self::Broken => "BROKEN",
        }
    }
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// What was looked at.
    pub(crate) check: String,
    /// How grave it is.
    pub(crate) verdict: Verdict,
    /// What was found, and what to do about it.
    pub(crate) said: String,
}

impl Finding {
    pub(crate) fn new(verdict: Verdict, check: impl Into<String>, said: impl Into<String>) -> Self {
        Self { check: check.into(), verdict, said: said.into() }
    }

    fn good(check: impl Into<String>, said: impl Into<String>) -> Self {
        Self::new(Verdict::Good, check, said)
    }

    fn attention(check: impl Into<String>, said: impl Into<String>) -> Self {
        Self::new(Verdict::Attention, check, said)
    }

    fn broken(check: impl Into<String>, said: impl Into<String>) -> Self {
        Self::new(Verdict::Broken, check, said)
    }
}

/// The gravest verdict.
pub(crate) fn worst(findings: &[Finding]) -> Verdict {
    findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Good)
}

/// Asks every question.
pub(crate) async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::good("configuration", "every setting is known and can be used")];
    let cache = match cache_named("doctor", &config.cache, config.cache.namespace.clone(), &Clock::System) {
        Ok(cache) => cache,
        Err(error) => return vec![Finding::broken("configuration", crate::chain::chain(&error))],
    };
    let (served, report) = serving::examine(config).await;
    if config.cache.memcached.is_empty() {
        let said = "not configured: readings live in the serving process alone, and other processes cannot read them";
        findings.push(Finding::good("memcached", said));
        findings.extend(served);
        match report {
            Some(report) => findings.extend(readings::judge(&report, "the serving process")),
            None => findings.push(Finding::attention("readings", "there is no process to ask for them")),
        }
    } else {
        cache.contacted().await;
        let servers = servers::examine(&cache, config.cache.poll).await;
        let answers = worst(&servers) < Verdict::Broken;
        findings.extend(servers);
        if answers {
            findings.extend(canary::examine(config).await);
            readings::read(&cache).await;
            let shared = cache.report();
            findings.extend(readings::judge(&shared, "memcached"));
            findings.extend(report.as_ref().and_then(|serving| writer::examine(serving, &shared)));
            let reports: Vec<_> = report.iter().chain([&shared]).collect();
            findings.extend(servers::item_limit(&shared, &reports));
        } else {
            findings.push(Finding::broken("readings", "cannot be read while memcached does not answer"));
        }
        findings.extend(served);
    }
    findings.extend(state::examine(config));
    findings.push(match crate::proxy::of_exchange(config) {
        Ok(Some(proxy)) => Finding::good("proxy", format!("the exchange is reached through {proxy}")),
        Ok(None) => Finding::good("proxy", "none: the exchange is reached directly"),
        Err(error) => Finding::broken("proxy", error.to_string()),
    });
    findings.extend(exchange::examine(config).await);
    findings.extend(outside::examine(config).await);
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_finding_decides() {
        let findings = [Finding::good("a", ""), Finding::broken("b", ""), Finding::attention("c", "")];
        assert_eq!(worst(&findings), Verdict::Broken);
        assert_eq!(worst(&[]), Verdict::Good);
    }
}
