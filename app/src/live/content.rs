//! What a page shows beside its frame, where that lives by messages of its own.

use std::rc::Rc;

use schema::UnixMs;
use serde::de::DeserializeOwned;

use super::taken::Taken;
use crate::decode::decode;

/// A page's own part of what is on screen. Copied freely.
pub trait Content: Copy + Send + Sync + 'static {
    /// The messages of the stream that are for this content alone.
    type Message: DeserializeOwned;

    /// Takes one of them.
    fn take(self, message: Self::Message) -> Taken;

    /// The time of the oldest value of it; none where there is no value.
    fn as_of(self) -> Option<UnixMs>;
}

/// Reads a text of the stream, and takes it if it is for the page's content; none if it is not.
///
/// The connection knows no more of a content than this, so that its code is loaded with the page that shows it.
pub(crate) type Reader = Rc<dyn Fn(&str) -> Option<Taken>>;

pub(crate) fn reader<C: Content>(content: C) -> Reader {
    Rc::new(move |text| decode::<C::Message>(text).ok().map(|message| content.take(message)))
}
