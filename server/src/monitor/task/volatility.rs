//! Keeps the daily closes of BTC, from which its realised volatility is made.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use schema::{Candle, Symbol};
use venue::{Exchange, Interval};

use crate::monitor::driver::{Task, TaskError};

/// The contract whose volatility represents the market.
pub(crate) const BTC: &str = "BTCUSDT";
/// 30 daily returns need 31 closes.
const DAYS: u16 = 31;

/// The last daily candles of BTC, oldest first; empty until they were received.
pub(crate) type DailyCandles = Arc<Mutex<Vec<Candle>>>;

/// Asks for the daily candles of BTC.
pub(crate) struct Volatility {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) daily: DailyCandles,
}

impl Task for Volatility {
    const NAME: &'static str = "volatility";
    const WHAT: &'static str = "Asks for BTC's daily candles, from which its realised volatility is made.";
    const PERIOD: Duration = Duration::from_secs(3_600);

    async fn run(&mut self) -> Result<(), TaskError> {
        let doing = "asking for the daily candles of BTC";
        let Ok(btc) = Symbol::new(BTC) else { return Ok(()) };
        let candles = self
            .exchange
            .candles(btc, Interval::Day, DAYS)
            .await
            .map_err(|source| TaskError::Venue { doing, source })?;
        *self.daily.lock().unwrap_or_else(PoisonError::into_inner) =
            candles.into_iter().map(|kline| kline.candle).collect();
        Ok(())
    }
}
