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
    #[error("{url} refuses this address ({})", reply(*status))]
    Refused {
        /// What was asked.
        url: String,
        /// The HTTP status, or the venue's code where that is above 999.
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
    /// The answer has the right shape but holds a number that cannot be, or lacks one that must be.
    #[error("the answer of {url} is impossible")]
    Impossible {
        /// What was asked.
        url: String,
        /// Which field, and what is wrong with it.
        #[source]
        source: schema::Invalid,
    },
}

impl VenueError {
    /// Whether asking again later can help.
    #[must_use]
    pub const fn retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::RateLimited { .. } | Self::Failing { .. } => true,
            Self::Refused { .. } | Self::Rejected { .. } | Self::Undecodable { .. } | Self::Impossible { .. } => false,
        }
    }

    /// What happened, in plain words and without addresses.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Unreachable { source, .. } => format!("no connection ({})", root(source.as_ref())),
            Self::Refused { status, .. } => format!("it refuses this address ({})", reply(*status)),
            Self::RateLimited { .. } => "it asks to slow down".to_owned(),
            Self::Rejected { code, .. } => format!("it rejected the request (code {code})"),
            Self::Failing { code, .. } => format!("it has a fault of its own (code {code})"),
            Self::Undecodable { .. } => "its answer could not be understood".to_owned(),
            Self::Impossible { source, .. } => format!("its answer holds an impossible `{}`", source.field),
        }
    }
}

/// An HTTP status as such; anything larger is a code of the venue's own.
fn reply(status: u16) -> String {
    if status < 1_000 { format!("HTTP {status}") } else { format!("code {status}") }
}

/// The innermost cause, which is the one a person can do something about.
pub(crate) fn root(mut error: &(dyn std::error::Error + 'static)) -> String {
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_a_status_as_http_and_a_larger_number_as_a_code() {
        let plain = |status| VenueError::Refused { url: "https://x".to_owned(), status }.plain();
        assert_eq!(plain(403), "it refuses this address (HTTP 403)");
        assert_eq!(plain(10_009), "it refuses this address (code 10009)");
    }
}
