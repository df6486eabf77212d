//! The one shape of every error body: `{"error":{"code":"…","message":"…"}}`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schema::Absence;
use serde_json::json;

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
    ForeignOrigin,
    /// Nobody is asked who they are, so a change is taken at the machine itself alone.
    ReadOnly,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let told = match self {
            Self::LoginNeeded | Self::WrongToken => {
                Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
            }
            Self::TooManyTokens { wait_s } => Some((header::RETRY_AFTER, HeaderValue::from(wait_s))),
            _ => None,
        };
        let (status, code, message) = match self {
            Self::UnknownSymbol(symbol) => {
                (StatusCode::NOT_FOUND, "unknown_symbol", format!("the symbol {symbol:?} is not watched"))
            }
            Self::UnknownPath => (StatusCode::NOT_FOUND, "unknown_path", "there is no such path".to_owned()),
            Self::BadParameter(message) => (StatusCode::BAD_REQUEST, "bad_parameter", message),
            Self::Unavailable(absence) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", plain(&absence)),
            Self::LoginNeeded => {
                let message = "log in at /login, or send the token as `Authorization: Bearer`".to_owned();
                (StatusCode::UNAUTHORIZED, "login_needed", message)
            }
            Self::WrongToken => (StatusCode::UNAUTHORIZED, "wrong_token", "this is not the token".to_owned()),
            Self::TooManyTokens { wait_s } => {
                let message = format!("too many wrong tokens were given; try again in {wait_s} s");
                (StatusCode::TOO_MANY_REQUESTS, "too_many_tokens", message)
            }
            Self::ReadOnly => {
                let message =
                    "everybody may read this dashboard; who may change it has to log in: set access.token".to_owned();
                (StatusCode::FORBIDDEN, "read_only", message)
            }
            Self::ForeignOrigin => {
                let message = "changes are taken from this dashboard's own pages alone".to_owned();
                (StatusCode::FORBIDDEN, "foreign_origin", message)
            }
        };
        let mut response = (status, Json(json!({ "error": { "code": code, "message": message } }))).into_response();
        response.headers_mut().extend(told);
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
