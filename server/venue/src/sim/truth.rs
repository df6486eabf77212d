//! What the simulated market really is, whatever fault is set: `GET /sim/prices`.
//!
//! No exchange offers this. A test holds what a screen shows against it while everything else lies.

use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

use super::{json::Json, market::Market, server::Shared};

/// The endpoint.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/sim/prices", get(prices))
}

async fn prices(State(shared): State<Shared>) -> Response {
    let body = shared.with(|exchange| written(exchange.market())).await;
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The last price of every contract: `{"at":1790000000000,"BTCUSDT":"95000.1", …}`.
fn written(market: &Market) -> String {
    let mut out = String::with_capacity(32 * market.contracts().len());
    let mut body = Json::object(&mut out);
    body.number("at", market.now().0);
    for contract in market.contracts() {
        let listing = contract.listing();
        body.steps(listing.symbol.as_str(), listing.tick, contract.ticker().last);
    }
    body.end();
    out
}
