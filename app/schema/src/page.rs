//! What a page is made of: the snapshot that the server renders and that the browser then keeps live.

use serde::{Deserialize, Serialize};

use crate::{Breakdown, MarketOverview, Signals, Stamp, Symbol, SystemHealth, UnixMs, reading::Found, report::L2State};

/// The part of every page that says what is watched and how it is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The server's clock when the snapshot was taken; both sides render ages from it first.
    pub now: UnixMs,
    /// The tick of the live stream that the snapshot includes; the stream goes on from there.
    pub stamp: Stamp,
    /// How the shared cache answers the process that made the page.
    pub shared: L2State,
    /// How the monitor is doing.
    pub health: Found<SystemHealth>,
    /// The market in one look, for the sentence in the header.
    pub overview: Found<MarketOverview>,
}

/// The Scores page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoresPage {
    /// Header and banner.
    pub frame: Frame,
    /// Every symbol.
    pub signals: Found<Signals>,
}

/// The page of one symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SymbolPage {
    /// Header and banner.
    pub frame: Frame,
    /// Which symbol.
    pub symbol: Symbol,
    /// Its score, taken apart.
    pub breakdown: Found<Breakdown>,
}
