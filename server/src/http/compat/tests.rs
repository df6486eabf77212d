//! What old scripts receive.

use std::sync::Arc;

use schema::{
    Held, Origin, Pct, PerDimension, Price, Ratio, Score, Stamp, Symbol, Venue,
    reading::Found,
    signals::{Quote, SignalStats},
};

use super::*;

const NOW: UnixMs = UnixMs(1_763_654_405_000);

fn reading<T: schema::Schema>(value: T, now: UnixMs) -> Reading<T> {
    value.check().unwrap();
    let (fresh_until, stale_until) = Held::<T>::life(NOW, &T::POLICY);
    let stamp = Stamp { epoch: 1, seq: 1 };
    let (origin, by) = (Origin::Live, Arc::from("test"));
    let value = Arc::new(value);
    let found: Found<T> = Ok(Held { stamp, origin, by, written_at: NOW, as_of: NOW, fresh_until, stale_until, value });
    Reading::judge(found, now)
}

fn signals(score: Figure<Score>) -> Signals {
    let scored = u32::from(score.value().is_some());
    let row = SignalRow {
        symbol: Symbol::new("BTCUSDT").unwrap(),
        base: "BTC".into(),
        tick: Price::new(0.1).unwrap(),
        quote: Quote {
            price: Price::new(95_000.5).unwrap(),
            change_24h: Figure::known(Pct::new(0.0).unwrap(), NOW),
            high_24h: Figure::Missing(Why::NotYet),
            low_24h: Figure::Missing(Why::NotYet),
            turnover_24h: Figure::Missing(Why::NotYet),
            open_interest_usd: Figure::Missing(Why::NotYet),
            forming: Figure::Missing(Why::NotYet),
        },
        direction: score.value().map(|_| Direction::Neutral),
        score,
        dimensions: PerDimension::build(|_| None),
        agreement: Some(Ratio::new(0.5).unwrap()),
        coverage: Ratio::new(0.8).unwrap(),
        funding: Figure::Missing(Why::NotYet),
        oi_change_1h: Figure::Missing(Why::NotYet),
        trend: Figure::Missing(Why::NotYet),
        spark: Vec::new().into(),
    };
    let stats = SignalStats {
        long: 0,
        neutral: scored,
        short: 0,
        unscored: 1 - scored,
        mean_score: None,
        mean_agreement: None,
        top: Vec::new(),
    };
    Signals { source: Venue::Bybit, rows: vec![row], stats }
}

fn payload_of(signals: &Reading<Signals>) -> (StatusCode, Value) {
    payload(
        &Reading::Absent(schema::Absence::NeverWritten),
        signals,
        (&Reading::Absent(schema::Absence::NeverWritten), &Reading::Absent(schema::Absence::NeverWritten)),
        &[],
        20,
    )
}

#[test]
fn a_score_of_50_45_is_told_as_it_is_and_a_change_of_zero_is_zero() {
    let (status, payload) = payload_of(&reading(signals(Figure::known(Score::new(50.45).unwrap(), NOW)), NOW));
    let row = &payload["confluence_scores"][0];
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&row["score"], &row["confluence_score"]), (&json!(50.45), &json!(50.45)));
    assert_eq!(row["change_24h"], json!(0.0));
    assert_eq!(row["reliability"], json!(40.0), "agreement times coverage, and no constant");
    assert_eq!(row["components"]["technical"], Value::Null, "what is missing is not 50");
    for (name, value) in row.as_object().unwrap().iter().filter(|(name, _)| *name != "components") {
        assert_eq!(
            value.is_null(),
            row["missing"].get(name).is_some_and(Value::is_string) && name != "score_history",
            "{name}"
        );
    }
    for (name, value) in row["components"].as_object().unwrap() {
        assert!(value.is_null() && row["missing"]["components"][name].is_string(), "{name} has no reason");
    }
}

#[test]
fn a_row_without_a_score_is_not_among_the_scores() {
    let (_, payload) = payload_of(&reading(signals(Figure::Missing(Why::NotYet)), NOW));
    assert_eq!(payload["confluence_scores"], json!([]));
    assert_eq!(payload["status"], "warming");
}

#[test]
fn the_pulse_of_perpetuals_is_told_under_its_old_names_in_percent() {
    let pct = |value| Figure::known(Pct::new(value).unwrap(), NOW);
    let pulse = PerpsPulse {
        source: Venue::Bybit,
        universe: 2,
        funding_per_8h: pct(0.0125),
        funding_z: Figure::Missing(Why::TooFewSamples { have: 4, need: 30 }),
        accounts_long: Figure::known(Ratio::new(0.625).unwrap(), NOW),
        premium_bps: Figure::known(-2.5, NOW),
        open_interest_usd: Figure::Missing(Why::NotYet),
        open_interest_change_1h: pct(0.0),
        liquidations_1h: Figure::Missing(Why::NotOffered),
        liquidations_24h: Figure::Missing(Why::NotOffered),
    };
    let fields = perps(&Reading::Absent(schema::Absence::NeverWritten), &reading(pulse, NOW));
    let value = |name: &str| fields.values[name].clone();
    assert_eq!((value("funding_rate"), value("basis_pct")), (json!(0.0125), json!(-0.025)));
    assert_eq!((value("long_pct"), value("short_pct")), (json!(62.5), json!(37.5)));
    assert_eq!((value("funding_zscore"), &fields.missing["funding_zscore"]), (Value::Null, &json!("4 of 30 samples")));
    assert_eq!((value("open_interest"), value("volume_24h")), (Value::Null, Value::Null));
}

#[test]
fn nothing_ever_read_is_503_with_the_same_shape_and_the_reasons() {
    let (status, payload) = payload_of(&Reading::Absent(schema::Absence::NeverWritten));
    assert_eq!((status, &payload["status"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable")));
    let market = payload["market_overview"].as_object().unwrap();
    assert!(market.len() > 20 && market.values().all(Value::is_null), "{market:?}");
    for name in market.keys().map(String::as_str).chain(["market_overview"]) {
        assert_eq!(payload["missing"][name], "waiting for the first scan", "{name}");
    }
}

#[test]
fn the_market_has_the_same_fields_with_and_without_values() {
    let golden = include_str!("../../../../app/schema/tests/wire/market_overview@1.json");
    let fields = market(&serde_json::from_str(golden).unwrap());
    let with: std::collections::BTreeSet<_> = fields.values.keys().map(String::as_str).collect();
    assert_eq!(with, MARKET.into_iter().collect());
}
