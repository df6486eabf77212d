//! The control endpoint of the simulated exchange, `/sim/faults`.
//!
//! `GET` lists the faults that are set, `POST` sets more of them, `DELETE` ends them all. All of them speak
//! `{"faults":["stale@10s","skew=-90s@5m"]}`. It is on loopback, as everything the simulator does; a request that a
//! page in a browser made is refused all the same.

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};

use super::{FaultSwitch, TimedFault};

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Faults {
    faults: Vec<String>,
}

/// The endpoint.
pub(crate) fn routes(switch: FaultSwitch) -> Router {
    Router::new()
        .route("/sim/faults", get(list).post(set).delete(clear))
        .layer(middleware::from_fn(no_page))
        .with_state(switch)
}

/// Pages of other sites can make a browser on this machine ask; a browser says where such a request comes from.
async fn no_page(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::ORIGIN) {
        return (StatusCode::FORBIDDEN, "not for pages").into_response();
    }
    next.run(request).await
}

fn faults_in_force(switch: &FaultSwitch) -> Response {
    Json(Faults { faults: switch.list().iter().map(ToString::to_string).collect() }).into_response()
}

async fn list(State(switch): State<FaultSwitch>) -> Response {
    faults_in_force(&switch)
}

async fn set(State(switch): State<FaultSwitch>, Json(wanted): Json<Faults>) -> Response {
    let faults: Result<Vec<TimedFault>, _> = wanted.faults.iter().map(|text| text.parse()).collect();
    match faults {
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        Ok(faults) => match switch.set(&faults) {
            Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
            Ok(()) => {
                for fault in &faults {
                    tracing::warn!(%fault, "a fault of the simulated exchange is set");
                }
                faults_in_force(&switch)
            }
        },
    }
}

async fn clear(State(switch): State<FaultSwitch>) -> Response {
    tracing::warn!("all faults of the simulated exchange are ended");
    switch.clear();
    faults_in_force(&switch)
}
