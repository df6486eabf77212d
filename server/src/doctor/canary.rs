//! A value that goes through the shared cache and back, in this process and in another, under a key of its own.

use std::{process::Stdio, time::Duration};

use anyhow::Context as _;
use cache::{Cache, Clock, Outcome};
use schema::{Invalid, Name, Policy, Schema, Scope};
use serde::{Deserialize, Serialize};
use tokio::{process::Command, time::Instant};

use super::Finding;
use crate::{cache_named, config::Config};

/// The namespace of the doctor, whatever the configured one is.
const NAMESPACE: &str = "doctor:";
/// How long the other process may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is sent.
#[derive(Debug, Serialize, Deserialize)]
struct Canary {
    nonce: u64,
}

/// Each examination has a key of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Nonce(u64);

impl Scope for Nonce {
    const MAX_LEN: usize = 21;

    fn write(&self, out: &mut String) {
        out.push(':');
        out.push_str(&self.0.to_string());
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
}

impl Schema for Canary {
    const NAME: Name = Name::new("doctor:canary");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy { keep_for: Duration::from_secs(60), ..Policy::secs(1, 30, 60) };
    type Scope = Nonce;

    fn check(&self) -> Result<(), Invalid> {
        Ok(())
    }
}

/// Writes a canary, and reads it back here and in another process.
pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let (writer, reader) = match (open(config), open(config)) {
        (Ok(writer), Ok(reader)) => (writer, reader),
        (Err(error), _) | (_, Err(error)) => return vec![Finding::broken("canary", format!("{error:#}"))],
    };
    let nonce = writer.now().0.unsigned_abs() << 12 | u64::from(std::process::id() & 0xfff);
    let publisher = match writer.publisher::<Canary>() {
        Ok(publisher) => publisher,
        Err(error) => return vec![Finding::broken("canary", error.to_string())],
    };
    let began = Instant::now();
    match publisher.publish(&Nonce(nonce), Canary { nonce }, writer.now()).await.outcome().await {
        Outcome::Applied => {}
        other => return vec![Finding::broken("canary", format!("could not be written: {other:?}"))],
    }
    let wrote_ms = began.elapsed().as_secs_f64() * 1_000.0;
    let began = Instant::now();
    // This cache holds nothing, so the value comes from memcached or not at all.
    let here = match reader.get::<Canary>(&Nonce(nonce)).await {
        Ok(held) if held.value.nonce == nonce => {
            let read_ms = began.elapsed().as_secs_f64() * 1_000.0;
            Finding::good("canary", format!("written in {wrote_ms:.1} ms, read back from memcached in {read_ms:.1} ms"))
        }
        Ok(held) => Finding::broken("canary", format!("another value came back: {:?}", held.value)),
        Err(absence) => Finding::broken("canary", format!("was written, but cannot be read back: {absence}")),
    };
    vec![here, elsewhere(config, nonce).await]
}

/// Has another process read it.
async fn elsewhere(config: &Config, nonce: u64) -> Finding {
    const CHECK: &str = "another process";
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return Finding::attention(CHECK, format!("could not be started: {error}")),
    };
    let servers = config.cache.memcached.join(",");
    let asked = Command::new(program)
        .args(["canary", &nonce.to_string(), "--memcached", &servers])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .output();
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(output)) if output.status.success() => Finding::good(CHECK, "reads what this one wrote"),
        Ok(Ok(output)) => Finding::broken(CHECK, String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Ok(Err(error)) => Finding::attention(CHECK, format!("could not be started: {error}")),
        Err(_) => Finding::broken(CHECK, format!("did not answer within {} s", PATIENCE.as_secs())),
    }
}

/// What the other process does.
///
/// # Errors
///
/// When the canary cannot be read, or is another one.
pub(crate) async fn read(config: &Config, nonce: u64) -> anyhow::Result<()> {
    match open(config)?.get::<Canary>(&Nonce(nonce)).await {
        Ok(held) if held.value.nonce == nonce => Ok(()),
        Ok(held) => anyhow::bail!("reads another value: {:?}", held.value),
        Err(absence) => anyhow::bail!("does not find it: {absence}"),
    }
}

fn open(config: &Config) -> anyhow::Result<Cache> {
    let namespace = NAMESPACE.parse().context("naming the doctor's keys")?;
    cache_named("doctor", &config.cache, namespace, &Clock::System).context("opening the cache")
}
