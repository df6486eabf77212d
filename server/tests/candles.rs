//! What a person does who does not believe a score: takes the candles that it was made of and computes its values again.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod program;

use program::{Pair, Program};
use schema::Candle;
use serde_json::Value;
use ta_lib::{Core, OutRange, RetCode};

const TIMEFRAMES: [&str; 4] = ["1m", "5m", "30m", "4h"];
const SYMBOL: &str = "/api/v1/symbols/BTCUSDT";

/// A breakdown with the candles of all timeframes that it was made of.
async fn recomputable(program: &Program) -> (Value, [Vec<Candle>; 4]) {
    let mut found = None;
    program
        .until("a breakdown and its candles belong to the same close", async || {
            let mut runs = Vec::new();
            for timeframe in TIMEFRAMES {
                runs.push(program.json(&format!("{SYMBOL}/candles?timeframe={timeframe}")).await);
            }
            let breakdown = program.json(SYMBOL).await["data"].clone();
            let same = runs.iter().all(|run| run["as_of"].is_i64() && run["as_of"] == breakdown["bar_closed_at"]);
            if same && breakdown["row"]["score"]["known"].is_object() {
                let candles = runs.iter().map(|run| serde_json::from_value(run["data"]["candles"].clone()).unwrap());
                found = Some((breakdown, candles.collect::<Vec<_>>().try_into().unwrap()));
            }
            found.is_some()
        })
        .await;
    found.unwrap()
}

/// The last value of a TA-Lib function over some candles.
fn last(n: usize, f: impl FnOnce(&mut [f64]) -> Result<OutRange, RetCode>) -> f64 {
    let mut out = vec![0.0; n];
    let filled = f(&mut out).unwrap().count;
    out[filled - 1]
}

/// What TA-Lib says of some candles, by the names of the measures.
fn computed(candles: &[Candle]) -> [(&'static str, f64); 7] {
    let (ta, n) = (Core::new(), candles.len());
    let column = |f: fn(&Candle) -> f64| candles.iter().map(f).collect::<Vec<_>>();
    let (high, low, close) = (column(|c| c.high), column(|c| c.low), column(|c| c.close));
    let (end, mut line, mut signal) = (n - 1, vec![0.0; n], vec![0.0; n]);
    let plus = last(n, |out| ta.plus_di(0, end, &high, &low, &close, 14, out));
    let minus = last(n, |out| ta.minus_di(0, end, &high, &low, &close, 14, out));
    let adx = last(n, |out| ta.adx(0, end, &high, &low, &close, 14, out));
    [
        ("rsi_14", last(n, |out| ta.rsi(0, end, &close, 14, out))),
        ("macd_hist", last(n, |out| ta.macd(0, end, &close, 12, 26, 9, &mut line, &mut signal, out))),
        ("adx_14", (plus - minus) / (plus + minus) * adx.min(50.0)),
        ("cci_20", last(n, |out| ta.cci(0, end, &high, &low, &close, 20, out))),
        ("williams_r_14", last(n, |out| ta.willr(0, end, &high, &low, &close, 14, out))),
        ("ao", last(n, |out| ta.ao(0, end, &high, &low, 5, 34, out))),
        ("atr_pct", 100.0 * last(n, |out| ta.atr(0, end, &high, &low, &close, 14, out)) / close[end]),
    ]
}

/// The raw value that the breakdown shows; the ATR is a condition, of candles of five minutes.
fn shown(breakdown: &Value, id: &str, timeframe: &str) -> Option<f64> {
    if id == "atr_pct" {
        let conditions = breakdown["conditions"].as_array().unwrap();
        let found = conditions.iter().find(|condition| condition["id"] == id).unwrap();
        return found["value"]["known"]["value"].as_f64().filter(|_| timeframe == "5m");
    }
    let dimensions = breakdown["dimensions"].as_array().unwrap();
    let mut parts = dimensions.iter().flat_map(|dimension| dimension["parts"].as_array().unwrap());
    let part = parts.find(|part| part["id"] == id && part["timeframe"] == timeframe).unwrap();
    part["finding"]["known"]["value"]["raw"].as_f64()
}

#[tokio::test]
async fn ta_lib_computes_the_shown_values_from_the_candles_of_the_api() {
    let program = Program::simulated().await;
    program.scored(15).await;
    let (breakdown, runs) = recomputable(&program).await;
    let mut compared = 0;
    for (timeframe, candles) in TIMEFRAMES.into_iter().zip(&runs) {
        assert_eq!(candles.len(), 250, "{timeframe}");
        for (id, theirs) in computed(candles) {
            let Some(ours) = shown(&breakdown, id, timeframe) else { continue };
            let error = (ours - theirs).abs() / theirs.abs().max(1.0);
            assert!(error < 1e-9, "{id} of {timeframe}: {ours} is shown, TA-Lib computes {theirs}");
            compared += 1;
        }
    }
    assert_eq!(compared, 6 * 4 + 1, "six measures of four timeframes, and the ATR");
}

#[tokio::test]
async fn candles_are_whole_and_as_many_as_asked_for() {
    let program = Program::simulated().await;
    program.scored(15).await;
    for (timeframe, ms) in TIMEFRAMES.into_iter().zip([60_000, 300_000, 1_800_000, 14_400_000]) {
        let answer = program.json(&format!("{SYMBOL}/candles?timeframe={timeframe}&limit=255")).await;
        assert_eq!((&answer["source"], &answer["data"]["timeframe"]), (&"sim".into(), &timeframe.into()));
        let candles: Vec<Candle> = serde_json::from_value(answer["data"]["candles"].clone()).unwrap();
        assert_eq!(candles.len(), 255);
        assert!(candles.windows(2).all(|pair| pair[1].start.0 - pair[0].start.0 == ms), "{timeframe} has a gap");
        let end = candles[254].start.0 + ms;
        let as_of = answer["as_of"].as_i64().unwrap();
        // A bar may close while the history is loaded, so one can be missing.
        assert!(
            end <= as_of && as_of < end + 2 * ms,
            "{timeframe}: the newest ended at {end}, the score is of {as_of}"
        );
    }
    for (path, expected) in [
        ("/api/v1/symbols/NOSUCHUSDT/candles", (404, "unknown_symbol")),
        ("/api/v1/symbols/BTCUSDT/candles?timeframe=1h", (400, "1m, 5m, 30m, 4h")),
        ("/api/v1/symbols/BTCUSDT/candles?limit=0", (400, "limit: allowed are")),
    ] {
        let (status, body) = program.get(path).await.unwrap();
        assert_eq!((status, body.contains(expected.1)), (expected.0, true), "{path}: {body}");
    }
}

#[tokio::test]
async fn the_page_of_a_symbol_draws_its_closed_candles_of_the_timeframe_that_is_asked_for() {
    let program = Program::simulated().await;
    program.scored(15).await;
    for (query, words) in [("", "1 minute"), ("?timeframe=5m", "5 minutes"), ("?timeframe=4h", "4 hours")] {
        let (_, page) = program.get(&format!("/symbol/BTCUSDT{query}")).await.unwrap();
        assert!(page.contains(&format!("68 closed candles of {words} until")), "{query}");
        assert_eq!(page.matches("class=\"body up\"").count(), 1, "{query}: one path for all that rose");
    }
}

#[tokio::test]
async fn the_bars_add_up_to_the_score_to_the_last_shown_digit() {
    let program = Program::simulated().await;
    program.scored(15).await;
    let (breakdown, _) = recomputable(&program).await;
    let number = |value: &Value| value.as_f64().unwrap();
    let mut sum = 50.0;
    for dimension in breakdown["dimensions"].as_array().unwrap().iter().filter(|d| d["contribution"].is_f64()) {
        let parts = dimension["parts"].as_array().unwrap().iter();
        let known = parts.map(|part| &part["finding"]["known"]["value"]).filter(|finding| finding.is_object());
        let of_parts: f64 = known.map(|finding| number(&finding["contribution"])).sum();
        let whole = number(&dimension["contribution"]);
        assert!((of_parts - whole).abs() < 1e-9, "{}: {of_parts} is not {whole}", dimension["dimension"]);
        sum += whole;
    }
    let score = number(&breakdown["row"]["score"]["known"]["value"]);
    assert!((sum - score).abs() < 1e-9, "{sum} is not {score}");

    let (_, page) = program.get("/symbol/BTCUSDT").await.unwrap();
    let line = page.split("<p class=\"sum\">").nth(1).unwrap().split("</p>").next().unwrap();
    let (addends, whole) = line.split_once(" = ").unwrap();
    let addends: i64 = text(addends).replace("+ ", "+").replace("− ", "-").split(' ').map(hundredths).sum();
    assert_eq!(addends, hundredths(text(whole).as_str()), "{line}");
    assert!(page.contains("href=\"api/v1/symbols/BTCUSDT/candles\""), "the page leads to the candles");
}

/// The text between tags.
fn text(html: &str) -> String {
    let pieces = html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    pieces.collect::<String>().trim().to_owned()
}

/// A shown number with two decimals, or none, as a whole number of hundredths.
fn hundredths(shown: &str) -> i64 {
    let (whole, cents) = shown.split_once('.').unwrap_or((shown, "00"));
    assert_eq!(cents.len(), 2, "{shown}");
    format!("{whole}{cents}").parse().unwrap_or_else(|error| panic!("{shown:?}: {error}"))
}

#[tokio::test]
async fn a_web_process_serves_the_candles_of_the_process_that_watches_the_market() {
    let Pair { web, monitor, .. } = &Pair::simulated().await;
    web.scored(15).await;
    for timeframe in TIMEFRAMES {
        let path = format!("{SYMBOL}/candles?tf={timeframe}&limit=1000");
        web.until("both have the same candles of the same close", async || {
            let (ours, theirs) = (web.get(&path).await.unwrap(), monitor.get(&path).await.unwrap());
            let (Ok(ours), Ok(theirs)) =
                (serde_json::from_str::<Value>(&ours.1), serde_json::from_str::<Value>(&theirs.1))
            else {
                return false;
            };
            // A minute may close between the two answers.
            ours["as_of"].is_i64()
                && ours["as_of"] == theirs["as_of"]
                && ours["source"] == theirs["source"]
                && ours["data"] == theirs["data"]
        })
        .await;
    }
    let (_, page) = web.get("/symbol/BTCUSDT?timeframe=5m").await.unwrap();
    assert!(page.contains("68 closed candles of 5 minutes until"), "the chart is drawn in a web process as well");
    let (status, body) = web.get("/api/v1/symbols/NOSUCHUSDT/candles").await.unwrap();
    assert_eq!((status, body.contains("unknown_symbol")), (404, true), "{body}");
    web.until("the next close is there", {
        let path = format!("{SYMBOL}/candles?limit=1");
        let first = web.json(&path).await["as_of"].as_i64().unwrap();
        async move || web.json(&path).await["as_of"].as_i64().is_some_and(|as_of| as_of > first)
    })
    .await;
}

#[tokio::test]
async fn an_unknown_parameter_is_refused_and_both_names_of_a_timeframe_are_taken() {
    let program = Program::simulated().await;
    program.scored(15).await;
    let four_hours = program.json(&format!("{SYMBOL}/candles?tf=4h&limit=1")).await;
    assert_eq!(four_hours["data"]["timeframe"], "4h");
    for (query, named) in [("interval=4h", "timeframe, tf, limit"), ("tf=4h&timeframe=1m", "one of them is allowed")] {
        let (status, body) = program.get(&format!("{SYMBOL}/candles?{query}")).await.unwrap();
        assert_eq!((status, body.contains(named)), (400, true), "{query}: {body}");
    }
}
