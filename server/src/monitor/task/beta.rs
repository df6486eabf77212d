//! Publishes how every contract moves with Bitcoin, once for each closed minute.
//!
//! Windows are read one after the other, and their candles stay where they are; those of Bitcoin alone are copied, because
//! every contract is held against them.

use std::{sync::Arc, time::Duration};

use analysis::{
    input::PerTimeframe,
    market::{Benchmark, Compared},
};
use cache::Publisher;
use schema::{BetaTable, Candle, Symbol, Timeframe, UnixMs, beta::BetaWindow};

use super::{scan::Scans, volatility::BTC};
use crate::{
    market::{Market, lock},
    monitor::{
        driver::{Task, TaskError},
        publish,
    },
};

/// Publishes [`BetaTable`].
pub(crate) struct Betas {
    pub(crate) market: Arc<Market>,
    pub(crate) scans: Scans,
    pub(crate) publisher: Arc<Publisher<BetaTable>>,
    /// The close of the newest minute that was published, and how many contracts had their candles then.
    pub(crate) published: Option<(UnixMs, usize)>,
}

impl Task for Betas {
    const NAME: &'static str = "beta";
    const WHAT: &'static str = "Publishes how every contract moves with Bitcoin, once for each closed minute.";
    // Within seconds of a close; what is published is a minute old at most.
    const PERIOD: Duration = Duration::from_secs(5);

    async fn run(&mut self) -> Result<(), TaskError> {
        let last = self.scans.borrow().clone();
        let (Some(scanned), Ok(symbol)) = (last, Symbol::new(BTC)) else { return Ok(()) };
        let Some(benchmark) = benchmark(&self.market, symbol) else { return Ok(()) };
        let symbols: Vec<Symbol> = scanned.rows().iter().map(|row| row.symbol).collect();
        // Without a minute of Bitcoin there is nothing to hold a contract against.
        let Some(until) = until(&benchmark) else { return Ok(()) };
        // Those that were loaded since are not left out for the rest of the minute.
        let found = (until, loaded(&self.market, &symbols));
        if self.published == Some(found) {
            return Ok(());
        }
        let market = Arc::clone(&self.market);
        let computed = tokio::task::spawn_blocking(move || table(&market, symbol, &benchmark, &symbols, scanned.as_of));
        let table = computed.await.map_err(TaskError::Lost)?;
        publish(&self.publisher, &(), table, until).await?;
        self.published = Some(found);
        Ok(())
    }
}

/// The candles that every contract is held against; none before they were loaded.
fn benchmark(market: &Market, symbol: Symbol) -> Option<PerTimeframe<Vec<Candle>>> {
    let window = market.window(symbol)?;
    let window = lock(&window);
    window.is_loaded().then(|| PerTimeframe::build(|timeframe| window.candles(timeframe).to_vec()))
}

/// How many contracts have their candles.
fn loaded(market: &Market, symbols: &[Symbol]) -> usize {
    symbols.iter().filter(|symbol| market.window(**symbol).is_some_and(|window| lock(&window).is_loaded())).count()
}

/// The close of the newest minute.
fn until(benchmark: &PerTimeframe<Vec<Candle>>) -> Option<UnixMs> {
    benchmark.get(Timeframe::M1).last().map(|last| UnixMs(last.start.0 + Timeframe::M1.ms()))
}

fn table(
    market: &Market,
    symbol: Symbol,
    candles: &PerTimeframe<Vec<Candle>>,
    symbols: &[Symbol],
    now: UnixMs,
) -> BetaTable {
    let benchmarks = BetaWindow::ALL.map(|window| Benchmark::new(symbol, candles.get(window.timeframe()), window, now));
    let mut compared: [Vec<Compared>; BetaWindow::ALL.len()] =
        std::array::from_fn(|_| Vec::with_capacity(symbols.len()));
    for contract in symbols.iter().filter(|contract| **contract != symbol) {
        let Some(window) = market.window(*contract) else { continue };
        let window = lock(&window);
        for (benchmark, compared) in benchmarks.iter().zip(&mut compared) {
            compared.push(benchmark.against(*contract, window.candles(benchmark.window().timeframe())));
        }
    }
    let rankings = benchmarks.iter().zip(compared).map(|(benchmark, compared)| benchmark.ranking(compared)).collect();
    BetaTable { source: market.venue(), market: symbol, rankings }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use engine::Loaded;
    use schema::Schema as _;

    use super::*;
    use crate::{market::kept, monitor::example::Stage};

    const NOW: UnixMs = UnixMs(1_763_654_400_000);
    const CONTRACTS: u32 = 600;

    /// A market of many contracts whose candles move with Bitcoin's, by more the further down the list.
    fn market() -> (Arc<Market>, Vec<Symbol>) {
        let name = |n: u32| if n == 0 { BTC.to_owned() } else { format!("ALT{n}USDT") };
        let symbols: Vec<Symbol> = (0..CONTRACTS).map(|n| Symbol::new(&name(n)).unwrap()).collect();
        let mut stage = Stage::new(&symbols.iter().map(Symbol::as_str).collect::<Vec<_>>());
        for (symbol, n) in symbols.iter().zip(0..) {
            let share = 1.0 + f64::from(n) / f64::from(CONTRACTS);
            for timeframe in Timeframe::ALL {
                let candles = candles(timeframe, share).into_iter().map(Into::into).collect();
                stage.load(Loaded::Candles { symbol: *symbol, timeframe, limit: kept(timeframe), candles });
            }
        }
        (stage.market, symbols)
    }

    fn candles(timeframe: Timeframe, share: f64) -> Vec<Candle> {
        let count = i64::from(kept(timeframe));
        let candle = |back: i64| {
            let wave = (back as f64 * 0.37).sin() + 0.3 * (back as f64 * 1.7).cos() - 0.01 * back as f64;
            let close = 100.0 * (0.01 * share * wave).exp();
            let start = UnixMs(NOW.0 - back * timeframe.ms());
            Candle { start, open: close, high: close, low: close, close, volume: 1.0, turnover: close }
        };
        (1..=count).rev().map(candle).collect()
    }

    #[test]
    fn every_contract_is_held_against_bitcoin_over_every_window() {
        let (market, symbols) = market();
        let btc = symbols[0];
        let candles = benchmark(&market, btc).unwrap();
        assert_eq!(until(&candles), Some(NOW));
        assert_eq!(loaded(&market, &symbols), symbols.len());
        let begun = Instant::now();
        let table = table(&market, btc, &candles, &symbols, NOW);
        let took = begun.elapsed();
        table.check().unwrap();
        assert_eq!(table.rankings.iter().map(|ranking| ranking.window).collect::<Vec<_>>(), BetaWindow::ALL);
        for ranking in &table.rankings {
            assert_eq!(ranking.rows.len(), symbols.len() - 1);
            for (row, n) in ranking.rows.iter().zip(1..) {
                let beta = row.beta.value().unwrap();
                assert!((beta.beta - (1.0 + f64::from(n) / f64::from(CONTRACTS))).abs() < 1e-9, "{row:?}");
            }
            assert!(ranking.lines.len() <= 21, "lines of those that are listed alone");
        }
        let bytes = serde_json::to_vec(&table).unwrap().len();
        // Packed, as every large value is, it is a fraction; an item of memcached holds a mebibyte.
        println!("{CONTRACTS} contracts: {bytes} bytes of JSON, made in {took:?}");
        assert!(bytes < 1 << 20, "{bytes}");
    }

    #[test]
    fn without_bitcoin_there_is_no_table() {
        let (market, _) = market();
        assert!(benchmark(&market, Symbol::new("NOSUCHUSDT").unwrap()).is_none());
        assert_eq!(until(&PerTimeframe::build(|_| Vec::new())), None);
    }
}
