//! Measures the price of each symbol whose page is open as soon as it changes, without waiting for the scan.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::{
    market::{Market, lock},
    monitor::{
        driver::{Task, TaskError},
        row::live,
    },
    opened::OpenSymbols,
};

/// The least time between two runs: what moves several times meanwhile is measured once.
const PACE: Duration = Duration::from_millis(50);

/// Measures the symbols whose page is open. Woken when one of them moved.
pub(crate) struct Live {
    pub(crate) market: Arc<Market>,
    pub(crate) open: OpenSymbols,
    /// When it ran last.
    pub(crate) last: Option<Instant>,
}

impl Task for Live {
    const NAME: &'static str = "live";
    const WHAT: &'static str = "Measures the prices of symbols whose page is open, as soon as they change.";
    const PERIOD: Duration = Duration::from_secs(1);

    async fn run(&mut self) -> Result<(), TaskError> {
        if let Some(last) = self.last {
            tokio::time::sleep_until(last + PACE).await;
        }
        let mut news = false;
        for symbol in self.open.take_moved() {
            let Some(window) = self.market.window(symbol) else { continue };
            let measured = live(&lock(&window));
            if let Some(measured) = measured {
                self.open.set_live(measured);
                news = true;
            }
        }
        if news {
            self.open.flush();
        }
        self.last = Some(Instant::now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use schema::{Symbol, UnixMs};
    use venue::Ticker;

    use super::*;
    use crate::{market::example::ticker, monitor::example::Stage};

    #[tokio::test(start_paused = true)]
    async fn an_open_symbol_is_measured_when_it_moves_and_no_other_is() {
        let (btc, eth) = (Symbol::new("BTCUSDT").unwrap(), Symbol::new("ETHUSDT").unwrap());
        let mut stage = Stage::new(&["BTCUSDT", "ETHUSDT"]);
        let open = OpenSymbols::default();
        let mut task = Live { market: Arc::clone(&stage.market), open: open.clone(), last: None };
        let _reader = open.open(btc);
        for (symbol, last) in [(btc, 100.0), (eth, 5.0)] {
            stage.ticker(symbol, Ticker { last, ..ticker(UnixMs(1_000)) });
            open.note_moved(symbol);
        }
        task.run().await.unwrap();
        assert_eq!(open.live(btc).unwrap().quote.price.get(), 100.0);
        assert!(open.live(eth).is_none());
        stage.ticker(btc, Ticker { last: 101.0, ..ticker(UnixMs(1_100)) });
        open.note_moved(btc);
        let began = Instant::now();
        task.run().await.unwrap();
        assert_eq!((open.live(btc).unwrap().quote.price.get(), began.elapsed()), (101.0, PACE));
    }
}
