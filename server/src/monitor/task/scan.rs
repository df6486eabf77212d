//! Scores every symbol and publishes the list, the market's overview, its breadth and the breakdowns.
//!
//! The computation runs on a blocking thread: it never holds up the streams.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::Duration,
};

use analysis::market::{Member, OverviewInput, above_mean, daily_volatility, regime};
use cache::Clock;
use schema::{
    Breakdown, Figure, MarketBreadth, MarketOverview, Pct, SignalRow, Signals, Symbol, Timeframe, UnixMs, Usd, Why,
};

use tokio::sync::{Notify, watch};

use super::{
    breakdowns::Pending,
    publishers::Publishers,
    volatility::{BTC, DailyCandles},
};
use crate::{
    market::{Market, Window, lock},
    monitor::{
        driver::{Task, TaskError},
        failures::Failures,
        publish,
        row::{breakdown, row},
        saturation::Saturation,
    },
    opened::OpenSymbols,
    outside::{Figures, Outside},
};

/// Symbols taken apart in one scan, in turn, beside those of bars that just closed and of open pages.
const BREAKDOWNS_PER_SCAN: usize = 100;
/// Minutes of dispersion behind its mean.
const DISPERSIONS: usize = 1_440;

/// What a completed scan made. The tasks that go on from it read it as it is, whether or not it could be published.
#[derive(Debug)]
pub(crate) struct Scanned {
    /// The time of the newest input.
    pub(crate) as_of: UnixMs,
    pub(crate) signals: Signals,
    pub(crate) overview: MarketOverview,
    pub(crate) breadth: MarketBreadth,
    /// In the order of the rows.
    pub(crate) facts: Vec<Facts>,
}

/// The rows of a scan, before anything was made of them.
#[derive(Debug)]
struct Rows {
    as_of: UnixMs,
    rows: Vec<SignalRow>,
    facts: Vec<Facts>,
}

/// What a row does not contain of its symbol, in the order of the rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) change_1h: Option<Pct>,
    pub(crate) above_ma20: Option<bool>,
    pub(crate) above_ma50: Option<bool>,
}

impl Scanned {
    /// One row for each symbol with a price, highest turnover first.
    pub(crate) fn rows(&self) -> &[SignalRow] {
        &self.signals.rows
    }

    /// Rows with their facts, as the market-wide measures read them.
    pub(crate) fn members(&self) -> Vec<Member<'_>> {
        members(self.rows(), &self.facts)
    }
}

fn members<'r>(rows: &'r [SignalRow], facts: &[Facts]) -> Vec<Member<'r>> {
    let member = |(row, facts): (&'r SignalRow, &Facts)| Member {
        row,
        change_1h: facts.change_1h,
        above_ma20: facts.above_ma20,
        above_ma50: facts.above_ma50,
    };
    rows.iter().zip(facts).map(member).collect()
}

/// The last completed scan; none before the first.
pub(crate) type Scans = watch::Receiver<Option<Arc<Scanned>>>;

/// Scores every symbol once a second.
pub(crate) struct Scan {
    pub(crate) market: Arc<Market>,
    pub(crate) daily: DailyCandles,
    pub(crate) outside: Outside,
    pub(crate) clock: Clock,
    pub(crate) publishers: Arc<Publishers>,
    /// Where a completed scan is handed on.
    pub(crate) completed: watch::Sender<Option<Arc<Scanned>>>,
    /// Who looks at each completed scan.
    pub(crate) wakes: Vec<Arc<Notify>>,
    /// Notified when bars closed.
    pub(crate) closed: Arc<Notify>,
    /// Where breakdowns go.
    pub(crate) pending: Pending,
    /// The symbols whose page is open: they are taken apart in every scan.
    pub(crate) open: OpenSymbols,
    pub(crate) state: MarketState,
    /// The end of the last bar of each symbol that a scan saw.
    pub(crate) seen: HashMap<Symbol, UnixMs>,
    /// The last leans of every measure.
    pub(crate) saturation: Saturation,
    /// Where in the list the next breakdowns are taken from.
    pub(crate) turn: usize,
}

/// What the market-wide measures remember from bar to bar.
#[derive(Debug)]
pub(crate) struct MarketState {
    regime: regime::RegimeState,
    shown: Figure<schema::overview::Regime>,
    dispersions: Vec<(UnixMs, f64)>,
    minute: Option<UnixMs>,
}

impl MarketState {
    /// Nothing seen yet.
    pub(crate) const fn new() -> Self {
        Self {
            regime: regime::RegimeState::new(),
            shown: Figure::Missing(Why::NotYet),
            dispersions: Vec::new(),
            minute: None,
        }
    }
}

impl Task for Scan {
    const NAME: &'static str = "scan";
    const WHAT: &'static str = "Scores every symbol and publishes the list, the overview, the breadth and breakdowns.";
    const PERIOD: Duration = Duration::from_secs(1);

    async fn run(&mut self) -> Result<(), TaskError> {
        let (market, turn, open) = (Arc::clone(&self.market), self.turn, self.open.clone());
        let mut seen = std::mem::take(&mut self.seen);
        let mut saturation = std::mem::take(&mut self.saturation);
        let computed = tokio::task::spawn_blocking(move || {
            let made = scan(&market, (turn, &open), &mut seen, &mut saturation);
            (made, seen, saturation)
        });
        let (Made { rows, breakdowns, bars_closed }, seen, saturation) = computed.await.map_err(TaskError::Lost)?;
        (self.seen, self.saturation) = (seen, saturation);
        self.turn = turn.wrapping_add(BREAKDOWNS_PER_SCAN);
        // Nothing is published before there is a market: an empty list would look like one.
        let Some(rows) = rows else { return Ok(()) };
        let scanned = Arc::new(self.complete(rows));
        let as_of = scanned.as_of;
        let mut failures = Failures::default();
        failures.note(publish(&self.publishers.signals, &(), scanned.signals.clone(), as_of).await);
        failures.note(publish(&self.publishers.overview, &(), scanned.overview.clone(), as_of).await);
        failures.note(publish(&self.publishers.breadth, &(), scanned.breadth.clone(), as_of).await);
        self.completed.send_replace(Some(scanned));
        self.wakes.iter().for_each(|wake| wake.notify_one());
        if bars_closed {
            self.closed.notify_one();
        }
        self.open.flush();
        // Published beside the next scan, which must not wait for it.
        self.pending.add(breakdowns, &self.open);
        failures.into_result()
    }
}

impl Scan {
    /// Makes the market-wide values of some rows.
    fn complete(&mut self, rows: Rows) -> Scanned {
        let (source, as_of) = (self.market.venue(), rows.as_of);
        let stats = analysis::market::stats(&rows.rows);
        let breadth = analysis::market::breadth(source, &members(&rows.rows, &rows.facts), as_of);
        let outside = self.outside.figures(self.clock.now());
        self.state.close_minute(&stats, &breadth, &rows, &outside, as_of);
        let overview = self.overview(&rows, &stats, outside);
        let Rows { rows, facts, .. } = rows;
        Scanned { as_of, signals: Signals { source, rows, stats }, overview, breadth, facts }
    }

    fn overview(&self, scanned: &Rows, stats: &schema::signals::SignalStats, outside: Figures) -> MarketOverview {
        let source = self.market.venue();
        let days = self.daily.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let btc = scanned.rows.iter().find(|row| row.symbol.as_str() == BTC);
        analysis::market::overview(OverviewInput {
            source,
            as_of: scanned.as_of,
            rows: &scanned.rows,
            stats,
            linear_symbols: self.market.linear_symbols(),
            dispersion_24h_mean: self.state.dispersion_mean(),
            btc_price: btc.map_or(Figure::Missing(Why::NotYet), |row| Figure::known(row.quote.price, scanned.as_of)),
            btc_volatility: daily_volatility(&days, scanned.as_of)
                .map_or_else(Figure::Missing, |volatility| Figure::known(volatility, scanned.as_of)),
            regime: self.state.shown.clone(),
            btc_dominance: outside.btc_dominance,
            eth_dominance: outside.eth_dominance,
            stablecoin_dominance: outside.stablecoin_dominance,
            total_market_cap: outside.total_market_cap,
            market_cap_change_24h: outside.market_cap_change_24h,
            fear_greed: outside.fear_greed,
        })
    }
}

impl MarketState {
    /// Once a minute: lets the regime take its next step and notes the dispersion.
    fn close_minute(
        &mut self,
        stats: &schema::signals::SignalStats,
        breadth: &MarketBreadth,
        scanned: &Rows,
        outside: &Figures,
        as_of: UnixMs,
    ) {
        let minute = as_of.floor(Timeframe::M1.ms());
        // Without the scores of enough symbols there is no label, and the reason is shown at once.
        if stats.mean_score.is_none() {
            self.shown = self.regime.next(&regime_input(stats, breadth, scanned, outside, None), as_of);
            return;
        }
        if self.minute == Some(minute) {
            return;
        }
        self.minute = Some(minute);
        let changes: Vec<f64> =
            scanned.rows.iter().filter_map(|row| row.quote.change_24h.value()).map(|pct| pct.get()).collect();
        let universe = u32::try_from(scanned.rows.len()).unwrap_or(u32::MAX);
        let have = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        let enough = analysis::market::enough(have, universe);
        let dispersion = enough.and_then(|()| analysis::market::dispersion(&changes)).ok();
        if let Some(dispersion) = dispersion {
            if self.dispersions.len() == DISPERSIONS {
                self.dispersions.remove(0);
            }
            self.dispersions.push((as_of, dispersion.get()));
        }
        self.shown = self.regime.next(&regime_input(stats, breadth, scanned, outside, dispersion), as_of);
    }

    fn dispersion_mean(&self) -> Figure<Pct> {
        let need = u32::try_from(DISPERSIONS).unwrap_or(u32::MAX);
        match (u32::try_from(self.dispersions.len()), self.dispersions.last()) {
            (Ok(have), Some((as_of, _))) if have == need => {
                let mean = self.dispersions.iter().map(|(_, value)| value).sum::<f64>() / f64::from(have);
                Pct::new(mean).map_or(Figure::Missing(Why::NotFinite), |mean| Figure::known(mean, *as_of))
            }
            (Ok(have), _) => Figure::Missing(Why::TooFewSamples { have, need }),
            (Err(_), _) => Figure::Missing(Why::NotYet),
        }
    }
}

fn regime_input(
    stats: &schema::signals::SignalStats,
    breadth: &MarketBreadth,
    scanned: &Rows,
    outside: &Figures,
    dispersion: Option<Pct>,
) -> regime::RegimeInput {
    let btc = scanned.rows.iter().find(|row| row.symbol.as_str() == BTC);
    regime::RegimeInput {
        mean_score: stats.mean_score,
        scored: stats.long + stats.neutral + stats.short,
        universe: stats.long + stats.neutral + stats.short + stats.unscored,
        percent_advancing: breadth.day.percent_advancing.value().copied(),
        dispersion,
        btc_change_24h: btc.and_then(|row| row.quote.change_24h.value().copied()),
        btc_dominance_change: outside.btc_dominance_change.value().copied(),
        fear_greed: outside.fear_greed.value().map(|index| index.value),
    }
}

/// What a scan measured.
struct Made {
    /// None before there is a market.
    rows: Option<Rows>,
    /// Of bars that just closed, of open pages, and some of the others in turn.
    breakdowns: Vec<(UnixMs, Breakdown)>,
    bars_closed: bool,
}

fn scan(
    market: &Market,
    (turn, open): (usize, &OpenSymbols),
    seen: &mut HashMap<Symbol, UnixMs>,
    saturation: &mut Saturation,
) -> Made {
    let source = market.venue();
    let windows = market.windows();
    seen.retain(|symbol, _| market.window(*symbol).is_some());
    let count = windows.len().max(1);
    let (mut found, mut breakdowns, mut as_of) = (Vec::with_capacity(windows.len()), Vec::new(), None);
    let mut bars_closed = false;
    for (place, window) in windows.iter().enumerate() {
        // On a single core the streams go first.
        std::thread::yield_now();
        let mut window = lock(window);
        let in_turn = (place + count - turn % count) % count < BREAKDOWNS_PER_SCAN;
        let due = in_turn || open.is_open(window.instrument().symbol);
        let bar = window.recorded().map(|recorded| recorded.bar_closed_at);
        let closed = bar.is_some_and(|bar| seen.insert(window.instrument().symbol, bar) != Some(bar));
        if let Some(recorded) = window.recorded().filter(|_| closed) {
            saturation.take(&recorded.analysis);
            bars_closed = true;
        }
        let Some((made, forming)) = row(&mut window) else { continue };
        as_of = as_of.max(window.as_of());
        if let Some(as_of) = window.as_of().filter(|_| closed || due) {
            breakdowns.push((as_of, breakdown(source, &window, made.clone(), forming)));
        }
        found.push((made, facts(&window)));
    }
    if bars_closed {
        saturation.export();
    }
    found.sort_by(|(a, _), (b, _)| {
        let turnover = |row: &SignalRow| row.quote.turnover_24h.value().map_or(0.0, |usd: &Usd| usd.get());
        turnover(b).total_cmp(&turnover(a)).then_with(|| a.symbol.cmp(&b.symbol))
    });
    let (rows, facts) = found.into_iter().unzip();
    Made { rows: as_of.map(|as_of| Rows { as_of, rows, facts }), breakdowns, bars_closed }
}

fn facts(window: &Window) -> Facts {
    let halves = window.candles(Timeframe::M30);
    Facts { change_1h: change_1h(window), above_ma20: above_mean(halves, 20), above_ma50: above_mean(halves, 50) }
}

/// Change over the last hour in percent: the venue's own where it sends one, else from the minute of an hour ago.
fn change_1h(window: &Window) -> Option<Pct> {
    let ticker = window.ticker()?;
    let minutes = window.candles(Timeframe::M1);
    let hour_ago = minutes.len().checked_sub(60).and_then(|place| minutes.get(place)).map(|candle| candle.open);
    let before = ticker.prev_1h.or(hour_ago).filter(|price| *price > 0.0)?;
    Pct::new((ticker.last / before - 1.0) * 100.0).ok()
}
