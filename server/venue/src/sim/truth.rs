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

use super::{
    json::{Json, quoted_steps},
    shared::{Exchange, Shared},
};

/// The endpoint.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/sim/prices", get(prices))
}

async fn prices(State(shared): State<Shared>) -> Response {
    let body = shared.with(|exchange| written(exchange)).await;
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The lowest and the highest last price of every contract in its last ticks: `{"at":1790000000000,"BTCUSDT":["95000.1","95002.6"], …}`.
fn written(Exchange { market, lately, .. }: &Exchange) -> String {
    let mut out = String::with_capacity(48 * market.contracts().len());
    let mut body = Json::object(&mut out);
    body.number("at", market.now().0);
    for (place, contract) in market.contracts().iter().enumerate() {
        let listing = contract.listing();
        let mut prices = Json::array(body.member(listing.symbol.as_str()));
        for price in lately.range(place, contract.ticker().last) {
            quoted_steps(prices.element(), listing.tick, price);
        }
        prices.end();
    }
    body.end();
    out
}
