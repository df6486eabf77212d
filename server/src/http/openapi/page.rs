//! The description as a page: complete without a script, with nothing from elsewhere, in light and dark.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::routes::{Answer, Kind, Route};

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#16181d;--soft:#565c68;--ground:#fff;--card:#f4f5f7;--line:#d9dce2;--link:#0a58ca}\
@media(prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#a2a9b6;--ground:#101216;--card:#191c22;--line:#2b303a;--link:#7ab0ff}}\
*{box-sizing:border-box}body{margin:0 auto;padding:1rem;max-width:56rem;background:var(--ground);color:var(--ink);\
font:1rem/1.5 system-ui,sans-serif}a{color:var(--link)}h1{font-size:1.5rem}h2{font-size:1rem;margin:0;overflow-wrap:anywhere}\
section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:.75rem 0}\
p{margin:.25rem 0}code{font:.875rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere}small,dt{color:var(--soft)}\
dl{margin:.5rem 0 0;display:grid;grid-template-columns:minmax(6rem,max-content) 1fr;gap:.25rem 1rem}dd{margin:0;overflow-wrap:anywhere}\
summary{cursor:pointer;padding:.5rem 0}";

/// The page and its policy.
pub(super) struct Page {
    pub(super) html: String,
    /// Names the style by its hash and allows nothing else.
    pub(super) policy: String,
}

impl Page {
    pub(super) fn of(routes: &[Route], schemas: &Value) -> Self {
        let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        let mut html = format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>API · Virtuoso</title>\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head><body><main>\
             <h1>API</h1><p>Times are Unix milliseconds, percentages are in percent, amounts are in US dollars. A figure is \
             <code>{{\"known\": {{\"value\": …, \"as_of\": …}}}}</code> or <code>{{\"missing\": …}}</code>. Every error is \
             <code>{{\"error\": {{\"code\": …, \"message\": …}}}}</code>. Answers carry an ETag.</p>\
             <p><a href=\"openapi.json\">OpenAPI 3.1</a> · <a href=\"../\">Dashboard</a></p>"
        );
        routes.iter().for_each(|route| section(&mut html, route));
        html.push_str("<h1>Schemas</h1>");
        for (name, schema) in schemas.as_object().into_iter().flatten() {
            described(&mut html, name, schema);
        }
        html.push_str("</main></body></html>");
        Self { html, policy }
    }
}

fn section(html: &mut String, route: &Route) {
    let (path, summary) = (escaped(route.path), escaped(route.summary));
    let answer = match route.answer {
        Answer::Json(name) => format!("<a href=\"#{name}\">{name}</a>"),
        Answer::Enveloped(name) => format!("<a href=\"#{name}\">{name}</a> in the <a href=\"#Envelope\">Envelope</a>"),
        Answer::Events => "Server-Sent Events".to_owned(),
        Answer::Page => "HTML".to_owned(),
    };
    // Writing to a String cannot fail.
    let _ = write!(html, "<section><h2><small>GET</small> <code>{path}</code></h2><p>{summary}</p><dl>");
    for param in route.params {
        let allowed = match param.kind {
            Kind::Text => String::new(),
            Kind::Whole => " A whole number.".to_owned(),
            Kind::OneOf(allowed) => format!(" One of {}.", allowed.join(", ")),
        };
        let _ =
            write!(html, "<dt><code>{}</code></dt><dd>{}{}</dd>", param.name, escaped(param.what), escaped(&allowed));
    }
    let _ =
        write!(html, "<dt>200</dt><dd>{answer}</dd><dt>Errors</dt><dd>{}</dd></dl></section>", route.errors.join(", "));
}

fn described(html: &mut String, name: &str, schema: &Value) {
    let what = escaped(schema["description"].as_str().unwrap_or_default());
    let _ = write!(html, "<section id=\"{name}\"><h2>{name}</h2><p>{what}</p>");
    if let Some(fields) = schema["properties"].as_object() {
        let _ = write!(html, "<details><summary>{} fields</summary><dl>", fields.len());
        for (field, of) in fields {
            let _ = write!(html, "<dt><code>{}</code></dt><dd>{}</dd>", escaped(field), kind(of));
        }
        html.push_str("</dl></details>");
    }
    html.push_str("</section>");
}

/// A schema in a few words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    if let Some(known) = schema.pointer("/oneOf/0/properties/known/properties/value") {
        return format!("figure: {}", kind(known));
    }
    if let Some(inner) = schema.pointer("/anyOf/0") {
        return format!("{} or null", kind(inner));
    }
    if let Some(allowed) = schema["enum"].as_array() {
        return allowed.iter().filter_map(Value::as_str).map(escaped).collect::<Vec<_>>().join(", ");
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", kind(&schema["items"])),
        Some(plain) => escaped(plain),
        None => "any".to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
