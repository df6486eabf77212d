//! What a reader chose for this browser: `POST /settings` takes it from the form, a cookie keeps it, each page applies it.
//!
//! It changes something only in the browser that asks. A form on another origin could do that all the same, which the guard
//! refuses.

use app::{path, settings::Settings};
use axum::{
    http::{HeaderMap, request::Parts},
    response::Response,
};
use leptos::prelude::{provide_context, use_context};

use super::{cookie, redirect::redirect};

/// Gives the page that is being made what its reader chose. Called with the reactive owner of the request.
pub(super) fn apply() {
    provide_context(use_context::<Parts>().map_or(Settings::PLAIN, |request| chosen(&request.headers)));
}

/// What the cookie of a request says.
pub(super) fn chosen(headers: &HeaderMap) -> Settings {
    let kept = cookie::value(headers, Settings::COOKIE);
    kept.map_or(Settings::PLAIN, |value| Settings::read(value, |part| ignored("cookie", part)))
}

fn ignored(place: &str, part: &str) {
    tracing::debug!(place, part, "an invalid setting is ignored");
}

/// `GET /start`: leads to the page that the reader wants first.
pub(crate) async fn start(headers: HeaderMap) -> Response {
    redirect(path::START.path(), chosen(&headers).start.place().href())
}

/// `POST /settings`: keeps what the form says, and leads back to the page.
pub(crate) async fn save(form: String) -> Response {
    let settings = Settings::read(&form, |part| ignored("form", part));
    cookie::keep(Settings::COOKIE, &settings.cookie(), path::SETTINGS, path::SETTINGS.href())
}

#[cfg(test)]
mod tests {
    use app::settings::Theme;
    use axum::http::{HeaderValue, StatusCode, header};

    use super::*;

    #[test]
    fn what_the_cookie_says_is_chosen() {
        let with = |line| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(line))]);
        assert_eq!(chosen(&with("a=b; virtuoso=theme=light&colours=blind; c=d")).theme, Theme::Light);
        assert_eq!(chosen(&with("a=b")), Settings::PLAIN);
    }

    #[tokio::test]
    async fn the_first_page_is_the_one_that_was_chosen() {
        for (cookie, to) in [("virtuoso=start=alerts", "alerts"), ("virtuoso=start=moon", "./"), ("a=b", "./")] {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(cookie))]);
            let answer = start(headers).await;
            assert_eq!(
                (answer.status(), &answer.headers()[header::LOCATION]),
                (StatusCode::SEE_OTHER, &HeaderValue::from_static(to))
            );
        }
    }
}
