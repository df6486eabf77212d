//! What a reader chose for this browser: `POST /settings` takes it from the form, a cookie keeps it, each page applies it.
//!
//! It changes something only in the browser that asks. A form on another origin could change it all the same, so that is
//! refused.

use app::{path, settings::Settings};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::prelude::{provide_context, use_context};

use super::origin::same_origin;

/// For how long a browser keeps the cookie, in seconds: a year.
const KEPT_S: u32 = 31_536_000;

/// Gives the page that is being made what its reader chose. Called with the reactive owner of the request.
pub(super) fn apply() {
    provide_context(use_context::<Parts>().map_or(Settings::PLAIN, |request| chosen(&request.headers)));
}

/// What the cookie of a request says.
fn chosen(headers: &HeaderMap) -> Settings {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let kept = pairs.find(|(name, _)| *name == Settings::COOKIE);
    kept.map_or(Settings::PLAIN, |(_, value)| Settings::read(value, |part| ignored("cookie", part)))
}

fn ignored(place: &str, part: &str) {
    tracing::debug!(place, part, "a setting that cannot be meant is ignored");
}

/// `POST /settings`: keeps what the form says, and leads back to the page.
pub(crate) async fn save(headers: HeaderMap, form: String) -> Response {
    if !same_origin(&headers) {
        return (StatusCode::FORBIDDEN, "settings are taken from this dashboard's own page alone").into_response();
    }
    let settings = Settings::read(&form, |part| ignored("form", part));
    let cookie =
        format!("{}={}; Path=/; Max-Age={KEPT_S}; SameSite=Lax; HttpOnly", Settings::COOKIE, settings.cookie());
    match HeaderValue::try_from(cookie) {
        Ok(cookie) => {
            let back = HeaderValue::from_static(path::SETTINGS);
            (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie), (header::LOCATION, back)]).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "settings cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use app::settings::Theme;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let found = chosen(&headers(&[("cookie", "a=b; virtuoso=theme=light&colours=blind; c=d")]));
        assert_eq!(found.theme, Theme::Light);
        assert_eq!(chosen(&headers(&[("cookie", "a=b"), ("cookie", "virtuoso=theme=dark")])).theme, Theme::Dark);
        assert_eq!(chosen(&headers(&[("cookie", "notvirtuoso=theme=dark")])), Settings::PLAIN);
    }
}
