//! The outcome of a message of the stream.

use schema::UnixMs;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is on screen now.
    Applied,
    /// Not newer than what is on screen, or not for this page.
    Ignored,
    /// Changes to a value that is not held: a whole one is needed.
    Gap,
    /// There are new alerts.
    Alerts,
    /// The server's time.
    Clock(UnixMs),
}
