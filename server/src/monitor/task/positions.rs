//! Fetches the derivatives data that the stream does not carry: open interest and accounts over time, and paid funding.

use std::{
    cmp::Ordering,
    sync::{Arc, Mutex},
    time::Duration,
};

use engine::Loaded;
use futures_util::FutureExt as _;
use tokio::time::Instant;
use venue::Exchange;

use super::requests::{Again, Request, make};
use crate::{
    market::{Market, Window, lock, retry::Schedule},
    monitor::{
        driver::{Task, TaskError},
        stepping::Loads,
    },
};

/// Requests that are made side by side.
const SIDE_BY_SIDE: usize = 4;
/// 24 h at five minutes.
const DAY_OF_POINTS: u16 = 288;
/// Points of open interest: what one answer holds at most.
const OPEN_INTEREST_POINTS: u16 = 200;
/// How far paid funding reaches back, in hours.
const FUNDING_HOURS: u16 = 30 * 24;
/// Rows of paid funding where the interval of a contract is not known.
const FUNDINGS: u16 = 200;
/// Paid funding changes once an hour at most.
const FUNDING_EVERY: Duration = Duration::from_secs(1_800);
/// Open interest and accounts are measured every five minutes.
const MEASURED_EVERY: Duration = Duration::from_secs(300);
/// The questions of a contract that count against the venue's limit for them: open interest and accounts.
const LIMITED: u64 = 2;
/// The share of that limit that is used, in percent: another program may run at this address.
const LIMIT_USED: u64 = 80;

const OPEN_INTEREST: &str = "open interest";
const ACCOUNTS: &str = "accounts";
const FUNDING: &str = "paid funding";

/// Refreshes open interest, accounts and paid funding of every symbol. The three are independent of each other.
pub(crate) struct Positions {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) market: Arc<Market>,
    pub(crate) loads: Loads,
    pub(crate) schedule: Schedule,
}

impl Task for Positions {
    const NAME: &'static str = "positions";
    const WHAT: &'static str = "Fetches open interest, accounts and paid funding of every symbol, each when it is due.";
    const PERIOD: Duration = Duration::from_secs(5);

    async fn run(&mut self) -> Result<(), TaskError> {
        let Self { exchange, market, loads, schedule } = self;
        schedule.retain(|symbol| market.window(symbol).is_some());
        let windows = market.windows();
        let measured = Again::Every(cadence(windows.len(), exchange.derivatives_limit()));
        let mut requests = Vec::new();
        for window in windows.iter() {
            let (symbol, turnover) = {
                let window = lock(window);
                let turnover = window.ticker().and_then(|ticker| ticker.turnover_24h).unwrap_or(0.0);
                (window.instrument().symbol, turnover)
            };
            let mut place = 0..;
            let mut add = |what, again, make: Make| {
                let place = place.next();
                if schedule.is_due(symbol, what) {
                    let made = make(Arc::clone(exchange), Arc::clone(window), loads.clone());
                    let order = Order { due: schedule.due(symbol, what), place, turnover };
                    requests.push((order, Request { symbol, what, again, made }));
                }
            };
            add(OPEN_INTEREST, measured, |exchange, window, loads| open_interest(exchange, window, loads).boxed());
            add(ACCOUNTS, measured, |exchange, window, loads| accounts(exchange, window, loads).boxed());
            add(FUNDING, Again::Every(FUNDING_EVERY), |exchange, window, loads| {
                funding(exchange, window, loads).boxed()
            });
        }
        requests.sort_by(|(a, _), (b, _)| a.compare(b));
        let requests = requests.into_iter().map(|(_, request)| request).collect();
        let outcome = make(schedule, requests, SIDE_BY_SIDE, "fetching derivatives data").await;
        market.note_failing(Self::NAME, schedule.failing());
        outcome
    }
}

/// What decides which request is made first.
struct Order {
    /// None where it was never made.
    due: Option<Instant>,
    /// Its place among the questions of a contract.
    place: Option<u8>,
    /// Of the contract, in 24 h.
    turnover: f64,
}

impl Order {
    /// Those that wait longest go first, and before them those that were never made: at a start open interest of all contracts, which
    /// weighs most in a score, then the other questions; most traded first.
    fn compare(&self, other: &Self) -> Ordering {
        (self.due, self.place).cmp(&(other.due, other.place)).then(other.turnover.total_cmp(&self.turnover))
    }
}

/// Makes a request about the contract of a window.
type Make = fn(Arc<dyn Exchange>, Arc<Mutex<Window>>, Loads) -> Made;

type Made = futures_util::future::BoxFuture<'static, Result<(), venue::VenueError>>;

/// How often each contract is asked for open interest and accounts, so that all of them fit into the venue's limit.
fn cadence(contracts: usize, limit: Option<u32>) -> Duration {
    let Some(limit) = limit.filter(|limit| *limit > 0) else { return MEASURED_EVERY };
    let per_round = LIMITED * u64::try_from(contracts).unwrap_or(u64::MAX / 1_000_000);
    let usable = u64::from(limit) * LIMIT_USED / 100;
    let fits = MEASURED_EVERY.as_secs().saturating_mul(per_round).div_ceil(usable.max(1));
    MEASURED_EVERY.max(Duration::from_secs(fits))
}

async fn open_interest(
    exchange: Arc<dyn Exchange>,
    window: Arc<Mutex<Window>>,
    loads: Loads,
) -> Result<(), venue::VenueError> {
    let symbol = lock(&window).instrument().symbol;
    let points = exchange.open_interest(symbol, OPEN_INTEREST_POINTS).await?;
    loads.load(Loaded::OpenInterest { symbol, points }).await;
    Ok(())
}

async fn accounts(
    exchange: Arc<dyn Exchange>,
    window: Arc<Mutex<Window>>,
    loads: Loads,
) -> Result<(), venue::VenueError> {
    let symbol = lock(&window).instrument().symbol;
    let points = exchange.accounts(symbol, DAY_OF_POINTS).await?;
    loads.load(Loaded::Accounts { symbol, points }).await;
    Ok(())
}

async fn funding(
    exchange: Arc<dyn Exchange>,
    window: Arc<Mutex<Window>>,
    loads: Loads,
) -> Result<(), venue::VenueError> {
    let (symbol, hours) = {
        let window = lock(&window);
        let funding = window.ticker().and_then(|ticker| ticker.funding);
        (window.instrument().symbol, funding.map(|funding| u16::from(funding.interval_hours)))
    };
    let rows = hours.filter(|hours| *hours > 0).map_or(FUNDINGS, |hours| FUNDING_HOURS.div_ceil(hours) + 1);
    let points = exchange.funding_history(symbol, rows).await?;
    loads.load(Loaded::Funding { symbol, points }).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use venue::Ticker;

    use super::*;
    use crate::{
        market::example::ticker,
        monitor::{
            example::Stage,
            task::double::{Double, rejected},
        },
    };

    fn task(exchange: &Arc<Double>, symbols: &[&str]) -> Positions {
        let stage = Stage::new(symbols);
        Positions {
            exchange: exchange.clone(),
            market: Arc::clone(&stage.market),
            loads: stage.loads(),
            schedule: Schedule::default(),
        }
    }

    #[test]
    fn open_interest_and_accounts_of_all_contracts_fit_into_the_limit() {
        assert_eq!(cadence(600, None), Duration::from_secs(300));
        assert_eq!(cadence(100, Some(1_000)), Duration::from_secs(300));
        assert_eq!(cadence(600, Some(1_000)), Duration::from_secs(450));
        for contracts in 1..2_000 {
            let every = cadence(contracts, Some(1_000)).as_secs_f64();
            let in_five_minutes = 2.0 * contracts as f64 * 300.0 / every;
            assert!(in_five_minutes <= 800.0, "{contracts} contracts: {in_five_minutes} requests");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_start_asks_for_the_open_interest_of_all_before_anything_else_most_traded_first() {
        let exchange = Double::new();
        let mut stage = Stage::new(&["AUSDT", "BUSDT", "CUSDT"]);
        for (symbol, turnover) in [("AUSDT", 2e6), ("BUSDT", 9e6), ("CUSDT", 5e6)] {
            let traded = Ticker { turnover_24h: Some(turnover), ..ticker(schema::UnixMs(1)) };
            stage.ticker(schema::Symbol::new(symbol).unwrap(), traded);
        }
        let market = Arc::clone(&stage.market);
        let mut task =
            Positions { exchange: exchange.clone(), market, loads: stage.loads(), schedule: Schedule::default() };
        task.run().await.unwrap();
        let by_turnover = ["BUSDT", "CUSDT", "AUSDT"];
        let expected = ["open interest", "accounts", "paid funding"];
        let expected = expected.into_iter().flat_map(|what| by_turnover.map(|symbol| (symbol.to_owned(), what)));
        assert_eq!(exchange.first_asked(), expected.collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_question_of_one_contract_is_retried_alone() {
        let exchange = Double::new();
        exchange.refuse("BUSDT", "open interest", rejected);
        let mut task = task(&exchange, &["AUSDT", "BUSDT", "CUSDT"]);
        let error = task.run().await.unwrap_err();
        assert_eq!(error.plain(), "fetching derivatives data of BUSDT: it rejected the request (code 10001)");
        let all = ["open interest", "accounts", "paid funding"];
        for (symbol, what) in ["AUSDT", "BUSDT", "CUSDT"].into_iter().flat_map(|s| all.map(|what| (s, what))) {
            assert_eq!(exchange.asked(symbol, what), 1, "{what} of {symbol}");
        }
        // One hour, as the driver runs it.
        for _ in 0..720 {
            tokio::time::advance(Positions::PERIOD).await;
            let _ = task.run().await;
        }
        assert_eq!(exchange.asked("BUSDT", "open interest"), 20, "after 1, 2, 4 … 256 s, then every 5 minutes");
        for symbol in ["AUSDT", "BUSDT", "CUSDT"] {
            assert_eq!(exchange.asked(symbol, "accounts"), 13, "{symbol}: every 5 minutes");
            assert_eq!(exchange.asked(symbol, "paid funding"), 3, "{symbol}: every 30 minutes");
        }
        assert_eq!(exchange.asked("AUSDT", "open interest"), 13);
        let failing = task.market.failing();
        assert_eq!(
            (failing.len(), failing[0].symbol.as_str(), failing[0].what.as_str()),
            (1, "BUSDT", "open interest")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_venue_without_account_ratio_still_gives_funding() {
        let exchange = Double::new();
        exchange.refuse("AUSDT", "accounts", rejected);
        let mut task = task(&exchange, &["AUSDT"]);
        task.run().await.unwrap_err();
        let window = Arc::clone(&task.market.windows()[0]);
        assert_eq!(lock(&window).derivatives().funding_history().len(), 1);
        assert_eq!(lock(&window).derivatives().open_interest().map(|point| point.coins), Some(5.0));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_is_refused_asks_no_further() {
        let exchange = Double::new();
        let ban = || venue::VenueError::Refused { url: String::new(), status: 403, left: Duration::ZERO };
        let symbols = ["AUSDT", "BUSDT", "CUSDT", "DUSDT"];
        for symbol in symbols {
            exchange.refuse(symbol, "open interest", ban);
        }
        let mut task = task(&exchange, &symbols);
        assert!(matches!(task.run().await, Err(TaskError::Venue { .. })));
        assert!(task.market.failing().is_empty(), "no contract is to blame");
    }
}
