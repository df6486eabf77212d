//! What one process does of the whole.

use clap::ValueEnum;

/// What one process does of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Watches the market and serves the dashboard.
    All,
    /// Watches the market and writes to memcached; serves what operators ask, but no pages.
    Monitor,
    /// Serves the dashboard from what a monitor wrote to memcached.
    Web,
}

impl Role {
    /// Whether it watches the market.
    #[must_use]
    pub const fn watches(self) -> bool {
        matches!(self, Self::All | Self::Monitor)
    }

    /// Whether it serves the dashboard.
    #[must_use]
    pub const fn serves_pages(self) -> bool {
        matches!(self, Self::All | Self::Web)
    }

    /// The word for logs and stamps.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Monitor => "monitor",
            Self::Web => "web",
        }
    }
}
