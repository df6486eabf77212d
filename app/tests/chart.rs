//! The candle chart in every state it can be in.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::chart::{CANDLES, Candles, Chart, Ideas, card};
use schema::{
    Absence, Candle, Timeframe, UnixMs, Venue, Zone,
    breakdown::ScorePoint,
    ideas::{EndedIdea, Idea},
    levels::{KeyLevel, LevelKind},
};
use world::{
    NOW, html,
    ideas::{ago, short, stopped},
    price, score, symbol, text,
};

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
    Chart {
        symbol: symbol("BTCUSDT"),
        timeframe,
        candles,
        scores: scores.rev().collect(),
        levels: Vec::new(),
        ideas: Ok(Ideas { as_of: NOW, open: Vec::new(), ended: Vec::new() }),
        venue: Some(Venue::Bybit),
        now: NOW,
        zone: Zone::UTC,
    }
}

fn closed(count: i64, timeframe: Timeframe) -> Chart {
    chart(timeframe, closed_run(run(count, timeframe)))
}

fn closed_run(run: Vec<Candle>) -> Candles {
    let minutes = run.windows(2).all(|pair| pair[1].start.0 - pair[0].start.0 == 60_000);
    let deltas = if minutes { vec![Some(1.5); run.len()] } else { Vec::new() };
    Candles::Closed { as_of: NOW.floor(60_000), run, deltas, tick: price(0.1) }
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
    assert!(html.matches("<path").count() <= 15, "a path for each kind of mark, not for each candle");
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
fn a_price_of_many_digits_is_drawn_narrower_rather_than_cut_off() {
    let label = |tick: f64| {
        let candles = match closed_run(run(68, Timeframe::M1)) {
            Candles::Closed { as_of, run, deltas, .. } => Candles::Closed { as_of, run, deltas, tick: price(tick) },
            other => other,
        };
        let html = drawn(&chart(Timeframe::M1, candles));
        let tag = html.split("<text ").find(|tag| tag.contains("close-label")).unwrap();
        tag.split("</text>").next().unwrap().to_owned()
    };
    assert!(label(0.1).ends_with(">91,200.0") && !label(0.1).contains("textLength"), "{}", label(0.1));
    assert!(label(0.01).ends_with(">91,200.00") && label(0.01).contains("textLength=\"55\""), "{}", label(0.01));
}

#[test]
fn every_candle_stands_in_a_table_with_the_same_numbers_newest_first() {
    let html = drawn(&closed(68, Timeframe::M1));
    assert_eq!(html.matches("<th scope=\"row\">").count(), 68);
    let first = html.split("<th scope=\"row\">").nth(1).unwrap();
    assert!(text(first).starts_with("01:50 91230.5 91307.0 91123.0 91200.0 1.50 +102 61.38"), "{}", text(first));
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
fn what_takers_bought_more_than_sold_is_summed_up_from_where_all_trades_were_heard() {
    let minutes = drawn(&closed(68, Timeframe::M1));
    let line = path(&minutes, "cvd").unwrap();
    assert_eq!((line.matches('M').count(), line.matches('L').count()), (1, 67), "{line}");
    assert!(text(&minutes).contains("+102 CVD"));
    let heard_late = |deltas: Vec<Option<f64>>| {
        let candles =
            Candles::Closed { as_of: NOW.floor(60_000), deltas, run: run(68, Timeframe::M5), tick: price(0.1) };
        drawn(&chart(Timeframe::M5, candles))
    };
    let late = heard_late([vec![None; 60], vec![Some(-2.5); 8]].concat());
    assert!(text(&late).contains("−20 CVD") && path(&late, "cvd").unwrap().matches('L').count() == 7, "{late}");
    assert!(late.contains("<th scope=\"col\">CVD</th>") && !late.contains("<th scope=\"col\">Score</th>"));
    let unheard = heard_late(vec![None; 68]);
    assert!(text(&unheard).contains("No trades of a complete candle received yet"), "{}", text(&unheard));
    assert!(!unheard.contains("<th scope=\"col\">CVD</th>"), "a column without a number is no column");
    let longer = drawn(&closed(68, Timeframe::H4));
    assert!(path(&longer, "cvd").is_none() && !text(&longer).contains("CVD"), "trades are not kept for so long");
}

#[test]
fn key_levels_are_lines_where_the_picture_reaches_and_named_where_there_is_room() {
    let level = |at: f64, kind| KeyLevel { price: price(at), kind };
    let levels = vec![
        level(95_000.0, LevelKind::DayHigh),
        level(91_290.0, LevelKind::ValueHigh),
        level(91_285.0, LevelKind::Turns(3)),
        level(91_150.0, LevelKind::Control),
    ];
    let html = drawn(&Chart { levels, ..closed(68, Timeframe::M1) });
    assert_eq!(path(&html, "level").unwrap().matches('M').count(), 3, "the highest lies above the picture");
    assert!(html.contains(">Value area, high</text>") && html.contains(">Point of control</text>"), "{html}");
    assert!(!html.contains(">3 turns</text>"), "it stands too near to another");
}

/// A chart of 68 minutes with the prices that an idea from 91,234.5 with its stop at 91,484.5 is decided by.
fn marked(open: Vec<Idea>, ended: Vec<EndedIdea>) -> String {
    let mut chart = closed(68, Timeframe::M1);
    if let Candles::Closed { run, .. } = &mut chart.candles {
        run[0].high = 91_500.0;
        run[1].low = 90_500.0;
    }
    drawn(&Chart { ideas: Ok(Ideas { as_of: NOW, open, ended }), ..chart })
}

#[test]
fn an_idea_that_stands_is_marked_where_it_opened_with_the_prices_that_decide_it() {
    let html = marked(vec![short()], Vec::new());
    assert_eq!(path(&html, "opened down").unwrap().matches('M').count(), 1);
    assert_eq!(path(&html, "opened up").as_deref(), Some(""));
    for (class, lines) in [("decides entry", 1), ("decides stop", 1), ("decides target", 2)] {
        assert_eq!(html.matches(&format!("class=\"{class}\"")).count(), lines, "{class}: the last target lies below");
    }
    // Candles of an hour ago know nothing of it yet.
    let past = Candles::Closed {
        as_of: NOW.floor(60_000),
        run: run(68, Timeframe::M1)
            .into_iter()
            .map(|c| Candle { start: UnixMs(c.start.0 - 3_600_000), high: 91_500.0, ..c })
            .collect(),
        deltas: Vec::new(),
        tick: price(0.1),
    };
    let past = drawn(&Chart {
        ideas: Ok(Ideas { as_of: NOW, open: vec![short()], ended: vec![] }),
        ..chart(Timeframe::M1, past)
    });
    assert!(!past.contains("class=\"decides") && text(&past).contains("Short idea since 01:39"), "{past}");
    // It opened twelve minutes ago: at the close of the candle that is the twelfth from the right.
    let from = path(&html, "decides entry").unwrap();
    assert!(from.starts_with("M227 "), "{from}");
    assert!(html.contains("href=\"signals#idea-BTCUSDT-short\""));
    let text = text(&html);
    let words = "Short idea since 01:39 from 91,234.5, stop 91,484.5, targets 90,859.5, 90,609.5, 90,234.5";
    assert!(text.contains(words), "{text}");
}

#[test]
fn an_idea_that_ended_is_marked_at_both_ends_and_told_with_its_outcome() {
    let exit = schema::ideas::Running { price: price(91_210.0), ..stopped().exit.unwrap() };
    let html = marked(Vec::new(), vec![EndedIdea { exit: Some(exit), ..stopped() }]);
    assert_eq!(path(&html, "opened up").unwrap().matches('M').count(), 1);
    assert_eq!(path(&html, "ended").unwrap().matches('M').count(), 1);
    assert!(text(&html).contains("Long idea, 01:01 to 01:31: stop reached −1.00 R"), "{}", text(&html));
    let before = EndedIdea { opened_at: ago(500), ended_at: ago(400), ..stopped() };
    let html = marked(Vec::new(), vec![before]);
    assert_eq!(path(&html, "ended").as_deref(), Some(""));
    assert!(!html.contains("class=\"marks\""), "nothing of it is on the picture");
}

#[test]
fn ideas_that_are_not_known_are_not_said_to_be_none() {
    let html = drawn(&Chart { ideas: Err(Absence::NeverWritten), ..closed(68, Timeframe::M1) });
    assert!(text(&html).contains("No idea is marked: waiting for the first scan"), "{}", text(&html));
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
    let undecided = Ok(Ideas { as_of: UnixMs(close - 1), open: Vec::new(), ended: Vec::new() });
    let undecided = Chart { ideas: undecided, ..at(5) }.again_at().map(|again| (again.0 - close) / 1_000);
    assert_eq!(undecided, Some(15), "what this close decided has not been published");
    let lost = Candles::Absent(Absence::Unreachable("memcached does not answer".into()));
    let again = Chart { candles: lost, ..at(5) }.again_at().map(|again| (again.0 - close) / 1_000);
    assert_eq!(again, Some(15), "memcached may be back by then");
}

#[test]
fn what_cannot_be_drawn_says_why() {
    for (candles, reason) in [
        (Candles::Loading, "The history is being loaded."),
        (closed_run(run(1, Timeframe::M1)), "1 of 2 closed candles needed"),
        (
            Candles::Absent(Absence::Unreachable("memcached does not answer".into())),
            "cache unreachable: memcached does not answer",
        ),
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
