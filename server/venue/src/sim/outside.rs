//! What no exchange publishes, made up from the same market: `/api/v3/global` as CoinGecko answers it, `/fng/` as
//! Alternative.me does.
//!
//! Real figures beside a simulated market would mislead, so the simulated exchange answers
//! for both services. A coin has a fixed supply, so its capitalisation moves with its price; the mood is the share of
//! contracts that rose on the last whole day.

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Map, Value, json};

use super::{
    candle::{DAY, Span},
    contract::Contract,
    market::Market,
    shared::Shared,
};

/// The capitalisation at which the most traded coin begins, in US dollars.
const LEADER_USD: f64 = 1.9e12;
/// By which power of its rank a coin begins smaller: the leader has a good half of the market.
const DECLINE: f64 = -1.9;
/// Stablecoins have no contract and keep their capitalisation, in US dollars.
const STABLECOINS: [(&str, f64); 2] = [("usdt", 1.85e11), ("usdc", 7.5e10)];
/// As many coins are named with their share.
const NAMED: usize = 10;

/// The routes.
pub(crate) fn routes() -> Router<Shared> {
    let route = |answer: fn(&Market) -> Value| {
        get(move |State(shared): State<Shared>| async move {
            shared.with(move |exchange| -> Response { Json(answer(exchange.market())).into_response() }).await
        })
    };
    Router::new().route("/api/v3/global", route(global)).route("/fng/", route(fear_greed))
}

/// What a coin is worth as a whole, now and 24 hours ago, in US dollars.
fn capitalisation(rank: usize, contract: &Contract) -> (f64, f64) {
    let listing = contract.listing();
    let supply = LEADER_USD * (rank as f64 + 1.0).powf(DECLINE) / listing.price;
    let worth = |ticks: i64| supply * ticks as f64 * listing.tick.value();
    (worth(contract.ticker().last), worth(contract.ticker().day.prev))
}

fn global(market: &Market) -> Value {
    let mut coins: Vec<(String, f64)> = STABLECOINS.map(|(name, usd)| (name.to_owned(), usd)).to_vec();
    let mut before: f64 = coins.iter().map(|(_, usd)| usd).sum();
    for (rank, contract) in market.contracts().iter().enumerate() {
        let (now, day_ago) = capitalisation(rank, contract);
        coins.push((contract.listing().base.to_lowercase(), now));
        before += day_ago;
    }
    let total: f64 = coins.iter().map(|(_, usd)| usd).sum();
    coins.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let shares: Map<String, Value> =
        coins.into_iter().take(NAMED).map(|(name, usd)| (name, json!(usd / total * 100.0))).collect();
    json!({ "data": {
        "active_cryptocurrencies": market.contracts().len() + STABLECOINS.len(),
        "markets": 1,
        "total_market_cap": { "usd": total },
        "market_cap_percentage": shares,
        "market_cap_change_percentage_24h_usd": (total / before - 1.0) * 100.0,
        "updated_at": market.now().0.div_euclid(1_000),
    } })
}

fn fear_greed(market: &Market) -> Value {
    let now = market.now().0;
    let today = now.div_euclid(DAY) * DAY;
    let yesterday = |contract: &Contract| contract.candles().of(Span::D1).closed().back().copied();
    let days: Vec<_> = market.contracts().iter().filter_map(yesterday).collect();
    let risen = days.iter().filter(|day| day.close > day.open).count();
    let entry = (!days.is_empty()).then(|| {
        let value = (100.0 * risen as f64 / days.len() as f64).round();
        json!({
            "value": value.to_string(),
            "value_classification": label(value),
            "timestamp": (today / 1_000).to_string(),
            "time_until_update": ((today + DAY - now) / 1_000).to_string(),
        })
    });
    json!({
        "name": "Fear and Greed Index",
        "data": entry.into_iter().collect::<Vec<_>>(),
        "metadata": { "error": null },
    })
}

/// The word of the service for a value.
fn label(value: f64) -> &'static str {
    match value {
        ..25.0 => "Extreme Fear",
        ..47.0 => "Fear",
        ..55.0 => "Neutral",
        ..76.0 => "Greed",
        _ => "Extreme Greed",
    }
}

#[cfg(test)]
mod tests {
    use schema::UnixMs;

    use super::*;

    /// 2026-11-20 09:13:07.300 UTC.
    const START: UnixMs = UnixMs(1_795_165_987_300);

    #[test]
    fn the_shares_follow_the_prices_and_the_leader_has_a_good_half() {
        let market = Market::invented(7, 20, START);
        let data = global(&market)["data"].clone();
        let total = data["total_market_cap"]["usd"].as_f64().unwrap();
        let bitcoin = &market.contracts()[0];
        assert_eq!(bitcoin.listing().base, "BTC");
        let price = bitcoin.ticker().last as f64 * bitcoin.listing().tick.value();
        let share = data["market_cap_percentage"]["btc"].as_f64().unwrap();
        let expected = LEADER_USD * price / bitcoin.listing().price / total * 100.0;
        assert!((share - expected).abs() < 1e-9 && (40.0..70.0).contains(&share), "{share} {expected}");
        let tether = data["market_cap_percentage"]["usdt"].as_f64().unwrap();
        assert!((tether - 1.85e13 / total).abs() < 1e-9, "{tether}");
        let shares = data["market_cap_percentage"].as_object().unwrap();
        assert_eq!(shares.len(), NAMED);
        assert!(shares.values().filter_map(Value::as_f64).sum::<f64>() < 100.0, "the rest is not named");
        assert_eq!(data["updated_at"], market.now().0.div_euclid(1_000));
    }

    #[test]
    fn the_change_over_24_h_lies_between_those_of_the_coins() {
        let market = Market::invented(7, 20, START);
        let change = global(&market)["data"]["market_cap_change_percentage_24h_usd"].as_f64().unwrap();
        let changes: Vec<f64> = market.contracts().iter().map(|one| one.ticker().change_24h() as f64 / 1e4).collect();
        let (least, most) = changes.iter().fold((0.0_f64, 0.0_f64), |(low, high), pct| (low.min(*pct), high.max(*pct)));
        assert!(change > least && change < most && change != 0.0, "{least} {change} {most}");
    }

    #[test]
    fn the_mood_is_that_of_the_last_whole_day_and_holds_until_the_next() {
        let mut market = Market::invented(7, 20, START);
        let before = fear_greed(&market)["data"][0].clone();
        let value: f64 = before["value"].as_str().unwrap().parse().unwrap();
        assert_eq!(before["value_classification"], label(value));
        assert_eq!(before["timestamp"], "1795132800", "00:00 UTC of that day");
        assert_eq!(before["time_until_update"], (86_400 - 33_188).to_string());
        market.step(UnixMs(START.0 + 60_000), |_, _, _, _| {});
        assert_eq!(fear_greed(&market)["data"][0]["value"], before["value"]);
        market.step(UnixMs(START.0 + DAY), |_, _, _, _| {});
        assert_eq!(fear_greed(&market)["data"][0]["timestamp"], "1795219200");
    }

    #[test]
    fn every_value_has_the_word_of_the_service() {
        let words = [0.0, 24.0, 25.0, 46.0, 47.0, 54.0, 55.0, 75.0, 76.0, 100.0].map(label);
        let (fear, greed) = (["Extreme Fear", "Fear"], ["Greed", "Extreme Greed"]);
        let doubled =
            [fear[0], fear[0], fear[1], fear[1], "Neutral", "Neutral", greed[0], greed[0], greed[1], greed[1]];
        assert_eq!(words, doubled);
    }
}
