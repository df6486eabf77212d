//! The sources beside the exchange: whether they answer from here, and with figures that can be used.

use cache::Clock;
use reqwest::Url;

use super::Finding;
use crate::{
    config::{Config, Source},
    outside::{AskError, Way, alternative, coingecko},
};

/// Asks each source that is switched on once.
pub(super) async fn examine(config: &Config) -> [Finding; 2] {
    let sources = &config.outside;
    let capitalisation = one(config, "CoinGecko", sources.coingecko.as_ref(), coingecko::PATH, |body| {
        let answer = coingecko::read(body, Clock::System.now())?;
        Ok(match answer.btc_dominance {
            Some(share) => format!("a BTC dominance of {:.1}%", share.get()),
            None => "no BTC dominance".to_owned(),
        })
    });
    let fear_greed = one(config, "Alternative.me", sources.alternative.as_ref(), alternative::PATH, |body| {
        let index = alternative::read(body, Clock::System.now())?.index;
        Ok(format!("a Fear & Greed index of {:.0}", index.value.get()))
    });
    let (capitalisation, fear_greed) = tokio::join!(capitalisation, fear_greed);
    [capitalisation, fear_greed]
}

async fn one(
    config: &Config,
    name: &str,
    host: Option<&Url>,
    path: &str,
    read: impl FnOnce(&[u8]) -> Result<String, AskError>,
) -> Finding {
    let Some(host) = host else { return Finding::good(name, "switched off in the configuration") };
    if config.source == Source::Sim {
        return Finding::good(name, "not asked: the market is simulated by configuration");
    }
    let way = match Way::new(host, path) {
        Ok(way) => way,
        Err(error) => return Finding::broken(name, crate::chain::chain(&error)),
    };
    match way.ask().await.and_then(|body| read(&body)) {
        Ok(answer) => Finding::good(name, format!("answers with {answer}")),
        Err(error) => Finding::attention(name, format!("{}; its figures are shown as missing", error.plain())),
    }
}
