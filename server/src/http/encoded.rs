//! The JSON of values of one scope, made once for all who ask for a value until the next one.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use axum::body::Bytes;
use schema::{Held, Name, Schema, Stamp};

/// A value as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded {
    /// Its JSON.
    pub(crate) json: Bytes,
    /// What tells it from another value.
    pub(crate) hash: u64,
}

/// The newest encoded value of each schema of one value that was asked for: no more of them than such schemas.
#[derive(Debug, Default)]
pub(crate) struct Encodings(Mutex<HashMap<Name, (Stamp, Encoded)>>);

impl Encodings {
    /// The JSON of a value, made now where this very write was not asked for before.
    ///
    /// # Errors
    ///
    /// When the value cannot be encoded.
    pub(crate) fn of<T: Schema<Scope = ()>>(&self, held: &Held<T>) -> Result<Encoded, serde_json::Error> {
        if let Some((stamp, encoded)) = self.lock().get(&T::NAME)
            && *stamp == held.stamp
        {
            return Ok(encoded.clone());
        }
        // Two who ask at the same time may both encode; neither waits for the other.
        let encoded = Encoded::new(held.value.as_ref())?;
        self.lock().insert(T::NAME, (held.stamp, encoded.clone()));
        Ok(encoded)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Name, (Stamp, Encoded)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Encoded {
    /// Encodes a value.
    ///
    /// # Errors
    ///
    /// When it cannot be encoded.
    pub(crate) fn new<T: serde::Serialize>(value: &T) -> Result<Self, serde_json::Error> {
        let json = Bytes::from(serde_json::to_vec(value)?);
        Ok(Self { hash: xxhash_rust::xxh3::xxh3_64(&json), json })
    }
}

#[cfg(test)]
mod tests {
    use cache::{Cache, Clock};
    use schema::{MarketMovers, UnixMs, Usd, Venue, movers::MoverLists};

    use super::*;

    fn movers(universe: u32) -> MarketMovers {
        let none = || MoverLists { gainers: Vec::new(), losers: Vec::new() };
        MarketMovers {
            source: Venue::Sim,
            min_turnover: Usd::new(1e6).unwrap(),
            universe,
            day: none(),
            hour: none(),
            most_active: Vec::new(),
            oi_risers: Vec::new(),
            funding_extremes: Vec::new(),
        }
    }

    #[tokio::test]
    async fn a_value_is_encoded_once_until_the_next_write() {
        let cache = Cache::builder(Clock::System, "test").build();
        let publisher = cache.publisher::<MarketMovers>().unwrap();
        let encodings = Encodings::default();
        let mut made = Vec::new();
        for (universe, at) in [(1, 1_000), (1, 2_000), (2, 3_000)] {
            let _ = publisher.publish(&(), movers(universe), UnixMs(at)).await;
            let held = cache.get::<MarketMovers>(&()).await.unwrap();
            let (first, again) = (encodings.of(&held).unwrap(), encodings.of(&held).unwrap());
            assert_eq!(first.json.as_ptr(), again.json.as_ptr(), "the same bytes");
            made.push(first);
        }
        assert_eq!(made[0].hash, made[1].hash, "the same content has the same tag");
        assert_ne!(made[1].hash, made[2].hash);
    }
}
