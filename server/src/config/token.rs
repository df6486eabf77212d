//! The token that logs in. Nothing prints it: not an error, not a listing, not a debug line.

use std::fmt;

/// What readers give to log in.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// The setting that holds it.
    pub const KEY: &'static str = "access.token";
    /// What it is made of, in words.
    pub const ALLOWED: &'static str = "16 to 256 visible characters of ASCII";

    /// A token; none where it is too short to stand against guesses, or not of characters that a header can carry.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let sound = (16..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        sound.then(|| Self(text.to_owned()))
    }

    /// The token itself, to be compared or sent and for nothing else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_enough_and_visible_but_not_to_a_log() {
        assert!(Token::new("fifteen-letters").is_none() && Token::new(&"x".repeat(257)).is_none());
        assert!(Token::new("sixteen letters!").is_none() && Token::new("sechzehn-zeichén").is_none());
        let token = Token::new("sixteen-letters!").unwrap();
        assert_eq!(format!("{token:?}"), "Token(not shown)");
    }
}
