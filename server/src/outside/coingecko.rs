//! CoinGecko's `/api/v3/global`: the capitalisation of the whole market, and who has which share of it.
//!
//! Shape and units: <https://docs.coingecko.com/reference/crypto-global>, which also says that the figures change every
//! ten minutes. No key is needed; how often an address without one may ask is not published, so it is asked rarely
//! (<https://docs.coingecko.com/docs/errors-and-rate-limits>). Whoever shows the figures names the source beside them
//! (<https://brand.coingecko.com/resources/attribution-guide>).

use std::{collections::BTreeMap, time::Duration};

use schema::{Invalid, Pct, UnixMs, Usd};
use serde::Deserialize;

use super::{AskError, source_time};

/// What is asked for.
pub(crate) const PATH: &str = "/api/v3/global";
/// The figures are shown for this long after CoinGecko made them; it makes new ones every ten minutes.
pub(crate) const KEEPS: Duration = Duration::from_secs(3_600);

/// Coins that are made to be worth a US dollar, as CoinGecko spells their symbols.
///
/// The answer names the ten largest coins only, so the sum over those of them that it names is the share of the
/// largest stablecoins (Tether and USDC, as a rule) and a little below that of all.
const STABLECOINS: [&str; 12] =
    ["usdt", "usdc", "usds", "usde", "dai", "usd1", "pyusd", "fdusd", "tusd", "busd", "usdd", "rlusd"];

/// The shares of different coins add up to this much at most; each of them is rounded.
const SUM_MAX_PCT: f64 = 100.5;

/// The capitalisation of the whole market. A figure that the answer lacks is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Capitalisation {
    /// When CoinGecko made the figures.
    pub(crate) as_of: UnixMs,
    /// Bitcoin's share, 0 to 100.
    pub(crate) btc_dominance: Option<Pct>,
    /// Ether's share, 0 to 100.
    pub(crate) eth_dominance: Option<Pct>,
    /// The share of the stablecoins among the ten largest coins, 0 to 100; `None` where none is among them.
    pub(crate) stablecoin_dominance: Option<Pct>,
    /// All coins, in US dollars.
    pub(crate) total_market_cap: Option<Usd>,
    /// What that changed by over 24 h.
    pub(crate) market_cap_change_24h: Option<Pct>,
}

#[derive(Debug, Deserialize)]
struct Answer {
    data: Data,
}

#[derive(Debug, Deserialize)]
struct Data {
    total_market_cap: InCurrencies,
    market_cap_percentage: BTreeMap<String, f64>,
    market_cap_change_percentage_24h_usd: Option<f64>,
    /// Seconds since 1970.
    updated_at: i64,
}

#[derive(Debug, Deserialize)]
struct InCurrencies {
    usd: Option<f64>,
}

/// Reads an answer that arrived at `now`. One impossible figure makes the whole answer worthless.
///
/// # Errors
///
/// [`AskError::Undecodable`] for another shape, [`AskError::Impossible`] for a figure that cannot be: a share outside 0
/// to 100, shares that exceed the whole, a capitalisation that is not above 0, a loss of all of it, a time that is
/// none or lies in the future.
pub(crate) fn read(body: &[u8], now: UnixMs) -> Result<Capitalisation, AskError> {
    let Answer { data } = serde_json::from_slice(body)?;
    let shares = &data.market_cap_percentage;
    for (coin, share) in shares {
        if !(0.0..=100.0).contains(share) {
            return Err(Invalid::new("market_cap_percentage", format!("{share} of {coin}")).into());
        }
    }
    let sum: f64 = shares.values().sum();
    if sum > SUM_MAX_PCT {
        return Err(Invalid::new("market_cap_percentage", format!("{sum} in sum")).into());
    }
    let share = |coin: &str| shares.get(coin).and_then(|share| Pct::new(*share).ok());
    let stable: Vec<f64> = STABLECOINS.iter().filter_map(|coin| shares.get(*coin)).copied().collect();
    let stable = (!stable.is_empty()).then(|| stable.iter().sum());
    let capitalisation = data.total_market_cap.usd.map(|usd| match Usd::new(usd) {
        Ok(cap) if usd > 0.0 => Ok(cap),
        _ => Err(Invalid::new("total_market_cap", format!("{usd} US dollars"))),
    });
    let change = data.market_cap_change_percentage_24h_usd.map(|change| match Pct::new(change) {
        Ok(pct) if change > -100.0 => Ok(pct),
        _ => Err(Invalid::new("market_cap_change_percentage_24h_usd", format!("{change} %"))),
    });
    Ok(Capitalisation {
        as_of: source_time("updated_at", data.updated_at, now)?,
        btc_dominance: share("btc"),
        eth_dominance: share("eth"),
        stablecoin_dominance: stable.and_then(|sum| Pct::new(sum).ok()),
        total_market_cap: capitalisation.transpose()?,
        market_cap_change_24h: change.transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const NOW: UnixMs = UnixMs(1_795_225_896_000);

    /// An answer of the documented shape.
    fn answer() -> Value {
        json!({ "data": {
            "active_cryptocurrencies": 17_412,
            "upcoming_icos": 0,
            "ongoing_icos": 49,
            "ended_icos": 3_376,
            "markets": 1_284,
            "total_market_cap": {
                "btc": 35_301_412.5, "eth": 1_064_220_118.25, "usd": 3_221_478_954_110.5, "eur": 2_795_000_000_000.0,
            },
            "total_volume": { "btc": 1_402_117.75, "usd": 127_951_332_906.0 },
            "market_cap_percentage": {
                "btc": 56.517_283_1, "eth": 11.913_4, "usdt": 5.731, "xrp": 4.02, "bnb": 3.81, "sol": 2.94,
                "usdc": 2.307, "trx": 0.871, "steth": 0.79, "doge": 0.74,
            },
            "market_cap_change_percentage_24h_usd": -1.293_847,
            "updated_at": 1_795_225_411,
        } })
    }

    fn read(answer: &Value) -> Result<Capitalisation, AskError> {
        super::read(answer.to_string().as_bytes(), NOW)
    }

    /// An answer in which one value of `data` is another one.
    fn with(pointer: &str, value: Value) -> Value {
        let mut answer = answer();
        *answer.pointer_mut(&format!("/data{pointer}")).unwrap() = value;
        answer
    }

    fn without(object: &str, name: &str) -> Value {
        let mut answer = answer();
        answer.pointer_mut(&format!("/data{object}")).unwrap().as_object_mut().unwrap().remove(name).unwrap();
        answer
    }

    #[test]
    fn the_documented_answer_gives_these_figures() {
        let answer_read = read(&answer()).unwrap();
        let pct = |value| Pct::new(value).ok();
        assert_eq!(answer_read.as_of, UnixMs(1_795_225_411_000));
        assert_eq!(answer_read.btc_dominance, pct(56.517_283_1));
        assert_eq!(answer_read.eth_dominance, pct(11.913_4));
        assert_eq!(answer_read.total_market_cap, Usd::new(3_221_478_954_110.5).ok());
        assert_eq!(answer_read.market_cap_change_24h, pct(-1.293_847));
        let stable = answer_read.stablecoin_dominance.unwrap().get();
        assert!((stable - 8.038).abs() < 1e-9, "Tether and USDC, without staked ether: {stable}");
    }

    #[test]
    fn fields_that_nobody_documented_change_nothing() {
        let mut more = answer();
        more["status"] = json!({ "error_code": 0 });
        more["data"]["defi"] = json!([1, { "a": null }]);
        more["data"]["market_cap_percentage"]["new-coin"] = json!(0.5);
        assert_eq!(read(&more).unwrap(), read(&answer()).unwrap());
    }

    #[test]
    fn a_figure_that_the_answer_lacks_is_missing_alone() {
        let lacking = |object, name| read(&without(object, name)).unwrap();
        assert_eq!(lacking("/total_market_cap", "usd").total_market_cap, None);
        assert_eq!(lacking("/market_cap_percentage", "eth").eth_dominance, None);
        assert_eq!(lacking("", "market_cap_change_percentage_24h_usd").market_cap_change_24h, None);
        assert_eq!(
            read(&with("/market_cap_change_percentage_24h_usd", Value::Null)).unwrap().market_cap_change_24h,
            None
        );
        let only_bitcoin = read(&with("/market_cap_percentage", json!({ "btc": 56.5 }))).unwrap();
        assert_eq!((only_bitcoin.eth_dominance, only_bitcoin.stablecoin_dominance), (None, None));
        assert_eq!(only_bitcoin.btc_dominance, Pct::new(56.5).ok());
    }

    #[test]
    fn zero_is_a_share() {
        assert_eq!(
            read(&with("/market_cap_percentage/usdc", json!(0))).unwrap().stablecoin_dominance,
            Pct::new(5.731).ok()
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_name_of_the_field() {
        for (pointer, value, field) in [
            ("/market_cap_percentage/btc", json!(140.0), "market_cap_percentage"),
            ("/market_cap_percentage/btc", json!(-0.1), "market_cap_percentage"),
            ("/market_cap_percentage/eth", json!(44.0), "market_cap_percentage"),
            ("/total_market_cap/usd", json!(0), "total_market_cap"),
            ("/total_market_cap/usd", json!(-3.2e12), "total_market_cap"),
            ("/market_cap_change_percentage_24h_usd", json!(-100.0), "market_cap_change_percentage_24h_usd"),
            ("/updated_at", json!(0), "updated_at"),
            ("/updated_at", json!(1_795_229_999), "updated_at"),
            ("/updated_at", json!(1_795_225_411_000_i64), "updated_at"),
        ] {
            match read(&with(pointer, value.clone())) {
                Err(AskError::Impossible(invalid)) => assert_eq!(invalid.field, field, "{pointer} = {value}"),
                other => panic!("{pointer} = {value}: {other:?}"),
            }
        }
    }

    #[test]
    fn another_shape_is_refused() {
        let mut shapes = vec![
            json!({ "status": { "error_code": 429, "error_message": "You've exceeded the Rate Limit." } }),
            json!([]),
            without("", "updated_at"),
            without("", "market_cap_percentage"),
            without("", "total_market_cap"),
        ];
        for (pointer, value) in [
            ("/market_cap_percentage/btc", json!("56.5")),
            ("/market_cap_percentage/btc", Value::Null),
            ("/total_market_cap/usd", json!("3221478954110.5")),
            ("/updated_at", json!("1795225411")),
            ("/updated_at", Value::Null),
        ] {
            shapes.push(with(pointer, value));
        }
        for shape in shapes {
            assert!(matches!(read(&shape), Err(AskError::Undecodable(_))), "{shape}");
        }
        let endless = answer().to_string().replace("56.5172831", "1e999");
        for text in ["", "<html>", "{\"data\":{", endless.as_str()] {
            assert!(matches!(super::read(text.as_bytes(), NOW), Err(AskError::Undecodable(_))), "{text}");
        }
        assert!(endless.contains("1e999"), "the number was replaced");
    }

    proptest! {
        #[test]
        fn whatever_is_told_only_figures_that_can_be_come_through(
            shares in prop::collection::btree_map("btc|eth|usdt|usdc|dai|xrp", -10.0..130.0_f64, 0..6),
            usd in prop::num::f64::NORMAL,
            change in -150.0..150.0_f64,
            updated_at in prop_oneof![any::<i64>(), 1_795_000_000..1_796_000_000_i64],
        ) {
            let answer = json!({ "data": {
                "total_market_cap": { "usd": usd },
                "market_cap_percentage": shares,
                "market_cap_change_percentage_24h_usd": change,
                "updated_at": updated_at,
            } });
            if let Ok(answer_read) = read(&answer) {
                let known = [answer_read.btc_dominance, answer_read.eth_dominance, answer_read.stablecoin_dominance];
                prop_assert!(known.iter().flatten().all(|pct| (0.0..=SUM_MAX_PCT).contains(&pct.get())));
                prop_assert!(answer_read.total_market_cap.is_some_and(|usd| usd.get() > 0.0));
                prop_assert!(answer_read.market_cap_change_24h.is_some_and(|pct| pct.get() > -100.0));
                prop_assert!(answer_read.as_of.0 > 0 && answer_read.as_of <= NOW.plus(super::super::AHEAD));
            }
        }

        #[test]
        fn any_bytes_are_read_without_harm(body in prop::collection::vec(any::<u8>(), 0..256)) {
            prop_assert!(super::read(&body, NOW).is_err());
        }
    }
}
