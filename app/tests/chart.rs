//! The candle chart in every state it can be in.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::chart::{CANDLES, Candles, Chart, card};
use schema::{Candle, Timeframe, UnixMs, Venue, Zone, breakdown::ScorePoint};
use world::{NOW, html, price, score, symbol, text};

/// A rising and a falling candle in turn, the newest closed at the last full interval before now.
fn run(count: i64, timeframe: Timeframe) -> Vec<Candle> {
    let last = NOW.floor(timeframe.ms()).0 - timeframe.ms();
    (0..count)
        .map(|n| {
            let (open, close) = if n % 2 == 0 { (91_200.0, 91_230.5) } else { (91_230.5, 91_200.0) };
            Candle {
                start: UnixMs(last - (count - 1 - n) * timeframe.ms()),
                open,
                high: 91_240.0 + n as f64,
                low: 91_190.0 - n as f64,
                close,
                volume: 1.5,
                turnover: 1.5 * close,
            }
        })
        .collect()
}

fn chart(timeframe: Timeframe, candles: Candles) -> Chart {
    let scores = (0..60).map(|n| ScorePoint { at: UnixMs(NOW.floor(60_000).0 - n * 60_000), score: score(61.38) });
    let (symbol, scores) = (symbol("BTCUSDT"), scores.rev().collect());
    Chart { symbol, timeframe, candles, scores, venue: Some(Venue::Bybit), now: NOW, zone: Zone::UTC }
}

fn closed(count: i64, timeframe: Timeframe) -> Chart {
    chart(timeframe, closed_run(run(count, timeframe)))
}

fn closed_run(run: Vec<Candle>) -> Candles {
    Candles::Closed { as_of: NOW.floor(60_000), run, tick: price(0.1) }
}

/// Without the marks that hydration would go by: a chart is not hydrated.
fn drawn(chart: &Chart) -> String {
    html(|| card(chart)).replace("<!>", "")
}

/// What the path of a class draws.
fn path(html: &str, class: &str) -> Option<String> {
    let tag = html.split("<path ").find(|tag| tag.contains(&format!("class=\"{class}\"")))?;
    Some(tag.split("d=\"").nth(1)?.split('"').next()?.to_owned())
}

#[test]
fn a_chart_draws_the_newest_candles_in_few_paths_and_says_until_when() {
    let html = drawn(&closed(250, Timeframe::M1));
    let text = text(&html);
    assert!(html.contains("data-state=\"fresh\""));
    assert!(text.contains("68 closed candles of 1 minute until 21 Nov 2026, 01:51 UTC"), "{text}");
    let wicks = path(&html, "wick").unwrap();
    assert_eq!(wicks.matches('M').count(), CANDLES);
    assert!(html.matches("<path").count() <= 9, "a path for each kind of mark, not for each candle");
    assert!(!html.contains("style="), "the policy of the page forbids it");
}

#[test]
fn prices_stand_in_the_digits_of_their_increment_and_the_last_close_is_marked() {
    let html = drawn(&closed(68, Timeframe::M1));
    for figure in [">91,200.0</text>", ">91,307.0</text>", ">91,123.0</text>"] {
        assert!(html.contains(figure), "{figure}: last close, highest, lowest");
    }
    let label = html.split("role=\"img\" aria-label=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(
        label,
        "Candles of 1 minute, 68 of them, from 21 Nov 2026, 00:43 UTC to 21 Nov 2026, 01:51 UTC: first open 91,200.0, \
         highest 91,307.0, lowest 91,123.0, last close 91,200.0"
    );
}

#[test]
fn every_candle_stands_in_a_table_with_the_same_numbers_newest_first() {
    let html = drawn(&closed(68, Timeframe::M1));
    assert_eq!(html.matches("<th scope=\"row\">").count(), 68);
    let first = html.split("<th scope=\"row\">").nth(1).unwrap();
    assert!(text(first).starts_with("01:50 91230.5 91307.0 91123.0 91200.0 1.50"), "{}", text(first));
    let longer = drawn(&closed(68, Timeframe::H4));
    assert!(longer.contains("<th scope=\"row\">20 Nov 20:00</th>"), "a time alone would stand for many days");
}

#[test]
fn scores_stand_beneath_candles_of_a_minute_only() {
    let minutes = drawn(&closed(68, Timeframe::M1));
    let line = path(&minutes, "score").unwrap();
    assert_eq!((line.matches('M').count(), line.matches('L').count()), (1, 59), "{line}");
    assert!(text(&minutes).contains("61.4 score"));
    assert_eq!(path(&drawn(&closed(68, Timeframe::M5)), "score"), None);
    let unscored = Chart { scores: vec![], ..closed(68, Timeframe::M1) };
    assert!(text(&drawn(&unscored)).contains("No score recorded yet"));
}

#[test]
fn a_bar_without_a_score_is_a_hole_in_the_line() {
    let mut holed = closed(68, Timeframe::M1);
    holed.scores.remove(30);
    let html = drawn(&holed);
    let line = path(&html, "score").unwrap();
    assert_eq!((line.matches('M').count(), line.matches('L').count()), (2, 57), "{line}");
}

#[test]
fn timeframes_are_links_that_lead_back_to_the_chart() {
    let html = drawn(&closed(68, Timeframe::M5));
    for timeframe in ["1m", "5m", "30m", "4h"] {
        assert!(html.contains(&format!("href=\"symbol/BTCUSDT?timeframe={timeframe}#chart\"")), "{timeframe}");
    }
    let current = html.split("aria-current=\"true\"").nth(1).unwrap();
    assert!(text(&format!("<a{current}")).starts_with("5m 30m 4h"), "{current}");
    assert_eq!(Chart::timeframe(Some("30m")), Timeframe::M30);
    assert_eq!(Chart::timeframe(Some("1h")), Timeframe::M1, "no known way to ask");
}

#[test]
fn a_chart_whose_next_candle_does_not_come_is_stale_and_asked_for_again_in_a_while() {
    let chart = closed(68, Timeframe::H4);
    let close = NOW.floor(60_000).0;
    let at = |after_s: i64| Chart { now: UnixMs(close + after_s * 1_000), ..chart.clone() };
    assert!(drawn(&at(89)).contains("data-state=\"fresh\""));
    let late = drawn(&at(125));
    assert!(late.contains("data-state=\"stale\"") && text(&late).contains("2 min old"), "{}", text(&late));
    assert!(drawn(&at(3_600)).contains("data-state=\"expired\""));
    let again = |after_s| at(after_s).again_at().map(|again| (again.0 - close) / 1_000);
    assert_eq!((again(5), again(62), again(63), again(500)), (Some(63), Some(63), Some(73), Some(510)));
    assert_eq!(Chart { candles: Candles::Elsewhere(None), ..chart }.again_at(), None);
}

#[test]
fn what_cannot_be_drawn_says_why() {
    for (candles, reason) in [
        (Candles::Loading, "The history is being loaded."),
        (closed_run(run(1, Timeframe::M1)), "1 of 2 closed candles needed"),
        (Candles::Elsewhere(None), "kept by the process that watches the market (role monitor or all)."),
        (Candles::Elsewhere(Some("monitor@attic/812".into())), "(role monitor or all, now monitor@attic/812)."),
    ] {
        let html = drawn(&chart(Timeframe::M1, candles));
        assert!(text(&html).contains(reason), "{reason} is not in: {}", text(&html));
        assert!(!html.contains("<svg"));
        assert!(html.contains("timeframe=4h"), "the way to other timeframes stays");
    }
}

#[test]
fn a_contract_of_a_real_exchange_leads_to_its_own_chart_there_and_one_of_a_simulated_market_nowhere() {
    let chart = closed(68, Timeframe::M1);
    let bybit = drawn(&chart);
    assert!(bybit.contains("href=\"https://www.bybit.com/trade/usdt/BTCUSDT\""), "{bybit}");
    assert!(bybit.contains("rel=\"noopener noreferrer\"") && text(&bybit).contains("BTCUSDT on Bybit"));
    let binance = drawn(&Chart { venue: Some(Venue::Binance), ..chart.clone() });
    assert!(binance.contains("href=\"https://www.binance.com/en/futures/BTCUSDT\""), "{binance}");
    for venue in [None, Some(Venue::Sim), Some(Venue::Replay)] {
        assert!(!drawn(&Chart { venue, ..chart.clone() }).contains("https://"), "{venue:?}");
    }
}
