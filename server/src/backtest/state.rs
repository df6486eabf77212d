//! Where a backtest of a recording stopped, and everything its engine knew, in one file.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
    sync::Arc,
};

use analysis::{idea::CostSettings, signal::Thresholds};
use engine::{Engine, Input, Market, RestoreError, idea_book};
use schema::{UnixMs, Venue};
use serde::{Deserialize, Serialize};

use super::{BacktestError, Session};

/// Compression: what is kept is read seldom, and higher levels save little.
const LEVEL: i32 = 3;
/// The first line is short; a longer one is of something else.
const LONGEST_HEAD: u64 = 4_096;

/// A file of state that cannot be gone on from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StateError {
    /// It cannot be read.
    #[error("reading it")]
    Read(#[from] io::Error),
    /// It does not begin as one.
    #[error("it is no state that `--save-state` wrote")]
    Foreign(#[source] serde_json::Error),
    /// What the engine knew cannot be used.
    #[error(transparent)]
    Engine(#[from] RestoreError),
    /// The recording is another, or parts of it are gone.
    #[error("the recording does not contain the place where it was saved: input {} of the session that began at {}", place.inputs, app::format::utc(place.session))]
    NotInRecording {
        /// The place.
        place: Place,
    },
}

/// A place in a recording: behind so many inputs of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// When the session began.
    pub(super) session: UnixMs,
    /// How many inputs of it were taken in.
    pub(super) inputs: u64,
    /// When the last of them was received.
    pub(super) last: UnixMs,
}

impl Place {
    /// The beginning of a session.
    pub(super) const fn begin(session: UnixMs) -> Self {
        Self { session, inputs: 0, last: session }
    }

    /// Moves on behind an input.
    pub(super) const fn pass(&mut self, input: &Input) {
        self.inputs += 1;
        self.last = input.received();
    }
}

impl Session {
    /// Writes a file to go on from.
    pub(super) fn save(&self, path: &Path, place: Place) -> Result<(), BacktestError> {
        let mut file = zstd::stream::write::Encoder::new(BufWriter::new(File::create(path)?), LEVEL)?;
        serde_json::to_writer(&mut file, &place)?;
        file.write_all(b"\n")?;
        self.0.save(&mut file)?;
        file.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(())
    }

    /// Reads a file that was written so.
    pub(super) fn resume(
        path: &Path,
        venue: Venue,
        thresholds: Thresholds,
        costs: CostSettings,
    ) -> Result<(Place, Self), StateError> {
        let mut file = BufReader::new(zstd::stream::read::Decoder::new(File::open(path)?)?);
        let mut head = Vec::new();
        io::Read::take(&mut file, LONGEST_HEAD).read_until(b'\n', &mut head)?;
        let place = serde_json::from_slice(&head).map_err(StateError::Foreign)?;
        let ideas = idea_book(&thresholds, costs.of(venue));
        let engine = Engine::restore(&mut file, Arc::new(Market::new(venue)), thresholds, ideas)?;
        Ok((place, Self(engine)))
    }
}
