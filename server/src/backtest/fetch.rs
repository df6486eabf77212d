//! Fetches a market's past from its exchange, one stretch of time after the other.

use std::{
    collections::{BTreeSet, HashSet},
    ops::Range,
    sync::Arc,
};

use cache::Clock;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use indicatif::ProgressBar;
use schema::{Symbol, Timeframe, UnixMs};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use venue::{Answer, Instrument, Interval, Past, record::Tap};

use super::{
    BacktestError, Session,
    inputs::{Inputs, universes},
    output::Lines,
    record::Record,
};
use crate::{
    args::{Backtest, FetchedFrom},
    chain::chain,
    config::{Config, Source},
    market::universe::judge,
    monitor::{MonitorError, exchange},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// What is fetched at once, so that memory does not grow with the days: one page of minutes, and one of open interest.
const STRETCH_MS: i64 = 16 * 60 * 60 * 1_000;
/// The candles that are fetched.
const MINUTES: Interval = Interval::Timeframe(Timeframe::M1);
/// Contracts that are asked for at a time; how many requests a second is the adapter's to say.
const AT_A_TIME: usize = 8;

/// Steps an engine through the last days of a market.
pub(super) fn run(
    from: Option<FetchedFrom>,
    asked: &Backtest,
    config: &Config,
    progress: &ProgressBar,
    lines: &mut Lines,
) -> Result<(), BacktestError> {
    let source = source(from, &config.source).ok_or(BacktestError::NoPast)?;
    let config = Config { source, ..config.clone() };
    let mut session = Session::new(config.source.venue(), config.signals, config.costs).on_threads(asked.threads)?;
    let (send, stretches) = mpsc::channel(1);
    let now = Clock::System.now();
    let end = now.floor(Timeframe::M1.ms());
    let range = UnixMs(end.0 - i64::from(asked.days) * DAY_MS)..end;
    lines.summary().reduce(Some(range.start));
    let past = Wanted { config, symbols: asked.symbols.clone(), range, now, progress: progress.clone() };
    let runtime = tokio::runtime::Handle::current();
    std::thread::scope(|scope| {
        let fetching = scope.spawn(|| runtime.block_on(past.fetch(send)));
        // Dropped at an error, so that fetching ends as well.
        let mut stretches = stretches;
        let mut stretches = std::iter::from_fn(|| stretches.blocking_recv()).peekable();
        let mut inputs = Inputs::default();
        let mut step = |input| session.step(input, |output| lines.write(output));
        stretches.peek().map_or_else(Vec::new, |records| universes(records)).into_iter().try_for_each(&mut step)?;
        for records in stretches {
            inputs.of(&records).try_for_each(&mut step)?;
        }
        fetching.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        inputs.end().map_or(Ok(()), step)
    })
}

/// The exchange that is named, or the configured one; `auto` means the exchange: nothing is simulated unasked.
fn source(named: Option<FetchedFrom>, configured: &Source) -> Option<Source> {
    match (named, configured) {
        (Some(FetchedFrom::Bybit), _) | (None, Source::Auto | Source::Bybit) => Some(Source::Bybit),
        (Some(FetchedFrom::Binance), _) | (None, Source::Binance) => Some(Source::Binance),
        (Some(FetchedFrom::Sim), _) | (None, Source::Sim) => Some(Source::Sim),
        (None, Source::Replay(_)) => None,
    }
}

/// What is fetched.
struct Wanted {
    config: Config,
    symbols: Vec<Symbol>,
    range: Range<UnixMs>,
    now: UnixMs,
    progress: ProgressBar,
}

impl Wanted {
    /// Fetches one stretch after the other; while one is worked on, the next one is fetched.
    async fn fetch(self, send: mpsc::Sender<Vec<Record>>) -> Result<(), BacktestError> {
        let (exchange, _simulator) = self.open().await?;
        let exchange = exchange.as_ref();
        let instruments = self.contracts(exchange).await?;
        let Range { start: begin, end } = self.range;
        let starts =
            std::iter::successors(Some(begin.0), |start| Some(start + STRETCH_MS)).take_while(|start| *start < end.0);
        let all = instruments.len() as u64;
        self.progress.set_length(all * (1 + starts.clone().count() as u64));
        let paid = self.of_each(&instruments, async |symbol| {
            about("paid funding", symbol, exchange.funding_between(symbol, begin..end)).await
        });
        let paid = paid.await?;
        for start in starts {
            let range = UnixMs(start)..UnixMs((start + STRETCH_MS).min(end.0));
            let fetched = self.of_each(&instruments, async |symbol| {
                let candles = exchange.candles_between(symbol, MINUTES, range.clone());
                let open_interest = exchange.open_interest_between(symbol, range.clone());
                let candles = about("candles", symbol, candles).await?;
                let open_interest = about("open interest", symbol, open_interest).await?;
                Ok((candles, open_interest))
            });
            let fetched = fetched.await?;
            let records = instruments.iter().zip(&paid).zip(fetched);
            let records = records.map(|((instrument, paid), (candles, open_interest))| Record {
                instrument: instrument.clone(),
                timeframe: Timeframe::M1,
                candles,
                open_interest,
                funding: paid.iter().filter(|paid| range.contains(&paid.at)).copied().collect(),
                repeated: 0,
                missing: 0,
            });
            if send.send(records.collect()).await.is_err() {
                // What follows could not be written, which is said where that happened.
                return Ok(());
            }
        }
        Ok(())
    }

    /// Opens the exchange; a simulated one serves as long as the guard lives.
    async fn open(&self) -> Result<(Arc<dyn Past>, Option<DropGuard>), BacktestError> {
        if self.config.source != Source::Sim {
            let exchange = exchange::open(&self.config, Tap::OFF).map_err(MonitorError::from)?;
            return Ok((exchange, None));
        }
        let (server, exchange) = exchange::simulated(&self.config, self.now, Tap::OFF).await?;
        let end = CancellationToken::new();
        let guard = end.clone().drop_guard();
        tokio::spawn(async move {
            if let Err(error) = server.run(end.cancelled_owned()).await {
                tracing::warn!(error = chain(&error), "the simulated exchange ended");
            }
        });
        Ok((exchange, Some(guard)))
    }

    /// The contracts that are asked for, or those that the rules of the configuration choose today.
    async fn contracts(&self, exchange: &dyn Past) -> Result<Vec<Instrument>, BacktestError> {
        let list = |source| BacktestError::Venue { what: "the list of contracts".to_owned(), source };
        let listed = exchange.instruments().await.map_err(list)?;
        if self.symbols.is_empty() {
            let tickers = exchange.tickers().await.map_err(list)?.into_iter().collect();
            let mut chosen = judge(listed, &tickers, &HashSet::new(), &self.config.universe, self.now).chosen;
            chosen.sort_by_key(|instrument| instrument.symbol);
            return Ok(chosen);
        }
        let find = |symbol: &Symbol| {
            let found = listed.iter().find(|instrument| instrument.symbol == *symbol).cloned();
            found.ok_or(BacktestError::NotListed { symbol: *symbol, venue: exchange.venue() })
        };
        let named: BTreeSet<&Symbol> = self.symbols.iter().collect();
        named.into_iter().map(find).collect()
    }

    /// Asks something about each contract, of some at a time; answers in the order of contracts.
    async fn of_each<T>(
        &self,
        instruments: &[Instrument],
        ask: impl AsyncFn(Symbol) -> Result<T, BacktestError>,
    ) -> Result<Vec<T>, BacktestError> {
        let asked = stream::iter(instruments.iter().map(|instrument| ask(instrument.symbol)));
        asked.buffered(AT_A_TIME).inspect(|_| self.progress.inc(1)).try_collect().await
    }
}

/// Says what was asked about which contract where that failed. The adapter has asked again by then.
async fn about<T>(what: &str, symbol: Symbol, answer: Answer<'_, T>) -> Result<T, BacktestError> {
    answer.await.map_err(|source| BacktestError::Venue { what: format!("{what} of {symbol}"), source })
}
