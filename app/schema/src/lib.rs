//! The contract between the monitor, the web server, the command line and the browser.
//!
//! Everything that is cached, served by the API, streamed or handed to a page is a type of this crate,
//! so that a writer and a reader cannot disagree on a field name.
//! It never does I/O, reads no clock, draws no random number, and knows no default for a market value.
//!
//! Read on in [`contract`] for what makes a type a cached schema, in [`reading`] and [`figure`] for the
//! two levels of not knowing, and in [`mod@unit`] for the numbers.

pub mod alerts;
pub mod beta;
pub mod breadth;
pub mod breakdown;
pub mod candles;
pub mod contract;
pub mod costs;
mod delta;
pub mod dimension;
pub mod factor;
pub mod figure;
pub mod health;
pub mod id;
pub mod ideas;
pub mod levels;
pub mod live;
pub mod market;
pub mod movers;
pub mod name;
pub mod overview;
pub mod page;
pub mod perps;
pub mod reading;
pub mod report;
pub mod rule;
pub mod signals;
pub mod stamp;
pub mod stream;
pub mod time;
pub mod unit;
pub mod universe;
mod wanted;

pub use alerts::AlertLog;
pub use beta::BetaTable;
pub use breadth::MarketBreadth;
pub use breakdown::Breakdown;
pub use candles::CandleSeries;
pub use contract::{Invalid, Policy, Schema, SchemaInfo, Scope};
pub use costs::{CostModel, Costs, Net};
pub use dimension::{Dimension, PerDimension};
pub use factor::{Factor, FactorReading};
pub use figure::{Figure, Why};
pub use health::SystemHealth;
pub use id::{Symbol, Timeframe, Venue};
pub use ideas::ActiveIdeas;
pub use live::SymbolLive;
pub use market::{Candle, Level, Side, Trade};
pub use movers::MarketMovers;
pub use name::Name;
pub use overview::MarketOverview;
pub use perps::PerpsPulse;
pub use reading::{Absence, Held, Reading};
pub use signals::{Direction, SignalRow, Signals};
pub use stamp::{Origin, Stamp};
pub use time::{UnixMs, Zone};
pub use unit::{Bps, Lean, Pct, Points, Price, Rate, Ratio, Score, Usd};
pub use universe::MarketUniverse;
pub use wanted::{WantedSymbols, WebSlot};

schemas!(
    MarketOverview,
    Signals,
    MarketBreadth,
    MarketMovers,
    PerpsPulse,
    BetaTable,
    MarketUniverse,
    Breakdown,
    CandleSeries,
    ActiveIdeas,
    AlertLog,
    SystemHealth,
    WantedSymbols,
);
