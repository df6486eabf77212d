//! Decides which contracts are watched, and watches them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use cache::{Clock, Publisher};
use engine::{History, Loaded};
use schema::{MarketUniverse, Symbol, UnixMs};
use tokio::sync::Notify;
use venue::{Exchange, Instrument, Ticker};

use crate::{
    config::Universe as Rules,
    market::{
        Market,
        confirm::{Confirm, Listed, Verdict},
        lock,
        universe::{Judged, judge},
    },
    monitor::{
        board::Board,
        driver::{Task, TaskError},
        publish,
        stepping::Loads,
        streams::Streams,
    },
};

/// Asks the exchange for its contracts, applies the rules, keeps the streams up and publishes [`MarketUniverse`].
pub(crate) struct Universe {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) market: Arc<Market>,
    pub(crate) loads: Loads,
    pub(crate) rules: Rules,
    pub(crate) board: Board,
    /// Tasks that are woken when other symbols are watched.
    pub(crate) wakes: [Arc<Notify>; 2],
    pub(crate) streams: Streams,
    pub(crate) publisher: Option<Arc<Publisher<MarketUniverse>>>,
    pub(crate) clock: Clock,
    pub(crate) confirm: Confirm,
    /// Watched contracts that the last response lacked.
    pub(crate) absent: HashSet<Symbol>,
    /// What was published last.
    pub(crate) published: Option<MarketUniverse>,
}

impl Task for Universe {
    const NAME: &'static str = "universe";
    const WHAT: &'static str = "Asks the exchange for its contracts and watches those that pass the rules.";
    const PERIOD: Duration = Duration::from_secs(60);

    async fn run(&mut self) -> Result<(), TaskError> {
        let outcome = self.refresh().await;
        match &outcome {
            Ok(()) => self.board.answered(),
            // It answers, though not what can be believed at once.
            Err(TaskError::Unconfirmed(_)) => self.board.answered(),
            Err(TaskError::Venue { source, .. }) => self.board.failed(&source.plain()),
            Err(_) => {}
        }
        outcome
    }
}

impl Universe {
    async fn refresh(&mut self) -> Result<(), TaskError> {
        let mut instruments = self
            .exchange
            .instruments()
            .await
            .map_err(|source| TaskError::Venue { doing: "fetching the list of contracts", source })?;
        let tickers = self
            .exchange
            .tickers()
            .await
            .map_err(|source| TaskError::Venue { doing: "fetching the state of all contracts", source })?;
        let mut tickers: HashMap<Symbol, Ticker> = tickers.into_iter().collect();
        let now = self.clock.now();
        let listed = Listed {
            contracts: instruments.iter().map(|instrument| instrument.symbol).collect(),
            tickers: tickers.keys().copied().collect(),
        };
        let verdict = self.confirm.judge(listed.clone());
        if let Verdict::HeldBack(unconfirmed) = verdict {
            // Nothing changes but what is said about it.
            if let Some(published) = self.published.clone() {
                let universe = self.described(MarketUniverse { unconfirmed: Some(unconfirmed), ..published });
                to_readers(self.publisher.as_deref(), universe, now).await?;
            }
            return Err(TaskError::Unconfirmed(unconfirmed));
        }
        if self.published.is_none() {
            for symbol in
                self.rules.allow.iter().chain(&self.rules.deny).filter(|named| !listed.contracts.contains(*named))
            {
                tracing::warn!(%symbol, "universe.allow or universe.deny names a contract that the exchange does not list");
            }
        }
        let watched = self.streams.symbols();
        if verdict == Verdict::Apply {
            self.carry_over(&watched, &listed, &mut instruments, &mut tickers);
        }
        let linear = u32::try_from(instruments.iter().filter(|i| i.perpetual).count()).unwrap_or(u32::MAX);
        let Judged { chosen, contracts } = judge(instruments, &tickers, &watched, &self.rules, now);
        let symbols: Vec<Symbol> = chosen.iter().map(|instrument| instrument.symbol).collect();
        self.loads
            .load(Loaded::Universe { instruments: chosen, linear_symbols: linear, history: History::Fetched })
            .await;
        self.loads.load(Loaded::Tickers(tickers.into_iter().collect())).await;
        if self.streams.watch(&symbols) {
            tracing::info!(symbols = symbols.len(), listed = linear, "watching the universe");
            for wake in &self.wakes {
                wake.notify_one();
            }
        }
        let universe = MarketUniverse {
            source: self.market.venue(),
            watched: u32::try_from(symbols.len()).unwrap_or(u32::MAX),
            contracts,
            unconfirmed: None,
            skipped: Vec::new(),
            failing: Vec::new(),
        };
        self.published = Some(universe.clone());
        let universe = self.described(universe);
        to_readers(self.publisher.as_deref(), universe, now).await
    }

    /// A watched contract that is in no row of one response stays until a second one lacks it as well, and so does its turnover:
    /// its row may be malformed.
    fn carry_over(
        &mut self,
        watched: &HashSet<Symbol>,
        listed: &Listed,
        instruments: &mut Vec<Instrument>,
        tickers: &mut HashMap<Symbol, Ticker>,
    ) {
        let mut absent = HashSet::new();
        for symbol in watched.iter().copied() {
            let Some(window) = self.market.window(symbol) else { continue };
            let window = lock(&window);
            let (row, price) = (listed.contracts.contains(&symbol), listed.tickers.contains(&symbol));
            if (row && price) || self.absent.contains(&symbol) {
                continue;
            }
            absent.insert(symbol);
            if !row {
                instruments.push(window.instrument().clone());
            }
            if let Some(ticker) = window.ticker().cloned().filter(|_| !price) {
                tickers.insert(symbol, ticker);
            }
        }
        self.absent = absent;
    }

    /// The universe with the malformed rows and the failing requests of this moment.
    fn described(&self, universe: MarketUniverse) -> MarketUniverse {
        MarketUniverse { skipped: self.exchange.skipped_rows(), failing: self.market.failing(), ..universe }
    }
}

async fn to_readers(
    publisher: Option<&Publisher<MarketUniverse>>,
    universe: MarketUniverse,
    as_of: UnixMs,
) -> Result<(), TaskError> {
    let Some(publisher) = publisher else { return Ok(()) };
    publish(publisher, &(), universe, as_of).await
}

#[cfg(test)]
mod tests {
    use schema::{Usd, Venue, health::Feed};
    use tokio::sync::mpsc;

    use super::*;
    use crate::monitor::{board::Watched, example::Stage, task::double::Double};

    fn task(exchange: &Arc<Double>) -> Universe {
        let stage = Stage::new(&[]);
        let market = Arc::clone(&stage.market);
        let board = Board::new(Clock::System, Venue::Sim);
        let shared: Arc<dyn Exchange> = exchange.clone();
        let watched = Watched { market: Arc::clone(&market), exchange: Arc::clone(&shared) };
        board.begin(watched, Feed::Live { venue: Venue::Sim });
        Universe {
            exchange: Arc::clone(&shared),
            market: Arc::clone(&market),
            loads: stage.loads(),
            rules: Rules {
                max_symbols: 1_000,
                min_turnover: Usd::new(0.0).unwrap(),
                min_age_days: 0,
                kinds: vec!["coin".to_owned()],
                exclude_kinds: Vec::new(),
                stablecoins: Vec::new(),
                allow: Vec::new(),
                deny: Vec::new(),
            },
            board: board.clone(),
            wakes: [Arc::default(), Arc::default()],
            streams: Streams::new(shared, board, mpsc::channel(1).0),
            publisher: None,
            clock: Clock::System,
            confirm: Confirm::default(),
            absent: HashSet::new(),
            published: None,
        }
    }

    fn names(range: std::ops::Range<usize>) -> impl Iterator<Item = String> {
        range.map(|n| format!("C{n}USDT"))
    }

    #[tokio::test]
    async fn an_empty_list_changes_nothing_until_a_second_one_confirms_it() {
        let exchange = Double::new();
        let mut task = task(&exchange);
        exchange.list(names(0..40));
        task.run().await.unwrap();
        let window = Arc::clone(&task.market.windows()[0]);
        for list in [0..0, 0..19] {
            exchange.list(names(list));
            let error = task.run().await.unwrap_err();
            assert!(matches!(error, TaskError::Unconfirmed(_)), "{error:?}");
            assert!(error.plain().contains("40 were listed: waiting for a second response"), "{}", error.plain());
            assert_eq!((task.market.windows().len(), task.streams.symbols().len()), (40, 40));
            assert_eq!(task.board.feed(), Feed::Live { venue: Venue::Sim }, "the exchange answers");
        }
        exchange.list(names(0..40));
        task.run().await.unwrap();
        assert_eq!(exchange.subscribed(), [40], "no stream was touched");
        let symbol = lock(&window).instrument().symbol;
        assert!(Arc::ptr_eq(&window, &task.market.window(symbol).unwrap()), "nor a window");
        exchange.list(names(0..10));
        task.run().await.unwrap_err();
        task.run().await.unwrap();
        assert_eq!((task.market.windows().len(), task.streams.symbols().len()), (10, 10));
    }

    #[tokio::test]
    async fn a_contract_that_one_response_lacks_stays_and_one_that_two_lack_goes() {
        let exchange = Double::new();
        let mut task = task(&exchange);
        exchange.list(names(0..40));
        task.run().await.unwrap();
        exchange.list(names(0..39));
        task.run().await.unwrap();
        assert_eq!(task.streams.symbols().len(), 40, "its row may be malformed");
        exchange.list(names(0..40));
        exchange.drop_ticker("C7USDT");
        task.run().await.unwrap();
        assert_eq!((task.streams.symbols().len(), exchange.subscribed().len()), (40, 1));
        exchange.list(names(0..39));
        task.run().await.unwrap();
        assert_eq!(task.streams.symbols().len(), 40);
        task.run().await.unwrap();
        assert_eq!(task.streams.symbols().len(), 39);
        assert_eq!(exchange.ever_watched().len(), 40);
    }
}
