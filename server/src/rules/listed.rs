//! Which contract of the exchange a rule is about.

use schema::{
    MarketUniverse, Symbol,
    rule::{Rule, Subject},
};
use strsim::osa_distance;

/// How many symbols are proposed.
const PROPOSED: usize = 3;
const QUOTE: &str = "USDT";

/// A symbol that the exchange does not list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotListed {
    /// As it was written.
    pub(crate) symbol: Symbol,
    /// Listed ones that are nearest to it, the nearest first; the more traded one of two that are as near.
    pub(crate) nearest: Vec<Symbol>,
}

/// Returns the rule with the symbol as the exchange lists it: `btc` becomes BTCUSDT.
///
/// A symbol that is written otherwise is resolved where only case, punctuation or the quote currency differ from one that is
/// listed; a coin whose contract is of a thousand (1000PEPEUSDT) is proposed and not chosen.
///
/// # Errors
///
/// [`NotListed`] with what is nearest.
pub(crate) fn resolve(rule: Rule, universe: &MarketUniverse) -> Result<Rule, NotListed> {
    let Some(on_contracts) = rule.on_contracts() else { return Ok(rule) };
    let Subject::One(symbol) = on_contracts.subject() else { return Ok(rule) };
    // Watched ones come first, most traded first.
    let listed = || universe.contracts.iter().map(|contract| contract.symbol);
    let plain = plain(symbol.as_str());
    let forms: [&dyn Fn(Symbol) -> bool; 3] =
        [&|one| one == symbol, &|one| self::plain(one.as_str()) == plain, &|one| {
            self::plain(one.as_str()) == format!("{plain}{QUOTE}")
        }];
    if let Some(found) = forms.iter().find_map(|same| listed().find(|one| same(*one))) {
        return Ok(Rule::Contract(on_contracts.on(found)));
    }
    let mut near: Vec<(usize, Symbol)> = listed().map(|one| (distance(&plain, one.as_str()), one)).collect();
    // Stable, so that the more traded one comes first.
    near.sort_by_key(|(distance, _)| *distance);
    Err(NotListed { symbol, nearest: near.into_iter().take(PROPOSED).map(|(_, one)| one).collect() })
}

fn plain(symbol: &str) -> String {
    symbol.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// The edits between a text and a symbol or its base coin, without the multiplier in front of it.
fn distance(text: &str, symbol: &str) -> usize {
    let symbol = plain(symbol);
    let base = symbol.strip_suffix(QUOTE).unwrap_or(&symbol);
    let coin = base.trim_start_matches(|character: char| character.is_ascii_digit());
    let text_base = text.strip_suffix(QUOTE).unwrap_or(text);
    [base, coin].into_iter().map(|coin| osa_distance(text_base, coin)).min().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use schema::{
        UnixMs, Venue,
        universe::{Admission, Contract, Standing},
    };

    use super::*;

    fn universe() -> MarketUniverse {
        let symbols = ["BTCUSDT", "ETHUSDT", "1000PEPEUSDT", "SOLUSDT", "BCHUSDT"];
        let contracts = symbols.iter().zip(1..).map(|(symbol, rank)| Contract {
            symbol: Symbol::new(symbol).unwrap(),
            base: (*symbol).to_owned(),
            status: "Trading".to_owned(),
            kind: String::new(),
            turnover_24h: None,
            listed_at: UnixMs(0),
            ends_at: None,
            standing: Standing::Watched { rank, by: Admission::Rules },
            reason: None,
        });
        MarketUniverse {
            source: Venue::Sim,
            watched: 5,
            contracts: contracts.collect(),
            unconfirmed: None,
            skipped: Vec::new(),
            failing: Vec::new(),
        }
    }

    fn resolved(text: &str) -> Result<String, Vec<String>> {
        let rule: Rule = text.parse().unwrap();
        let names = |error: NotListed| error.nearest.iter().map(ToString::to_string).collect();
        resolve(rule, &universe()).map(|rule| rule.to_string()).map_err(names)
    }

    #[test]
    fn resolves_a_coin_to_the_contract_that_is_listed() {
        for text in
            ["btc turns long", "BTCUSDT turns long", "btcusdt turns long", "BTC-USDT turns long", "btc_usdt turns long"]
        {
            assert_eq!(resolved(text).unwrap(), "BTCUSDT turns long", "{text}");
        }
        assert_eq!(resolved("any turns long").unwrap(), "any turns long");
        assert_eq!(resolved("market turns risk_on").unwrap(), "market turns risk_on");
    }

    #[test]
    fn refuses_an_unknown_symbol_with_the_nearest_ones() {
        assert_eq!(resolved("BTX score above 70").unwrap_err()[0], "BTCUSDT");
        assert_eq!(resolved("pepe score above 70").unwrap_err()[0], "1000PEPEUSDT");
        assert_eq!(resolved("ETHUSTD score above 70").unwrap_err().len(), 3);
        assert_eq!(resolved("SOLL score above 70").unwrap_err()[0], "SOLUSDT");
    }
}
