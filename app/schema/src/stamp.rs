//! Which of two writes is the newer one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The order of writes: `epoch` is fixed when a writer starts, `seq` counts its writes.
///
/// Order is decided by this stamp and never by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Fixed when the writer starts; a later writer has a larger one.
    pub epoch: u64,
    /// Counts the writes of one epoch.
    pub seq: u64,
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.epoch, self.seq)
    }
}

/// A text that is not a stamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a stamp: `<epoch>-<seq>` is expected")]
pub struct NotAStamp;

impl FromStr for Stamp {
    type Err = NotAStamp;

    fn from_str(text: &str) -> Result<Self, NotAStamp> {
        let (epoch, seq) = text.split_once('-').ok_or(NotAStamp)?;
        Ok(Self { epoch: epoch.parse().map_err(|_| NotAStamp)?, seq: seq.parse().map_err(|_| NotAStamp)? })
    }
}

/// Whether a value was measured by a running writer or brought back after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Published by a running writer.
    Live,
    /// Filled into a hole from kept readings, with its original age.
    Restored,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_writer_wins_whatever_its_count() {
        assert!(Stamp { epoch: 2, seq: 0 } > Stamp { epoch: 1, seq: 9_999 });
        assert!(Stamp { epoch: 1, seq: 10 } > Stamp { epoch: 1, seq: 9 });
    }

    #[test]
    fn a_stamp_survives_its_text() {
        let stamp = Stamp { epoch: 1_763_654_400_123, seq: 4_711 };
        assert_eq!(stamp.to_string().parse(), Ok(stamp));
        assert_eq!("12".parse::<Stamp>(), Err(NotAStamp));
        assert_eq!("a-1".parse::<Stamp>(), Err(NotAStamp));
    }
}
