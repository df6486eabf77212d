//! What the pages are made of: the values of the last tick, and a symbol's breakdown.

use std::sync::Arc;

use app::{
    Answer, Source,
    chart::{Candles, Ideas},
    settings::{Saving, Settings},
    source::{AlertsSnapshot, BetaSnapshot, Guide, KeptRules, MarketSnapshot, SignalsSnapshot, SystemSnapshot},
};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use schema::{
    Absence, ActiveIdeas, AlertLog, BetaTable, Held, MarketUniverse, Schema, Signals, Symbol, SystemHealth, Timeframe,
    health::TaskStatus,
    page::{Frame, ScoresPage, SymbolPage},
    reading::Found,
};

use super::limit::Streams;
use crate::{
    hub::{Current, Hub, Hubs},
    monitor::board::Board,
    rules::Rules,
    supervise::Registry,
};

/// The pages' source in the server.
#[derive(Clone)]
pub(crate) struct Pages {
    hubs: Hubs,
    cache: cache::Cache,
    board: Option<Board>,
    rules: Option<Arc<Rules>>,
    registry: Arc<Registry>,
    streams: Streams,
    /// What the reader chose.
    settings: Settings,
}

impl Pages {
    /// Pages of the market that the hubs stream; candles are those of the market that this process watches, if it does.
    pub(crate) fn source(
        hubs: Hubs,
        cache: cache::Cache,
        board: Option<Board>,
        rules: Option<Arc<Rules>>,
        registry: Arc<Registry>,
        streams: Streams,
    ) -> Arc<dyn Source> {
        Arc::new(Self { hubs, cache, board, rules, registry, streams, settings: Settings::PLAIN })
    }

    /// The same for the reader who asks. Called with the reactive owner of the request.
    fn for_reader(&self) -> Self {
        let settings = use_context::<Settings>().unwrap_or(Settings::PLAIN);
        Self { settings, ..self.clone() }
    }

    fn saving(&self) -> bool {
        self.settings.saving == Saving::On
    }

    /// The hub whose stream goes on where the page ends.
    fn hub(&self) -> &Hub {
        self.hubs.of(self.saving())
    }

    /// What is on every page, and the values of the tick that the page is made from.
    async fn snapshot(&self) -> (Frame, Current) {
        let (stamp, mut current) = self.hub().current();
        current.health = self.or_cached(current.health).await;
        current.overview = self.or_cached(current.overview).await;
        let frame = Frame {
            now: self.cache.now(),
            zone: self.settings.zone,
            saving: self.saving(),
            stamp,
            shared: self.cache.l2_state(),
            monitor: current.monitor(),
            headline: current.headline(),
        };
        (frame, current)
    }

    /// A value of the last tick; before the first one, what the cache says.
    async fn or_cached<T: Schema<Scope = ()>>(&self, found: Found<T>) -> Found<T> {
        match found {
            Ok(held) => Ok(held),
            Err(_) => self.cache.get::<T>(&()).await,
        }
    }
}

impl Source for Pages {
    fn market(&self) -> Answer<MarketSnapshot> {
        let pages = self.for_reader();
        Box::pin(async move {
            let (frame, current) = pages.snapshot().await;
            MarketSnapshot {
                frame,
                overview: current.overview,
                breadth: pages.or_cached(current.breadth).await,
                perps: pages.or_cached(current.perps).await,
                movers: pages.or_cached(current.movers).await,
                signals: pages.or_cached(current.signals).await,
            }
        })
    }

    fn scores(&self) -> Answer<ScoresPage> {
        let pages = self.for_reader();
        Box::pin(async move {
            let (frame, current) = pages.snapshot().await;
            ScoresPage { frame, signals: pages.or_cached(current.signals).await }
        })
    }

    fn symbol(&self, symbol: Symbol) -> Answer<Option<SymbolPage>> {
        let pages = self.for_reader();
        Box::pin(async move {
            let (frame, current) = pages.snapshot().await;
            let breakdown = pages.hub().breakdown(symbol).await;
            // While no list is known, a symbol cannot be said not to exist; one that is listed exists before it is taken apart.
            let signals = pages.or_cached(current.signals).await;
            let listed = |held: &Held<Signals>| held.value.rows.iter().any(|row| row.symbol == symbol);
            if matches!(breakdown, Err(Absence::NeverWritten)) && signals.is_ok_and(|held| !listed(&held)) {
                return None;
            }
            Some(SymbolPage { frame, symbol, breakdown })
        })
    }

    fn signals(&self) -> Answer<SignalsSnapshot> {
        let pages = self.for_reader();
        Box::pin(async move {
            let (frame, _) = pages.snapshot().await;
            SignalsSnapshot { frame, ideas: pages.cache.get::<ActiveIdeas>(&()).await }
        })
    }

    fn alerts(&self) -> Answer<AlertsSnapshot> {
        let pages = self.for_reader();
        Box::pin(async move {
            let (frame, _) = pages.snapshot().await;
            AlertsSnapshot {
                frame,
                log: pages.cache.get::<AlertLog>(&()).await,
                rules: pages.rules.map_or(KeptRules::Elsewhere, |rules| KeptRules::Here(rules.said())),
            }
        })
    }

    fn beta(&self) -> Answer<BetaSnapshot> {
        let pages = self.for_reader();
        Box::pin(async move {
            let (frame, _) = pages.snapshot().await;
            BetaSnapshot { frame, beta: pages.cache.get::<BetaTable>(&()).await }
        })
    }

    fn candles(&self, symbol: Symbol, timeframe: Timeframe) -> Answer<Candles> {
        let Self { hubs, board, .. } = self.clone();
        Box::pin(async move { super::candles::charted(board.as_ref(), &hubs.live, symbol, timeframe).await })
    }

    fn ideas(&self, symbol: Symbol) -> Answer<Result<Ideas, Absence>> {
        let cache = self.cache.clone();
        Box::pin(async move {
            let held = cache.get::<ActiveIdeas>(&()).await?;
            Ok(Ideas {
                as_of: held.as_of,
                open: held.value.open.iter().filter(|idea| idea.symbol == symbol).cloned().collect(),
                ended: held.value.ended.iter().filter(|idea| idea.symbol == symbol).cloned().collect(),
            })
        })
    }

    fn system(&self) -> Answer<SystemSnapshot> {
        let pages = self.for_reader();
        Box::pin(async move {
            let (frame, current) = pages.snapshot().await;
            let health = current.health.map(|held| match pages.board {
                Some(_) => held,
                None => with_tasks(&held, pages.registry.statuses()),
            });
            let universe = pages.cache.get::<MarketUniverse>(&()).await;
            SystemSnapshot { frame, health, universe, cache: pages.cache.report(), readers: pages.streams.counts() }
        })
    }

    fn guide(&self) -> Guide {
        super::guide::guide()
    }

    fn frame(&self) -> Answer<Frame> {
        let pages = self.for_reader();
        Box::pin(async move { pages.snapshot().await.0 })
    }

    fn not_found(&self) {
        if let Some(response) = use_context::<ResponseOptions>() {
            response.set_status(axum::http::StatusCode::NOT_FOUND);
        }
    }
}

/// A report of another process, with the tasks of this one that it has none of or that fail here.
fn with_tasks(held: &Held<SystemHealth>, own: Vec<TaskStatus>) -> Held<SystemHealth> {
    let mut health = SystemHealth::clone(&held.value);
    let theirs = health.tasks.clone();
    let shown = |task: &TaskStatus| task.last_error.is_some() || theirs.iter().all(|their| their.name != task.name);
    health.tasks.extend(own.into_iter().filter(shown));
    held.with(health)
}
