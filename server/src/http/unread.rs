//! When a reader last looked at the alerts: a cookie keeps it, and every page shows how much has happened since.
//!
//! A reader who never looked sees nothing: all of the log would be new.

use app::{alerts::Unseen, path};
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use cache::Cache;
use schema::{AlertLog, UnixMs};
use serde::Serialize;

use super::{cookie, state::AppState};

/// The cookie with the time of the last look, in ms since 1970.
const COOKIE: &str = "virtuoso-seen";

/// Counts what is new to who asks, and notes a look at the alerts.
pub(super) async fn count(State(cache): State<Cache>, mut request: Request, next: Next) -> Response {
    let looks = request.method() == Method::GET && request.uri().path() == path::ALERTS.path();
    let since = last_look(request.headers());
    if !looks && since.is_none() {
        return next.run(request).await;
    }
    let Ok(held) = cache.get::<AlertLog>(&()).await else { return next.run(request).await };
    if looks {
        let mut response = next.run(request).await;
        // By the log's own time: what it receives later is later.
        let cookie = cookie::kept(COOKIE, &held.as_of.to_string()).filter(|_| response.status().is_success());
        response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
        return response;
    }
    if let Some(since) = since {
        request.extensions_mut().insert(Unseen::since(&held.value, since));
    }
    next.run(request).await
}

/// What is new to a reader.
#[derive(Serialize)]
pub(super) struct News {
    /// How many alerts a badge counts.
    unseen: usize,
    /// The number as a badge shows it; none where nothing is new.
    label: Option<String>,
}

/// `GET /api/v1/alerts/unseen`: how many alerts are new to who asks, by the cookie of the last look.
pub(super) async fn unseen(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let unseen = match (last_look(&headers), state.cache.get::<AlertLog>(&()).await) {
        (Some(since), Ok(held)) => Unseen::since(&held.value, since),
        (None, _) | (_, Err(_)) => Unseen(0),
    };
    let news = News { unseen: unseen.0, label: unseen.label() };
    ([(header::CACHE_CONTROL, "no-store")], Json(news)).into_response()
}

fn last_look(headers: &HeaderMap) -> Option<UnixMs> {
    cookie::value(headers, COOKIE)?.parse().ok().map(UnixMs)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_that_is_no_time_is_none() {
        let look = |value| last_look(&HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(value))]));
        assert_eq!(look("virtuoso-seen=1795225896000"), Some(UnixMs(1_795_225_896_000)));
        assert_eq!((look("virtuoso-seen=yesterday"), look("virtuoso=1")), (None, None));
    }
}
