//! Reads what the server sends: the snapshot of a page, and the messages of its stream.
//!
//! The types are those of [`schema`] with their derived `Deserialize`; only the reader is another one than `serde_json`'s,
//! because the code it makes of each type is a quarter in size. It can be, for it reads one format alone: JSON made of the
//! same types. A struct is an object whose fields are looked up in their order, an enum is a name or an object of one
//! entry, and nothing describes itself.

mod reader;
mod tree;

use serde::de::DeserializeOwned;

use tree::Tree;

/// The text is not what was expected. There is no more to say: both ends share the types, so it is of another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the JSON of this type")]
pub struct Unreadable;

impl serde::de::Error for Unreadable {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Reads a value from its JSON.
///
/// # Errors
///
/// [`Unreadable`] when the text is not JSON, or not that of the type.
pub fn decode<T: DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let tree: Tree<'_> = serde_json::from_str(text).map_err(|_| Unreadable)?;
    T::deserialize(&tree)
}
