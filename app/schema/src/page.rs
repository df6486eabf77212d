//! What a page is made of: the snapshot that the server renders and that the browser then keeps live.

use serde::{Deserialize, Serialize};

use crate::{
    Breakdown, Figure, MarketOverview, Signals, Stamp, Symbol, SystemHealth, UnixMs, Venue, Zone,
    health::{self, Feed},
    reading::Found,
    report::L2State,
};

/// What the header says of the market: what every page shows of a [`MarketOverview`], and no more, for it is sent each second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headline {
    /// Where the data comes from.
    pub source: Venue,
    /// The label of the regime; none where it is not known.
    pub regime: Option<String>,
    /// Symbols in the universe.
    pub total_symbols: u32,
    /// Symbols above their price of 24 h ago.
    pub gainers: u32,
    /// Symbols with a score.
    pub scored_symbols: u32,
    /// Symbols that point long.
    pub long_signals: u32,
    /// Symbols that point short.
    pub short_signals: u32,
}

impl From<&MarketOverview> for Headline {
    fn from(overview: &MarketOverview) -> Self {
        let regime = match &overview.regime {
            Figure::Known { value, .. } => Some(value.label.clone()),
            Figure::Missing(_) => None,
        };
        Self {
            source: overview.source,
            regime,
            total_symbols: overview.total_symbols,
            gainers: overview.gainers,
            scored_symbols: overview.scored_symbols,
            long_signals: overview.long_signals,
            short_signals: overview.short_signals,
        }
    }
}

/// What the banner says of the monitor: what every page shows of a [`SystemHealth`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorState {
    /// Where the market data comes from.
    pub feed: Feed,
    /// Symbols whose history is complete.
    pub symbols_ready: u32,
    /// Symbols in the universe.
    pub symbols_total: u32,
    /// How many seconds the monitor's clock is ahead of the exchange's, behind it where negative; none while they agree.
    pub clock_off_s: Option<i64>,
}

impl From<&SystemHealth> for MonitorState {
    fn from(health: &SystemHealth) -> Self {
        Self {
            feed: health.feed.clone(),
            symbols_ready: health.symbols_ready,
            symbols_total: health.symbols_total,
            clock_off_s: health.clock_ahead_ms.and_then(health::clock_off_s),
        }
    }
}

/// The part of every page that says what is watched and how it is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The server's clock when the snapshot was taken; both sides render ages from it first.
    pub now: UnixMs,
    /// The tick of the live stream that the snapshot includes; the stream goes on from there.
    pub stamp: Stamp,
    /// The clock that the reader goes by.
    pub zone: Zone,
    /// Whether the reader saves data: changes come every few seconds, and the size of the stream is shown.
    pub saving: bool,
    /// How the shared cache answers the process that made the page.
    pub shared: L2State,
    /// What the banner says of the monitor.
    pub monitor: Found<MonitorState>,
    /// What the header says of the market.
    pub headline: Found<Headline>,
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
