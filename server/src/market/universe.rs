//! The rules that decide which contracts are watched.

use std::collections::{HashMap, HashSet};

use schema::{
    Symbol, UnixMs, Usd,
    universe::{Admission, Contract, Exclusion, Standing},
};
use venue::{Instrument, Ticker};

use crate::config::Universe as Rules;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// What a contract that is watched already counts for, so that two that trade places do not change the streams each minute.
const INERTIA: f64 = 1.2;
/// How the configuration names the kind of an ordinary coin, for which no venue has a word of its own.
const COIN: &str = "coin";

/// What the rules made of the venue's list.
pub(crate) struct Judged {
    /// The contracts to watch, most traded first.
    pub(crate) chosen: Vec<Instrument>,
    /// Every contract with its standing: the chosen first, then the others by their symbol.
    pub(crate) contracts: Vec<Contract>,
}

/// Judges every contract by the rules, in the order that [`Exclusion`] lists them.
pub(crate) fn judge(
    listed: Vec<Instrument>,
    tickers: &HashMap<Symbol, Ticker>,
    watched: &HashSet<Symbol>,
    rules: &Rules,
    now: UnixMs,
) -> Judged {
    let turnover = |symbol: Symbol| Usd::new(tickers.get(&symbol)?.turnover_24h?).ok();
    let (mut candidates, mut left_out) = (Vec::new(), Vec::new());
    for instrument in listed {
        let traded = turnover(instrument.symbol);
        let weight = traded.map_or(0.0, Usd::get) * if watched.contains(&instrument.symbol) { INERTIA } else { 1.0 };
        match admit(&instrument, traded, weight, rules, now) {
            // Those of the list go before all others, so that none of them is beyond the maximum.
            Ok(by) => candidates.push((by == Admission::AllowList, weight, by, instrument)),
            Err(exclusion) => left_out.push((instrument, exclusion)),
        }
    }
    candidates.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.3.symbol.cmp(&b.3.symbol)));
    let max = u32::try_from(rules.max_symbols).unwrap_or(u32::MAX);
    let beyond = candidates.split_off(candidates.len().min(rules.max_symbols));
    left_out.extend(beyond.into_iter().map(|(_, _, _, instrument)| (instrument, Exclusion::BeyondMaximum { max })));
    left_out.sort_by_key(|(instrument, _)| instrument.symbol);
    // What is shown as rank is the turnover alone.
    candidates.sort_by(|a, b| {
        let traded = |symbol| turnover(symbol).map_or(0.0, Usd::get);
        traded(b.3.symbol).total_cmp(&traded(a.3.symbol)).then(a.3.symbol.cmp(&b.3.symbol))
    });
    let contract = |instrument: &Instrument, standing| Contract {
        symbol: instrument.symbol,
        base: instrument.base.clone(),
        status: instrument.status.clone(),
        kind: instrument.kind.clone(),
        turnover_24h: turnover(instrument.symbol),
        listed_at: instrument.launched_at,
        ends_at: instrument.delivery_at,
        reason: match &standing {
            Standing::Watched { .. } => None,
            Standing::LeftOut(exclusion) => Some(exclusion.to_string()),
        },
        standing,
    };
    let mut contracts: Vec<Contract> = (1..)
        .zip(&candidates)
        .map(|(rank, (_, _, by, instrument))| contract(instrument, Standing::Watched { rank, by: *by }))
        .collect();
    contracts.extend(left_out.into_iter().map(|(i, exclusion)| contract(&i, Standing::LeftOut(exclusion))));
    Judged { chosen: candidates.into_iter().map(|(_, _, _, instrument)| instrument).collect(), contracts }
}

fn admit(
    instrument: &Instrument,
    traded: Option<Usd>,
    weight: f64,
    rules: &Rules,
    now: UnixMs,
) -> Result<Admission, Exclusion> {
    if !instrument.perpetual {
        return Err(Exclusion::NotPerpetual { contract_type: instrument.contract_type.clone() });
    }
    if instrument.quote != "USDT" {
        return Err(Exclusion::Quote { quote: instrument.quote.clone() });
    }
    if !instrument.trading {
        return Err(Exclusion::NotTrading { status: instrument.status.clone() });
    }
    if rules.deny.contains(&instrument.symbol) {
        return Err(Exclusion::Denied);
    }
    if rules.allow.contains(&instrument.symbol) {
        return Ok(Admission::AllowList);
    }
    let kind = if instrument.kind.is_empty() { COIN } else { &instrument.kind };
    let named = |kinds: &[String]| kinds.iter().any(|named| named.eq_ignore_ascii_case(kind));
    // A kind that nobody named is not known to be a coin.
    if !named(&rules.kinds) || named(&rules.exclude_kinds) {
        return Err(Exclusion::Kind { kind: kind.to_owned() });
    }
    if rules.stablecoins.iter().any(|coin| coin.eq_ignore_ascii_case(&instrument.base)) {
        return Err(Exclusion::Stablecoin { base: instrument.base.clone() });
    }
    let age_days = u32::try_from((now.0 - instrument.launched_at.0).max(0) / DAY_MS).unwrap_or(u32::MAX);
    if age_days < rules.min_age_days {
        return Err(Exclusion::TooYoung { age_days, need_days: rules.min_age_days });
    }
    if traded.is_none() {
        return Err(Exclusion::TurnoverUnknown);
    }
    if weight < rules.min_turnover.get() {
        return Err(Exclusion::TurnoverBelow { need: rules.min_turnover });
    }
    Ok(Admission::Rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::example::{self, instrument};

    const NOW: UnixMs = UnixMs(100 * DAY_MS);

    fn ticker(turnover_24h: Option<f64>) -> Ticker {
        Ticker { turnover_24h, ..example::ticker(NOW) }
    }

    fn rules() -> Rules {
        Rules {
            max_symbols: 2,
            min_turnover: Usd::new(100.0).unwrap(),
            min_age_days: 7,
            kinds: vec!["coin".to_owned(), "innovation".to_owned(), "forex".to_owned()],
            exclude_kinds: vec!["Forex".to_owned()],
            stablecoins: vec!["USDE".to_owned()],
            allow: Vec::new(),
            deny: vec![Symbol::new("USDCUSDT").unwrap()],
        }
    }

    fn tickers(list: &[(&str, Option<f64>)]) -> HashMap<Symbol, Ticker> {
        list.iter().map(|(s, t)| (Symbol::new(s).unwrap(), ticker(*t))).collect()
    }

    fn symbols(text: &[&str]) -> HashSet<Symbol> {
        text.iter().map(|s| Symbol::new(s).unwrap()).collect()
    }

    fn chosen(judged: &Judged) -> Vec<String> {
        judged.chosen.iter().map(|i| i.symbol.to_string()).collect()
    }

    #[test]
    fn each_contract_that_is_left_out_says_the_first_rule_that_did_it() {
        let listed = vec![
            instrument("AAAUSDT"),
            Instrument { trading: false, status: "Closed".to_owned(), ..instrument("OLDUSDT") },
            Instrument { perpetual: false, contract_type: "LinearFutures".to_owned(), ..instrument("BTCUSDT-21FEB25") },
            Instrument { quote: "USDC".to_owned(), ..instrument("BTCPERP") },
            Instrument { kind: "stock".to_owned(), ..instrument("TSLAUSDT") },
            Instrument { kind: "forex".to_owned(), ..instrument("EURUSDT") },
            instrument("USDEUSDT"),
            Instrument { launched_at: UnixMs(NOW.0 - 3 * DAY_MS), ..instrument("FRESHUSDT") },
            instrument("USDCUSDT"),
            instrument("BTCUSDT"),
            instrument("ETHUSDT"),
            instrument("TINYUSDT"),
            instrument("MUTEUSDT"),
        ];
        let mut turnover = vec![
            ("AAAUSDT", Some(500.0)),
            ("BTCUSDT", Some(9_000.0)),
            ("ETHUSDT", Some(7_000.0)),
            ("TINYUSDT", Some(99.0)),
            ("MUTEUSDT", None),
        ];
        for large in
            ["OLDUSDT", "BTCUSDT-21FEB25", "BTCPERP", "TSLAUSDT", "EURUSDT", "USDEUSDT", "FRESHUSDT", "USDCUSDT"]
        {
            turnover.push((large, Some(9e9)));
        }
        let judged = judge(listed, &tickers(&turnover), &HashSet::new(), &rules(), NOW);
        assert_eq!(chosen(&judged), ["BTCUSDT", "ETHUSDT"]);
        let why = |symbol: &str| {
            let found = judged.contracts.iter().find(|c| c.symbol.as_str() == symbol).unwrap();
            serde_json::to_string(&found.standing).unwrap()
        };
        for (symbol, expected) in [
            ("BTCUSDT", r#"{"watched":{"rank":1,"by":"rules"}}"#),
            ("ETHUSDT", r#"{"watched":{"rank":2,"by":"rules"}}"#),
            ("AAAUSDT", r#"{"left_out":{"beyond_maximum":{"max":2}}}"#),
            ("OLDUSDT", r#"{"left_out":{"not_trading":{"status":"Closed"}}}"#),
            ("BTCUSDT-21FEB25", r#"{"left_out":{"not_perpetual":{"contract_type":"LinearFutures"}}}"#),
            ("BTCPERP", r#"{"left_out":{"quote":{"quote":"USDC"}}}"#),
            ("TSLAUSDT", r#"{"left_out":{"kind":{"kind":"stock"}}}"#),
            ("EURUSDT", r#"{"left_out":{"kind":{"kind":"forex"}}}"#),
            ("USDEUSDT", r#"{"left_out":{"stablecoin":{"base":"USDE"}}}"#),
            ("FRESHUSDT", r#"{"left_out":{"too_young":{"age_days":3,"need_days":7}}}"#),
            ("USDCUSDT", r#"{"left_out":"denied"}"#),
            ("TINYUSDT", r#"{"left_out":{"turnover_below":{"need":100.0}}}"#),
            ("MUTEUSDT", r#"{"left_out":"turnover_unknown"}"#),
        ] {
            assert_eq!(why(symbol), expected, "{symbol}");
        }
        assert_eq!(judged.contracts.len(), 13, "every contract of the list is reported");
    }

    #[test]
    fn the_allow_list_goes_before_turnover_age_and_kind_but_not_before_trading() {
        let listed = vec![
            Instrument { kind: "stock".to_owned(), launched_at: NOW, ..instrument("TSLAUSDT") },
            Instrument { trading: false, ..instrument("OLDUSDT") },
            instrument("BTCUSDT"),
            instrument("ETHUSDT"),
        ];
        let rules = Rules { allow: symbols(&["TSLAUSDT", "OLDUSDT"]).into_iter().collect(), ..rules() };
        let tickers = tickers(&[("BTCUSDT", Some(9_000.0)), ("ETHUSDT", Some(7_000.0)), ("OLDUSDT", Some(8_000.0))]);
        let judged = judge(listed, &tickers, &HashSet::new(), &rules, NOW);
        assert_eq!(chosen(&judged), ["BTCUSDT", "TSLAUSDT"], "listed by turnover, chosen before ETHUSDT");
        assert_eq!(judged.contracts[1].standing, Standing::Watched { rank: 2, by: Admission::AllowList });
    }

    #[test]
    fn contracts_that_trade_places_at_the_border_do_not_change_what_is_watched() {
        let listed = || vec![instrument("AAAUSDT"), instrument("BTCUSDT"), instrument("CCCUSDT")];
        let watched = symbols(&["BTCUSDT", "AAAUSDT"]);
        let near = tickers(&[("BTCUSDT", Some(9_000.0)), ("AAAUSDT", Some(500.0)), ("CCCUSDT", Some(510.0))]);
        assert_eq!(chosen(&judge(listed(), &near, &watched, &rules(), NOW)), ["BTCUSDT", "AAAUSDT"]);
        let far = tickers(&[("BTCUSDT", Some(9_000.0)), ("AAAUSDT", Some(500.0)), ("CCCUSDT", Some(700.0))]);
        assert_eq!(chosen(&judge(listed(), &far, &watched, &rules(), NOW)), ["BTCUSDT", "CCCUSDT"]);
    }

    #[test]
    fn watches_no_kind_that_it_does_not_know_and_says_which_it_is() {
        let kinds = ["", "innovation", "EQUITY", "COMMODITY", "INDEX", "KR_EQUITY", "fan_token", "TRADIFI_PERPETUAL"];
        let listed: Vec<Instrument> = (0..)
            .zip(kinds)
            .map(|(n, kind)| Instrument { kind: kind.to_owned(), ..instrument(&format!("K{n}USDT")) })
            .collect();
        let turnover: HashMap<_, _> = listed.iter().map(|i| (i.symbol, ticker(Some(9e9)))).collect();
        let rules = Rules { max_symbols: 100, ..rules() };
        let judged = judge(listed.clone(), &turnover, &HashSet::new(), &rules, NOW);
        assert_eq!(chosen(&judged), ["K0USDT", "K1USDT"]);
        let reason = |symbol: &str| {
            judged.contracts.iter().find(|c| c.symbol.as_str() == symbol).unwrap().reason.clone().unwrap()
        };
        assert_eq!(reason("K2USDT"), "Kind \"EQUITY\" is not in universe.kinds");
        assert_eq!(reason("K6USDT"), "Kind \"fan_token\" is not in universe.kinds");
        let rules = Rules { allow: symbols(&["K3USDT"]).into_iter().collect(), ..rules };
        assert!(chosen(&judge(listed, &turnover, &HashSet::new(), &rules, NOW)).contains(&"K3USDT".to_owned()));
    }

    #[test]
    fn watches_no_contract_in_a_state_or_of_a_type_that_it_does_not_know() {
        for (instrument, expected) in [
            (
                Instrument { trading: false, status: "HALTED_BY_RULE".to_owned(), ..instrument("AUSDT") },
                "Status \"HALTED_BY_RULE\" is not normal trading",
            ),
            (
                Instrument { perpetual: false, contract_type: "EVENT_PERPETUAL".to_owned(), ..instrument("AUSDT") },
                "Contract type \"EVENT_PERPETUAL\" is not a perpetual",
            ),
            (
                Instrument { perpetual: false, contract_type: String::new(), ..instrument("AUSDT") },
                "The exchange gives it no contract type",
            ),
        ] {
            let rules = Rules { allow: vec![instrument.symbol], ..rules() };
            let judged = judge(vec![instrument], &HashMap::new(), &HashSet::new(), &rules, NOW);
            assert_eq!((judged.chosen.len(), judged.contracts[0].reason.as_deref()), (0, Some(expected)));
        }
    }
}
