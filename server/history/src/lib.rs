//! The store of what was measured: minutes, ideas, outcomes, alerts and state.
//!
//! It knows time, instruments and blobs, and no formula.

mod codec;
mod column;
mod instrument;
mod outcome;
mod record;
mod run;
mod sqlite;
mod store;

pub use codec::{
    CodecError, FORMAT,
    day::{Day, MINUTES_OF_HOUR, Step},
    minute::{decode_minute, encode_minute},
};
pub use column::{Column, Row, Scale};
pub use instrument::InstrumentId;
pub use outcome::Outcome;
pub use record::{Kind, Record, RecordQuery};
pub use run::{NewRun, Run, RunId};
pub use sqlite::SqliteStore;
pub use store::{Maintained, Minute, Retention, State, Stats, Store, StoreError, Write};
