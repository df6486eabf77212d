//! What a page knows of its reader's login. The server decides; a page only shows it.

/// Whether a reader is logged in, or has to be. In context for every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visitor {
    /// Nobody is asked to log in.
    Unasked,
    /// The reader has logged in.
    LoggedIn,
    /// The reader has not logged in, and may read what is open to all.
    LoggedOut,
}

/// A token that was not taken. In context for the login page that reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where the login would have led.
    pub next: String,
    /// Why it was not taken, in a sentence.
    pub why: String,
}
