//! What can go wrong between this program and an exchange.

use std::time::Duration;

/// A request to an exchange that failed.
///
/// `Display` is for the log; [`VenueError::plain`] is for people.
#[derive(Debug, thiserror::Error)]
pub enum VenueError {
    /// No connection, a broken one, or no answer in time.
    #[error("asking {url}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What the network said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The venue refuses this address altogether: banned for asking too often, or its region is not served.
    #[error("{url} refuses this address (HTTP {status})")]
    Refused {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The venue asks for patience.
    #[error("{url} asks to slow down")]
    RateLimited {
        /// What was asked.
        url: String,
        /// How long to wait, where it said so.
        retry_after: Option<Duration>,
    },
    /// The venue answered that the request is wrong.
    #[error("{url} answered {code}: {message}")]
    Rejected {
        /// What was asked.
        url: String,
        /// The venue's code, or the HTTP status.
        code: i64,
        /// The venue's message.
        message: String,
    },
    /// The venue is ill for the moment.
    #[error("{url} failed with {code}: {message}")]
    Failing {
        /// What was asked.
        url: String,
        /// The venue's code, or the HTTP status.
        code: i64,
        /// The venue's message.
        message: String,
    },
    /// The answer could not be understood.
    #[error("decoding the answer of {url}")]
    Undecodable {
        /// What was asked.
        url: String,
        /// What was wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

impl VenueError {
    /// Whether asking again later can help.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::RateLimited { .. } | Self::Failing { .. } => true,
            Self::Refused { .. } | Self::Rejected { .. } | Self::Undecodable { .. } => false,
        }
    }

    /// What happened, in plain words and without addresses.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Unreachable { source, .. } => format!("no connection ({})", root(source.as_ref())),
            Self::Refused { status, .. } => format!("it refuses this address (HTTP {status})"),
            Self::RateLimited { .. } => "it asks to slow down".to_owned(),
            Self::Rejected { code, .. } => format!("it rejected the request (code {code})"),
            Self::Failing { code, .. } => format!("it has a fault of its own (code {code})"),
            Self::Undecodable { .. } => "its answer could not be understood".to_owned(),
        }
    }
}

/// The innermost cause, which is the one a person can do something about.
fn root(mut error: &(dyn std::error::Error + 'static)) -> String {
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
