//! The contracts that a reader watches: `POST /watch` adds or removes one, a cookie keeps them, each page receives them.
//!
//! As with the settings, nothing but the browser that asks keeps anything.

use app::{path, watchlist::Watchlist};
use axum::{
    extract::Form,
    http::{HeaderMap, request::Parts},
    response::Response,
};
use leptos::prelude::{provide_context, use_context};
use schema::Symbol;
use serde::Deserialize;

use super::cookie;

/// What the star of a symbol's page sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    symbol: Symbol,
    watch: Switch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Switch {
    On,
    Off,
}

/// Gives the page that is being made what its reader watches. Called with the reactive owner of the request.
pub(super) fn apply() {
    provide_context(use_context::<Parts>().map_or(Watchlist::EMPTY, |request| watched(&request.headers)));
}

/// What the cookie of a request says.
pub(super) fn watched(headers: &HeaderMap) -> Watchlist {
    let kept = cookie::value(headers, Watchlist::COOKIE);
    kept.map_or(Watchlist::EMPTY, |value| {
        Watchlist::read(value, |part| tracing::debug!(part, "what is no symbol to watch is ignored"))
    })
}

/// `POST /watch`: takes a symbol in or out, and leads back to its page.
pub(crate) async fn change(headers: HeaderMap, Form(asked): Form<Asked>) -> Response {
    let mut list = watched(&headers);
    match asked.watch {
        Switch::On => list.add(asked.symbol),
        Switch::Off => list.remove(asked.symbol),
    }
    cookie::keep(Watchlist::COOKIE, &list.cookie(), path::WATCH, &path::symbol(&asked.symbol))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, StatusCode, header};

    use super::*;

    async fn kept(before: &'static str, symbol: &str, watch: Switch) -> String {
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(before))]);
        let answer = change(headers, Form(Asked { symbol: Symbol::new(symbol).unwrap(), watch })).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(answer.headers()[header::LOCATION], format!("symbol/{symbol}"));
        let cookie = answer.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_star_takes_its_symbol_in_and_out_and_keeps_the_others() {
        let before = "a=b; virtuoso-watch=BTCUSDT.ETHUSDT";
        assert_eq!(kept(before, "SOLUSDT", Switch::On).await, "virtuoso-watch=BTCUSDT.ETHUSDT.SOLUSDT");
        assert_eq!(kept(before, "BTCUSDT", Switch::Off).await, "virtuoso-watch=ETHUSDT");
        assert_eq!(kept("a=b", "BTCUSDT", Switch::Off).await, "virtuoso-watch=");
    }
}
