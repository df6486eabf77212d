//! The exchange: whether it answers from here.

use tokio::time::{Instant, timeout};
use venue::{record::Tap, replay::Recording};

use super::{Finding, clock};
use crate::{
    config::{Config, Source},
    monitor::exchange::open,
};

/// Asks the exchange for its tickers once, and compares the clocks where it answers.
pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    const CHECK: &str = "exchange";
    match &config.source {
        Source::Sim => return vec![Finding::good(CHECK, "not asked: the market is simulated by configuration")],
        Source::Replay(folder) => {
            return vec![match Recording::open(folder) {
                Ok(recording) => {
                    Finding::good(CHECK, format!("not asked: a recording of {} is played", recording.venue().label()))
                }
                Err(error) => Finding::broken(CHECK, crate::chain::chain(&error)),
            }];
        }
        Source::Auto | Source::Bybit | Source::Binance => {}
    }
    let (name, patience) = (config.source.venue().label(), config.venue.probe_timeout);
    let exchange = match open(config, Tap::OFF) {
        Ok(exchange) => exchange,
        Err(error) => return vec![Finding::broken(CHECK, crate::chain::chain(&error))],
    };
    let began = Instant::now();
    let said = match timeout(patience, exchange.tickers()).await {
        Ok(Ok(tickers)) => {
            let took_ms = began.elapsed().as_millis();
            let said = format!("{name} answers with {} contracts in {took_ms} ms", tickers.len());
            return vec![Finding::good(CHECK, said), clock::examine(exchange.as_ref())];
        }
        Ok(Err(error)) => error.plain(),
        Err(_) => format!("no answer within {} s", patience.as_secs()),
    };
    let said = format!("{name} is unreachable: {said}");
    vec![match &config.source {
        Source::Auto => Finding::attention(CHECK, format!("{said}; a simulated market is shown instead")),
        Source::Bybit | Source::Binance | Source::Sim | Source::Replay(_) => Finding::broken(CHECK, said),
    }]
}
