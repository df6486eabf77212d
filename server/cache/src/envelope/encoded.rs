//! The JSON of a value, made once for all who need it.

use std::sync::Arc;

use metrics::counter;
use schema::{Invalid, Schema};
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_64;

/// The JSON of a value with its hash. Clones share the bytes.
#[derive(Debug, Clone)]
pub struct Encoded {
    json: Arc<Box<RawValue>>,
    hash: u64,
}

impl Encoded {
    /// Encodes a value, and counts that in `cache_encodings_total`: nothing else in this crate encodes one.
    pub(crate) fn of<T: Schema>(value: &T) -> Result<Self, serde_json::Error> {
        counter!("cache_encodings_total", "schema" => T::NAME.as_str()).increment(1);
        let json = serde_json::value::to_raw_value(value)?;
        Ok(Self { hash: xxh3_64(json.get().as_bytes()), json: Arc::new(json) })
    }

    /// Checks a value and encodes it.
    pub(crate) fn checked<T: Schema>(value: &T) -> Result<Self, Invalid> {
        value.check()?;
        Self::of(value).map_err(|error| Invalid::new("body", error.to_string()))
    }

    /// Takes the JSON of a value as it was read; `hash` is that of its bytes.
    pub(super) fn read(json: &[u8], hash: u64) -> Result<Self, serde_json::Error> {
        Ok(Self { json: Arc::new(serde_json::from_slice(json)?), hash })
    }

    /// The JSON.
    #[must_use]
    pub fn json(&self) -> &RawValue {
        &self.json
    }

    /// xxh3 over the bytes: two values of one hash have the same content.
    #[must_use]
    pub const fn hash(&self) -> u64 {
        self.hash
    }

    /// The length, in bytes.
    #[expect(clippy::len_without_is_empty, reason = "no JSON is empty")]
    #[must_use]
    pub fn len(&self) -> usize {
        self.json.get().len()
    }
}

impl PartialEq for Encoded {
    fn eq(&self, other: &Self) -> bool {
        self.json.get() == other.json.get()
    }
}
