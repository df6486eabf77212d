//! The market-wide measures over a handful of symbols.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use analysis::{
    input::Liquidation,
    market::{
        HeardLiquidations, Member, OverviewInput, Perp, above_mean, breadth, movers, overview, perps_pulse,
        realised_volatility, stats,
    },
};
use schema::{
    Candle, Direction, Figure, Pct, PerDimension, Price, Rate, Ratio, Schema, Score, SignalRow, Symbol, UnixMs, Usd,
    Venue, Why,
    breadth::Mood,
    signals::{Funding, Quote},
};

const NOW: UnixMs = UnixMs(1_700_000_000_000);

fn known<T>(value: T) -> Figure<T> {
    Figure::known(value, NOW)
}

fn row(symbol: &str, change: Option<f64>, turnover: f64, score: Option<f64>) -> SignalRow {
    let price = Price::new(100.0).unwrap();
    let direction = score.map(|score| match score {
        70.0.. => Direction::Long,
        ..=30.0 => Direction::Short,
        _ => Direction::Neutral,
    });
    SignalRow {
        symbol: Symbol::new(symbol).unwrap(),
        base: symbol.into(),
        tick: Price::new(0.01).unwrap(),
        quote: Quote {
            price,
            change_24h: change.map_or(Figure::Missing(Why::NotYet), |pct| known(Pct::new(pct).unwrap())),
            high_24h: known(if symbol == "TOP" { price } else { Price::new(120.0).unwrap() }),
            low_24h: known(Price::new(80.0).unwrap()),
            turnover_24h: known(Usd::new(turnover).unwrap()),
            open_interest_usd: known(Usd::new(1_000.0).unwrap()),
            forming: Figure::Missing(Why::NotYet),
        },
        score: score.map_or(Figure::Missing(Why::NotYet), |score| known(Score::new(score).unwrap())),
        direction,
        dimensions: PerDimension::build(|_| None),
        agreement: score.map(|_| Ratio::new(0.5).unwrap()),
        coverage: Ratio::new(1.0).unwrap(),
        funding: known(Funding { rate: Rate::new(0.000_1).unwrap(), interval_hours: 4, next: NOW }),
        oi_change_1h: change.map_or(Figure::Missing(Why::NotYet), |pct| known(Pct::new(pct).unwrap())),
        trend: Figure::Missing(Why::NotYet),
        spark: Vec::new().into(),
    }
}

fn rows() -> Vec<SignalRow> {
    vec![
        row("TOP", Some(8.0), 5e6, Some(80.0)),
        row("UP", Some(2.0), 2e6, Some(71.0)),
        row("SAME", Some(0.0), 3e6, Some(50.0)),
        row("DOWN", Some(-4.0), 9e6, Some(20.0)),
        row("THIN", Some(30.0), 10.0, None),
        row("NEW", None, 4e6, None),
    ]
}

fn members(rows: &[SignalRow]) -> Vec<Member<'_>> {
    let member = |row| Member { row, change_1h: Pct::new(-1.0).ok(), above_ma20: Some(true), above_ma50: None };
    rows.iter().map(member).collect()
}

fn names<T>(list: &[T], symbol: fn(&T) -> &Symbol) -> Vec<&str> {
    list.iter().map(|item| symbol(item).as_str()).collect()
}

/// The share of a stretch of time that was received of a contract whose streams are on since a moment.
fn heard_since(since: UnixMs) -> impl Fn(UnixMs, UnixMs) -> f64 {
    move |from, to| (to.0 - since.0.max(from.0)).max(0) as f64 / (to.0 - from.0) as f64
}

#[test]
fn stats_count_directions_and_rank_scores() {
    let stats = stats(&rows());
    assert_eq!((stats.long, stats.neutral, stats.short, stats.unscored), (2, 1, 1, 2));
    assert_eq!(stats.mean_score.unwrap().get(), 55.25);
    assert_eq!(stats.top.iter().map(Symbol::as_str).collect::<Vec<_>>(), ["TOP", "UP", "SAME", "DOWN"]);
    assert_eq!(analysis::market::stats(&[]).mean_score, None);
}

#[test]
fn breadth_counts_and_leaves_out_what_it_does_not_know() {
    let rows = rows();
    let breadth = breadth(Venue::Sim, &members(&rows), NOW);
    breadth.check().unwrap();
    assert_eq!((breadth.day.advancers, breadth.day.decliners, breadth.day.unchanged), (3, 1, 1));
    assert_eq!(breadth.day.percent_advancing, known(Pct::new(75.0).unwrap()));
    assert_eq!(breadth.day.ad_ratio, known(3.0));
    assert_eq!(breadth.mood, known(Mood::Bullish));
    assert_eq!((breadth.hour.advancers, breadth.hour.decliners), (0, 6));
    assert_eq!(breadth.hour.ad_ratio, known(0.0));
    assert_eq!(breadth.above_ma20, known(Pct::new(100.0).unwrap()));
    assert_eq!(breadth.above_ma50, Figure::Missing(Why::NotYet));
    assert_eq!((breadth.new_highs, breadth.new_lows), (1, 0));
}

#[test]
fn an_empty_market_has_no_breadth() {
    let breadth = breadth(Venue::Sim, &[], NOW);
    breadth.check().unwrap();
    assert_eq!(breadth.day.percent_advancing, Figure::Missing(Why::NotYet));
    assert_eq!(breadth.mood, Figure::Missing(Why::NotYet));
}

#[test]
fn movers_respect_sign_and_turnover() {
    let rows = rows();
    let movers = movers(Venue::Sim, &members(&rows), Usd::new(1e6).unwrap(), NOW);
    movers.check().unwrap();
    assert_eq!(movers.universe, 5);
    assert_eq!(names(&movers.day.gainers, |mover| &mover.symbol), ["TOP", "UP"]);
    assert_eq!(names(&movers.day.losers, |mover| &mover.symbol), ["DOWN"]);
    assert!(movers.hour.gainers.is_empty());
    assert_eq!(movers.hour.losers.len(), 5);
    assert_eq!(names(&movers.most_active, |mover| &mover.symbol), ["DOWN", "TOP", "SAME", "UP"]);
    assert_eq!(names(&movers.oi_risers, |riser| &riser.symbol), ["TOP", "UP"]);
    assert_eq!(movers.funding_extremes.len(), 5);
    assert!((movers.funding_extremes[0].per_8h.get() - 0.02).abs() < 1e-12);
}

#[test]
fn what_moved_long_ago_is_no_mover_now() {
    let mut rows = rows();
    let old = UnixMs(NOW.0 - 11 * 60_000);
    // TOP's price is old, DOWN's turnover; UP's open interest is as old as it usually is.
    rows[0].quote.change_24h = Figure::known(Pct::new(8.0).unwrap(), old);
    rows[0].funding = Figure::known(*rows[0].funding.value().unwrap(), old);
    rows[3].quote.turnover_24h = Figure::known(Usd::new(9e6).unwrap(), old);
    rows[1].oi_change_1h = Figure::known(Pct::new(2.0).unwrap(), old);
    let at = |as_of| movers(Venue::Sim, &members(&rows), Usd::new(1e6).unwrap(), as_of);
    let now = at(NOW);
    assert_eq!(names(&now.day.gainers, |mover| &mover.symbol), ["UP"]);
    assert!(now.day.losers.is_empty());
    assert_eq!(now.universe, 4);
    assert_eq!(names(&now.oi_risers, |riser| &riser.symbol), ["TOP", "UP"]);
    assert!(now.funding_extremes.iter().all(|extreme| extreme.symbol.as_str() != "TOP"));
    // A little earlier all of it was recent.
    let before = at(UnixMs(NOW.0 - 2 * 60_000));
    assert_eq!(names(&before.day.gainers, |mover| &mover.symbol), ["TOP", "UP"]);
    assert_eq!(names(&before.day.losers, |mover| &mover.symbol), ["DOWN"]);
}

fn perp(row: &SignalRow) -> Perp<'_> {
    let (mark_price, index_price) = (Figure::Missing(Why::NotYet), Figure::Missing(Why::NotYet));
    Perp { row, mark_price, index_price, accounts_long: Figure::Missing(Why::NotYet), liquidations: None }
}

fn near(figure: Option<f64>, expected: f64) {
    assert!((figure.unwrap() - expected).abs() < 1e-9, "{figure:?} is not {expected}");
}

#[test]
fn the_pulse_weighs_by_turnover_and_counts_liquidations_by_their_side() {
    let mut rows = rows();
    rows.truncate(3);
    // TOP 5 M, UP 2 M, SAME 3 M of turnover; 0.01 % per 4 h is 0.02 % per 8 h.
    rows[1].funding = known(Funding { rate: Rate::new(0.000_5).unwrap(), interval_hours: 8, next: NOW });
    rows[2].funding = Figure::Missing(Why::NotYet);
    rows[2].oi_change_1h = known(Pct::new(-20.0).unwrap());
    let event = |minutes: i64, long, usd| Liquidation { at: UnixMs(NOW.0 - 60_000 * minutes), long, usd };
    let events = [event(1_500, true, 7.0), event(90, true, 500.0), event(59, false, 40.0), event(1, true, 2.0)];
    let since = |hours: i64, events: &[Liquidation]| {
        Some(HeardLiquidations::of(events, heard_since(UnixMs(NOW.0 - 3_600_000 * hours)), NOW))
    };
    let price = |value| known(Price::new(value).unwrap());
    let perps = [
        Perp {
            mark_price: price(100.1),
            index_price: price(100.0),
            accounts_long: known(Ratio::new(0.6).unwrap()),
            liquidations: since(12, &[]),
            ..perp(&rows[0])
        },
        Perp { mark_price: price(99.9), index_price: price(100.0), liquidations: since(30, &events), ..perp(&rows[1]) },
        Perp {
            mark_price: price(100.5),
            index_price: price(100.0),
            accounts_long: Figure::known(Ratio::new(0.4).unwrap(), UnixMs(NOW.0 - 300_000)),
            liquidations: since(6, &[]),
            ..perp(&rows[2])
        },
    ];
    let history: Vec<Pct> = (0..40).map(|i| Pct::new(0.01 + 0.001 * f64::from(i % 5)).unwrap()).collect();
    let pulse = perps_pulse(Venue::Sim, &perps, &history, NOW);
    pulse.check().unwrap();
    near(pulse.funding_per_8h.value().map(|pct| pct.get()), (0.02 * 5.0 + 0.05 * 2.0) / 7.0);
    // The median is 0.012, the median distance 0.001: below the narrowest spread that counts.
    near(pulse.funding_z.value().copied(), (0.2 / 7.0 - 0.012) / 0.002_5);
    near(pulse.accounts_long.value().map(|share| share.get()), (0.6 * 5.0 + 0.4 * 3.0) / 8.0);
    near(pulse.premium_bps.value().copied(), 10.0);
    near(pulse.open_interest_usd.value().map(|usd| usd.get()), 3_000.0);
    let before = 1_000.0 / 1.08 + 1_000.0 / 1.02 + 1_000.0 / 0.8;
    near(pulse.open_interest_change_1h.value().map(|pct| pct.get()), 100.0 * (3_000.0 / before - 1.0));
    let (hour, day) = (*pulse.liquidations_1h.value().unwrap(), *pulse.liquidations_24h.value().unwrap());
    assert_eq!((hour.longs.get(), hour.shorts.get(), hour.n, hour.heard.get()), (2.0, 40.0, 2, 1.0));
    assert_eq!((day.longs.get(), day.shorts.get(), day.n), (502.0, 40.0, 3));
    near(Some(day.heard.get()), (0.5 * 5.0 + 1.0 * 2.0 + 0.25 * 3.0) / 10.0);
}

#[test]
fn a_figure_of_the_pulse_is_as_old_as_the_newest_it_is_made_of_and_leaves_out_what_is_too_old() {
    let mut rows = rows();
    rows.truncate(2);
    let ago = |minutes: i64| UnixMs(NOW.0 - 60_000 * minutes);
    let long = |share, minutes| Figure::known(Ratio::new(share).unwrap(), ago(minutes));
    let pulse = |first, second| {
        let perps = [Perp { accounts_long: first, ..perp(&rows[0]) }, Perp { accounts_long: second, ..perp(&rows[1]) }];
        perps_pulse(Venue::Sim, &perps, &[], NOW).accounts_long
    };
    let both = pulse(long(0.6, 5), long(0.5, 10));
    assert_eq!(both.as_of(), Some(ago(5)), "never now");
    near(both.value().map(|share| share.get()), (0.6 * 5.0 + 0.5 * 2.0) / 7.0);
    near(pulse(long(0.6, 5), long(0.5, 31)).value().map(|share| share.get()), 0.6);
    let old = Why::TooOld { age_ms: 31 * 60_000, limit_ms: 30 * 60_000 };
    assert_eq!(pulse(long(0.6, 31), long(0.5, 40)).why(), Some(&old));
}

#[test]
fn a_pulse_of_nothing_says_why() {
    let rows = rows();
    let alone = perps_pulse(Venue::Sim, &[perp(&rows[0])], &[], NOW);
    assert_eq!(alone.funding_z, Figure::Missing(Why::TooFewSamples { have: 0, need: 30 }));
    assert_eq!(alone.accounts_long, Figure::Missing(Why::NotYet));
    assert_eq!(alone.premium_bps, Figure::Missing(Why::NotYet));
    assert_eq!(alone.liquidations_1h, Figure::Missing(Why::NotOffered));
    let deaf = Perp { liquidations: Some(HeardLiquidations::of(&[], heard_since(NOW), NOW)), ..perp(&rows[0]) };
    assert_eq!(perps_pulse(Venue::Sim, &[deaf], &[], NOW).liquidations_1h, Figure::Missing(Why::NotYet));
    let none = perps_pulse(Venue::Sim, &[], &[], NOW);
    assert_eq!(none.funding_per_8h, Figure::Missing(Why::NotYet));
    assert_eq!(none.open_interest_usd, Figure::Missing(Why::NotYet));
    assert_eq!(none.liquidations_24h, Figure::Missing(Why::NotYet));
}

#[test]
fn an_overview_sums_what_is_known_and_names_what_is_not() {
    let rows = rows();
    let stats = stats(&rows);
    let overview = overview(OverviewInput {
        source: Venue::Sim,
        as_of: NOW,
        rows: &rows,
        stats: &stats,
        linear_symbols: 600,
        dispersion_24h_mean: Figure::Missing(Why::NotYet),
        btc_price: Figure::Missing(Why::NotYet),
        btc_volatility: known(realised_volatility(&[100.0, 102.0, 101.0, 105.0]).unwrap()),
        regime: Figure::Missing(Why::NotYet),
        btc_dominance: Figure::Missing(Why::Off),
        eth_dominance: Figure::Missing(Why::Off),
        stablecoin_dominance: Figure::Missing(Why::Off),
        total_market_cap: Figure::Missing(Why::Off),
        market_cap_change_24h: Figure::Missing(Why::Off),
        fear_greed: Figure::Missing(Why::Off),
    });
    overview.check().unwrap();
    assert_eq!((overview.total_symbols, overview.scored_symbols), (6, 4));
    assert!((overview.signal_balance.value().unwrap().get() - 200.0 / 3.0).abs() < 1e-9);
    assert_eq!((overview.gainers, overview.losers, overview.unchanged), (3, 1, 1));
    assert!((overview.average_change_24h.value().unwrap().get() - 7.2).abs() < 1e-12);
    let weighted = (8.0 * 5e6 + 2.0 * 2e6 - 4.0 * 9e6 + 30.0 * 10.0) / (5e6 + 2e6 + 3e6 + 9e6 + 10.0);
    assert!((overview.turnover_weighted_change_24h.value().unwrap().get() - weighted).abs() < 1e-9);
    assert_eq!(overview.total_turnover_24h.value().unwrap().get(), 23_000_010.0);
    assert_eq!(overview.btc_volatility_days, 3);
    assert_eq!(overview.btc_dominance.why(), Some(&Why::Off));
}

#[test]
fn a_close_is_above_its_mean_only_with_enough_candles() {
    let candle =
        |close: f64| Candle { start: NOW, open: close, high: close, low: close, close, volume: 1.0, turnover: close };
    let run: Vec<Candle> = [1.0, 2.0, 6.0].map(candle).into();
    assert_eq!(above_mean(&run, 3), Some(true));
    assert_eq!(above_mean(&run[..2], 3), None);
    assert_eq!(above_mean(&[candle(2.0); 3], 3), Some(false));
}

#[test]
fn one_contract_of_many_makes_no_figure_about_the_market() {
    let mut rows: Vec<SignalRow> = (0..300).map(|n| row(&format!("A{n}"), None, 1e6, None)).collect();
    rows[0] = row("A0", Some(8.0), 1e6, Some(61.3));
    let too_few = || Why::TooFewSamples { have: 1, need: 30 };
    let counted = stats(&rows);
    assert_eq!((counted.neutral, counted.unscored), (1, 299), "counts are what they are");
    assert_eq!((counted.mean_score, counted.mean_agreement), (None, None));
    let breadth_now = breadth(Venue::Sim, &members(&rows), NOW);
    breadth_now.check().unwrap();
    assert_eq!((breadth_now.day.advancers, &breadth_now.day.percent_advancing), (1, &Figure::Missing(too_few())));
    assert_eq!((breadth_now.day.ad_ratio, breadth_now.mood), (Figure::Missing(too_few()), Figure::Missing(too_few())));
    let one = OverviewInput { rows: &rows, stats: &counted, ..overview_input() };
    let overview = overview(one);
    overview.check().unwrap();
    for why in [
        overview.signal_balance.why(),
        overview.average_change_24h.why(),
        overview.turnover_weighted_change_24h.why(),
        overview.dispersion_24h.why(),
    ] {
        assert_eq!(why, Some(&too_few()));
    }
    assert!(overview.total_turnover_24h.value().is_some(), "a sum says what is known");
}

#[test]
fn enough_contracts_make_the_figures_about_the_market() {
    let mut rows: Vec<SignalRow> = (0..300).map(|n| row(&format!("A{n}"), None, 1e6, None)).collect();
    for (n, row_of) in rows.iter_mut().take(30).enumerate() {
        *row_of = row(&format!("A{n}"), Some(1.0 + n as f64), 1e6, Some(61.3));
    }
    let counted = stats(&rows);
    assert!((counted.mean_score.unwrap().get() - 61.3).abs() < 1e-9);
    assert_eq!(breadth(Venue::Sim, &members(&rows), NOW).mood, known(Mood::Bullish));
    let overview = overview(OverviewInput { rows: &rows, stats: &counted, ..overview_input() });
    assert!(overview.signal_balance.value().is_some() && overview.dispersion_24h.value().is_some());
}

/// What an overview receives beside its rows, nothing of it known.
fn overview_input() -> OverviewInput<'static> {
    static NONE: std::sync::LazyLock<schema::signals::SignalStats> = std::sync::LazyLock::new(|| stats(&[]));
    OverviewInput {
        source: Venue::Sim,
        as_of: NOW,
        rows: &[],
        stats: &NONE,
        linear_symbols: 600,
        dispersion_24h_mean: Figure::Missing(Why::NotYet),
        btc_price: Figure::Missing(Why::NotYet),
        btc_volatility: Figure::Missing(Why::NotYet),
        regime: Figure::Missing(Why::NotYet),
        btc_dominance: Figure::Missing(Why::Off),
        eth_dominance: Figure::Missing(Why::Off),
        stablecoin_dominance: Figure::Missing(Why::Off),
        total_market_cap: Figure::Missing(Why::Off),
        market_cap_change_24h: Figure::Missing(Why::Off),
        fear_greed: Figure::Missing(Why::Off),
    }
}
