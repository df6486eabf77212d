#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

//! A market made up for tests of the pages: every figure has a place where it is known and one where it is missing.

pub mod ideas;

use std::sync::Arc;

use app::source::MarketSnapshot;
use leptos::prelude::{Owner, RenderHtml};
use schema::{
    BetaTable, Breakdown, Dimension, Direction, Factor, FactorReading, Figure, Held, Lean, Level, MarketBreadth,
    MarketMovers, MarketOverview, Origin, Pct, PerDimension, PerpsPulse, Points, Policy, Price, Rate, Ratio, Schema,
    Score, SignalRow, Signals, Stamp, Symbol, SystemHealth, Timeframe, UnixMs, Usd, Venue, Why, Zone,
    beta::{Beta, BetaLine, BetaRanking, BetaRow, BetaWindow},
    breadth::{Advance, Mood},
    breakdown::{BookTop, Condition, DimensionBreakdown, Finding, Part, ScorePoint},
    health::{EventQueue, Feed, Lag, RequestBudget, StreamCounters, TaskStatus},
    levels::{KeyLevel, KeyLevels, LevelKind},
    movers::{FundingExtreme, Mover, MoverLists, OiRiser},
    overview::{FearGreed, Regime},
    page::{Frame, Headline, MonitorState, ScoresPage, SymbolPage},
    perps::Liquidated,
    report::{CacheReport, L2State, LastError, MirrorCounts, SchemaReport, ServerReport},
    signals::{Funding, Quote, SignalStats},
};

/// The moment of every snapshot: 21 Nov 2026, 01:51:36 UTC.
pub const NOW: UnixMs = UnixMs(1_795_225_896_000);

/// Renders a view on the server's side.
pub fn html<V: RenderHtml>(view: impl FnOnce() -> V) -> String {
    let owner = Owner::new();
    owner.with(|| view().to_html())
}

/// The text of a page without tags, comments and the props of its island, in single spaces.
pub fn text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        out.push_str(&rest[..start]);
        let end = if rest[start..].starts_with("<!--") { "-->" } else { ">" };
        // Attributes hold their `>` escaped or inside quotes; the props are escaped JSON.
        let mut quoted = false;
        let close = rest[start..].char_indices().find(|(i, c)| {
            if end == ">" && *c == '"' {
                quoted = !quoted;
            }
            !quoted && rest[start + i..].starts_with(end)
        });
        let Some((close, _)) = close else { return out };
        out.push(' ');
        rest = &rest[start + close + end.len()..];
    }
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A value written `age_s` seconds ago.
pub fn held<T: Schema>(value: T, age_s: u64) -> Held<T> {
    let as_of = NOW.minus(std::time::Duration::from_secs(age_s));
    let policy: Policy = T::POLICY;
    let (fresh_until, stale_until) = Held::<T>::life(as_of, &policy);
    Held {
        stamp: Stamp { epoch: 1_795_200_000_000, seq: 4_711 },
        origin: Origin::Live,
        by: "monitor@attic/812".into(),
        written_at: as_of,
        as_of,
        fresh_until,
        stale_until,
        value: Arc::new(value),
    }
}

pub fn known<T>(value: T) -> Figure<T> {
    Figure::known(value, NOW)
}

pub fn symbol(text: &str) -> Symbol {
    Symbol::new(text).unwrap()
}

pub fn score(value: f64) -> Score {
    Score::new(value).unwrap()
}

pub fn pct(value: f64) -> Pct {
    Pct::new(value).unwrap()
}

pub fn usd(value: f64) -> Usd {
    Usd::new(value).unwrap()
}

pub fn price(value: f64) -> Price {
    Price::new(value).unwrap()
}

fn ratio(value: f64) -> Ratio {
    Ratio::new(value).unwrap()
}

pub fn frame() -> Frame {
    Frame {
        zone: Zone::UTC,
        saving: false,
        now: NOW,
        stamp: Stamp { epoch: 1_795_200_000_000, seq: 9_000 },
        shared: L2State::Off,
        monitor: Ok(monitor(&health(Feed::Live { venue: Venue::Bybit }), 2)),
        headline: Ok(headline(&overview(), 1)),
    }
}

/// A cache that serves alone, and has one value and one failure.
pub fn cache() -> CacheReport {
    let schema = |name: &str, state: &str| SchemaReport {
        name: name.to_owned(),
        version: 1,
        vital: true,
        scoped: false,
        entries: 0,
        state: state.to_owned(),
        stamp: None,
        writer: None,
        origin: None,
        as_of: None,
        age_ms: None,
        bytes: None,
        total_bytes: 0,
        expires_at: None,
        last_error: None,
    };
    CacheReport {
        process: "all@host/1".to_owned(),
        now: NOW,
        l2: L2State::Off,
        servers: Vec::new(),
        mirror: MirrorCounts { polls: 0, changes: 0, missed: 0, failures: 0 },
        schemas: vec![
            SchemaReport {
                entries: 1,
                stamp: Some(Stamp { epoch: 1_795_200_000_000, seq: 41 }),
                writer: Some("all@host/1".to_owned()),
                origin: Some(Origin::Live),
                as_of: Some(NOW.minus(std::time::Duration::from_secs(3))),
                age_ms: Some(3_000),
                bytes: Some(12_595),
                total_bytes: 12_595,
                expires_at: None,
                ..schema("analysis:signals", "fresh")
            },
            SchemaReport {
                last_error: Some(LastError {
                    at: NOW,
                    text: "market:overview@1: the body does not match its hash".into(),
                }),
                ..schema("market:overview", "absent")
            },
        ],
    }
}

/// The same over a memcached that stopped answering.
pub fn cache_without_its_server() -> CacheReport {
    let since = NOW.minus(std::time::Duration::from_secs(90));
    let state = L2State::Degraded { cause: "no answer within 200 ms".to_owned(), since };
    let server = ServerReport {
        name: "127.0.0.1:11211".to_owned(),
        state: state.clone(),
        item_limit_bytes: Some(1_048_576),
        memory_limit_bytes: Some(67_108_864),
        clock_ahead_ms: Some(0),
        evictions: Some(3),
        waiting: 4,
        failures: 17,
    };
    CacheReport {
        l2: state,
        servers: vec![server],
        mirror: MirrorCounts { polls: 1_204, changes: 311, missed: 0, failures: 17 },
        ..cache()
    }
}

pub fn health(feed: Feed) -> SystemHealth {
    let task = |name: &str, what: &str, period_ms, took| TaskStatus {
        name: name.to_owned(),
        what: what.to_owned(),
        period_ms: Some(period_ms),
        runs: 18_204,
        failures: 0,
        panics: 0,
        retry_at: None,
        last_end: Some(UnixMs(NOW.0 - 800)),
        last_took_ms: took,
        last_error: None,
    };
    SystemHealth {
        feed,
        symbols_ready: 60,
        symbols_total: 60,
        streams: StreamCounters { messages: 1_204_331, malformed: 0, dropped: 0, reconnects: 2 },
        messages_per_s: Some(2_840),
        lag: Some(Lag { events: 5_012, p50_ms: 7, p99_ms: 31 }),
        clock_ahead_ms: Some(-12),
        queue: Some(EventQueue { waiting: 12, capacity: 65_536 }),
        proxy: None,
        pause: None,
        budgets: vec![RequestBudget {
            host: "api.bybit.com:443".to_owned(),
            limit: "requests".to_owned(),
            left: 118,
            burst: 120,
            pace_percent: 50,
        }],
        scan_took_ms: Some(4.21),
        scan_budget_ms: 500,
        tasks: vec![
            task("scan", "Scores every symbol and publishes what it finds.", 1_000, Some(4.21)),
            task("movers", "Compares the changes of all symbols.", 5_000, Some(0.31)),
            TaskStatus {
                failures: 3,
                last_error: Some("the source closed the connection".to_owned()),
                ..task("outside", "Fetches dominance and the mood index.", 300_000, Some(812.0))
            },
            TaskStatus {
                runs: 0,
                last_end: None,
                last_took_ms: None,
                ..task("backup", "Keeps the last readings.", 60_000, None)
            },
        ],
        version: "0.1.0".to_owned(),
        started_at: UnixMs(NOW.0 - 18_000_000),
    }
}

pub fn overview() -> MarketOverview {
    MarketOverview {
        source: Venue::Bybit,
        total_symbols: 60,
        linear_symbols: 612,
        scored_symbols: 60,
        total_turnover_24h: known(usd(48_210_000_000.0)),
        signal_balance: known(score(70.59)),
        long_signals: 12,
        short_signals: 5,
        neutral_signals: 43,
        average_change_24h: known(pct(1.84)),
        turnover_weighted_change_24h: known(pct(-0.42)),
        dispersion_24h: known(pct(4.31)),
        dispersion_24h_mean: Figure::Missing(Why::TooFewSamples { have: 4, need: 12 }),
        btc_price: known(price(91_234.5)),
        btc_realised_volatility: known(pct(41.73)),
        btc_daily_volatility: known(pct(2.18)),
        btc_volatility_days: 30,
        regime: known(Regime {
            label: "Broad Rally".to_owned(),
            reason: "68% of symbols rise and their average change is above 1%.".to_owned(),
        }),
        gainers: 41,
        losers: 18,
        unchanged: 1,
        open_interest_usd: known(usd(12_400_000_000.0)),
        btc_dominance: known(pct(57.4)),
        eth_dominance: known(pct(12.1)),
        stablecoin_dominance: known(pct(7.9)),
        total_market_cap: known(usd(3_210_000_000_000.0)),
        market_cap_change_24h: known(pct(0.83)),
        fear_greed: known(FearGreed { value: score(38.0), label: "Fear".to_owned(), date: UnixMs(NOW.0 - 6_696_000) }),
    }
}

/// What every page says of an overview of some seconds of age.
pub fn headline(overview: &MarketOverview, age_s: u64) -> Held<Headline> {
    held(overview.clone(), age_s).with(Headline::from(overview))
}

/// What every page says of a health of some seconds of age.
pub fn monitor(health: &SystemHealth, age_s: u64) -> Held<MonitorState> {
    held(health.clone(), age_s).with(MonitorState::from(health))
}

/// The overview while the outside sources are off and nothing is scored.
pub fn bare_overview() -> MarketOverview {
    let off = || Figure::Missing(Why::Off);
    MarketOverview {
        scored_symbols: 0,
        long_signals: 0,
        short_signals: 0,
        neutral_signals: 0,
        signal_balance: Figure::Missing(Why::NotYet),
        regime: Figure::Missing(Why::NotYet),
        btc_dominance: off(),
        eth_dominance: off(),
        stablecoin_dominance: off(),
        total_market_cap: Figure::Missing(Why::Off),
        market_cap_change_24h: off(),
        fear_greed: Figure::Missing(Why::Unreachable("the mood index answered 503".to_owned())),
        ..overview()
    }
}

pub fn breadth() -> MarketBreadth {
    let advance = |advancers, decliners, unchanged| Advance {
        advancers,
        decliners,
        unchanged,
        percent_advancing: known(pct(f64::from(advancers) / f64::from(advancers + decliners) * 100.0)),
        ad_ratio: known(f64::from(advancers) / f64::from(decliners)),
    };
    MarketBreadth {
        source: Venue::Bybit,
        universe: 60,
        day: advance(41, 18, 1),
        hour: advance(22, 33, 5),
        above_ma20: known(pct(61.7)),
        above_ma50: Figure::Missing(Why::TooFewSamples { have: 31, need: 50 }),
        new_highs: 4,
        new_lows: 0,
        mood: known(Mood::Bullish),
    }
}

pub fn perps() -> PerpsPulse {
    let closed =
        |longs, shorts, n, heard| known(Liquidated { longs: usd(longs), shorts: usd(shorts), n, heard: ratio(heard) });
    PerpsPulse {
        source: Venue::Bybit,
        universe: 60,
        funding_per_8h: known(pct(0.0084)),
        funding_z: known(1.27),
        accounts_long: Figure::known(ratio(0.583), NOW.minus(std::time::Duration::from_secs(200))),
        premium_bps: known(-3.25),
        open_interest_usd: known(usd(12_400_000_000.0)),
        open_interest_change_1h: known(pct(-0.42)),
        liquidations_1h: closed(1_240_000.0, 310_000.0, 214, 1.0),
        liquidations_24h: closed(8_400_000.0, 12_900_000.0, 3_204, 0.379),
    }
}

/// Contracts against Bitcoin: every fifth is young, and has no figure.
pub fn beta(contracts: usize) -> BetaTable {
    let too_few = || Why::TooFewSamples { have: 12, need: 45 };
    let name = |i: usize| match NAMES.get(i) {
        Some((name, _, _)) => symbol(name),
        None => symbol(&format!("ALT{i}USDT")),
    };
    let row = |i: usize| {
        let known = !i.is_multiple_of(5);
        let excess = 6.0 - i as f64 * 0.75;
        let figure = |value: f64| if known { self::known(pct(value)) } else { Figure::Missing(too_few()) };
        let found =
            Beta { beta: 0.4 + i as f64 * 0.15, standard_error: 0.08, correlation: 0.9 - i as f64 * 0.01, n: 288 };
        BetaRow {
            symbol: name(i),
            beta: if known { self::known(found) } else { Figure::Missing(too_few()) },
            change: figure(excess + 1.25),
            excess: figure(excess),
        }
    };
    let line = |symbol: Symbol, change: f64| BetaLine {
        symbol,
        points: (0..49).map(|i| 100.0 + change * f64::from(i) / 48.0).collect(),
    };
    let ranking = |window| {
        let rows: Vec<BetaRow> = (1..=contracts).map(row).collect();
        let moved = |row: &BetaRow| Some((row.symbol, row.excess.value()?.get()));
        let (best, mut worst): (Vec<_>, Vec<_>) = rows.iter().filter_map(moved).partition(|(_, excess)| *excess > 0.0);
        worst.reverse();
        let listed = best.iter().chain(&worst).map(|(symbol, excess)| line(*symbol, excess + 1.25));
        let lines = std::iter::once(line(symbol("BTCUSDT"), 1.25)).chain(listed).collect();
        let names = |list: &[(Symbol, f64)]| list.iter().take(10).map(|(symbol, _)| *symbol).collect();
        BetaRanking {
            window,
            market_change: known(pct(1.25)),
            outperformers: names(&best),
            underperformers: names(&worst),
            lines,
            rows,
        }
    };
    BetaTable { source: Venue::Bybit, market: symbol("BTCUSDT"), rankings: BetaWindow::ALL.map(ranking).into() }
}

const NAMES: [(&str, f64, f64); 16] = [
    ("BTCUSDT", 91_234.5, 0.1),
    ("ETHUSDT", 3_012.44, 0.01),
    ("SOLUSDT", 142.315, 0.005),
    ("XRPUSDT", 2.1187, 0.0001),
    ("DOGEUSDT", 0.151_23, 0.000_01),
    ("1000PEPEUSDT", 0.004_612_3, 0.000_000_1),
    ("HYPEUSDT", 34.51, 0.001),
    ("SUIUSDT", 1.5534, 0.0001),
    ("LINKUSDT", 13.221, 0.001),
    ("ADAUSDT", 0.4212, 0.0001),
    ("AVAXUSDT", 14.882, 0.001),
    ("1000BONKUSDT", 0.009_122, 0.000_001),
    ("BTTUSDT", 0.000_006_14, 0.000_000_01),
    ("NEARUSDT", 2.012, 0.001),
    ("LTCUSDT", 84.12, 0.01),
    ("TIAUSDT", 0.6231, 0.0001),
];

pub fn movers() -> MarketMovers {
    let mover = |i: usize, change: f64| {
        let (name, last, tick) = NAMES[i % NAMES.len()];
        Mover {
            symbol: symbol(name),
            tick: price(tick),
            price: price(last),
            change: pct(change),
            turnover_24h: usd(9_400_000_000.0 / (i + 1) as f64),
        }
    };
    let list = |from: usize, sign: f64, size: f64| {
        (0..10).map(|i| mover(from + i, sign * size / (i as f64 * 0.4 + 1.0))).collect::<Vec<_>>()
    };
    MarketMovers {
        source: Venue::Bybit,
        min_turnover: usd(1_000_000.0),
        universe: 60,
        day: MoverLists { gainers: list(5, 1.0, 18.4), losers: list(2, -1.0, 11.2) },
        hour: MoverLists { gainers: list(1, 1.0, 2.1), losers: Vec::new() },
        most_active: list(0, 1.0, 3.2),
        oi_risers: (0..10)
            .map(|i| OiRiser {
                symbol: symbol(NAMES[i].0),
                change_1h: pct(6.2 / (i + 1) as f64),
                open_interest_usd: known(usd(1_900_000_000.0 / (i + 1) as f64)),
            })
            .collect(),
        funding_extremes: (0..10)
            .map(|i| {
                let rate = if i % 2 == 0 { 0.0008 } else { -0.0006 } / (i + 1) as f64;
                FundingExtreme {
                    symbol: symbol(NAMES[i + 4].0),
                    funding: Funding { rate: Rate::new(rate).unwrap(), interval_hours: 4, next: NOW },
                    per_8h: pct(rate * 200.0),
                }
            })
            .collect(),
    }
}

/// A row of the list; `i` makes it differ from the others.
pub fn row(i: usize) -> SignalRow {
    let (name, last, tick) = NAMES[i % NAMES.len()];
    let name = if i < NAMES.len() { name.to_owned() } else { format!("{}{}", i / NAMES.len(), name) };
    let wave = ((i * 37) % 60) as f64;
    let value = 24.0 + wave + 0.45;
    let direction = match value {
        v if v >= 60.0 => Direction::Long,
        v if v <= 40.0 => Direction::Short,
        _ => Direction::Neutral,
    };
    let mut k = 0.0;
    SignalRow {
        symbol: symbol(&name),
        base: name.trim_end_matches("USDT").into(),
        tick: price(tick),
        quote: Quote {
            price: price(last),
            change_24h: known(pct((wave - 26.0) / 4.0)),
            high_24h: known(price(last * 1.04)),
            low_24h: known(price(last * 0.97)),
            turnover_24h: known(usd(9_400_000_000.0 / (i + 1) as f64)),
            open_interest_usd: known(usd(2_400_000_000.0 / (i + 1) as f64)),
            forming: known(score((value + 1.3).min(100.0))),
        },
        score: known(score(value)),
        direction: Some(direction),
        dimensions: PerDimension::build(|dimension| {
            k += 1.0;
            let lean = (wave - 30.0) * 1.1 + (k * 17.0) % 31.0 - 15.0;
            (dimension != Dimension::Sentiment || !i.is_multiple_of(3)).then(|| score((50.0 + lean).clamp(0.0, 100.0)))
        }),
        agreement: Some(ratio(0.42 + wave / 120.0)),
        coverage: ratio(0.91),
        funding: known(Funding {
            rate: Rate::new((wave - 20.0) / 200_000.0).unwrap(),
            interval_hours: 8,
            next: UnixMs(NOW.0 + 22_104_000),
        }),
        oi_change_1h: known(pct((wave - 31.0) / 12.0)),
        trend: known(Points::new((wave - 28.0) / 9.0).unwrap()),
        spark: (0..24)
            .map(|h| {
                price(last * (1.0 + (f64::from(h) * 0.7 + wave).sin() * 0.02 + f64::from(h) * (wave - 26.0) / 9_000.0))
            })
            .collect::<Vec<_>>()
            .into(),
    }
}

/// A row of a young contract: no score, and hardly any figure.
pub fn young_row() -> SignalRow {
    let old = row(1);
    SignalRow {
        symbol: symbol("YOUNGUSDT"),
        quote: Quote {
            change_24h: Figure::Missing(Why::NotYet),
            turnover_24h: Figure::Missing(Why::NotYet),
            forming: Figure::Missing(Why::NotYet),
            ..old.quote.clone()
        },
        score: Figure::Missing(Why::LowCoverage { have_pct: 43, need_pct: 60 }),
        direction: None,
        dimensions: PerDimension::build(|_| None),
        agreement: None,
        coverage: ratio(0.43),
        funding: Figure::Missing(Why::NotOffered),
        oi_change_1h: Figure::Missing(Why::TooFewSamples { have: 2, need: 12 }),
        trend: Figure::Missing(Why::NotYet),
        spark: Vec::new().into(),
        ..old
    }
}

pub fn signals(rows: Vec<SignalRow>) -> Signals {
    let count = |direction| u32::try_from(rows.iter().filter(|row| row.direction == direction).count()).unwrap();
    Signals {
        source: Venue::Bybit,
        stats: SignalStats {
            long: count(Some(Direction::Long)),
            neutral: count(Some(Direction::Neutral)),
            short: count(Some(Direction::Short)),
            unscored: count(None),
            mean_score: Some(score(52.2)),
            mean_agreement: Some(ratio(0.61)),
            top: Vec::new(),
        },
        rows,
    }
}

pub fn breakdown() -> Breakdown {
    let lean = |value: f64| known(Lean::new(value).unwrap());
    let part = |id: &'static str, label: &'static str, unit: &'static str, timeframe, raw: f64, points: f64| Part {
        id: id.into(),
        label: label.into(),
        unit: unit.into(),
        timeframe,
        weight: ratio(0.25),
        finding: known(Finding {
            raw,
            lean: Lean::new((points / 6.0).clamp(-1.0, 1.0)).unwrap(),
            contribution: Points::new(points).unwrap(),
            n: 300,
        }),
    };
    let contributions = [
        (Dimension::Orderflow, 0.25, Some(6.102)),
        (Dimension::Orderbook, 0.2, Some(-1.308)),
        (Dimension::Volume, 0.18, Some(3.002)),
        (Dimension::PriceStructure, 0.15, Some(2.404)),
        (Dimension::Technical, 0.12, Some(1.18)),
        (Dimension::Sentiment, 0.1, None),
    ];
    let dimensions = contributions
        .into_iter()
        .map(|(dimension, weight, points)| DimensionBreakdown {
            dimension,
            weight: ratio(weight),
            coverage: ratio(if points.is_some() { 0.94 } else { 0.2 }),
            lean: points.map_or_else(
                || Figure::Missing(Why::LowCoverage { have_pct: 20, need_pct: 50 }),
                |points| match lean(points / (weight * 50.0)) {
                    Figure::Known { value, as_of } => Figure::Known { value, as_of },
                    Figure::Missing(why) => Figure::Missing(why),
                },
            ),
            contribution: points.map(|points| Points::new(points).unwrap()),
            parts: match points {
                Some(points) => vec![
                    part("rsi_14", "RSI (14)", "", Some(Timeframe::M1), 61.3, points - 0.5),
                    part("cvd", "CVD, 1 h", "USD", None, -1_204_000.0, 0.5),
                    Part {
                        finding: Figure::Missing(Why::TooFewSamples { have: 4, need: 12 }),
                        ..part("adx_14", "ADX (14)", "", Some(Timeframe::H4), 1.0, 0.0)
                    },
                ],
                None => vec![Part {
                    finding: Figure::Missing(Why::NotOffered),
                    ..part("accounts", "Accounts long", "%", None, 1.0, 0.0)
                }],
            },
        })
        .collect();
    Breakdown {
        source: Venue::Bybit,
        row: SignalRow {
            score: known(score(61.38)),
            direction: Some(Direction::Long),
            quote: Quote { forming: known(score(62.07)), ..row(0).quote },
            ..row(0)
        },
        mark_price: known(price(91_230.2)),
        index_price: known(price(91_241.8)),
        accounts_long: known(ratio(0.583)),
        liquidated_24h: known(Liquidated {
            longs: usd(1_204_000.0),
            shorts: usd(310_500.0),
            n: 41,
            heard: ratio(0.419),
        }),
        key_levels: Figure::known(
            KeyLevels {
                n: 250,
                levels: [
                    (92_480.0, LevelKind::DayHigh),
                    (91_905.5, LevelKind::ValueHigh),
                    (91_610.2, LevelKind::Turns(4)),
                    (91_120.4, LevelKind::Control),
                    (90_880.0, LevelKind::Turns(2)),
                    (90_402.1, LevelKind::ValueLow),
                ]
                .map(|(at, kind)| KeyLevel { price: price(at), kind })
                .to_vec(),
            },
            NOW.floor(1_800_000),
        ),
        bar_closed_at: Some(UnixMs(NOW.0 - 36_000)),
        dimensions,
        factors: [
            (Factor::Price, 0.44, Some(0.34)),
            (Factor::TakerFlow, 0.29, Some(0.41)),
            (Factor::Book, 0.2, Some(-0.13)),
            (Factor::Positioning, 0.07, None),
        ]
        .map(|(factor, weight, direction)| FactorReading {
            factor,
            weight: ratio(weight),
            coverage: ratio(if direction.is_some() { 0.94 } else { 0.2 }),
            direction: direction.map_or(Figure::Missing(Why::LowCoverage { have_pct: 20, need_pct: 50 }), lean),
        })
        .into(),
        quality: known(ratio(0.81)),
        conditions: vec![
            Condition { id: "atr".into(), label: "ATR (14), 5m".into(), unit: "%".into(), value: known(0.42) },
            Condition { id: "spread".into(), label: "Spread".into(), unit: "bps".into(), value: known(0.11) },
            Condition {
                id: "rvol".into(),
                label: "Relative volume".into(),
                unit: "".into(),
                value: Figure::Missing(Why::TooFewSamples { have: 3, need: 20 }),
            },
        ],
        sentence:
            "Long at 61.38: order flow adds most (6.10), the order book takes 1.31 away; 86% of the inputs agree."
                .to_owned(),
        history: (0..60)
            .map(|i| ScorePoint {
                at: UnixMs(NOW.0 - 36_000 - (59 - i) * 60_000),
                score: score(55.0 + (i as f64 * 0.31).sin() * 6.0 + i as f64 * 0.07),
            })
            .collect(),
        book: known(BookTop {
            bids: (0..10)
                .map(|i| Level { price: 91_234.4 - f64::from(i) * 0.1, size: 0.4 + f64::from((i * 7) % 5) * 0.61 })
                .collect(),
            asks: (0..10)
                .map(|i| Level { price: 91_234.5 + f64::from(i) * 0.1, size: 0.3 + f64::from((i * 3) % 7) * 0.42 })
                .collect(),
        }),
    }
}

pub fn market_page() -> MarketSnapshot {
    MarketSnapshot {
        frame: frame(),
        overview: Ok(held(overview(), 1)),
        breadth: Ok(held(breadth(), 1)),
        perps: Ok(held(perps(), 2)),
        movers: Ok(held(movers(), 3)),
        signals: Ok(held(signals((0..3).map(row).collect()), 1)),
    }
}

pub fn scores_page(rows: Vec<SignalRow>) -> ScoresPage {
    ScoresPage { frame: frame(), signals: Ok(held(signals(rows), 1)) }
}

pub fn symbol_page() -> SymbolPage {
    SymbolPage { frame: frame(), symbol: symbol("BTCUSDT"), breakdown: Ok(held(breakdown(), 1)) }
}
