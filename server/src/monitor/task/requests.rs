//! Requests about single contracts: each contract and each question on its own.

use std::time::Duration;

use futures_util::{StreamExt, future::BoxFuture, stream};
use schema::Symbol;
use venue::VenueError;

use crate::{market::retry::Schedule, monitor::driver::TaskError};

/// A request about a contract.
pub(crate) struct Request {
    pub(crate) symbol: Symbol,
    /// Its name in the schedule and on the page, for example `candles`.
    pub(crate) what: &'static str,
    /// When it is made again after an answer.
    pub(crate) again: Again,
    pub(crate) made: BoxFuture<'static, Result<(), VenueError>>,
}

/// When a request that was answered is made again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Again {
    /// After so long.
    Every(Duration),
    /// When it is needed; the wait grows where that is within so long.
    WhenNeeded(Duration),
}

/// Makes requests side by side. One that fails is retried alone, later; an address that is refused altogether ends them all.
///
/// # Errors
///
/// [`TaskError::Contract`] names the first contract that failed.
pub(crate) async fn make(
    schedule: &mut Schedule,
    requests: Vec<Request>,
    side_by_side: usize,
    doing: &'static str,
) -> Result<(), TaskError> {
    let mut running = stream::iter(requests)
        .map(|request| async move { (request.symbol, request.what, request.again, request.made.await) })
        .buffer_unordered(side_by_side);
    let (mut first, mut failed) = (None, 0);
    while let Some((symbol, what, again, outcome)) = running.next().await {
        match outcome {
            Ok(()) => match again {
                Again::Every(period) => schedule.answered(symbol, what, period),
                Again::WhenNeeded(calm) => schedule.answered_for_good(symbol, what, calm),
            },
            // It is not about the contract, and the others would be refused as well.
            Err(source @ VenueError::Refused { .. }) => return Err(TaskError::Venue { doing, source }),
            Err(source) => {
                schedule.failed(symbol, what, &source);
                failed += 1;
                first = first.or(Some((symbol, source)));
            }
        }
    }
    match first {
        Some((symbol, source)) => {
            Err(TaskError::Contract { doing, symbol, others: failed - 1, source: Box::new(source) })
        }
        None => Ok(()),
    }
}
