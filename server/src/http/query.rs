//! The query of a request, read strictly: a parameter that is unknown, given twice or no text is an error that names what is allowed.
//!
//! What is ignored in silence is worse than refused: `?tf=4h` once answered with the candles of one minute.

use std::{collections::BTreeSet, fmt};

use axum::{
    extract::{FromRequestParts, Request},
    http::{Uri, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use percent_encoding::percent_decode_str;
use serde::{
    Deserializer,
    de::{DeserializeOwned, Visitor},
    forward_to_deserialize_any,
};

use super::error::ApiError;

/// The query of a handler. Its parameters are the fields of the struct that it is read into.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        check(parts.uri.query().unwrap_or_default(), names::<T>())?;
        read(&parts.uri).map(Self)
    }
}

/// Refuses every parameter: for paths that have none.
pub(super) async fn none(request: Request, next: Next) -> Response {
    match check(request.uri().query().unwrap_or_default(), &[]) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

fn read<T: DeserializeOwned>(uri: &Uri) -> Result<T, ApiError> {
    match axum::extract::Query::try_from_uri(uri) {
        Ok(axum::extract::Query(query)) => Ok(query),
        Err(error) => Err(ApiError::BadParameter(error.body_text())),
    }
}

/// Checks the names of all parameters, and that they and their values are text.
fn check(query: &str, allowed: &[&str]) -> Result<(), ApiError> {
    let bad = |message: String| Err(ApiError::BadParameter(message));
    let mut seen = BTreeSet::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(name) = text(name) else { return bad("the name of a parameter is not UTF-8".to_owned()) };
        if !allowed.contains(&name.as_str()) {
            let shown: String = name.chars().take(32).collect();
            return bad(match allowed {
                [] => format!("{shown}: unknown parameter; none is allowed here"),
                allowed => format!("{shown}: unknown parameter; allowed are {}", allowed.join(", ")),
            });
        }
        if text(value).is_none() {
            return bad(format!("{name}: its value is not UTF-8"));
        }
        if !seen.insert(name.clone()) {
            return bad(format!("{name}: given more than once"));
        }
    }
    Ok(())
}

/// Decodes a part of a query; none where it is no text.
fn text(part: &str) -> Option<String> {
    percent_decode_str(&part.replace('+', " ")).decode_utf8().ok().map(Into::into)
}

/// The names of the fields of a struct, as it is read.
fn names<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // It ends with an error by its nature: there is nothing to read.
    let _ = T::deserialize(Names(&mut names));
    names
}

/// Takes the names of the fields that a struct asks for, and gives nothing.
struct Names<'n>(&'n mut &'static [&'static str]);

#[derive(Debug)]
struct Nothing;

impl fmt::Display for Nothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing is read")
    }
}

impl std::error::Error for Nothing {}

impl serde::de::Error for Nothing {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = Nothing;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Nothing> {
        Err(Nothing)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Nothing> {
        *self.0 = fields;
        Err(Nothing)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Asked {
        timeframe: Option<String>,
        limit: Option<String>,
    }

    async fn query(text: &str) -> Result<Asked, String> {
        let uri = format!("/x{text}");
        let (mut parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
        match Query::<Asked>::from_request_parts(&mut parts, &()).await {
            Ok(Query(asked)) => Ok(asked),
            Err(ApiError::BadParameter(message)) => Err(message),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn reads_what_is_allowed() {
        let asked = query("?timeframe=4h&limit=%31+").await.unwrap();
        assert_eq!((asked.timeframe.as_deref(), asked.limit.as_deref()), (Some("4h"), Some("1 ")));
        for text in ["", "?", "?&", "?limit=3&"] {
            assert!(query(text).await.unwrap().timeframe.is_none(), "{text}");
        }
    }

    #[tokio::test]
    async fn refuses_parameters_that_are_unknown_repeated_or_no_text() {
        for (text, message) in [
            ("?tf=4h", "tf: unknown parameter; allowed are timeframe, limit"),
            ("?timeframe=4h&x", "x: unknown parameter; allowed are timeframe, limit"),
            ("?Limit=1", "Limit: unknown parameter; allowed are timeframe, limit"),
            ("?=1", ": unknown parameter; allowed are timeframe, limit"),
            ("?limit=1&limit=2", "limit: given more than once"),
            ("?limit=1&li%6Dit=1", "limit: given more than once"),
            ("?limit=%ff", "limit: its value is not UTF-8"),
            ("?%ff=1", "the name of a parameter is not UTF-8"),
        ] {
            assert_eq!(query(text).await.unwrap_err(), message, "{text}");
        }
        assert_eq!(
            check("limit=1", &[]),
            Err(ApiError::BadParameter("limit: unknown parameter; none is allowed here".into()))
        );
    }
}
