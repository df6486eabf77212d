//! What makes a type a cached schema: a name, a version, a policy, a scope and a check.
//!
//! A key of the cache is never a string that someone passes in; it is built from the constants of a [`Schema`].
//! The list at the end of the crate root, `schemas!(…)`, forces every name through const evaluation and
//! refuses two schemas of one name.

use std::{
    fmt::{self, Write as _},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{Name, Symbol, Timeframe, Venue};

/// A value that lives in the cache under a key of its own.
pub trait Schema: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name, which is the first part of the wire key.
    const NAME: Name;
    /// The version of the shape. It goes into the wire key, so two versions can live side by side.
    const VERSION: u16;
    /// How often it is written and how long it may be believed.
    const POLICY: Policy;
    /// Values that a process keeps at most, where that is fewer than of other schemas: those that were not asked for lately are
    /// dropped, and read from the shared cache when they are asked for again.
    const KEPT_PER_PROCESS: Option<u64> = None;
    /// What distinguishes several values of this schema: `()`, or [`(Venue, Symbol)`](Scope).
    type Scope: Scope;

    /// Whether the value keeps the limits of its domain.
    ///
    /// # Errors
    ///
    /// [`Invalid`] names the first field that does not, and how.
    fn check(&self) -> Result<(), Invalid>;
}

/// How often a schema is written and how long a value of it may be believed.
///
/// All times count from `as_of`, the time of the newest input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How often its writer intends to write.
    pub period: Duration,
    /// How long a value counts as live.
    pub fresh_for: Duration,
    /// How long it may be shown dimmed, with its age; after that only as the last known value.
    pub stale_for: Duration,
    /// How long the shared cache keeps it, so that a restarted reader finds the last one.
    pub keep_for: Duration,
    /// Whether the process is not ready without it.
    pub vital: bool,
}

impl Policy {
    /// A policy in seconds, kept for a day and not vital.
    #[must_use]
    pub const fn secs(period: u64, fresh_for: u64, stale_for: u64) -> Self {
        assert!(period <= fresh_for, "a value must stay fresh for at least the period of its writer");
        assert!(fresh_for < stale_for, "a value becomes stale after it was fresh");
        Self {
            period: Duration::from_secs(period),
            fresh_for: Duration::from_secs(fresh_for),
            stale_for: Duration::from_secs(stale_for),
            keep_for: Duration::from_secs(24 * 60 * 60),
            vital: false,
        }
    }

    /// The same policy for a schema without which the process is not ready.
    #[must_use]
    pub const fn vital(self) -> Self {
        Self { vital: true, ..self }
    }
}

/// What distinguishes several values of one schema.
pub trait Scope: Clone + Eq + std::hash::Hash + Send + Sync + fmt::Debug + 'static {
    /// The longest text [`write`](Scope::write) can add, in bytes.
    const MAX_LEN: usize;

    /// Adds the scope's part of the wire key, with its leading colon.
    fn write(&self, out: &mut String);

    /// Reads what [`write`](Scope::write) writes, without the leading colon; `None` for anything else.
    fn read(text: &str) -> Option<Self>;
}

impl Scope for () {
    const MAX_LEN: usize = 0;

    fn write(&self, _out: &mut String) {}

    fn read(text: &str) -> Option<Self> {
        text.is_empty().then_some(())
    }
}

impl Scope for (Venue, Symbol) {
    const MAX_LEN: usize = 1 + Venue::MAX_LEN + 1 + Symbol::ESCAPED_MAX_LEN;

    fn write(&self, out: &mut String) {
        out.push(':');
        out.push_str(self.0.as_str());
        out.push(':');
        // Writing to a string cannot fail.
        let _ = write!(out, "{}", self.1.escaped());
    }

    fn read(text: &str) -> Option<Self> {
        let (venue, symbol) = text.split_once(':')?;
        Some((Venue::ALL.into_iter().find(|known| known.as_str() == venue)?, Symbol::unescape(symbol).ok()?))
    }
}

impl Scope for (Venue, Symbol, Timeframe) {
    const MAX_LEN: usize = <(Venue, Symbol)>::MAX_LEN + 1 + Timeframe::MAX_LEN;

    fn write(&self, out: &mut String) {
        (self.0, self.1).write(out);
        out.push(':');
        out.push_str(self.2.as_str());
    }

    fn read(text: &str) -> Option<Self> {
        let (contract, timeframe) = text.rsplit_once(':')?;
        let (venue, symbol) = <(Venue, Symbol)>::read(contract)?;
        Some((venue, symbol, Timeframe::ALL.into_iter().find(|known| known.as_str() == timeframe)?))
    }
}

/// A value that breaks a limit of its domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}`: {problem}")]
pub struct Invalid {
    /// The field, as it is spelled on the wire.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl Invalid {
    /// An error about one field.
    pub fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into() }
    }
}

/// What the list of schemas says of one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaInfo {
    /// Its name.
    pub name: Name,
    /// The version of its shape.
    pub version: u16,
    /// How often it is written and how long it is believed.
    pub policy: Policy,
    /// Whether there is one value per scope rather than a single one.
    pub scoped: bool,
}

impl SchemaInfo {
    /// Room that a namespace may take in a wire key, in bytes.
    pub const NAMESPACE_MAX_LEN: usize = 32;
    /// The longest key memcached takes, in bytes.
    pub const KEY_MAX_LEN: usize = 250;

    /// Reads the constants of a schema.
    ///
    /// # Panics
    ///
    /// In const evaluation, when its longest wire key would not fit.
    #[must_use]
    pub const fn of<T: Schema>() -> Self {
        let longest = Self::NAMESPACE_MAX_LEN + T::NAME.as_str().len() + "@65535".len() + T::Scope::MAX_LEN;
        assert!(longest <= Self::KEY_MAX_LEN, "the longest wire key of a schema exceeds 250 bytes");
        Self { name: T::NAME, version: T::VERSION, policy: T::POLICY, scoped: T::Scope::MAX_LEN > 0 }
    }
}

/// Panics, in const evaluation, when two schemas share a name.
pub const fn assert_distinct(list: &[SchemaInfo]) {
    let mut i = 0;
    while i < list.len() {
        let mut j = i + 1;
        while j < list.len() {
            assert!(!list[i].name.is(list[j].name), "two schemas have the same name");
            j += 1;
        }
        i += 1;
    }
}

/// Something that is done with the type of each schema.
pub trait Visitor {
    /// Does it with one.
    fn visit<T: Schema>(&mut self);
}

/// The one list of schemas: makes `SCHEMAS` and [`visit`](crate::visit), and checks every name while compiling.
#[macro_export]
macro_rules! schemas {
    ($($schema:ty),+ $(,)?) => {
        /// Does something with the type of every schema, in the order of the list.
        pub fn visit(visitor: &mut impl $crate::contract::Visitor) {
            $(visitor.visit::<$schema>();)+
        }

        /// Every schema there is.
        pub const SCHEMAS: &[$crate::contract::SchemaInfo] = &[$($crate::contract::SchemaInfo::of::<$schema>()),+];
        const _: () = $crate::contract::assert_distinct(SCHEMAS);
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_of_any_symbol_is_one_word_of_memcached_and_leads_back(text in prop_oneof!["\\PC{1,64}", "[ -~]{1,64}", "币{1,21}"]) {
            let Ok(symbol) = Symbol::new(&text) else { return Ok(()) };
            for venue in Venue::ALL {
                let mut key = String::new();
                (venue, symbol).write(&mut key);
                prop_assert!(key.len() <= <(Venue, Symbol)>::MAX_LEN, "{} bytes", key.len());
                prop_assert!(key.bytes().all(|byte| byte.is_ascii_graphic()), "{}", key);
                prop_assert_eq!(<(Venue, Symbol)>::read(&key[1..]), Some((venue, symbol)));
            }
        }
    }

    #[test]
    fn the_key_of_an_ordinary_symbol_is_as_it_always_was() {
        let mut key = String::new();
        (Venue::Bybit, Symbol::new("BTCUSDT").unwrap()).write(&mut key);
        assert_eq!(key, ":bybit:BTCUSDT");
    }
}
