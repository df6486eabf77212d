//! What a card states of the age of its value.

use schema::UnixMs;

use crate::format;

/// The age of a card's value: a state for the style sheet, and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) state: &'static str,
    pub(crate) text: String,
}

/// The attributes that a card of the server's alone carries, so that it ages: each in ms since 1970.
#[cfg(feature = "hydrate")]
impl Note {
    pub(crate) const AS_OF: &'static str = "data-as-of";
    pub(crate) const FRESH_UNTIL: &'static str = "data-fresh-until";
    pub(crate) const STALE_UNTIL: &'static str = "data-stale-until";
}

impl Note {
    /// Returns the note of a value by its times.
    pub(crate) fn of(as_of: UnixMs, fresh_until: UnixMs, stale_until: UnixMs, now: UnixMs) -> Self {
        let age = format::age(as_of.age(now));
        if now <= fresh_until {
            Self { state: "fresh", text: String::new() }
        } else if now <= stale_until {
            Self { state: "stale", text: format!("{age} old") }
        } else {
            Self { state: "expired", text: format!("last known, {age} old") }
        }
    }
}
