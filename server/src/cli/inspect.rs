//! `virtuoso cache`: the ancestor's three diagnosis scripts in one command. Only `import` writes, and only into holes.

use std::{io::Write, path::Path};

use anyhow::Context as _;
use cache::{Cache, Clock, FillOutcome, Restored, Snapshot};
use futures_util::future::{BoxFuture, FutureExt as _};
use schema::{SCHEMAS, Schema, Scope as _, UnixMs, contract::Visitor, report::CacheReport};
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinSet};

use super::table;
use crate::{cache_named, config::Config, doctor};

/// Lines that may wait to be printed.
const LINES: usize = 256;

/// Lists every schema of one value, from memcached or else from the serving process.
pub(super) async fn list(config: &Config, as_json: bool) -> anyhow::Result<()> {
    let report: CacheReport = if config.cache.memcached.is_empty() {
        let url = format!("http://{}/api/v1/cache", config.http.addr);
        let (status, text) = doctor::serving::ask(&url, config.access.token.as_ref()).await.context(
            "no memcached is configured, and no process answers that could show its own cache: start `virtuoso serve`",
        )?;
        anyhow::ensure!(status.is_success(), "{url} answers {status}: {}", text.trim());
        serde_json::from_str(&text).with_context(|| format!("reading the answer of {url}"))?
    } else {
        let cache = open(config)?;
        doctor::read_all(&cache).await;
        cache.report()
    };
    let text = if as_json { serde_json::to_string_pretty(&report)? } else { table::report(&report) };
    say(&text)
}

/// Prints one value with its header.
pub(super) async fn get(config: &Config, name: &str, scope: &str) -> anyhow::Result<()> {
    struct Get<'a> {
        cache: &'a Cache,
        name: &'a str,
        scope: &'a str,
        read: Option<anyhow::Result<BoxFuture<'a, anyhow::Result<Value>>>>,
    }
    impl Visitor for Get<'_> {
        fn visit<T: Schema>(&mut self) {
            if T::NAME.as_str() != self.name {
                return;
            }
            let Some(scope) = T::Scope::read(self.scope) else {
                let expected = if T::Scope::MAX_LEN > 0 { "one such as bybit:BTCUSDT" } else { "none" };
                self.read =
                    Some(Err(anyhow::anyhow!("{:?} is no scope of {}: {expected} is expected", self.scope, self.name)));
                return;
            };
            let cache = self.cache;
            self.read = Some(Ok(async move { value::<T>(cache, &scope).await }.boxed()));
        }
    }
    let names = || SCHEMAS.iter().map(|info| info.name.as_str()).collect::<Vec<_>>().join(", ");
    if config.cache.memcached.is_empty() {
        let path = served_at(name, scope)
            .with_context(|| format!("`{name}` with the scope {scope:?} is not served; known are {}", names()))?;
        let mut value = served(config, &path).await?;
        value["name"] = name.into();
        return say(&serde_json::to_string_pretty(&value)?);
    }
    let cache = open(config)?;
    let mut get = Get { cache: &cache, name, scope, read: None };
    schema::visit(&mut get);
    let read = get.read.with_context(|| format!("there is no schema `{name}`; known are {}", names()))??;
    say(&serde_json::to_string_pretty(&read.await?)?)
}

/// The path under which a serving process answers with a schema.
fn served_at(name: &str, scope: &str) -> Option<String> {
    let path = match (name, scope) {
        ("market:overview", "") => "overview",
        ("analysis:signals", "") => "signals",
        ("market:breadth", "") => "breadth",
        ("market:movers", "") => "movers",
        ("market:perps", "") => "perps",
        ("analysis:beta", "") => "beta",
        ("signals:active", "") => "ideas",
        ("alerts:log", "") => "alerts",
        ("market:universe", "") => "universe",
        ("system:health", "") => "health",
        ("confluence:breakdown", scope) => {
            let (_, symbol) = scope.split_once(':')?;
            return Some(format!("/api/v1/symbols/{}", app::path::encode(symbol)));
        }
        ("market:candles", scope) => {
            let (symbol, timeframe) = scope.split_once(':')?.1.rsplit_once(':')?;
            return Some(format!("/api/v1/symbols/{}/candles?timeframe={timeframe}", app::path::encode(symbol)));
        }
        _ => return None,
    };
    Some(format!("/api/v1/{path}"))
}

/// A value as the serving process has it.
async fn served(config: &Config, path: &str) -> anyhow::Result<Value> {
    let url = format!("http://{}{path}", config.http.addr);
    let (status, text) = doctor::serving::ask(&url, config.access.token.as_ref()).await.context(
        "no memcached is configured, and no process answers that could be asked instead: start `virtuoso serve`",
    )?;
    anyhow::ensure!(status.is_success(), "{url} answers {status}: {}", text.trim());
    let answer: Value = serde_json::from_str(&text).with_context(|| format!("reading the answer of {url}"))?;
    Ok(
        json!({ "state": answer["state"], "age_ms": answer["age_ms"], "as_of": answer["as_of"], "value": answer["data"] }),
    )
}

async fn value<T: Schema>(cache: &Cache, scope: &T::Scope) -> anyhow::Result<Value> {
    let reading = cache.read::<T>(scope).await;
    let held = match &reading {
        schema::Reading::Absent(absence) => anyhow::bail!("{absence}"),
        other => other.held().context("there is no value")?,
    };
    Ok(json!({
        "name": T::NAME.as_str(),
        "version": T::VERSION,
        "state": reading.state(),
        "age_ms": u64::try_from(held.as_of.age(cache.now()).as_millis()).unwrap_or(u64::MAX),
        "header": held.header(),
        "value": held.value.as_ref(),
    }))
}

/// Prints a line for each change of a schema of one value, until `stop`.
pub(super) async fn watch(config: &Config, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
    struct Watch<'a>(&'a Cache, mpsc::Sender<String>, JoinSet<()>);
    impl Visitor for Watch<'_> {
        fn visit<T: Schema>(&mut self) {
            let Some(scope) = T::Scope::read("") else { return };
            let (cache, lines) = (self.0.clone(), self.1.clone());
            self.2.spawn(async move {
                let _followed = cache.follow_scope::<T>(scope.clone());
                let mut changes = cache.watch::<T>(scope);
                changes.mark_changed();
                while changes.changed().await.is_ok() {
                    let line = match &*changes.borrow_and_update() {
                        Ok(held) => {
                            let age_ms = held.as_of.age(cache.now()).as_millis();
                            format!("{}  stamp {}  {age_ms} ms old  by {}", T::NAME, held.stamp, held.by)
                        }
                        Err(absence) => format!("{}  {absence}", T::NAME),
                    };
                    if lines.send(line).await.is_err() {
                        return;
                    }
                }
            });
        }
    }
    let cache = open(config)?;
    let (send, mut lines) = mpsc::channel(LINES);
    let mut watch = Watch(&cache, send, JoinSet::new());
    schema::visit(&mut watch);
    let Watch(_, send, mut watching) = watch;
    drop(send);
    let (mirror, poll) = (cache.clone(), config.cache.poll);
    watching.spawn(async move { mirror.mirror(poll, std::future::pending()).await });
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return Ok(()),
            Some(Err(lost)) = watching.join_next() => return Err(lost).context("watching a schema"),
            line = lines.recv() => match line {
                Some(line) => say(&format!("{}  {line}", app::format::clock(UnixMs(cache.now().0), schema::Zone::UTC)))?,
                None => return Ok(()),
            },
        }
    }
}

/// Fills holes of memcached with the readings of a file.
pub(super) async fn import(config: &Config, file: &Path, more: bool) -> anyhow::Result<()> {
    struct All(Option<Snapshot>);
    impl Visitor for All {
        fn visit<T: Schema>(&mut self) {
            self.0 = self.0.take().map(Snapshot::with::<T>);
        }
    }
    anyhow::ensure!(
        !more,
        "--dry-run and --json are for documents of the ancestor (.json), not for kept readings (.ndjson)"
    );
    let cache = open(config)?;
    anyhow::ensure!(file.is_file(), "there is no file {}", file.display());
    let mut all = All(Some(Snapshot::of(&cache)));
    schema::visit(&mut all);
    let snapshot = all.0.context("listing the schemas")?;
    let mut failed = 0;
    for one in snapshot.restore(file).await? {
        match one {
            Restored::Offered { key, as_of, filled } => {
                let age = app::format::age(as_of.age(cache.now()));
                let did = match &filled.l2 {
                    FillOutcome::Added => "filled".to_owned(),
                    FillOutcome::Occupied => "left alone, something is there".to_owned(),
                    FillOutcome::Off => "no memcached".to_owned(),
                    FillOutcome::Failed(why) => {
                        failed += 1;
                        format!("failed: {why}")
                    }
                    FillOutcome::Refused(why) => {
                        failed += 1;
                        format!("refused: {why}")
                    }
                };
                say(&format!("{key}  {age} old  {did}"))?;
            }
            Restored::Skipped { line, why } => {
                failed += 1;
                say(&format!("line {line}  left out: {why}"))?;
            }
        }
    }
    anyhow::ensure!(failed == 0, "{failed} of the readings were not brought in");
    Ok(())
}

pub(super) fn open(config: &Config) -> anyhow::Result<Cache> {
    anyhow::ensure!(
        !config.cache.memcached.is_empty(),
        "no memcached is configured: set cache.memcached, or give --memcached host:port"
    );
    cache_named("cache", &config.cache, config.cache.namespace.clone(), &Clock::System).context("opening the cache")
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("writing to standard output")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_served_somewhere() {
        // A notice between processes is nowhere where there is one process.
        for info in SCHEMAS.iter().filter(|info| info.name != schema::WantedSymbols::NAME) {
            let scope = match info.name.as_str() {
                "confluence:breakdown" => "bybit:BTCUSDT",
                "market:candles" => "bybit:BTCUSDT:5m",
                _ => "",
            };
            assert!(served_at(info.name.as_str(), scope).is_some(), "{}", info.name.as_str());
        }
        assert_eq!(served_at("confluence:breakdown", "bybit:BTCUSDT").unwrap(), "/api/v1/symbols/BTCUSDT");
        assert_eq!(
            served_at("market:candles", "bybit:xyz:TSLA:5m").unwrap(),
            "/api/v1/symbols/xyz%3ATSLA/candles?timeframe=5m"
        );
        assert_eq!(served_at("market:overview", "x"), None);
    }
}
