//! The one shape of every error body: `{"error":{"code":"…","message":"…"}}`.

use axum::{
    Json,
    http::StatusCode,
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
    /// Another process has it; the text says which.
    Elsewhere(String),
    /// There is nothing to answer with yet.
    Unavailable(Absence),
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code, message) = match self {
            Self::UnknownSymbol(symbol) => {
                (StatusCode::NOT_FOUND, "unknown_symbol", format!("the symbol {symbol:?} is not watched"))
            }
            Self::UnknownPath => (StatusCode::NOT_FOUND, "unknown_path", "there is no such path".to_owned()),
            Self::BadParameter(message) => (StatusCode::BAD_REQUEST, "bad_parameter", message),
            Self::Elsewhere(message) => (StatusCode::NOT_IMPLEMENTED, "elsewhere", message),
            Self::Unavailable(absence) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", plain(&absence)),
        };
        (status, Json(json!({ "error": { "code": code, "message": message } }))).into_response()
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
