//! Playing a recording: an exchange on loopback that says again what was recorded, at the pace of a clock.
//!
//! There is no second code path: the adapter of the recorded exchange talks to it over real HTTP and WebSockets. No
//! figure and no time in a message is changed; the clock that is given shows the recording's own time. Nothing is
//! sent before it was recorded, and an answer never outlives what it says by being given to a question of another time
//! without need. That what is shown was recorded is the caller's to say.
//!
//! What is sent that was never received: the whole of a state or a book at a subscription, put together from its
//! changes (see [`crate::record`]), and the answers to requests and pings of the stream.

mod answers;
mod dialogue;
mod inputs;
mod server;
mod shared;
mod stage;

pub use crate::record::reader::{Recording, RecordingError};
pub use inputs::{Inputs, Taken};
pub use server::{Ended, ReplayError, ReplayServer};
