//! Who may read what is served, and who may change anything: one guard before every path.
//!
//! Without a token nobody is asked. With one, a reader logs in on a page and carries a session in a cookie, a program
//! sends the token itself as `Authorization: Bearer …`. What a service manager asks and what the login page is made of are open
//! always, what is read also where the configuration says so. What changes something comes from this server's own pages alone.
//!
//! It judges readers and no data, and it keeps nothing of who has logged in.

mod attempts;
pub(crate) mod login;
mod next;
mod session;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use app::{access::Visitor, path};
use axum::{
    extract::{Extension, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use cache::Clock;

use self::{
    attempts::{Attempts, NotTaken},
    session::Sessions,
};
use super::{
    client::{Client, Reach},
    cookie, edition,
    error::ApiError,
    origin, policy,
    redirect::redirect,
    refused,
};
use crate::{config::Access, role::Role};

/// The cookie of the login.
const COOKIE: &str = "virtuoso-login";

/// What the login page is made of, beside the files under `/pkg/` and those of an edition: every file of `public/`.
const FILES: [&str; 6] = [
    path::ICON.path(),
    path::TOUCH_ICON.path(),
    "/icon-512.png",
    "/icon-maskable-512.png",
    path::MANIFEST.path(),
    path::WORKER.path(),
];

/// What decides who may read.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    /// None: nobody is asked.
    sessions: Option<Sessions>,
    attempts: Mutex<Attempts>,
    open_to_all: bool,
    reach: Reach,
    /// Whether there is a page to log in on.
    pages: bool,
}

/// Who may have what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Everybody.
    Open,
    /// Everybody, if it is a file: the address of one may name none.
    File,
    /// Readers who have logged in, and everybody where the configuration says so.
    Readable,
    /// Readers who have logged in.
    Guarded,
}

impl Place {
    fn of(method: &Method, path: &str) -> Self {
        match path {
            "/livez" | "/readyz" => Self::Open,
            _ if [path::LOGIN, path::LOGOUT].map(path::Place::path).contains(&path) => Self::Open,
            // They change nothing but a cookie of the browser that asks.
            _ if [path::SETTINGS, path::WATCH].map(path::Place::path).contains(&path) => Self::Readable,
            _ if origin::changes(method) || path == "/metrics" => Self::Guarded,
            _ if path.starts_with("/pkg/") || edition::holds(path) || FILES.contains(&path) => Self::File,
            _ => Self::Readable,
        }
    }
}

impl Gate {
    /// The gate of a role.
    pub(crate) fn new(access: &Access, reach: Reach, role: Role) -> Self {
        Self(Arc::new(Inner {
            sessions: access.token.as_ref().map(Sessions::of),
            attempts: Mutex::new(Attempts::new(Instant::now())),
            open_to_all: access.open_to_all,
            reach,
            pages: role.serves_pages(),
        }))
    }

    /// Who asks, by the cookie alone.
    fn known(&self, headers: &HeaderMap) -> Visitor {
        let Some(sessions) = &self.0.sessions else { return Visitor::Unasked };
        // A login ends by the machine's clock, also where a recording is played by another.
        let now = Clock::System.now();
        match cookie::value(headers, COOKIE).is_some_and(|value| sessions.holds(value, now)) {
            true => Visitor::LoggedIn,
            false => Visitor::LoggedOut,
        }
    }

    /// Who asks, by the cookie or the token in the header.
    fn visitor(&self, headers: &HeaderMap, from: IpAddr) -> Result<Visitor, NotTaken> {
        let known = self.known(headers);
        match bearer(headers) {
            Some(given) if known == Visitor::LoggedOut => self.take(given, from).map(|()| Visitor::LoggedIn),
            _ => Ok(known),
        }
    }

    /// Who asks how the process is doing: everybody may. Causes are for those who have logged in, and without a token for those who
    /// are at this machine.
    fn operator(&self, headers: &HeaderMap, client: &Client) -> Visitor {
        match self.visitor(headers, client.addr) {
            Ok(Visitor::LoggedIn) => Visitor::LoggedIn,
            Ok(Visitor::Unasked) if client.is_local => Visitor::Unasked,
            Ok(_) | Err(_) => Visitor::LoggedOut,
        }
    }

    /// Checks a token; returns why it is refused.
    fn take(&self, given: &str, from: IpAddr) -> Result<(), NotTaken> {
        let Some(sessions) = &self.0.sessions else { return Ok(()) };
        let right = sessions.is_token(given);
        let mut attempts = self.0.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = attempts.look(from, Instant::now(), right);
        drop(attempts);
        match taken {
            Ok(()) => {}
            Err(NotTaken::Wrong) => {
                tracing::warn!(%from, "a wrong token was given");
                metrics::counter!("http_wrong_tokens_total").increment(1);
            }
            Err(NotTaken::TooMany { .. }) => metrics::counter!("http_tokens_not_looked_at_total").increment(1),
        }
        taken
    }

    /// Asks for the login: on its page, or as an error where a program asks.
    fn ask(&self, method: &Method, uri: &Uri) -> Response {
        let asked = match uri.path_and_query() {
            // What a form is sent to is no page.
            Some(asked) if !origin::changes(method) => asked.as_str(),
            _ => path::MARKET.path(),
        };
        let program = uri.path().starts_with("/api/") || ["/metrics", "/health"].contains(&uri.path());
        let mut response = match self.0.pages && !program {
            true => redirect(uri.path(), &path::login(next::local(asked))),
            false => ApiError::LoginNeeded.into_response(),
        };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// For a program; a reader sees it on the page.
impl IntoResponse for NotTaken {
    fn into_response(self) -> Response {
        match self {
            Self::Wrong => ApiError::WrongToken.into_response(),
            Self::TooMany { wait_s } => ApiError::TooManyTokens { wait_s }.into_response(),
        }
    }
}

/// The token of a program.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, given) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| given.trim())
}

/// Lets a request pass, or asks for the login.
pub(super) async fn guard(
    State(gate): State<Gate>,
    Extension(client): Extension<Client>,
    mut request: Request,
    next: Next,
) -> Response {
    if origin::changes(request.method())
        && let Err(foreign) = gate.0.reach.check_origin(request.headers(), &client)
    {
        return refused::Asked::of(&request).answer(ApiError::ForeignOrigin(foreign));
    }
    let place = Place::of(request.method(), request.uri().path());
    let visitor = match place {
        Place::Open if request.uri().path() == "/readyz" => gate.operator(request.headers(), &client),
        Place::Open | Place::File => gate.known(request.headers()),
        Place::Readable | Place::Guarded => match gate.visitor(request.headers(), client.addr) {
            Ok(visitor) => visitor,
            Err(not_taken) => return not_taken.into_response(),
        },
    };
    let stranger = visitor == Visitor::LoggedOut && !(gate.0.open_to_all && place != Place::Guarded);
    if stranger && matches!(place, Place::Readable | Place::Guarded) {
        return gate.ask(request.method(), request.uri());
    }
    // Whom nobody asks may change something at the machine itself, and read from elsewhere.
    let unasked_from_elsewhere = visitor == Visitor::Unasked && !client.is_local;
    if unasked_from_elsewhere && origin::changes(request.method()) && place == Place::Guarded {
        return refused::Asked::of(&request).answer(ApiError::ReadOnly);
    }
    request.extensions_mut().insert(visitor);
    let response = next.run(request).await;
    // What is no file is answered by a page, and that shows what only readers may see.
    if stranger && place == Place::File && policy::is_page(&response) {
        return (StatusCode::NOT_FOUND, "there is no such file\n").into_response();
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_public_file_is_open_and_no_page_is() {
        let public = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
        for file in std::fs::read_dir(public).unwrap() {
            let path = format!("/{}", file.unwrap().file_name().to_str().unwrap());
            assert_eq!(Place::of(&Method::GET, &path), Place::File, "{path}");
        }
        for path in
            ["/", "/scores", "/login/", "/livez/x", "/api/v1/overview", "/api/v1/stream", "/health", "/favicon.svg/x"]
        {
            assert_eq!(Place::of(&Method::GET, path), Place::Readable, "{path}");
        }
        assert_eq!(Place::of(&Method::POST, path::SETTINGS.path()), Place::Readable, "a cookie alone");
        for (method, path) in [(Method::POST, path::RULES.path()), (Method::GET, "/metrics"), (Method::POST, "/pkg/x")]
        {
            assert_eq!(Place::of(&method, path), Place::Guarded, "{path}");
        }
    }

    #[test]
    fn the_token_of_a_program_is_that_of_its_own_scheme() {
        let given = |value| {
            bearer(&HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))])).map(str::to_owned)
        };
        assert_eq!(given("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(given("bearer  abc ").as_deref(), Some("abc"));
        assert_eq!((given("Basic abc"), given("abc"), bearer(&HeaderMap::new())), (None, None, None));
    }
}
