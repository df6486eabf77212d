//! The one shape of every error body: `{"error":{"code":"…","message":"…"}}`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schema::Absence;
use serde_json::json;

use super::{hosts::BadHost, origin::Foreign};
use crate::config::Authority;

/// An answer that is an error. None shows an internal text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// The symbol is not watched.
    UnknownSymbol(String),
    /// There is no such path.
    UnknownPath,
    /// A parameter cannot be used; the text names it and what is allowed.
    BadParameter(String),
    /// There is nothing to answer with yet.
    Unavailable(Absence),
    /// Who asks has not logged in.
    LoginNeeded,
    /// The token that was sent is not the token.
    WrongToken,
    /// So many wrong tokens came that none is looked at for so many seconds.
    TooManyTokens {
        /// How long.
        wait_s: u64,
    },
    /// A change that another origin asks for.
    ForeignOrigin(Foreign),
    /// A request for another host.
    ForeignHost(Authority),
    /// A request without a host that can be read.
    BadHost(BadHost),
    /// As many live streams are open as may be.
    TooManyStreams {
        /// Whether one client has them all.
        of_one: bool,
        /// How long to wait, in seconds.
        wait_s: u64,
    },
    /// What the framework refuses; the text is its own.
    Refused(StatusCode, String),
    /// Nobody is asked who they are, so a change is taken at the machine itself alone.
    ReadOnly,
}

impl ApiError {
    /// The status that it is answered with.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownSymbol(_) | Self::UnknownPath => StatusCode::NOT_FOUND,
            Self::BadParameter(_) | Self::BadHost(_) => StatusCode::BAD_REQUEST,
            Self::Unavailable(_) | Self::TooManyStreams { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::LoginNeeded | Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::TooManyTokens { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::ReadOnly | Self::ForeignOrigin(_) => StatusCode::FORBIDDEN,
            Self::ForeignHost(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::Refused(status, _) => *status,
        }
    }

    /// The word for programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::UnknownSymbol(_) => "unknown_symbol",
            Self::UnknownPath => "unknown_path",
            Self::BadParameter(_) => "bad_parameter",
            Self::Unavailable(_) => "unavailable",
            Self::LoginNeeded => "login_needed",
            Self::WrongToken => "wrong_token",
            Self::TooManyTokens { .. } => "too_many_tokens",
            Self::ReadOnly => "read_only",
            Self::ForeignOrigin(_) => "foreign_origin",
            Self::ForeignHost(_) => "foreign_host",
            Self::BadHost(_) => "bad_host",
            Self::TooManyStreams { .. } => "too_many_streams",
            Self::Refused(StatusCode::METHOD_NOT_ALLOWED, _) => "method_not_allowed",
            Self::Refused(StatusCode::NOT_FOUND, _) => "unknown_path",
            Self::Refused(status, _) if status.is_client_error() => "bad_request",
            Self::Refused(..) => "internal",
        }
    }

    /// What happened, for people.
    pub(super) fn message(&self) -> String {
        match self {
            Self::UnknownSymbol(symbol) => format!("the symbol {symbol:?} is not watched"),
            Self::UnknownPath => "there is no such path".to_owned(),
            Self::BadParameter(message) | Self::Refused(_, message) => message.clone(),
            Self::Unavailable(absence) => plain(absence),
            Self::LoginNeeded => "log in at /login, or send the token as `Authorization: Bearer`".to_owned(),
            Self::WrongToken => "this is not the token".to_owned(),
            Self::TooManyTokens { wait_s } => format!("too many wrong tokens were given; try again in {wait_s} s"),
            Self::ReadOnly => {
                "without a token, changes are taken at the machine itself alone, and not through a proxy: set \
                               access.token (VIRTUOSO_ACCESS_TOKEN) and log in"
                    .to_owned()
            }
            Self::ForeignOrigin(foreign) => foreign.to_string(),
            Self::ForeignHost(host) => format!(
                "this server is not known as {host}. If {host} is a name of yours for it, set http.allowed_hosts = \"{host}\" \
                 (VIRTUOSO_HTTP_ALLOWED_HOSTS={host}) and restart."
            ),
            Self::BadHost(BadHost::Missing) => "the request has no Host header".to_owned(),
            Self::BadHost(BadHost::Repeated) => "the request has more than one Host header".to_owned(),
            Self::BadHost(BadHost::Malformed(text)) => {
                format!("the request is for {text:?}, which is no host and port")
            }
            Self::TooManyStreams { of_one: false, wait_s } => {
                format!("as many live streams are open as http.max_streams allows; try again in {wait_s} s")
            }
            Self::TooManyStreams { of_one: true, wait_s } => format!(
                "your address has as many live streams open as http.max_streams_per_client allows; try again in {wait_s} s. Where a \
                 proxy has that address, name it in http.trusted_proxies"
            ),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let headers = match self {
            Self::LoginNeeded | Self::WrongToken => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            Self::TooManyTokens { wait_s } | Self::TooManyStreams { wait_s, .. } => {
                Some((header::RETRY_AFTER, HeaderValue::from(wait_s)))
            }
            _ => None,
        };
        let body = Json(json!({ "error": { "code": self.code(), "message": self.message() } }));
        let mut response = (self.status(), body).into_response();
        response.headers_mut().extend(headers);
        response
    }
}

/// Why there is nothing, in words without internals; the log and the operator's pages hold the detail.
pub(crate) fn plain(absence: &Absence) -> String {
    match absence {
        Absence::NeverWritten => absence.to_string(),
        Absence::Unreadable(_) => "the cached value cannot be read".to_owned(),
        Absence::Unreachable(_) => "the cache between the processes cannot be reached".to_owned(),
    }
}
