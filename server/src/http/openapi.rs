//! `GET /api/openapi.json` and `GET /api/docs`: every path of the API, for programs and for people.
//!
//! `routes` lists the paths and `schemas` describes the answers. Tests hold both to the router and to the answers of a running
//! program, so that a path that is not described fails them.

mod page;
mod parts;
mod routes;
mod schemas;
mod shapes;

use std::sync::LazyLock;

use axum::{
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use self::routes::{Answer, Kind, Param, ROUTES, Route};

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document().to_string());
static PAGE: LazyLock<page::Page> = LazyLock::new(|| page::Page::of(&ROUTES, &schemas::all()));

/// `GET /api/openapi.json`: OpenAPI 3.1.
pub(crate) async fn json() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}

/// `GET /api/docs`: the same as a page, complete without a script.
pub(crate) async fn docs() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, PAGE.policy.as_str())];
    (headers, PAGE.html.as_str()).into_response()
}

fn document() -> Value {
    let mut paths = Map::new();
    for route in &ROUTES {
        paths.insert(route.path.to_owned(), json!({ "get": operation(route) }));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Virtuoso",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A market monitor for crypto perpetual futures. Times are Unix milliseconds, percentages are in \
                            percent, amounts are in US dollars; a figure is known with its own time or missing with a reason.",
        },
        // Where the document was fetched, whatever path a proxy puts in front.
        "servers": [{ "url": ".." }],
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer", "description": "access.token, where one is set" } },
        },
        "security": [{}, { "token": [] }],
    })
}

fn operation(route: &Route) -> Value {
    let parameters: Vec<Value> = route.params.iter().map(parameter).collect();
    let content = |kind: &str, schema: Value| json!({ kind: { "schema": schema } });
    let error =
        json!({ "description": "The reason.", "content": content("application/json", shapes::reference("Error")) });
    let answer = match route.answer {
        Answer::Json(name) => content("application/json", shapes::reference(name)),
        Answer::Enveloped(name) => content("application/json", shapes::enveloped(name)),
        Answer::Events => content("text/event-stream", json!({ "type": "string" })),
        Answer::Page => content("text/html", json!({ "type": "string" })),
    };
    let mut responses = Map::new();
    responses.insert("200".to_owned(), json!({ "description": route.summary, "content": answer }));
    for status in route.errors {
        let error = if *status == "503" && route.answer == Answer::Json("MobileData") {
            json!({ "description": "Nothing was read yet: the same shape.", "content": content("application/json", shapes::reference("MobileData")) })
        } else {
            error.clone()
        };
        responses.insert((*status).to_owned(), error);
    }
    json!({ "summary": route.summary, "operationId": route.id(), "parameters": parameters, "responses": responses })
}

fn parameter(param: &Param) -> Value {
    let schema = match param.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Whole => json!({ "type": "integer", "minimum": 0 }),
        Kind::OneOf(allowed) => json!({ "type": "string", "enum": allowed }),
    };
    let place = if param.required { "path" } else { "query" };
    json!({ "name": param.name, "in": place, "required": param.required, "description": param.what, "schema": schema })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paths under /api in the source of the router.
    fn routed() -> Vec<String> {
        let source = include_str!("router.rs");
        let mut found: Vec<String> = source
            .split(".route(\"")
            .skip(1)
            .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
            .filter(|path| path.starts_with("/api/") && path != "/api/" && !path.contains("{*"))
            .collect();
        if source.contains("path::STREAM.path()") {
            found.push(app::path::STREAM.path().to_owned());
        }
        found.sort();
        found
    }

    #[test]
    fn every_path_of_the_router_is_described_and_no_other() {
        let document = document();
        let mut described: Vec<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        described.sort_unstable();
        assert_eq!(described, routed());
    }

    #[test]
    fn every_reference_leads_to_a_schema_and_every_schema_is_used() {
        let text = document().to_string();
        let schemas = schemas::all();
        let names: Vec<&String> = schemas.as_object().unwrap().keys().collect();
        for reference in text.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(names.iter().any(|known| *known == name), "{name}");
        }
        for name in names {
            assert!(text.contains(&format!("#/components/schemas/{name}\"")), "{name} is not used");
        }
    }

    #[test]
    fn the_page_lists_every_path_and_needs_nothing_from_elsewhere() {
        for route in &ROUTES {
            assert!(PAGE.html.contains(&format!(">{}<", route.path)), "{}", route.path);
        }
        for foreign in ["http://", "https://", "<script", " style=", " onclick="] {
            assert!(!PAGE.html.contains(foreign), "{foreign}");
        }
        assert!(PAGE.policy.starts_with("default-src 'none'; style-src 'sha256-"));
    }
}
