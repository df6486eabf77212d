//! `POST /login` and `POST /logout`; the page itself is one of the app's.

use std::sync::Arc;

use app::{
    access::{Refused, Visitor},
    path, shell,
};
use axum::{
    Form,
    body::Body,
    extract::{Extension, FromRequest as _, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use cache::Clock;
use leptos::prelude::provide_context;
use leptos_axum::render_app_async_with_context;
use serde::Deserialize;

use super::{COOKIE, Gate, attempts::NotTaken, next::local, session::LIFETIME};
use crate::http::{client::Client, hand_on::hand_on, policy, redirect::redirect, settings, site::Site};

/// What a browser is to forget.
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// What the page sends.
#[derive(Deserialize)]
struct Given {
    token: String,
    next: Option<String>,
}

/// `POST /login`: gives the browser its session and leads on, or says why not.
pub(crate) async fn login(
    State(gate): State<Gate>,
    State(site): State<Site>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let given = match Form::<Given>::from_request(Request::from_parts(parts.clone(), body), &()).await {
        Ok(Form(given)) => given,
        Err(refused) => return refused.into_response(),
    };
    let next = local(given.next.as_deref().unwrap_or_default());
    match gate.take(given.token.trim(), client.addr) {
        Ok(()) => {
            let session = gate.0.sessions.as_ref().map(|sessions| sessions.begin(Clock::System.now()));
            led(&format!(".{next}"), session.map(|session| cookie(&session, LIFETIME.as_secs())))
        }
        Err(not_taken) => {
            parts.extensions.insert(Visitor::LoggedOut);
            // The status and the headers of the same refusal to a program.
            let refusal = not_taken.into_response();
            let mut response = page(site, parts, Refused { next: next.to_owned(), why: said(not_taken) }).await;
            *response.status_mut() = refusal.status();
            response
                .headers_mut()
                .extend(refusal.headers().get(header::RETRY_AFTER).map(|wait| (header::RETRY_AFTER, wait.clone())));
            response
        }
    }
}

/// `POST /logout`: makes the browser forget its session, and the pictures of pages that it keeps.
pub(crate) async fn logout() -> Response {
    let mut response = led(path::LOGIN.href(), Some(cookie("", 0)));
    response.headers_mut().insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"storage\""));
    response
}

/// Why a token was not taken, for the reader who gave it.
fn said(not_taken: NotTaken) -> String {
    match not_taken {
        NotTaken::Wrong => "This is not the token.".to_owned(),
        NotTaken::TooMany { wait_s } => format!("Too many wrong tokens were given. Try again in {wait_s} s."),
    }
}

/// The login page once more, with what was wrong.
async fn page(site: Site, parts: Parts, refused: Refused) -> Response {
    let context = move || {
        policy::mark_own_scripts();
        settings::apply();
        hand_on::<Visitor>();
        provide_context(refused.clone());
    };
    let render = render_app_async_with_context(context, move || shell(site.options.clone(), Arc::clone(&site.files)));
    render(Request::from_parts(parts, Body::empty())).await
}

/// Leads on from the login, which lies at the root as the logout does.
fn led(to: &str, cookie: Option<String>) -> Response {
    match cookie.map(HeaderValue::try_from).transpose() {
        Ok(cookie) => {
            let mut response = redirect(path::LOGIN.path(), to);
            response.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => {
            tracing::error!(%error, "a login cannot be answered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The cookie of a session. `Lax` sends it along with a link from elsewhere, such as one in a message, which `Strict` would answer
/// with the login page; a link changes nothing, and what changes something is taken from this server's own pages alone. For its path
/// see [`crate::http::cookie::kept`], for its mark over https [`crate::http::client`].
fn cookie(session: &str, seconds: u64) -> String {
    format!("{COOKIE}={session}; Max-Age={seconds}; SameSite=Lax; HttpOnly")
}
