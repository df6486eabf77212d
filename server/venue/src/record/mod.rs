//! Recording: every raw answer and message of an exchange, kept as it came.
//!
//! A [`Tap`] sits where an adapter receives HTTP bodies and WebSocket messages, one place each, and costs nothing when
//! it is off. A [`Recorder`] writes what comes through it: it never holds up the adapter, and counts what it cannot keep.
//! It never changes a message. [`crate::replay`] plays a recording back; `docs/recording.md` describes the format.

pub(crate) mod line;
pub(crate) mod reader;
mod recorder;
pub(crate) mod segment;
pub(crate) mod state;
mod work;
mod writer;

use std::sync::Arc;

use reqwest::header::HeaderMap;

pub use recorder::{RecordCounts, RecordError, Recorder};
pub use work::RecordLimits;

use self::{line::What, recorder::Inlet};
use crate::Input;

/// Where an adapter hands over what it receives.
#[derive(Debug, Clone, Default)]
pub struct Tap(Option<Arc<Inlet>>);

/// The headers that adapters heed.
const HEADERS: [&str; 7] = [
    "content-type",
    "date",
    "retry-after",
    "x-bapi-limit",
    "x-bapi-limit-status",
    "x-bapi-limit-reset-timestamp",
    "x-mbx-used-weight-1m",
];

impl Tap {
    /// Nothing is recorded.
    pub const OFF: Self = Self(None);

    /// An answer over HTTP; `path` with its query.
    pub(crate) fn answer(&self, path: impl FnOnce() -> String, status: u16, headers: &HeaderMap, body: &[u8]) {
        let Some(inlet) = &self.0 else { return };
        let kept = |name: &&str| Some(((*name).to_owned(), headers.get(*name)?.to_str().ok()?.to_owned()));
        inlet.keep(What::Answer {
            path: path(),
            status,
            headers: HEADERS.iter().filter_map(kept).collect(),
            body: String::from_utf8_lossy(body).into_owned(),
        });
    }

    /// A connection of the stream was made.
    pub(crate) fn opened(&self, connection: usize, url: &str) {
        if let Some(inlet) = &self.0 {
            inlet.keep(What::Opened { connection, url: url.to_owned() });
        }
    }

    /// Whether anything is recorded.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// What is taken in of the exchange, in order.
    pub fn input(&self, input: &Input) {
        if let Some(inlet) = &self.0 {
            inlet.keep(What::Input(Box::new(input.clone())));
        }
    }

    /// What had been taken in by the time the newest segment began.
    pub fn resumed(&self, input: Input) {
        if let Some(inlet) = &self.0 {
            inlet.keep(What::Resumed(Box::new(input)));
        }
    }

    /// How many segments were begun.
    #[must_use]
    pub fn segments(&self) -> u64 {
        self.0.as_ref().map_or(0, |inlet| inlet.segments())
    }

    /// A message of the stream.
    pub(crate) fn frame(&self, connection: usize, text: &str) {
        if let Some(inlet) = &self.0 {
            inlet.keep(What::Frame { connection, text: text.to_owned() });
        }
    }

    /// A connection of the stream was lost.
    pub(crate) fn closed(&self, connection: usize, cause: &str) {
        if let Some(inlet) = &self.0 {
            inlet.keep(What::Closed { connection, cause: cause.to_owned() });
        }
    }
}
