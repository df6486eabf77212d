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
        /// For how much longer nothing is requested.
        left: Duration,
    },
    /// The venue asks for patience.
    #[error("{url} asks to slow down")]
    RateLimited {
        /// What was asked.
        url: String,
        /// For how much longer nothing is requested.
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
    /// The venue fails for the moment.
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
            Self::Refused { status, left, .. } => {
                format!("it refuses this address ({}; next request in {})", reply(*status), in_words(*left))
            }
            Self::RateLimited { retry_after: Some(left), .. } => {
                format!("it asks to slow down (next request in {})", in_words(*left))
            }
            Self::RateLimited { retry_after: None, .. } => "it asks to slow down".to_owned(),
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

/// A time to wait, rounded up: `45 s`, `2 min 5 s`, `3 h 10 min`.
fn in_words(wait: Duration) -> String {
    let s = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let pair = |large: u64, unit: &str, small: u64, rest: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {rest}"),
    };
    match s {
        0..=99 => format!("{s} s"),
        100..3_600 => pair(s / 60, "min", s % 60, "s"),
        _ => pair(s / 3_600, "h", s % 3_600 / 60, "min"),
    }
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
        let left = Duration::from_secs(600);
        let plain = |status| VenueError::Refused { url: "https://x".to_owned(), status, left }.plain();
        assert_eq!(plain(403), "it refuses this address (HTTP 403; next request in 10 min)");
        assert_eq!(plain(10_009), "it refuses this address (code 10009; next request in 10 min)");
    }

    #[test]
    fn says_how_long_a_wait_lasts() {
        for (ms, expected) in [
            (0, "0 s"),
            (1, "1 s"),
            (99_000, "99 s"),
            (100_000, "1 min 40 s"),
            (3_600_000, "1 h"),
            (11_430_000, "3 h 10 min"),
            (259_200_000, "72 h"),
        ] {
            let retry_after = Some(Duration::from_millis(ms));
            let error = VenueError::RateLimited { url: "https://x".to_owned(), retry_after };
            assert_eq!(error.plain(), format!("it asks to slow down (next request in {expected})"));
        }
    }
}
