//! What the answers look like, as JSON Schema 2020-12. Fields may be added later; the ones listed here are always there.

use serde_json::{Map, Value, json};

use super::{
    parts,
    shapes::{
        amount, any_object, count, figure, list, number, object, of, or_null, positive, ratio, reference, score, text,
        time,
    },
};

/// Every schema by its name.
pub(super) fn all() -> Value {
    let mut all = Map::new();
    for (name, schema) in [basics(), market(), contracts(), system()].into_iter().flatten() {
        all.insert(name.to_owned(), schema);
    }
    Value::Object(all)
}

type Named = Vec<(&'static str, Value)>;

fn basics() -> Named {
    let error = object("Why.", &[("code", text()), ("message", text())]);
    vec![
        ("UnixMs", json!({ "type": "integer", "description": "Unix time in milliseconds." })),
        ("Symbol", json!({ "type": "string", "minLength": 1, "maxLength": 64 })),
        ("Error", object("An error.", &[("error", error)])),
        (
            "Envelope",
            object(
                "What every answer about one schema has.",
                &[
                    ("as_of", time()),
                    ("age_ms", count()),
                    ("state", json!({ "type": "string", "enum": ["fresh", "stale", "expired"] })),
                    ("source", or_null(text())),
                    ("data", any_object()),
                ],
            ),
        ),
        ("OpenApi", object("OpenAPI 3.1.", &[("openapi", text()), ("info", any_object()), ("paths", any_object())])),
    ]
}

fn market() -> Named {
    let regime = object("A regime.", &[("label", text()), ("reason", text())]);
    let percent = || figure(number());
    let advance = object(
        "Advancers against decliners.",
        &[
            ("advancers", count()),
            ("decliners", count()),
            ("unchanged", count()),
            ("percent_advancing", percent()),
            ("ad_ratio", percent()),
        ],
    );
    let mover = object(
        "A move, in percent.",
        &[("symbol", reference("Symbol")), ("price", positive()), ("change", number()), ("turnover_24h", amount())],
    );
    let lists = || object("Largest first.", &[("gainers", list("Mover")), ("losers", list("Mover"))]);
    vec![
        (
            "MarketOverview",
            object(
                "The market in one look.",
                &[
                    ("source", text()),
                    ("total_symbols", count()),
                    ("linear_symbols", count()),
                    ("scored_symbols", count()),
                    ("total_turnover_24h", figure(amount())),
                    ("signal_balance", figure(score())),
                    ("long_signals", count()),
                    ("short_signals", count()),
                    ("neutral_signals", count()),
                    ("average_change_24h", percent()),
                    ("turnover_weighted_change_24h", percent()),
                    ("dispersion_24h", percent()),
                    ("dispersion_24h_mean", percent()),
                    ("btc_price", figure(positive())),
                    ("btc_realised_volatility", percent()),
                    ("btc_daily_volatility", percent()),
                    ("btc_volatility_days", count()),
                    ("regime", figure(regime.clone())),
                    ("gainers", count()),
                    ("losers", count()),
                    ("unchanged", count()),
                    ("open_interest_usd", figure(amount())),
                    ("btc_dominance", percent()),
                    ("eth_dominance", percent()),
                    ("stablecoin_dominance", percent()),
                    ("total_market_cap", figure(amount())),
                    ("market_cap_change_24h", percent()),
                    (
                        "fear_greed",
                        figure(object("An index.", &[("value", score()), ("label", text()), ("date", time())])),
                    ),
                ],
            ),
        ),
        (
            "MarketRegime",
            object(
                "The regime; confidence is the share of scored contracts times their mean agreement, no probability.",
                &[("regime", figure(regime)), ("n", count()), ("of", count()), ("confidence", figure(ratio()))],
            ),
        ),
        (
            "MarketBreadth",
            object(
                "Participation.",
                &[
                    ("source", text()),
                    ("universe", count()),
                    ("day", advance.clone()),
                    ("hour", advance),
                    ("above_ma20", percent()),
                    ("above_ma50", percent()),
                    ("new_highs", count()),
                    ("new_lows", count()),
                    ("mood", figure(json!({ "enum": ["bullish", "neutral", "bearish"] }))),
                ],
            ),
        ),
        ("Mover", mover),
        (
            "MarketMovers",
            object(
                "The largest moves.",
                &[
                    ("source", text()),
                    ("min_turnover", amount()),
                    ("universe", count()),
                    ("day", lists()),
                    ("hour", lists()),
                    ("most_active", list("Mover")),
                    ("oi_risers", of(parts::oi_riser())),
                    ("funding_extremes", of(parts::funding_extreme())),
                ],
            ),
        ),
        (
            "PerpsPulse",
            object(
                "Derivatives of the market: funding in percent per 8 h, premium in basis points.",
                &[
                    ("source", text()),
                    ("universe", count()),
                    ("funding_per_8h", percent()),
                    ("funding_z", figure(number())),
                    ("accounts_long", figure(ratio())),
                    ("premium_bps", figure(number())),
                    ("open_interest_usd", figure(amount())),
                    ("open_interest_change_1h", percent()),
                    ("liquidations_1h", figure(parts::liquidated())),
                    ("liquidations_24h", figure(parts::liquidated())),
                ],
            ),
        ),
    ]
}

fn contracts() -> Named {
    let nullable_score = || or_null(score());
    let dimensions: Vec<(&str, Value)> =
        schema::Dimension::ALL.iter().map(|one| (one.as_str(), nullable_score())).collect();
    let direction = || json!({ "enum": ["long", "neutral", "short"] });
    let candle = object(
        "A candle; volume in coins, turnover in the quote currency.",
        &[
            ("start", time()),
            ("open", positive()),
            ("high", positive()),
            ("low", positive()),
            ("close", positive()),
            ("volume", amount()),
            ("turnover", amount()),
        ],
    );
    let candles =
        object("Oldest first.", &[("symbol", reference("Symbol")), ("timeframe", text()), ("candles", list("Candle"))]);
    vec![
        (
            "SignalRow",
            object(
                "A contract; changes in percent, scores 0 to 100.",
                &[
                    ("symbol", reference("Symbol")),
                    ("base", text()),
                    ("tick", positive()),
                    ("price", positive()),
                    ("change_24h", figure(number())),
                    ("high_24h", figure(positive())),
                    ("low_24h", figure(positive())),
                    ("turnover_24h", figure(amount())),
                    ("open_interest_usd", figure(amount())),
                    ("forming", figure(score())),
                    ("score", figure(score())),
                    ("direction", or_null(direction())),
                    ("dimensions", object("The score of each dimension.", &dimensions)),
                    ("agreement", or_null(ratio())),
                    ("coverage", ratio()),
                    ("funding", figure(parts::funding())),
                    ("oi_change_1h", figure(number())),
                    ("trend", figure(number())),
                    ("spark", of(positive())),
                ],
            ),
        ),
        ("Signals", object("The list.", &[("source", text()), ("rows", list("SignalRow")), ("stats", parts::stats())])),
        (
            "Breakdown",
            object(
                "The score of a contract with all of its parts.",
                &[
                    ("source", text()),
                    ("row", reference("SignalRow")),
                    ("mark_price", figure(positive())),
                    ("index_price", figure(positive())),
                    ("accounts_long", figure(ratio())),
                    ("liquidated_24h", figure(parts::liquidated())),
                    ("bar_closed_at", or_null(time())),
                    ("dimensions", of(parts::dimension())),
                    ("factors", of(parts::factor())),
                    ("quality", figure(ratio())),
                    ("conditions", of(parts::condition())),
                    ("sentence", text()),
                    ("history", of(object("A past score.", &[("at", time()), ("score", score())]))),
                    ("book", figure(parts::book())),
                    ("key_levels", figure(parts::key_levels())),
                ],
            ),
        ),
        ("Candle", candle),
        (
            "CandlesAnswer",
            object("Closed candles.", &[("as_of", time()), ("age_ms", count()), ("source", text()), ("data", candles)]),
        ),
        (
            "Scores",
            object(
                "Recorded scores, oldest first.",
                &[
                    ("symbol", reference("Symbol")),
                    ("scores", of(object("A past score.", &[("at", time()), ("score", score())]))),
                ],
            ),
        ),
        ("UnseenAlerts", object("What a badge shows.", &[("unseen", count()), ("label", or_null(text()))])),
        (
            "BetaTable",
            object(
                "By window.",
                &[("source", text()), ("market", reference("Symbol")), ("rankings", of(parts::ranking()))],
            ),
        ),
        (
            "ActiveIdeas",
            object(
                "Ideas.",
                &[
                    ("source", text()),
                    ("watched_since", time()),
                    ("rules", any_object()),
                    ("costs", any_object()),
                    ("open", of(any_object())),
                    ("ended", of(any_object())),
                    ("counts", any_object()),
                    ("passed_over", any_object()),
                ],
            ),
        ),
        (
            "AlertLog",
            object(
                "Alerts, newest first.",
                &[
                    ("source", text()),
                    ("watched_since", time()),
                    ("alerts", of(object("An alert.", &[("at", time()), ("event", any_object())]))),
                    ("given_way", count()),
                    ("rules", true.into()),
                ],
            ),
        ),
        (
            "MarketUniverse",
            object(
                "The list of the exchange.",
                &[
                    ("source", text()),
                    ("watched", count()),
                    (
                        "contracts",
                        of(object(
                            "A contract.",
                            &[
                                ("symbol", reference("Symbol")),
                                ("base", text()),
                                ("status", text()),
                                ("kind", text()),
                                ("turnover_24h", or_null(amount())),
                                ("listed_at", time()),
                                ("ends_at", or_null(time())),
                                ("standing", parts::standing()),
                                ("reason", or_null(text())),
                            ],
                        )),
                    ),
                ],
            ),
        ),
    ]
}

fn system() -> Named {
    vec![
        (
            "SystemHealth",
            object(
                "The monitor.",
                &[
                    ("feed", parts::feed()),
                    ("symbols_ready", count()),
                    ("symbols_total", count()),
                    ("streams", parts::streams()),
                    ("messages_per_s", or_null(count())),
                    ("lag", or_null(parts::lag())),
                    ("clock_ahead_ms", or_null(json!({ "type": "integer" }))),
                    ("queue", or_null(parts::queue())),
                    ("proxy", or_null(text())),
                    ("pause", or_null(object("Nothing is requested.", &[("reason", text()), ("until", time())]))),
                    ("budgets", of(parts::budget())),
                    ("scan_took_ms", or_null(amount())),
                    ("scan_budget_ms", count()),
                    ("tasks", of(parts::task())),
                    ("version", text()),
                    ("started_at", time()),
                ],
            ),
        ),
        (
            "CacheReport",
            object(
                "The tiers of this process.",
                &[
                    ("process", text()),
                    ("now", time()),
                    (
                        "l2",
                        json!({ "type": "object", "required": ["state"], "properties": { "state": { "enum": ["off", "up", "degraded"] } } }),
                    ),
                    ("servers", of(parts::server())),
                    ("mirror", parts::mirror()),
                    ("schemas", of(parts::schema())),
                ],
            ),
        ),
        ("Config", object("Weights.", &[("weights", any_object()), ("weights_hash", text())])),
        (
            "MobileData",
            object(
                "Fields without a value are null; missing says why.",
                &[
                    ("status", json!({ "enum": ["success", "stale", "warming", "unavailable"] })),
                    ("source", text()),
                    ("data_source", or_null(text())),
                    ("timestamp", or_null(json!({ "type": "integer" }))),
                    ("age_ms", or_null(count())),
                    ("market_overview", or_null(any_object())),
                    (
                        "confluence_scores",
                        of(object("A score.", &[("symbol", text()), ("score", nullable()), ("price", number())])),
                    ),
                    (
                        "top_movers",
                        object("Five of each.", &[("gainers", of(any_object())), ("losers", of(any_object()))]),
                    ),
                    ("perps", any_object()),
                    ("missing", any_object()),
                ],
            ),
        ),
    ]
}

fn nullable() -> Value {
    or_null(score())
}
