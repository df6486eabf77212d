//! The path that a proxy in front of the dashboard puts before every address.

use std::fmt;

/// A path without a slash at its end, of characters that need no escape: `/virtuoso`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// What is allowed, for errors.
    pub const ALLOWED: &str =
        "a path is expected that begins with a slash and does not end with one, such as /virtuoso";
    /// The longest one, in bytes.
    const LONGEST: usize = 128;

    /// Parses it; none where it is invalid.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'~');
        let named = |folder: &str| !matches!(folder, "" | "." | "..") && folder.bytes().all(plain);
        let folders = text.strip_prefix('/')?;
        (text.len() <= Self::LONGEST && folders.split('/').all(named)).then(|| Self(text.to_owned()))
    }

    /// What is left of a path below it, with its slash in front; empty for the base path itself, none for a path elsewhere.
    #[must_use]
    pub fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.0.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_path_of_folders_is_refused() {
        for text in ["/virtuoso", "/a/b-c_d.e~f"] {
            assert_eq!(BasePath::new(text).unwrap().to_string(), text);
        }
        let long = format!("/{}", "x".repeat(128));
        for text in [
            "",
            "/",
            "virtuoso",
            "/virtuoso/",
            "//host",
            "/a//b",
            "/a/../b",
            "/.",
            "/ü",
            "/a b",
            "/a?b",
            "/a%20b",
            &long,
        ] {
            assert_eq!(BasePath::new(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_path_is_below_it_by_whole_folders() {
        let base = BasePath::new("/virtuoso").unwrap();
        assert_eq!(base.below("/virtuoso/scores"), Some("/scores"));
        assert_eq!((base.below("/virtuoso/"), base.below("/virtuoso")), (Some("/"), Some("")));
        assert_eq!((base.below("/virtuosos"), base.below("/scores")), (None, None));
    }
}
