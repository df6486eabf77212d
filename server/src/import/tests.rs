//! What becomes of the ancestor's documents.

use super::*;

const OVERVIEW: &str = include_str!("../../tests/ancestor/overview.json");
const TWICE: &str = include_str!("../../tests/ancestor/twice.json");

fn line<'a>(imported: &'a Imported, name: &str) -> &'a Line {
    let names = |line: &&Line| line.old.as_deref() == Some(name) || (line.old.is_none() && line.new == Some(name));
    imported.report.iter().find(names).unwrap_or_else(|| panic!("no line for {name}: {:#?}", imported.report))
}

#[test]
fn every_old_name_becomes_the_new_figure_with_the_original_time() {
    let imported = read(OVERVIEW).unwrap();
    let overview = imported.overview.clone().unwrap();
    assert_eq!(imported.as_of, Some(UnixMs(1_763_654_404_000)));
    assert_eq!((overview.total_symbols, overview.long_signals, overview.short_signals), (560, 8, 2));
    assert_eq!(overview.scored_symbols, 550);
    assert_eq!(overview.signal_balance.value().unwrap().get(), 80.0, "by the counts, not the stated 83.3");
    assert_eq!(overview.btc_dominance.value().unwrap().get(), 57.1);
    assert_eq!(overview.btc_dominance.as_of(), imported.as_of);
    assert_eq!(overview.regime.value().unwrap().label, "Risk-On");
    assert_eq!(overview.dispersion_24h.value().unwrap().get(), 4.2);
    assert_eq!(overview.average_change_24h.value().unwrap().get(), -1.25);
    assert_eq!(overview.total_turnover_24h.value().unwrap().get(), 98_765_432_109.5);
    assert!(
        overview.eth_dominance.value().is_none() && overview.btc_price.value().is_none(),
        "what is missing stays missing"
    );
    assert_eq!(line(&imported, "btc_dom").made, Made::Renamed);
    let dispersion = ["market_dispersion", "volatility"].map(|name| line(&imported, name).made);
    assert!(dispersion.contains(&Made::Renamed) && dispersion.contains(&Made::Repeated), "{dispersion:?}");
    assert_eq!(line(&imported, "gainers").made, Made::Kept);
    assert_eq!(line(&imported, "btc_price").made, Made::Missing);
    assert_eq!(line(&imported, "eth_dominance").made, Made::Missing);
    assert_eq!(line(&imported, "active_signals").made, Made::Ignored);
    assert!(line(&imported, "signal_balance").value.contains("the document states 83.3"));
}

#[test]
fn documents_that_were_encoded_twice_are_decoded_and_named() {
    let imported = read(TWICE).unwrap();
    assert_eq!(line(&imported, "the document").made, Made::EncodedTwice);
    assert_eq!(line(&imported, "market:overview").made, Made::EncodedTwice);
    assert_eq!(line(&imported, "market:overview.total_symbols").value, "20");
    assert_eq!(imported.as_of, Some(UnixMs(1_763_654_404_123)));
    let scores: Vec<_> = imported.signals.iter().map(|row| (row.symbol.as_str(), row.score)).collect();
    assert_eq!(scores, [("BTCUSDT", Some(61.5)), ("ETHUSDT", None)]);
    let needs = imported.overview.unwrap_err();
    assert!(needs.to_string().contains("linear_symbols"), "{needs}");
}

#[test]
fn wrong_types_and_conflicts_name_the_field() {
    for (document, expected) in [
        (r#"{"btc_dom": "57.1"}"#, r#"btc_dom: a number is expected, found the text "57.1""#),
        (r#"{"total_symbols": 20.5}"#, "total_symbols: a whole number of 0 or more is expected, found the number 20.5"),
        (r#"{"bullish_signals": -1}"#, "bullish_signals: a whole number of 0 or more is expected"),
        (r#"{"market_state": 3}"#, "market_state: a text is expected, found the number 3"),
        (r#"{"total_volume": -5}"#, "total_volume: a value within the limits of the figure is expected"),
        (r#"{"market_overview": [1]}"#, "market_overview: an object is expected, found an array"),
        (r#"{"recent_signals": [{"symbol": 5}]}"#, "recent_signals[0].symbol: a text is expected"),
        (r#"{"recent_signals": [{"symbol": "A", "score": 300}]}"#, "recent_signals[0].score: a score from 0 to 100"),
        (
            r#"{"signals": [{"symbol": "A", "score": 1, "confluence_score": 2}]}"#,
            "both are score, one value is expected",
        ),
        (r#"{"btc_dom": 57, "btc_dominance": 58}"#, "both are btc_dominance, one value is expected"),
        (r#"{"btc_dom": 57, "timestamp": "noon"}"#, "timestamp: Unix time in seconds or milliseconds is expected"),
        (r#"{"btc_dom": 57"#, "line 1, column 14: no JSON"),
        (r#"{"x": 1}"#, "no document of the ancestor"),
        ("[]", "found an array"),
        ("", "no JSON"),
    ] {
        let said = read(document).unwrap_err().to_string();
        assert!(said.contains(expected), "{document}: {said}");
    }
    assert!(read(r#"{"btc_dom": 57, "btc_dominance": 57}"#).is_ok());
}
