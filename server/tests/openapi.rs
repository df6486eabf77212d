//! The description of the API against the answers of a running program.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use program::Program;
use serde_json::{Value, json};

/// Checks a value against a schema of the document.
fn check(document: &Value, schema: &Value, value: &Value, what: &str) {
    let schema = json!({ "allOf": [schema], "components": document["components"] });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

#[tokio::test]
async fn every_answer_has_the_shape_that_is_described() {
    let program = Program::simulated().await;
    program.scored(15).await;
    let document = program.json("/api/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
    for path in ["/api/v1/movers", "/api/v1/perps", "/api/v1/universe", "/api/v1/alerts", "/api/v1/ideas"] {
        program.until(path, async || program.get(path).await.unwrap().0 == 200).await;
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        let content = &item["get"]["responses"]["200"]["content"];
        let Some(schema) = content.get("application/json").map(|json| &json["schema"]) else { continue };
        let (status, body) = program.get(&path.replace("{symbol}", "BTCUSDT")).await.unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        match status {
            200 => check(&document, schema, &body, path),
            // The betas need more candles than a short test has.
            503 if path == "/api/v1/beta" => {
                check(&document, &json!({ "$ref": "#/components/schemas/Error" }), &body, path)
            }
            other => panic!("{path} is answered {other}: {body}"),
        }
    }
    let error = json!({ "$ref": "#/components/schemas/Error" });
    for path in ["/api/v1/symbols/NOPEUSDT", "/api/v1/nowhere", "/api/v1/signals?sort=best"] {
        let body: Value = serde_json::from_str(&program.get(path).await.unwrap().1).unwrap();
        check(&document, &error, &body, path);
    }
}

#[tokio::test]
async fn the_regime_states_how_many_contracts_it_is_of() {
    let program = Program::simulated().await;
    program.scored(15).await;
    let regime = program.json("/api/v1/regime").await;
    assert_eq!((&regime["source"], &regime["data"]["of"]), (&"sim".into(), &20.into()));
    assert!(regime["data"]["n"].as_u64().unwrap() <= 20 && regime["as_of"].as_i64().unwrap() > 0, "{regime}");
    let confidence = regime["data"]["confidence"]["known"]["value"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&confidence), "{regime}");
}

#[tokio::test]
async fn the_docs_are_a_page_without_a_script_under_a_policy_of_their_own() {
    let program = Program::simulated().await;
    let answer = program::client(reqwest::redirect::Policy::none())
        .get(format!("http://127.0.0.1:{}/api/docs", program.port))
        .send()
        .await
        .unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("style-src 'sha256-") && !policy.contains("script-src"), "{policy}");
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let page = answer.text().await.unwrap();
    assert!(page.contains("/api/v1/regime") && !page.contains("<script"), "{page}");
}
