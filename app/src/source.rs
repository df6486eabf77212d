//! Where pages get their data: the seam between this crate and the server.

use std::{future::Future, pin::Pin};

use schema::{
    Symbol,
    page::{Frame, MarketPage, ScoresPage, SymbolPage, SystemPage},
};

/// A value that arrives later.
pub type Answer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What the server puts in context, as `Arc<dyn Source>`, for every request.
pub trait Source: Send + Sync + 'static {
    /// The snapshot of the Market page.
    fn market(&self) -> Answer<MarketPage>;

    /// The snapshot of the Scores page, with every symbol.
    fn scores(&self) -> Answer<ScoresPage>;

    /// The snapshot of one symbol's page; none where the universe has no such symbol.
    fn symbol(&self, symbol: Symbol) -> Answer<Option<SymbolPage>>;

    /// The snapshot of the System page.
    fn system(&self) -> Answer<SystemPage>;

    /// The frame alone, of which the page for unknown addresses is made.
    fn frame(&self) -> Answer<Frame>;

    /// Gives the response that is being made the status 404.
    ///
    /// Called with the reactive owner of the request, so that its contexts can be used.
    fn not_found(&self);
}
