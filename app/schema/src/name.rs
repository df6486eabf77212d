//! Names of schemas, checked while the program is compiled.

use std::fmt;

/// The name of a schema: 1 to 64 bytes of `[a-z0-9:_-]`, for example `analysis:signals`.
///
/// The ancestor of this program wrote its whole market under the empty key.
/// Here an empty or badly spelled name does not compile:
///
/// ```compile_fail
/// const EMPTY: schema::Name = schema::Name::new("");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(&'static str);

impl Name {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Checks the spelling of a name.
    ///
    /// # Panics
    ///
    /// In const evaluation, and so at compile time, when the name is empty, too long or badly spelled.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        assert!(!bytes.is_empty(), "the name of a schema is empty");
        assert!(bytes.len() <= Self::MAX_LEN, "the name of a schema is longer than 64 bytes");
        let mut i = 0;
        while i < bytes.len() {
            assert!(
                matches!(bytes[i], b'a'..=b'z' | b'0'..=b'9' | b':' | b'_' | b'-'),
                "the name of a schema may hold only a-z, 0-9, ':', '_' and '-'"
            );
            i += 1;
        }
        Self(text)
    }

    /// The name as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether two names are the same, in const evaluation.
    #[must_use]
    pub const fn is(self, other: Self) -> bool {
        let (a, b) = (self.0.as_bytes(), other.0.as_bytes());
        if a.len() != b.len() {
            return false;
        }
        let mut i = 0;
        while i < a.len() {
            if a[i] != b[i] {
                return false;
            }
            i += 1;
        }
        true
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
