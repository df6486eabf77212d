//! Every path, and what all answers have in common.

use std::sync::Arc;

use app::{App, Source, access::Visitor, alerts::Unseen, path, shell};
use axum::{
    Router, middleware,
    routing::{any, get, post},
};
use leptos::prelude::provide_context;
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

use super::{
    access, api, assets, candles, client, compat, edition, form,
    hand_on::hand_on,
    headers, limit, metrics, openapi,
    page_cache::{self, PageCache},
    pages::Pages,
    policy, probe, query, regime, rules, settings, shape,
    state::AppState,
    stream, unread, watch, weights,
};
use crate::role::Role;

/// Every path of a role.
pub(crate) fn router(state: AppState, role: Role) -> Router {
    let operator = Router::new()
        .route("/livez", get(probe::livez))
        .route("/readyz", get(probe::readyz))
        .route("/health", get(probe::health))
        .route("/metrics", get(metrics::metrics));
    let plain = Router::new()
        .route("/api/v1/overview", get(api::overview))
        .route("/api/v1/breadth", get(api::breadth))
        .route("/api/v1/movers", get(api::movers))
        .route("/api/v1/regime", get(regime::regime))
        .route("/api/openapi.json", get(openapi::json))
        .route("/api/docs", get(openapi::docs))
        .route("/api/v1/ideas", get(api::ideas))
        .route("/api/v1/alerts", get(api::alerts))
        .route("/api/v1/alerts/unseen", get(unread::unseen))
        .route("/api/v1/perps", get(api::perps))
        .route("/api/v1/universe", get(api::universe))
        .route("/api/v1/health", get(api::health))
        .route("/api/v1/cache", get(api::cache))
        .route("/api/v1/config", get(weights::config))
        .route("/api/v1/symbols/{symbol}", get(api::symbol))
        // They have no parameters, so each one is a mistake.
        .route_layer(middleware::from_fn(query::none));
    let api = Router::new()
        .route("/api/dashboard/mobile-data", get(compat::mobile_data))
        .route("/api/v1/signals", get(api::signals))
        .route("/api/v1/beta", get(api::beta))
        .route("/api/v1/symbols/{symbol}/candles", get(candles::candles))
        .route("/api/v1/symbols/{symbol}/scores", get(api::scores))
        .merge(plain)
        .route("/api", any(api::unknown))
        .route("/api/", any(api::unknown))
        .route("/api/{*path}", any(api::unknown));
    // Inside of the compression, so that the framework's own words can be read.
    let api = api.layer(middleware::from_fn(shape::errors));
    let router = operator.merge(api).layer(CompressionLayer::new());
    let router = if role.serves_pages() { router.merge(pages(&state)) } else { router };
    router
        .layer(CatchPanicLayer::custom(metrics::panicked))
        // Before every path, so that none can be forgotten.
        .layer(middleware::from_fn_with_state(state.gate.clone(), access::guard))
        .layer(middleware::from_fn_with_state(state.reach.clone(), client::identify))
        .layer(middleware::from_fn(shape::errors))
        // Outermost, so that no answer leaves without them.
        .layer(middleware::from_fn(headers::complete))
        .layer(middleware::from_fn(metrics::measure))
        .with_state(state)
}

/// The pages, their files and the live stream.
fn pages(state: &AppState) -> Router<AppState> {
    let registry = Arc::clone(&state.registry);
    let source: Arc<dyn Source> = Pages::source(
        state.hubs.clone(),
        state.cache.clone(),
        state.board.clone(),
        state.rules.clone(),
        registry,
        state.streams.clone(),
    );
    let (for_pages, for_errors) = (Arc::clone(&source), source);
    let (for_kept, for_missing) = (state.clone(), state.clone());
    let page_cache = PageCache::new(state.hubs.live.clone());
    // No layer that makes pages is in front of a kept one.
    let kept = Router::new()
        .leptos_routes_with_context(
            state,
            generate_route_list(App),
            move || in_page(&for_pages),
            move || shell(for_kept.site.options.clone(), Arc::clone(&for_kept.site.files)),
        )
        .layer(middleware::from_fn(policy::seal))
        // Kept compressed, with all that its answer says.
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(headers::complete))
        .layer(middleware::from_fn_with_state(page_cache.clone(), page_cache::serve))
        .layer(middleware::from_fn_with_state(state.cache.clone(), unread::count));
    // Every reader sees rules. The others change a cookie, and kept pages differ by it.
    let changes = Router::new()
        .route(path::RULES.path(), post(rules::add))
        .route(path::RULE_REMOVED.path(), post(rules::remove))
        .layer(middleware::from_fn_with_state(page_cache, page_cache::renew));
    let missing = render_app_async_with_context(
        move || in_page(&for_errors),
        move || shell(for_missing.site.options.clone(), Arc::clone(&for_missing.site.files)),
    );
    let made = Router::new()
        .merge(changes)
        .route(path::START.path(), get(settings::start))
        .route(path::SETTINGS.path(), post(settings::save))
        .route(path::WATCH.path(), post(watch::change))
        .route(path::LOGIN.path(), post(access::login::login))
        .route(path::LOGOUT.path(), post(access::login::logout))
        .fallback_service(assets::or_page(&state.site.options.site_root, missing))
        .layer(middleware::from_fn(form::read))
        .layer(middleware::from_fn(policy::seal))
        .layer(CompressionLayer::new());
    let files = match &state.site.edition {
        Some(edition) => edition::files(edition, &state.site.folder()),
        None => edition::scripted(""),
    };
    // The stream compresses itself.
    let stream = Router::new()
        .route(path::STREAM.path(), get(stream::stream))
        .layer(middleware::from_fn_with_state(state.streams.clone(), limit::count));
    kept.merge(made).merge(files).merge(stream)
}

/// What a page finds around it, and what its answer may do.
fn in_page(source: &Arc<dyn Source>) {
    provide_context(Arc::clone(source));
    policy::mark_own_scripts();
    settings::apply();
    watch::apply();
    hand_on::<Unseen>();
    hand_on::<Visitor>();
}
