//! Instruments by their numbers.

/// The number of an instrument in one store: a contract of a venue with one price increment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstrumentId(pub u32);
