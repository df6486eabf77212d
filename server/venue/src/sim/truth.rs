//! What the simulated market really is, whatever fault is set: `GET /sim/prices`.
//!
//! No exchange offers this. A test holds what a screen shows against it while everything else lies.

use std::collections::VecDeque;

use axum::{
    Router,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    json::{Json, quoted_steps},
    server::{Exchange, Shared},
};

/// Ticks that are remembered: who looks a few times a second misses none.
const TICKS: usize = 20;

/// The last prices of every contract, tick by tick, by the contract's place.
#[derive(Debug)]
pub(crate) struct Lately(Vec<VecDeque<i64>>);

impl Lately {
    /// Nothing has happened yet.
    pub(crate) fn new(contracts: usize) -> Self {
        Self(vec![VecDeque::with_capacity(TICKS); contracts])
    }

    /// Takes in a contract's price at the end of a tick.
    pub(crate) fn note(&mut self, place: usize, price: i64) {
        let Some(prices) = self.0.get_mut(place) else { return };
        if prices.len() == TICKS {
            prices.pop_front();
        }
        prices.push_back(price);
    }

    /// The lowest and the highest of them, `now` included.
    fn range(&self, place: usize, now: i64) -> [i64; 2] {
        let prices = self.0.get(place).into_iter().flatten();
        prices.fold([now, now], |[low, high], price| [low.min(*price), high.max(*price)])
    }
}

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
