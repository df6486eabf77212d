//! The description of the API against the answers of a running program.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use program::Program;
use serde_json::{Value, json};

/// What a value breaks of a schema; every keyword that the document uses is known here, and any other is an error.
fn broken(document: &Value, schema: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    let Some(keywords) = schema.as_object() else {
        assert_eq!(schema, &Value::Bool(true), "{at}");
        return;
    };
    let passes = |schema: &Value| {
        let mut out = Vec::new();
        broken(document, schema, value, at, &mut out);
        out.is_empty()
    };
    let number = value.as_f64();
    for (keyword, of) in keywords {
        let limit = of.as_f64().unwrap_or(f64::NAN);
        let holds = match keyword.as_str() {
            "description" => true,
            "$ref" => {
                let target = document.pointer(of.as_str().unwrap().trim_start_matches('#'));
                broken(document, target.expect("a schema behind the reference"), value, at, out);
                true
            }
            "type" => match of.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "number" => value.is_number(),
                "integer" => value.is_i64() || value.is_u64(),
                "null" => value.is_null(),
                "boolean" => value.is_boolean(),
                other => panic!("{at}: the type {other}"),
            },
            "required" => of.as_array().unwrap().iter().all(|name| value.get(name.as_str().unwrap()).is_some()),
            "properties" => {
                for (name, schema) in of.as_object().unwrap() {
                    if let Some(field) = value.get(name) {
                        broken(document, schema, field, &format!("{at}.{name}"), out);
                    }
                }
                true
            }
            "items" => {
                value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .for_each(|item| broken(document, of, item, &format!("{at}[]"), out));
                true
            }
            "enum" => of.as_array().unwrap().contains(value),
            "allOf" => of.as_array().unwrap().iter().all(passes),
            "anyOf" => of.as_array().unwrap().iter().any(passes),
            "oneOf" => of.as_array().unwrap().iter().filter(|schema| passes(schema)).count() == 1,
            "minimum" => number.is_none_or(|number| number >= limit),
            "maximum" => number.is_none_or(|number| number <= limit),
            "exclusiveMinimum" => number.is_none_or(|number| number > limit),
            "minLength" => value.as_str().is_none_or(|text| text.len() as f64 >= limit),
            "maxLength" => value.as_str().is_none_or(|text| text.len() as f64 <= limit),
            other => panic!("{at}: the keyword {other}"),
        };
        if !holds {
            out.push(format!(
                "{at}: {keyword} {of} does not hold for {}",
                value.to_string().chars().take(80).collect::<String>()
            ));
        }
    }
}

/// Checks a value against a schema of the document.
fn check(document: &Value, schema: &Value, value: &Value, what: &str) {
    let mut errors = Vec::new();
    broken(document, schema, value, what, &mut errors);
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn the_check_finds_a_wrong_type_a_missing_field_and_a_limit() {
    let document = json!({});
    let schema =
        json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "number", "maximum": 1 } } });
    for (value, valid) in
        [(json!({ "a": 1 }), true), (json!({ "a": 2 }), false), (json!({ "a": "1" }), false), (json!({}), false)]
    {
        let mut out = Vec::new();
        broken(&document, &schema, &value, "value", &mut out);
        assert_eq!(out.is_empty(), valid, "{value}: {out:?}");
    }
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
                check(&document, &json!({ "$ref": "#/components/schemas/Error" }), &body, path);
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
