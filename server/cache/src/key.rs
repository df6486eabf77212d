//! Wire keys. They are built from the constants of a schema and from parsed scopes, never from a caller's text.

use std::{fmt, str::FromStr};

use schema::{Schema, SchemaInfo, Scope};

/// The prefix of every key of this deployment where a memcached is shared; empty by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namespace(String);

/// A text that is not a namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a namespace: at most {max} of a-z, 0-9, ':', '_' and '-' are allowed", max = SchemaInfo::NAMESPACE_MAX_LEN)]
pub struct BadNamespace;

impl FromStr for Namespace {
    type Err = BadNamespace;

    fn from_str(text: &str) -> Result<Self, BadNamespace> {
        let spelled = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b':' | b'_' | b'-'));
        if spelled && text.len() <= SchemaInfo::NAMESPACE_MAX_LEN {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadNamespace)
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Namespace {
    /// The wire key of one value: `{namespace}{name}@{version}[:{scope}]`.
    pub(crate) fn key<T: Schema>(&self, scope: &T::Scope) -> String {
        let mut key = self.key_start::<T>();
        scope.write(&mut key);
        key
    }

    /// What the keys of all values of a schema begin with.
    pub(crate) fn key_start<T: Schema>(&self) -> String {
        format!("{}{}@{}", self.0, T::NAME, T::VERSION)
    }

    /// The scope that a wire key names; `None` where it is of another schema or namespace.
    pub(crate) fn scope<T: Schema>(&self, key: &str) -> Option<T::Scope> {
        T::Scope::read(key.strip_prefix(&self.key_start::<T>())?.trim_start_matches(':'))
    }

    /// The key of the token that says which writer of a schema is the newest; no schema's key holds a `!`.
    pub(crate) fn token_key<T: Schema>(&self) -> String {
        self.key_start::<T>() + "!writer"
    }
}

#[cfg(test)]
mod tests {
    use schema::{Breakdown, MarketBreadth, Symbol, Venue};

    use super::*;

    #[test]
    fn a_key_says_schema_version_and_scope() {
        let shared: Namespace = "prod:".parse().unwrap();
        assert_eq!(Namespace::default().key::<MarketBreadth>(&()), "market:breadth@1");
        let scope = (Venue::Bybit, Symbol::new("BTCUSDT").unwrap());
        assert_eq!(shared.key::<Breakdown>(&scope), "prod:confluence:breakdown@3:bybit:BTCUSDT");
        assert_eq!(shared.scope::<Breakdown>("prod:confluence:breakdown@3:bybit:BTCUSDT"), Some(scope));
        assert_eq!(shared.scope::<Breakdown>("confluence:breakdown@3:bybit:BTCUSDT"), None);
    }

    #[test]
    fn a_namespace_that_could_break_a_key_is_refused() {
        for text in ["with blank", "UPPER", "new\r\nline", &"x".repeat(33)] {
            assert_eq!(text.parse::<Namespace>(), Err(BadNamespace), "{text:?}");
        }
    }
}
