//! A process without a market for tests: every path over a cache that the test writes.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::Request,
};
use cache::{
    Cache, CacheBuilder, Clock, ManualClock, Publisher,
    l2::{L2, MemoryL2},
};
use metrics_exporter_prometheus::PrometheusBuilder;
use schema::{MarketOverview, Signals};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::{
    config::{Config, Settings, settings::Origin},
    fixture,
    http::{AppState, Gate, Reach, Shared, Streams, router, site},
    hub::Hubs,
    role::Role,
    supervise::Supervisor,
};

/// A process whose vital schemas are fresh.
pub(crate) struct Stage {
    pub(crate) cache: Cache,
    pub(crate) hubs: Hubs,
    pub(crate) supervisor: Supervisor,
    pub(crate) router: axum::Router,
    pub(crate) signals: Publisher<Signals>,
}

impl Stage {
    /// Without a shared cache.
    pub(crate) async fn new(token: &str) -> Self {
        Self::over(token, None).await
    }

    /// With a shared cache of this process.
    pub(crate) async fn shared() -> Self {
        Self::over("", Some(Arc::new(MemoryL2::new()))).await
    }

    async fn over(token: &str, l2: Option<Arc<dyn L2>>) -> Self {
        let mut settings = Settings::defaults().unwrap();
        settings.set_text("access.token", token, Origin::Flag("--test")).unwrap();
        let config = Config::check(&settings).unwrap();
        let clock = Clock::from(ManualClock::at(fixture::AS_OF));
        let builder = Cache::builder(clock.clone(), "test");
        let cache = l2.into_iter().fold(builder, CacheBuilder::l2).build();
        let (signals, overview) = (cache.publisher().unwrap(), cache.publisher::<MarketOverview>().unwrap());
        let (list, market) = (fixture::signals(), fixture::overview());
        assert!(signals.publish(&(), list, fixture::AS_OF).await.l1);
        assert!(overview.publish(&(), market, fixture::AS_OF).await.l1);
        let stop = CancellationToken::new();
        let supervisor = Supervisor::new(clock.clone(), stop.clone());
        let hubs = Hubs::new(&cache, 1);
        let reach = Reach::new(&config, SocketAddr::from(([127, 0, 0, 1], 3_000)));
        let shared = Shared {
            cache: cache.clone(),
            hubs: hubs.clone(),
            board: None,
            rules: None,
            clock,
            recorder: PrometheusBuilder::new().build_recorder().handle(),
            stop,
            gate: Gate::new(&config.access, reach.clone(), Role::Monitor),
            reach,
            streams: Streams::new(&config.http),
            site: site::site(&config.http),
            registry: Arc::clone(supervisor.registry()),
        };
        let router = router(AppState::new(shared), Role::Monitor);
        Self { cache, hubs, supervisor, router, signals }
    }
}

/// Status and body of a path, as a local client gets them.
pub(crate) async fn get(router: &axum::Router, path: &str) -> (u16, String) {
    let mut request = Request::get(path).header("host", "127.0.0.1:3000").body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}
