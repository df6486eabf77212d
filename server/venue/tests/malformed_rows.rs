//! One malformed row of any list changes nothing but that row.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod script;

use std::fmt::Debug;

use proptest::prelude::*;
use schema::UnixMs;
use script::{binance_fixture, binance_payload, fixture, payload};
use serde_json::{Value, json};
use venue::{binance, bybit};

const NOW: UnixMs = UnixMs(1_900_000_000_000);

/// The rows that were read, each as text, and how many were skipped; `None` where none could be used.
type Read = fn(&str) -> Option<(Vec<String>, usize)>;

/// A list, where its rows are, and who reads it.
struct List {
    name: &'static str,
    json: Value,
    rows: &'static str,
    read: Read,
}

fn texts<T: Debug>(rows: &[T], skipped: usize) -> (Vec<String>, usize) {
    (rows.iter().map(|row| format!("{row:?}")).collect(), skipped)
}

macro_rules! read {
    ($parse:expr) => {
        |text| $parse(text).ok().map(|page| texts(&page.rows, page.skipped.len()))
    };
}

fn lists() -> Vec<List> {
    use binance::parse as b;
    use bybit::parse as y;
    let documented = |name: &str| serde_json::from_str::<Value>(&payload(name)).unwrap()["result"].clone();
    let of_binance = |name: &str| serde_json::from_str::<Value>(&binance_payload(name)).unwrap();
    let list = |name, json, rows, read| List { name, json, rows, read };
    let mut lists = vec![
        list("bybit instruments", documented("instruments-info.json"), "/list", read!(y::instruments)),
        list("bybit tickers", documented("tickers.json"), "/list", read!(|text| y::tickers(text, NOW, |_| Some(8)))),
        list("bybit candles", documented("kline.json"), "/list", read!(|text| y::candles(text, 60_000, NOW))),
        list("bybit trades", documented("recent-trade.json"), "/list", read!(y::trades)),
        list("bybit open interest", documented("open-interest.json"), "/list", read!(y::open_interest)),
        list("bybit funding", documented("funding-history.json"), "/list", read!(y::funding_history)),
        list("bybit accounts", documented("account-ratio.json"), "/list", read!(y::accounts)),
        list(
            "binance instruments",
            of_binance("exchange-info.json"),
            "/symbols",
            read!(|t: &str| b::instruments(t.as_bytes())),
        ),
        list("binance tickers", of_binance("ticker-24hr.json"), "", |text| {
            let rows = b::tickers(text.as_bytes(), b"[]", |_| Some(8)).ok()?;
            Some(texts(&rows.rows, rows.skipped.len()))
        }),
        list("binance candles", of_binance("klines.json"), "", read!(|t: &str| b::candles(t.as_bytes(), NOW))),
        list("binance trades", of_binance("agg-trades.json"), "", read!(|t: &str| b::trades(t.as_bytes()))),
        list(
            "binance open interest",
            of_binance("open-interest-hist.json"),
            "",
            read!(|t: &str| b::open_interest(t.as_bytes())),
        ),
        list("binance funding", of_binance("funding-rate.json"), "", read!(|t: &str| b::funding_history(t.as_bytes()))),
        list("binance accounts", of_binance("account-ratio.json"), "", read!(|t: &str| b::accounts(t.as_bytes()))),
    ];
    if let Some(body) = fixture("rest-v5/golden/v5-market-get-instruments-info-inverse.json") {
        let json = serde_json::from_str::<Value>(&body).unwrap()["LinearInverse"].clone();
        lists.push(list("bybit instruments of 2023", json, "/list", read!(y::instruments)));
    }
    if let Some(text) = binance_fixture("rest/gocryptotrader-http-mock.public-routes.json.gz") {
        let json: Value = serde_json::from_str(&text).unwrap();
        let of = |route: &str| {
            let methods = json["routes"][route].as_object().unwrap();
            methods.values().flat_map(|entries| entries.as_array().unwrap()).map(|entry| entry["data"].clone()).next()
        };
        if let Some(info) = of("/fapi/v1/exchangeInfo") {
            lists.push(list(
                "binance instruments, recorded",
                info,
                "/symbols",
                read!(|t: &str| b::instruments(t.as_bytes())),
            ));
        }
        if let Some(candles) = of("/fapi/v1/klines") {
            lists.push(list("binance candles, recorded", candles, "", read!(|t: &str| b::candles(t.as_bytes(), NOW))));
        }
    }
    lists
}

/// A way to damage a row.
#[derive(Debug, Clone)]
enum Damage {
    Row(Value),
    Field(prop::sample::Index, Value),
    Removed(prop::sample::Index),
    Swapped(prop::sample::Index, prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let value = || {
        prop_oneof![
            prop::sample::select(vec![
                Value::Null,
                json!(true),
                json!([]),
                json!({}),
                json!(0),
                json!(-1),
                json!(1e300),
                json!(""),
                json!("NaN"),
                json!("inf"),
                json!("-1"),
                json!("0"),
                json!("1,5"),
                json!("x".repeat(300)),
                json!("a\nb"),
                json!([["1", "2"]]),
            ]),
            "\\PC{0,12}".prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
        ]
    };
    let place = any::<prop::sample::Index>;
    prop_oneof![
        1 => value().prop_map(Damage::Row),
        6 => (place(), value()).prop_map(|(at, value)| Damage::Field(at, value)),
        2 => place().prop_map(Damage::Removed),
        2 => (place(), place()).prop_map(|(a, b)| Damage::Swapped(a, b)),
    ]
}

fn damaged(row: &Value, damage: &Damage) -> Value {
    let mut row = row.clone();
    match (damage, &mut row) {
        (Damage::Row(value), _) => return value.clone(),
        (Damage::Field(at, value), Value::Array(fields)) => {
            let place = at.index(fields.len());
            fields[place] = value.clone();
        }
        (Damage::Field(at, value), Value::Object(fields)) => {
            let name = fields.keys().nth(at.index(fields.len())).unwrap().clone();
            fields.insert(name, value.clone());
        }
        (Damage::Removed(at), Value::Array(fields)) => drop(fields.remove(at.index(fields.len()))),
        (Damage::Removed(at), Value::Object(fields)) => {
            let name = fields.keys().nth(at.index(fields.len())).unwrap().clone();
            fields.remove(&name);
        }
        (Damage::Swapped(a, b), Value::Array(fields)) => {
            let (a, b) = (a.index(fields.len()), b.index(fields.len()));
            fields.swap(a, b);
        }
        _ => {}
    }
    row
}

fn with_rows(list: &List, rows: Vec<Value>) -> String {
    let mut json = list.json.clone();
    *json.pointer_mut(list.rows).unwrap() = Value::Array(rows);
    json.to_string()
}

proptest! {
    #[test]
    fn a_malformed_row_is_as_good_as_absent(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        damage in damage(),
    ) {
        let lists = lists();
        let list = which.get(&lists);
        let rows = list.json.pointer(list.rows).unwrap().as_array().unwrap().clone();
        let place = place.index(rows.len());
        let bad = damaged(&rows[place], &damage);
        if (list.read)(&with_rows(list, vec![bad.clone()])).is_some() {
            // It is well-formed after all.
            return Ok(());
        }
        let (mut with, mut without) = (rows.clone(), rows);
        with[place] = bad;
        without.remove(place);
        let without = (list.read)(&with_rows(list, without));
        match (list.read)(&with_rows(list, with)) {
            Some((rows, skipped)) => {
                let (expected, before) = without.expect("some rows can be used");
                prop_assert_eq!(rows, expected, "{}", list.name);
                prop_assert_eq!(skipped, before + 1, "{}", list.name);
            }
            None => prop_assert!(without.is_none_or(|(rows, _)| rows.is_empty()), "{}", list.name),
        }
    }
}

#[test]
fn a_candle_whose_high_and_low_are_swapped_is_skipped() {
    let mut json: Value = serde_json::from_str(&binance_payload("klines.json")).unwrap();
    let before = binance::parse::candles(json.to_string().as_bytes(), NOW).unwrap();
    json[0].as_array_mut().unwrap().swap(2, 3);
    let after = binance::parse::candles(json.to_string().as_bytes(), NOW).unwrap();
    assert_eq!((after.rows.len(), after.skipped.len()), (before.rows.len() - 1, 1));
    assert_eq!(after.rows[..], before.rows[1..]);
}
