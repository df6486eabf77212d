//! Ages and times left in content that the server alone renders. Their text follows the time without an island of its own: the
//! page's island rewrites it each second. Without a script it is as of the rendering.

#[cfg(feature = "ssr")]
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use schema::{UnixMs, Zone};

#[cfg(feature = "ssr")]
use crate::format;

/// The attribute of an element whose text is the age of a moment, in ms since 1970.
#[cfg(feature = "hydrate")]
pub(crate) const AGE: &str = "data-age-of";
/// The attribute of an element whose text is the time left until a moment, in ms since 1970.
#[cfg(feature = "hydrate")]
pub(crate) const LEFT: &str = "data-left-until";
/// The attribute of a card that says when it is to be asked for again, in ms since 1970.
#[cfg(feature = "hydrate")]
pub(crate) const AGAIN: &str = "data-again-at";

/// How long ago a moment was: `45 s`.
#[cfg(feature = "ssr")]
pub(crate) fn age(at: UnixMs, now: UnixMs) -> AnyView {
    let text = format::age(at.age(now));
    view! { <time class="n tick" datetime=format::utc(at) title=format::moment(at, Zone::UTC) data-age-of=at.0.to_string()>{text}</time> }
        .into_any()
}

/// How long it is until a moment: `7 h 12 min`.
#[cfg(feature = "ssr")]
pub(crate) fn left(until: UnixMs, now: UnixMs) -> AnyView {
    let text = format::countdown(until, now);
    view! {
        <time class="n tick" datetime=format::utc(until) title=format::moment(until, Zone::UTC) data-left-until=until.0.to_string()>
            {text}
        </time>
    }
    .into_any()
}
