//! The page cache: one rendering serves all who request the same page of the same tick.
//!
//! A page is the same for two readers when they ask for the same address, chose the same settings, watch the same contracts, stand
//! to the login alike, have as much to see among the alerts and take the same compression; then it is sent as it is, compressed once.
//! With the next tick of the live stream it is rendered again, so its market is never older than that of a page made for one reader.
//! What a page shows beside the tick, and the time it says it was made at, is at most one flush old: that is as long as a page is
//! kept.
//!
//! It knows nothing of the content of a page.

use std::{sync::Arc, time::Duration};

use app::{access::Visitor, alerts::Unseen, settings::Settings, watchlist::Watchlist};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use moka::future::Cache;
use schema::Stamp;

use super::{policy::PAGE_BYTES, settings, watch};
use crate::hub::{FLUSH, Hub};

/// What kept pages may weigh together, in bytes.
const KEPT_BYTES: u64 = 8 << 20;
/// What is counted for a page beside its body, in bytes.
const BESIDE_BYTES: usize = 2_048;

/// What makes two pages the same.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Asked {
    /// Path and query.
    address: String,
    settings: Settings,
    watched: Watchlist,
    visitor: Option<Visitor>,
    /// What is new to the reader.
    unseen: Option<Unseen>,
    /// What the reader can decompress, in the reader's words.
    encodings: Vec<u8>,
    /// The tick that the page is made of.
    tick: Stamp,
}

/// A page as it is sent.
struct Page {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// The pages of the last tick; a clone is one pointer.
#[derive(Clone)]
pub(crate) struct PageCache(Arc<Kept>);

struct Kept {
    hub: Hub,
    pages: Cache<Asked, Arc<Page>>,
    asked: metrics::Counter,
    made: metrics::Counter,
}

impl PageCache {
    pub(crate) fn new(hub: Hub) -> Self {
        Self::keeping(hub, FLUSH)
    }

    fn keeping(hub: Hub, longest: Duration) -> Self {
        let weight = |asked: &Asked, page: &Arc<Page>| {
            let bytes = page.body.len() + asked.address.len() + BESIDE_BYTES;
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let pages = Cache::builder().max_capacity(KEPT_BYTES).weigher(weight).time_to_live(longest).build();
        // Looked up once, and not for each page that is sent.
        let [asked, made] = ["asked", "made"].map(|what| metrics::counter!(format!("http_pages_{what}_total")));
        Self(Arc::new(Kept { hub, pages, asked, made }))
    }

    fn asked(&self, request: &Request) -> Asked {
        let address = request.uri().path_and_query().map_or(request.uri().path(), |address| address.as_str());
        Asked {
            address: address.to_owned(),
            settings: settings::chosen(request.headers()),
            watched: watch::watched(request.headers()),
            visitor: request.extensions().get::<Visitor>().copied(),
            unseen: request.extensions().get::<Unseen>().copied(),
            encodings: request.headers().get(header::ACCEPT_ENCODING).map_or_else(Vec::new, |e| e.as_bytes().to_vec()),
            tick: self.0.hub.tick(),
        }
    }
}

/// Sends the page that is kept, or makes it once for all who ask meanwhile.
pub(super) async fn serve(State(page_cache): State<PageCache>, request: Request, next: Next) -> Response {
    page_cache.0.asked.increment(1);
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let page = page_cache.0.pages.get_with(page_cache.asked(&request), make(&page_cache, request, next)).await;
    let mut response = Body::from(page.body.clone()).into_response();
    *response.status_mut() = page.status;
    *response.headers_mut() = page.headers.clone();
    response
}

/// Forgets every page once something was changed: who changed it is led to a page that shows it.
pub(super) async fn renew(State(page_cache): State<PageCache>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    page_cache.0.pages.invalidate_all();
    response
}

async fn make(page_cache: &PageCache, request: Request, next: Next) -> Arc<Page> {
    page_cache.0.made.increment(1);
    let (head, body) = next.run(request).await.into_parts();
    Arc::new(match to_bytes(body, PAGE_BYTES).await {
        Ok(body) => Page { status: head.status, headers: head.headers, body },
        Err(error) => {
            tracing::error!(%error, "a page cannot be made");
            Page { status: StatusCode::INTERNAL_SERVER_ERROR, headers: HeaderMap::new(), body: Bytes::new() }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Instant,
    };

    use axum::{
        Router,
        http::{HeaderName, HeaderValue},
        middleware::from_fn_with_state,
        routing::get,
    };
    use cache::Clock;
    use tower::ServiceExt as _;

    use super::*;

    /// Pages that name their rendering.
    fn numbered(page_cache: PageCache) -> Router {
        let made = Arc::new(AtomicUsize::new(0));
        let page = move || {
            let number = made.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::task::yield_now().await;
                ([("x-kept", "yes")], number.to_string())
            }
        };
        Router::new().route("/{*any}", get(page)).layer(from_fn_with_state(page_cache, serve))
    }

    async fn ask(router: &Router, address: &str, headers: &[(&'static str, &'static str)]) -> String {
        let mut request = Request::get(address).body(Body::empty()).unwrap();
        request
            .headers_mut()
            .extend(headers.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))));
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!((response.status(), response.headers()["x-kept"].to_str().unwrap()), (StatusCode::OK, "yes"));
        String::from_utf8(to_bytes(response.into_body(), 100).await.unwrap().into()).unwrap()
    }

    #[tokio::test]
    async fn readers_of_one_page_share_one_rendering_and_others_do_not() {
        let hub = Hub::new(cache::Cache::builder(Clock::System, "test").build(), 1, FLUSH);
        let router = numbered(PageCache::keeping(hub, Duration::from_secs(3_600)));
        let all = futures_util::future::join_all((0..50).map(|_| ask(&router, "/a?x=1", &[]))).await;
        assert!(all.iter().all(|number| number == "0"), "{all:?}");
        let others: [(&str, &[_]); 5] = [
            ("/a?x=2", &[]),
            ("/a?x=1", &[("cookie", "virtuoso=theme=light")]),
            ("/a?x=1", &[("cookie", "virtuoso-watch=BTCUSDT")]),
            ("/a?x=1", &[("accept-encoding", "br")]),
            ("/b", &[]),
        ];
        for (number, (address, headers)) in (1..).zip(others) {
            assert_eq!(ask(&router, address, headers).await, number.to_string(), "{address} {headers:?}");
        }
        assert_eq!(
            ask(&router, "/a?x=1", &[("cookie", "virtuoso=theme=system; other=1")]).await,
            "0",
            "the same settings"
        );
    }

    #[tokio::test]
    async fn a_page_is_rendered_again_with_the_next_tick_and_after_a_flush() {
        let cache = cache::Cache::builder(Clock::System, "test").build();
        let hub = Hub::new(cache.clone(), 1, FLUSH);
        let router = numbered(PageCache::new(hub.clone()));
        assert_eq!(ask(&router, "/a", &[]).await, "0");
        hub.run_for_a_tick().await;
        assert_eq!(ask(&router, "/a", &[]).await, "1", "the tick makes it old");
        let end = Instant::now() + Duration::from_secs(20);
        while ask(&router, "/a", &[]).await == "1" {
            assert!(Instant::now() < end, "it is kept for ever");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
