//! Makes the overview of what was taken.

use std::fmt;

use analysis::market::signal_balance;
use schema::{Figure, MarketOverview, Pct, Price, Schema as _, Score, UnixMs, Usd, Venue, Why, overview::Regime};

use super::{
    ImportError, Line, Made,
    fields::{KNOWN, Read, Taken},
};

/// Balances of a document may differ from the counts by rounding.
const ROUNDING: f64 = 0.05;

/// What a document lacks to become an overview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs(pub Vec<String>);

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// A number within the limits of its unit.
type Limited<T> = Result<Figure<T>, ImportError>;

/// Makes the overview, or lists what it lacks; a number outside of the limits of its figure is an error.
pub(super) fn build(taken: &Taken, report: &mut Vec<Line>) -> Result<Result<MarketOverview, Needs>, ImportError> {
    for known in &KNOWN {
        let new = known.names[0];
        if !taken.values.contains_key(new) && new != "signal_balance" {
            let value = "not in the document".to_owned();
            report.push(Line { old: None, new: Some(new), made: Made::Missing, value });
        }
    }
    if taken.as_of.is_none() {
        let value = "the document states no time".to_owned();
        report.push(Line { old: None, new: Some("as_of"), made: Made::Missing, value });
    }
    let as_of = taken.as_of.unwrap_or(UnixMs(0));
    let pct = |name| figure(taken, name, as_of, Pct::new);
    let usd = |name| figure(taken, name, as_of, Usd::new);
    let mut needs = Vec::new();
    let mut count = |name: &'static str| {
        counted(taken, name).unwrap_or_else(|| {
            needs.push(name.to_owned());
            0
        })
    };
    let (total, linear, long, short) =
        (count("total_symbols"), count("linear_symbols"), count("long_signals"), count("short_signals"));
    let (neutral, gainers, losers) = (count("neutral_signals"), count("gainers"), count("losers"));
    let (unchanged, days) = (count("unchanged"), count("btc_volatility_days"));
    let overview = MarketOverview {
        source: Venue::Bybit,
        total_symbols: total,
        linear_symbols: linear,
        scored_symbols: counted(taken, "scored_symbols")
            .unwrap_or_else(|| long.saturating_add(short).saturating_add(neutral)),
        total_turnover_24h: usd("total_turnover_24h")?,
        signal_balance: balance(taken, as_of, report)?,
        long_signals: long,
        short_signals: short,
        neutral_signals: neutral,
        average_change_24h: pct("average_change_24h")?,
        turnover_weighted_change_24h: pct("turnover_weighted_change_24h")?,
        dispersion_24h: pct("dispersion_24h")?,
        dispersion_24h_mean: pct("dispersion_24h_mean")?,
        btc_price: figure(taken, "btc_price", as_of, Price::new)?,
        btc_realised_volatility: pct("btc_realised_volatility")?,
        btc_daily_volatility: pct("btc_daily_volatility")?,
        btc_volatility_days: days,
        regime: regime(taken, as_of),
        gainers,
        losers,
        unchanged,
        open_interest_usd: usd("open_interest_usd")?,
        btc_dominance: pct("btc_dominance")?,
        eth_dominance: pct("eth_dominance")?,
        stablecoin_dominance: pct("stablecoin_dominance")?,
        total_market_cap: usd("total_market_cap")?,
        market_cap_change_24h: pct("market_cap_change_24h")?,
        // The ancestor kept no date beside its index.
        fear_greed: Figure::Missing(Why::NotOffered),
    };
    if taken.as_of.is_none() {
        needs.push("as_of".to_owned());
    }
    if needs.is_empty()
        && let Err(invalid) = overview.check()
    {
        needs.push(invalid.to_string());
    }
    Ok(if needs.is_empty() { Ok(overview) } else { Err(Needs(needs)) })
}

fn number(taken: &Taken, name: &str) -> Option<f64> {
    match taken.values.get(name)? {
        (_, Read::Number(number)) => Some(*number),
        (_, Read::Text(_)) => None,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts were read within the range")]
fn counted(taken: &Taken, name: &str) -> Option<u32> {
    number(taken, name).map(|number| number as u32)
}

fn figure<T, E: fmt::Display>(taken: &Taken, name: &str, as_of: UnixMs, new: fn(f64) -> Result<T, E>) -> Limited<T> {
    let Some(found) = number(taken, name) else { return Ok(Figure::Missing(Why::NotOffered)) };
    let path = taken.values.get(name).map_or_else(|| name.to_owned(), |(path, _)| path.clone());
    new(found).map(|value| Figure::known(value, as_of)).map_err(|error| ImportError::Type {
        field: path,
        expected: "a value within the limits of the figure",
        found: error.to_string(),
    })
}

/// The balance by the counts; the stated one only where there are no counts.
fn balance(taken: &Taken, as_of: UnixMs, report: &mut Vec<Line>) -> Limited<Score> {
    let stated = number(taken, "signal_balance");
    let counted = counted(taken, "long_signals").zip(counted(taken, "short_signals"));
    let scored =
        self::counted(taken, "scored_symbols").or_else(|| counted.map(|(long, short)| long.saturating_add(short)));
    let by_counts = counted.zip(scored).and_then(|((long, short), scored)| signal_balance(long, short, scored));
    let Some(balance) = by_counts else {
        if stated.is_none() {
            let value = "not in the document".to_owned();
            report.push(Line { old: None, new: Some("signal_balance"), made: Made::Missing, value });
        }
        return figure(taken, "signal_balance", as_of, Score::new);
    };
    let differs = stated.filter(|stated| (stated - balance.get()).abs() > ROUNDING);
    let remark = differs
        .map_or_else(String::new, |stated| format!("; the document states {stated}, which its counts contradict"));
    let value = format!("{:.2}, from long_signals and short_signals{remark}", balance.get());
    report.push(Line { old: None, new: Some("signal_balance"), made: Made::Derived, value });
    Ok(Figure::known(balance, as_of))
}

fn regime(taken: &Taken, as_of: UnixMs) -> Figure<Regime> {
    match taken.values.get("regime") {
        Some((path, Read::Text(label))) => {
            Figure::known(Regime { label: label.clone(), reason: format!("imported from the field {path}") }, as_of)
        }
        Some((_, Read::Number(_))) | None => Figure::Missing(Why::NotOffered),
    }
}
