//! What no exchange publishes: dominance and market capitalisation, asked of CoinGecko, and the Fear & Greed index,
//! asked of Alternative.me.
//!
//! [`coingecko`] and [`alternative`] turn one answer each into checked figures, [`last_figure`] keeps the last one of a
//! source and why there was none since, [`dominance`] remembers a day of Bitcoin's share. [`Outside`] is all that is
//! known, as the scan reads it. When and how often a source is asked is the business of the tasks in
//! `monitor::task`; the page never asks either of them.

pub(crate) mod alternative;
mod ask;
pub(crate) mod coingecko;
mod dominance;
mod last_figure;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use backon::ExponentialBuilder;
use schema::{Figure, Pct, UnixMs, Usd, Why, overview::FearGreed};

pub(crate) use self::ask::{AskError, Way};
use self::{coingecko::Capitalisation, dominance::DominanceDay, last_figure::LastFigure};
use crate::config;

/// A source's clock may be ahead of ours by this much; a figure of a later time is refused.
const AHEAD: Duration = Duration::from_secs(300);

/// How a source that fails is asked again: after ten seconds, then ever later, up to every five minutes. The chance
/// in it keeps many installations from asking at the same moment.
pub(crate) const fn politely() -> ExponentialBuilder {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_secs(10))
        .with_max_delay(Duration::from_secs(300))
        .without_max_times()
        .with_jitter()
}

/// The figures of the outside sources; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Outside(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    capitalisation: LastFigure<Capitalisation>,
    dominance: DominanceDay,
    fear_greed: LastFigure<FearGreed>,
}

/// The figures of one moment; each carries its source's own time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figures {
    /// Bitcoin's share of the market capitalisation.
    pub(crate) btc_dominance: Figure<Pct>,
    /// What that share changed by over 24 h, in percent points.
    pub(crate) btc_dominance_change: Figure<f64>,
    /// Ether's share.
    pub(crate) eth_dominance: Figure<Pct>,
    /// The share of the largest stablecoins.
    pub(crate) stablecoin_dominance: Figure<Pct>,
    /// Capitalisation of the whole market.
    pub(crate) total_market_cap: Figure<Usd>,
    /// Its change over 24 h.
    pub(crate) market_cap_change_24h: Figure<Pct>,
    /// The Fear & Greed index.
    pub(crate) fear_greed: Figure<FearGreed>,
}

impl Outside {
    /// Nothing was received yet; what is switched off never will be.
    pub(crate) fn new(config: &config::Outside) -> Self {
        Self(Arc::new(Mutex::new(State {
            capitalisation: LastFigure::nothing(config.coingecko.is_some()),
            dominance: DominanceDay::default(),
            fear_greed: LastFigure::nothing(config.alternative.is_some()),
        })))
    }

    /// CoinGecko answered, or did not.
    pub(crate) fn take_capitalisation(&self, answer: Result<Capitalisation, Why>) {
        let mut state = self.state();
        if let Ok(Capitalisation { as_of, btc_dominance: Some(share), .. }) = answer {
            state.dominance.note(as_of, share);
        }
        state.capitalisation.take(answer.map(|answer| (answer, answer.as_of)));
    }

    /// Alternative.me answered, or did not.
    pub(crate) fn take_fear_greed(&self, answer: Result<FearGreed, Why>) {
        self.state().fear_greed.take(answer.map(|index| {
            let date = index.date;
            (index, date)
        }));
    }

    /// The figures as they stand at `now`.
    pub(crate) fn figures(&self, now: UnixMs) -> Figures {
        let state = self.state();
        let found = state.capitalisation.figure(now, coingecko::KEEPS);
        let btc_dominance = part(&found, |found| found.btc_dominance);
        Figures {
            btc_dominance_change: match &btc_dominance {
                Figure::Known { .. } => state.dominance.change(),
                Figure::Missing(why) => Figure::Missing(why.clone()),
            },
            btc_dominance,
            eth_dominance: part(&found, |found| found.eth_dominance),
            stablecoin_dominance: part(&found, |found| found.stablecoin_dominance),
            total_market_cap: part(&found, |found| found.total_market_cap),
            market_cap_change_24h: part(&found, |found| found.market_cap_change_24h),
            fear_greed: state.fear_greed.figure(now, alternative::KEEPS),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The figures stay usable whatever happened to the holder of the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One figure of an answer that may lack it.
fn part<T, U>(found: &Figure<T>, pick: impl FnOnce(&T) -> Option<U>) -> Figure<U> {
    match found {
        Figure::Known { value, as_of } => {
            pick(value).map_or(Figure::Missing(Why::NotOffered), |value| Figure::known(value, *as_of))
        }
        Figure::Missing(why) => Figure::Missing(why.clone()),
    }
}

/// The time of an answer in seconds since 1970.
///
/// # Errors
///
/// When it is none, or lies in the future.
fn source_time(field: &'static str, seconds: i64, now: UnixMs) -> Result<UnixMs, schema::Invalid> {
    let at = seconds.checked_mul(1_000).filter(|ms| *ms > 0).map(UnixMs);
    let at = at.ok_or_else(|| schema::Invalid::new(field, format!("{seconds} is no time")))?;
    if at > now.plus(AHEAD) {
        return Err(schema::Invalid::new(field, format!("{seconds} lies in the future")));
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_795_225_896_000);

    fn outside(on: bool) -> Outside {
        let url = || on.then(|| venue::http_address("http://127.0.0.1:1").unwrap());
        Outside::new(&config::Outside { coingecko: url(), alternative: url() })
    }

    fn capitalisation(as_of: UnixMs, share: f64) -> Capitalisation {
        Capitalisation {
            as_of,
            btc_dominance: Some(Pct::new(share).unwrap()),
            eth_dominance: None,
            stablecoin_dominance: Some(Pct::new(7.5).unwrap()),
            total_market_cap: Some(Usd::new(3.2e12).unwrap()),
            market_cap_change_24h: Some(Pct::new(-1.25).unwrap()),
        }
    }

    #[test]
    fn what_is_switched_off_and_what_was_not_told_yet_are_told_apart() {
        assert_eq!(outside(false).figures(NOW).total_market_cap, Figure::Missing(Why::Off));
        assert_eq!(outside(false).figures(NOW).fear_greed, Figure::Missing(Why::Off));
        assert_eq!(outside(false).figures(NOW).btc_dominance_change, Figure::Missing(Why::Off));
        assert_eq!(outside(true).figures(NOW).total_market_cap, Figure::Missing(Why::NotYet));
    }

    #[test]
    fn each_figure_carries_the_time_of_its_source_and_a_lacking_one_says_so() {
        let outside = outside(true);
        let received_at = NOW.minus(Duration::from_secs(600));
        outside.take_capitalisation(Ok(capitalisation(received_at, 57.0)));
        let figures = outside.figures(NOW);
        assert_eq!(figures.btc_dominance, Figure::known(Pct::new(57.0).unwrap(), received_at));
        assert_eq!(figures.total_market_cap, Figure::known(Usd::new(3.2e12).unwrap(), received_at));
        assert_eq!(figures.market_cap_change_24h, Figure::known(Pct::new(-1.25).unwrap(), received_at));
        assert_eq!(figures.stablecoin_dominance, Figure::known(Pct::new(7.5).unwrap(), received_at));
        assert_eq!(figures.eth_dominance, Figure::Missing(Why::NotOffered));
        assert_eq!(figures.btc_dominance_change, Figure::Missing(Why::TooFewSamples { have: 0, need: 288 }));
        assert_eq!(figures.fear_greed, Figure::Missing(Why::NotYet));
    }

    #[test]
    fn an_old_capitalisation_goes_missing_with_its_change_and_comes_back() {
        let outside = outside(true);
        for minute in (0..=1_440).step_by(5) {
            let at = NOW.plus(Duration::from_secs(60 * minute));
            outside.take_capitalisation(Ok(capitalisation(at, 57.0 + f64::from(u32::try_from(minute).unwrap()) / 1e3)));
        }
        let day_later = NOW.plus(Duration::from_secs(86_400));
        let change = outside.figures(day_later).btc_dominance_change.value().copied().unwrap();
        assert!((change - 1.44).abs() < 1e-9, "{change}");
        let later = day_later.plus(coingecko::KEEPS).plus(Duration::from_secs(60));
        outside.take_capitalisation(Err(Why::Unreachable("it answered HTTP 503".to_owned())));
        let gone = Figure::Missing(Why::Unreachable("it answered HTTP 503".to_owned()));
        assert_eq!(outside.figures(later).btc_dominance, gone);
        assert_eq!(outside.figures(later).btc_dominance_change.why(), gone.why());
        outside.take_capitalisation(Ok(capitalisation(later, 58.0)));
        assert_eq!(outside.figures(later).btc_dominance.value().map(|pct| pct.get()), Some(58.0));
    }

    #[test]
    fn a_time_that_cannot_be_is_refused() {
        assert_eq!(source_time("t", 1_795_225_000, NOW), Ok(UnixMs(1_795_225_000_000)));
        assert!(source_time("t", 1_795_226_190, NOW).is_ok(), "a clock may be a little ahead");
        assert!(source_time("t", 1_795_226_200, NOW).unwrap_err().to_string().contains("in the future"));
        for nonsense in [0, -5, i64::MAX, i64::MIN] {
            assert!(source_time("t", nonsense, NOW).unwrap_err().to_string().contains("no time"), "{nonsense}");
        }
    }
}
