//! Decides which contracts are watched, and watches them.

use std::{collections::HashMap, sync::Arc, time::Duration};

use schema::Symbol;
use tokio::sync::{Notify, mpsc};
use venue::{Exchange, Instrument, MarketEvent, Subscription, Ticker};

use crate::{
    config::Universe as Rules,
    market::{Market, lock},
    monitor::{
        board::Board,
        driver::{Task, TaskError},
    },
};

/// Asks the exchange for its contracts, applies the rules and keeps the subscription up.
pub(crate) struct Universe {
    pub(crate) exchange: Arc<dyn Exchange>,
    pub(crate) market: Arc<Market>,
    pub(crate) rules: Rules,
    pub(crate) board: Board,
    pub(crate) events: mpsc::Sender<MarketEvent>,
    /// Tasks that are woken when other symbols are watched.
    pub(crate) wakes: [Arc<Notify>; 2],
    pub(crate) subscription: Option<Subscription>,
}

impl Task for Universe {
    const NAME: &'static str = "universe";
    const WHAT: &'static str = "Asks the exchange for its contracts and watches those that pass the rules.";
    const PERIOD: Duration = Duration::from_secs(60);

    async fn run(&mut self) -> Result<(), TaskError> {
        let outcome = self.refresh().await;
        match &outcome {
            Ok(()) => self.board.answered(),
            Err(TaskError::Venue { source, .. }) => self.board.failed(&source.plain()),
            Err(_) => {}
        }
        outcome
    }
}

impl Universe {
    async fn refresh(&mut self) -> Result<(), TaskError> {
        let instruments = self
            .exchange
            .instruments()
            .await
            .map_err(|source| TaskError::Venue { doing: "asking for the list of contracts", source })?;
        let tickers = self
            .exchange
            .tickers()
            .await
            .map_err(|source| TaskError::Venue { doing: "asking for the state of all contracts", source })?;
        let linear = u32::try_from(instruments.iter().filter(|i| i.perpetual).count()).unwrap_or(u32::MAX);
        let tickers: HashMap<Symbol, Ticker> = tickers.into_iter().collect();
        let chosen = choose(instruments, &tickers, &self.rules);
        let symbols: Vec<Symbol> = chosen.iter().map(|instrument| instrument.symbol).collect();
        let changed = self.market.watch(chosen, linear);
        for (symbol, ticker) in tickers {
            let Some(window) = self.market.window(symbol) else { continue };
            let mut window = lock(&window);
            // The stream is newer than the list once it has spoken.
            if window.ticker.is_none() {
                window.take_ticker(ticker);
            }
        }
        if changed || self.subscription.is_none() {
            tracing::info!(symbols = symbols.len(), listed = linear, "watching the universe");
            self.subscription = None;
            self.subscription = Some(self.exchange.watch(symbols, self.events.clone()));
            for wake in &self.wakes {
                wake.notify_one();
            }
        }
        Ok(())
    }
}

/// The contracts that pass the rules, highest turnover first.
fn choose(instruments: Vec<Instrument>, tickers: &HashMap<Symbol, Ticker>, rules: &Rules) -> Vec<Instrument> {
    let turnover = |symbol: Symbol| tickers.get(&symbol).and_then(|ticker| ticker.turnover_24h);
    let mut chosen: Vec<Instrument> = instruments
        .into_iter()
        .filter(|i| i.perpetual && i.trading && i.quote == "USDT" && !rules.deny.contains(&i.symbol))
        .filter(|i| turnover(i.symbol).is_some_and(|turnover| turnover >= rules.min_turnover.get()))
        .collect();
    chosen.sort_by(|a, b| {
        let (a, b) = (turnover(a.symbol).unwrap_or(0.0), turnover(b.symbol).unwrap_or(0.0));
        b.total_cmp(&a)
    });
    chosen.truncate(rules.max_symbols);
    chosen
}

#[cfg(test)]
mod tests {
    use schema::{UnixMs, Usd};

    use super::*;

    fn instrument(symbol: &str) -> Instrument {
        Instrument {
            symbol: Symbol::new(symbol).unwrap(),
            base: symbol.trim_end_matches("USDT").to_owned(),
            quote: "USDT".to_owned(),
            perpetual: true,
            trading: true,
            kind: String::new(),
            tick: 0.1,
            launched_at: UnixMs(0),
        }
    }

    fn ticker(turnover_24h: Option<f64>) -> Ticker {
        Ticker {
            at: UnixMs(1),
            last: 1.0,
            mark: None,
            index: None,
            prev_24h: None,
            prev_1h: None,
            high_24h: None,
            low_24h: None,
            volume_24h: None,
            turnover_24h,
            open_interest: None,
            funding: None,
        }
    }

    #[test]
    fn only_trading_usdt_perpetuals_pass_and_the_most_traded_come_first() {
        let rules = Rules {
            max_symbols: 2,
            min_turnover: Usd::new(100.0).unwrap(),
            deny: vec![Symbol::new("USDCUSDT").unwrap()],
        };
        let listed = vec![
            instrument("AAAUSDT"),
            Instrument { trading: false, ..instrument("OLDUSDT") },
            Instrument { perpetual: false, ..instrument("BTCUSDT-21FEB25") },
            Instrument { quote: "USDC".to_owned(), ..instrument("BTCPERP") },
            instrument("USDCUSDT"),
            instrument("BTCUSDT"),
            instrument("ETHUSDT"),
            instrument("TINYUSDT"),
            instrument("NEWUSDT"),
        ];
        let turnover = [
            ("AAAUSDT", Some(500.0)),
            ("OLDUSDT", Some(9e9)),
            ("BTCUSDT-21FEB25", Some(9e9)),
            ("BTCPERP", Some(9e9)),
            ("USDCUSDT", Some(9e9)),
            ("BTCUSDT", Some(9_000.0)),
            ("ETHUSDT", Some(7_000.0)),
            ("TINYUSDT", Some(99.0)),
            ("NEWUSDT", None),
        ];
        let tickers = turnover.into_iter().map(|(s, t)| (Symbol::new(s).unwrap(), ticker(t))).collect();
        let chosen: Vec<_> = choose(listed, &tickers, &rules).iter().map(|i| i.symbol.to_string()).collect();
        assert_eq!(chosen, ["BTCUSDT", "ETHUSDT"]);
    }
}
