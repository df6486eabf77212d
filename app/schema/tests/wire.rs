//! The shape of every schema on the wire, kept as files: `wire/<name, ':' as '_'>@<version>.json`.
//!
//! Files are added and never edited: a reader of another version looks under another key and never decodes this one. When a schema
//! changes its shape without a new version, the test of the present version fails.
//! `WRITE_WIRE=1 cargo test -p schema --test wire` writes the files that are not there yet.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{fmt::Debug, fs, path::PathBuf};

use schema::{
    ActiveIdeas, AlertLog, BetaTable, Breakdown, CandleSeries, MarketBreadth, MarketMovers, MarketOverview,
    MarketUniverse, PerpsPulse, Schema, Signals, SystemHealth, WantedSymbols, contract,
};

mod fixture;

fn file<T: Schema>() -> PathBuf {
    let name = format!("{}@{}.json", T::NAME.as_str().replace(':', "_"), T::VERSION);
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(name)
}

/// The value of the present version must have exactly the JSON of its file, and the file must give the value back.
fn keeps_its_shape<T: Schema + PartialEq + Debug>(value: &T) {
    value.check().unwrap();
    let path = file::<T>();
    if !path.exists() && std::env::var_os("WRITE_WIRE").is_some() {
        fs::write(&path, serde_json::to_string_pretty(value).unwrap() + "\n").unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let golden_json: serde_json::Value = serde_json::from_str(&golden).unwrap();
    assert!(golden_json.is_object(), "every body is an object");
    let decoded: T = serde_json::from_str(&golden).unwrap();
    assert_eq!(&decoded, value, "the file no longer means what it meant");
    assert_eq!(serde_json::to_value(value).unwrap(), golden_json, "a changed shape needs a new version");
    decoded.check().unwrap();
}

#[test]
fn the_market_overview_keeps_its_shape() {
    keeps_its_shape::<MarketOverview>(&fixture::overview());
}

#[test]
fn the_signals_keep_their_shape() {
    keeps_its_shape::<Signals>(&fixture::signals());
}

#[test]
fn the_breadth_keeps_its_shape() {
    keeps_its_shape::<MarketBreadth>(&fixture::breadth());
}

#[test]
fn the_movers_keep_their_shape() {
    keeps_its_shape::<MarketMovers>(&fixture::movers());
}

#[test]
fn the_pulse_of_perpetuals_keeps_its_shape() {
    keeps_its_shape::<PerpsPulse>(&fixture::perps());
}

#[test]
fn the_betas_keep_their_shape() {
    keeps_its_shape::<BetaTable>(&fixture::beta());
}

#[test]
fn the_universe_keeps_its_shape() {
    keeps_its_shape::<MarketUniverse>(&fixture::universe());
}

#[test]
fn the_breakdown_keeps_its_shape() {
    keeps_its_shape::<Breakdown>(&fixture::breakdown());
}

#[test]
fn the_wanted_symbols_keep_their_shape() {
    keeps_its_shape::<WantedSymbols>(&fixture::wanted());
}

#[test]
fn the_candles_keep_their_shape() {
    keeps_its_shape::<CandleSeries>(&fixture::candles());
}

#[test]
fn the_ideas_keep_their_shape() {
    keeps_its_shape::<ActiveIdeas>(&fixture::ideas());
}

#[test]
fn the_log_of_alerts_keeps_its_shape() {
    keeps_its_shape::<AlertLog>(&fixture::alerts());
}

#[test]
fn the_health_keeps_its_shape() {
    keeps_its_shape::<SystemHealth>(&fixture::health());
}

#[test]
fn every_schema_on_the_list_has_a_file_for_its_version() {
    for info in schema::SCHEMAS {
        let contract::SchemaInfo { name, version, .. } = info;
        let name = format!("{}@{version}.json", name.as_str().replace(':', "_"));
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/wire").join(&name);
        assert!(path.exists(), "{name} is missing");
    }
}

/// A required field that is absent is an error and never a default, whichever field it is.
#[test]
fn no_field_of_a_schema_has_a_default() {
    fn strict<T: Schema>(value: &T) {
        let whole = serde_json::to_value(value).unwrap();
        for field in whole.as_object().unwrap().keys() {
            let mut lacking = whole.clone();
            lacking.as_object_mut().unwrap().remove(field);
            let optional = whole[field].is_null() || OPTIONAL.contains(&field.as_str());
            assert!(
                optional || serde_json::from_value::<T>(lacking).is_err(),
                "{}: `{field}` is filled in when it is absent",
                T::NAME
            );
        }
    }
    /// Fields whose absence is one of their values.
    const OPTIONAL: [&str; 9] = [
        "bar_closed_at",
        "scan_took_ms",
        "messages_per_s",
        "lag",
        "clock_ahead_ms",
        "pause",
        "queue",
        "proxy",
        "unconfirmed",
    ];
    strict(&fixture::overview());
    strict(&fixture::signals());
    strict(&fixture::breadth());
    strict(&fixture::movers());
    strict(&fixture::perps());
    strict(&fixture::beta());
    strict(&fixture::universe());
    strict(&fixture::breakdown());
    strict(&fixture::candles());
    strict(&fixture::wanted());
    strict(&fixture::ideas());
    strict(&fixture::alerts());
    strict(&fixture::health());
}
