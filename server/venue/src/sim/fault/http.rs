//! What faults do to the answers over HTTP.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use schema::Symbol;
use serde_json::Value;

use super::{
    Fault, FaultSwitch,
    frame::{skewed, with_unknown_fields},
};

/// The largest answer, six hundred instruments, is below one MiB.
const BODY_MAX_BYTES: usize = 16 * 1024 * 1024;

/// A layer around the routes of the exchange.
pub(crate) async fn faulty(State(switch): State<FaultSwitch>, request: Request, next: Next) -> Response {
    let faults = switch.now();
    if faults.is_empty() {
        return next.run(request).await;
    }
    let stream = request.headers().contains_key(header::UPGRADE);
    for fault in &faults {
        match fault {
            Fault::Slow(by) if !stream => tokio::time::sleep(*by).await,
            Fault::Forbidden => {
                return json(StatusCode::FORBIDDEN, "{\"retCode\":403,\"retMsg\":\"access too frequent\"}");
            }
            Fault::Drop if stream => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
            // Only the exchange itself reports it by a code.
            Fault::RateLimited if !stream && !request.uri().path().starts_with("/v5/") => {
                return StatusCode::TOO_MANY_REQUESTS.into_response();
            }
            Fault::RateLimited if !stream => {
                let body =
                    "{\"retCode\":10006,\"retMsg\":\"Too many visits!\",\"result\":{},\"retExtInfo\":{},\"time\":1}";
                let mut response = json(StatusCode::OK, body);
                // By the clock of the answer there is more in a second.
                response.headers_mut().insert("x-bapi-limit-reset-timestamp", 1_001.into());
                return response;
            }
            Fault::Delisted(symbol) if asks_for(&request, *symbol) => {
                let body = "{\"retCode\":10001,\"retMsg\":\"params error: symbol invalid\",\"result\":{},\"time\":1}";
                return json(StatusCode::OK, body);
            }
            _ => {}
        }
    }
    let response = next.run(request).await;
    if stream { response } else { distorted(response, &faults).await }
}

fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.into()).into_response()
}

fn asks_for(request: &Request, symbol: Symbol) -> bool {
    let wanted = format!("symbol={symbol}");
    request.uri().query().is_some_and(|query| query.split('&').any(|pair| pair == wanted))
}

async fn distorted(response: Response, faults: &[Fault]) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_MAX_BYTES).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut text = String::from_utf8_lossy(&body).into_owned();
    for fault in faults {
        match fault {
            Fault::Delisted(symbol) => text = without(&text, *symbol),
            Fault::UnknownFields => text = with_unknown_fields(&text),
            Fault::ClockSkew(ms) => text = skewed(&text, "time", *ms),
            Fault::Malformed => text.truncate(text.floor_char_boundary(text.len() / 2)),
            _ => {}
        }
    }
    let mut response = json(parts.status, text);
    response.extensions_mut().extend(parts.extensions);
    response
}

/// An answer without the rows of a contract.
fn without(text: &str, symbol: Symbol) -> String {
    let Ok(mut json) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    if let Some(list) = json.pointer_mut("/result/list").and_then(Value::as_array_mut) {
        list.retain(|row| row.get("symbol").and_then(Value::as_str) != Some(symbol.as_str()));
    }
    json.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delisted_contract_is_in_no_list() {
        let text = r#"{"result":{"list":[{"symbol":"AUSDT"},{"symbol":"BUSDT"}]},"retCode":0}"#;
        let symbol = Symbol::new("AUSDT").unwrap();
        assert_eq!(without(text, symbol), r#"{"result":{"list":[{"symbol":"BUSDT"}]},"retCode":0}"#);
        let candles = r#"{"result":{"list":[["1","2"]]}}"#;
        assert_eq!(without(candles, symbol), candles);
    }
}
