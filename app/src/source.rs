//! Where pages get their data: the seam between this crate and the server.

use std::{future::Future, pin::Pin, sync::Arc};

use schema::{
    Absence, ActiveIdeas, AlertLog, BetaTable, Dimension, MarketBreadth, MarketMovers, MarketOverview, MarketUniverse,
    PerpsPulse, Signals, Symbol, SystemHealth, Timeframe,
    page::{Frame, ScoresPage, SymbolPage},
    reading::Found,
    report::CacheReport,
    rule::Rule,
};

use crate::chart::{Candles, Ideas};

/// A value that arrives later.
pub type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What the server puts in context, as `Arc<dyn Source>`, for every request.
pub trait Source: Send + Sync + 'static {
    /// The snapshot of the Market page.
    fn market(&self) -> Answer<MarketSnapshot>;

    /// The snapshot of the Scores page, with every symbol.
    fn scores(&self) -> Answer<ScoresPage>;

    /// The snapshot of one symbol's page; none where the universe has no such symbol.
    fn symbol(&self, symbol: Symbol) -> Answer<Option<SymbolPage>>;

    /// The snapshot of the Signals page.
    fn signals(&self) -> Answer<SignalsSnapshot>;

    /// The snapshot of the Alerts page.
    fn alerts(&self) -> Answer<AlertsSnapshot>;

    /// The snapshot of the Beta page.
    fn beta(&self) -> Answer<BetaSnapshot>;

    /// The newest closed candles of a symbol, as many as a chart shows.
    fn candles(&self, symbol: Symbol, timeframe: Timeframe) -> Answer<Candles>;

    /// The ideas on a symbol, or why they are not known.
    fn ideas(&self, symbol: Symbol) -> Answer<Result<Ideas, Absence>>;

    /// The snapshot of the System page.
    fn system(&self) -> Answer<SystemSnapshot>;

    /// What the Guide explains.
    fn guide(&self) -> Guide;

    /// The frame alone, for pages whose content does not live.
    fn frame(&self) -> Answer<Frame>;

    /// Gives the response that is being made the status 404.
    ///
    /// Called with the reactive owner of the request, so that its contexts can be used.
    fn not_found(&self);
}

/// The Market page, which is rendered on the server alone.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketSnapshot {
    /// Header and banner.
    pub frame: Frame,
    /// The market in one look.
    pub overview: Found<MarketOverview>,
    /// How many symbols take part.
    pub breadth: Found<MarketBreadth>,
    /// The pulse of the perpetual contracts.
    pub perps: Found<PerpsPulse>,
    /// What moves most.
    pub movers: Found<MarketMovers>,
    /// Every symbol, for the heat map.
    pub signals: Found<Signals>,
}

/// The System page, which is rendered on the server alone.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemSnapshot {
    /// Header and banner.
    pub frame: Frame,
    /// How the monitor is doing.
    pub health: Found<SystemHealth>,
    /// Which contracts are watched.
    pub universe: Found<MarketUniverse>,
    /// The cache of the process that made the page.
    pub cache: CacheReport,
    /// The live streams of the process that made the page.
    pub readers: OpenStreams,
}

/// The live streams that readers have open in one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenStreams {
    /// How many there are.
    pub open: u64,
    /// How many there may be.
    pub most: u64,
}

/// The Signals page, which is rendered on the server alone.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalsSnapshot {
    /// Header and banner.
    pub frame: Frame,
    /// The ideas that stand, and what became of earlier ones.
    pub ideas: Found<ActiveIdeas>,
}

/// The Alerts page, which is rendered on the server alone.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertsSnapshot {
    /// Header and banner.
    pub frame: Frame,
    /// What happened, and the state of each rule.
    pub log: Found<AlertLog>,
    /// The rules that can be changed here.
    pub rules: KeptRules,
}

/// Where the rules of alerts are kept.
#[derive(Debug, Clone, PartialEq)]
pub enum KeptRules {
    /// By this process: what their file says, or why it cannot be used.
    Here(Result<Arc<[Rule]>, Arc<str>>),
    /// By another process, or nowhere: the log contains them.
    Elsewhere,
}

/// The Beta page, which is rendered on the server alone.
#[derive(Debug, Clone, PartialEq)]
pub struct BetaSnapshot {
    /// Header and banner.
    pub frame: Frame,
    /// Every contract against Bitcoin.
    pub beta: Found<BetaTable>,
}

/// What the Guide explains: every measure and every condition, as the analysis keeps them.
#[derive(Debug, Clone, PartialEq)]
pub struct Guide {
    /// The six dimensions, heaviest first.
    pub dimensions: Vec<GuideDimension>,
    /// How measures of candles share their weight: `1m 40 %, 5m 30 %, …`.
    pub timeframes: String,
    /// Measures without a direction.
    pub conditions: Vec<GuideTerm>,
}

/// One dimension with its measures.
#[derive(Debug, Clone, PartialEq)]
pub struct GuideDimension {
    /// Which one.
    pub dimension: Dimension,
    /// Its share of the score, 0 to 1.
    pub weight: f64,
    /// Its measures, heaviest first.
    pub measures: Vec<GuideMeasure>,
}

/// One measure.
#[derive(Debug, Clone, PartialEq)]
pub struct GuideMeasure {
    /// Its name and what it says.
    pub term: GuideTerm,
    /// What it is made of.
    pub inputs: String,
    /// Between which numbers its raw figure lies, with the unit.
    pub figure: String,
    /// Its share of its dimension, 0 to 1.
    pub weight: f64,
}

/// A name on screen and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideTerm {
    /// Its place on the page.
    pub id: &'static str,
    /// The name.
    pub label: &'static str,
    /// What it says, in a sentence.
    pub about: &'static str,
}
