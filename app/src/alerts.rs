//! What the address of the Alerts page asks, and what is new there. Server only.

use schema::{
    AlertLog, Symbol, UnixMs,
    alerts::{Alert, Kind},
    rule::{Mistake, Rule},
};

use crate::path;

/// Alerts on the page; the API returns all that are kept.
pub const SHOWN: usize = 60;

/// How often a rule was met or the market turned since the reader last looked. Signals and ideas come and go all day: they are not
/// counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unseen(pub usize);

impl Unseen {
    /// What is new since a moment.
    #[must_use]
    pub fn since(log: &AlertLog, moment: UnixMs) -> Self {
        Self(Self::counted(log).filter(|at| *at > moment).count())
    }

    /// Returns the times of all alerts of the kinds that are counted, newest first.
    pub fn counted(log: &AlertLog) -> impl Iterator<Item = UnixMs> {
        let counts = |alert: &&Alert| matches!(alert.event.kind(), Kind::Rule | Kind::Market);
        log.alerts.iter().filter(counts).map(|alert| alert.at)
    }

    /// The number for a badge, of two digits at most; none where nothing is new.
    #[must_use]
    pub fn label(self) -> Option<String> {
        match self.0 {
            0 => None,
            n @ 1..100 => Some(n.to_string()),
            _ => Some("99+".to_owned()),
        }
    }
}

/// Why a rule was not added or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// What was sent is no rule.
    NotARule,
    /// The exchange lists no such symbol.
    UnknownSymbol,
    /// There is such a rule.
    Twice,
    /// There are as many as there may be.
    Full,
    /// The file of rules cannot be used.
    File,
    /// No rules are kept by this process.
    NotHere,
}

impl Refused {
    const ALL: [Self; 6] = [Self::NotARule, Self::UnknownSymbol, Self::Twice, Self::Full, Self::File, Self::NotHere];

    /// The address of the page that says so.
    #[must_use]
    pub const fn address(self) -> &'static str {
        match self {
            Self::NotARule => "alerts?refused=not-a-rule#rules",
            Self::UnknownSymbol => "alerts?refused=unknown-symbol#rules",
            Self::Twice => "alerts?refused=twice#rules",
            Self::Full => "alerts?refused=full#rules",
            Self::File => "alerts?refused=file#rules",
            Self::NotHere => "alerts?refused=not-here#rules",
        }
    }

    /// The reason in words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotARule => {
                "Nothing was changed: a rule needs a symbol or “any” and a number as its level; a score is from 0 to 100, other \
                 levels are from −1000 to 1000, and liquidations are an amount such as 500k or 1.5M."
            }
            Self::UnknownSymbol => "Nothing was changed: the exchange lists no such symbol.",
            Self::Twice => "Nothing was changed: there is such a rule.",
            Self::Full => "Nothing was changed: there are as many rules as there may be.",
            Self::File => "Nothing was changed: the file of rules cannot be used.",
            Self::NotHere => "Nothing was changed: this process keeps no rules.",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let asked = format!("{}?refused={name}#rules", path::ALERTS);
        Self::ALL.into_iter().find(|refused| refused.address() == asked)
    }
}

/// What the address asks. What it does not say, or says in no known way, is as in the default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Query {
    /// The one kind that is listed; all of them where none is named.
    pub kind: Option<Kind>,
    /// Why the last change of a rule was refused.
    pub refused: Option<Refused>,
    /// What is wrong with the words that were refused.
    pub mistake: Option<Mistake>,
    /// The listed symbols nearest to one that is not listed.
    pub nearest: [Option<Symbol>; Self::NEAREST],
    /// The rule that is tested.
    pub test: Option<Rule>,
}

impl Query {
    /// How many symbols are proposed in place of an unknown one.
    pub const NEAREST: usize = 3;

    /// The address that shows why words were refused.
    #[must_use]
    pub fn refusing(words: &str) -> String {
        const MOST: usize = 80;
        let short: String = words.chars().take(MOST).collect();
        Refused::NotARule.address().replacen('?', &format!("?words={}&", path::encode(&short)), 1)
    }

    /// The address that proposes listed symbols in place of an unknown one.
    #[must_use]
    pub fn proposing(nearest: &[Symbol]) -> String {
        let names: Vec<String> =
            nearest.iter().take(Self::NEAREST).map(|symbol| path::encode(&symbol.escaped().to_string())).collect();
        Refused::UnknownSymbol.address().replacen('?', &format!("?nearest={}&", names.join(",")), 1)
    }

    /// Why the last change of a rule was refused, in words.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        let refused = self.refused?;
        let nearest: Vec<&str> = self.nearest.iter().flatten().map(Symbol::as_str).collect();
        Some(match (refused, self.mistake) {
            (Refused::NotARule, Some(mistake)) => format!("Nothing was changed: {mistake}."),
            (Refused::UnknownSymbol, _) if !nearest.is_empty() => {
                format!("{} Nearest: {}.", refused.label(), nearest.join(", "))
            }
            _ => refused.label().to_owned(),
        })
    }

    /// Reads the parameters of an address.
    #[must_use]
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let kind = get("kind").and_then(|name| Kind::ALL.into_iter().find(|kind| kind.as_str() == name));
        let refused = get("refused").and_then(|name| Refused::named(&name));
        let mistake = get("words").and_then(|words| words.parse::<Rule>().err()).map(|error| error.mistake());
        let names = get("nearest").unwrap_or_default();
        let mut found = names.split(',').filter_map(|name| Symbol::unescape(name).ok());
        let nearest = std::array::from_fn(|_| found.next());
        Self { kind, refused, mistake, nearest, test: get("test").and_then(|words| words.parse().ok()) }
    }
}

/// The address of the page that lists one kind, or all.
#[must_use]
pub fn listing(kind: Option<Kind>) -> String {
    kind.map_or_else(|| path::ALERTS.to_string(), |kind| format!("{}?kind={}", path::ALERTS, kind.as_str()))
}

/// The place on the page of the answer to a test.
pub const TESTED: &str = "tested";

/// The address of the page that tests a rule, at its answer.
#[must_use]
pub fn testing(rule: &Rule) -> String {
    format!("{}?test={}#{TESTED}", path::ALERTS, path::encode(&rule.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Query {
        Query::read(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn an_address_names_a_kind_and_a_refusal_or_neither() {
        for kind in Kind::ALL {
            let url = listing(Some(kind));
            assert_eq!(read(&[("kind", url.split_once('=').unwrap().1)]).kind, Some(kind));
        }
        for refused in Refused::ALL {
            let name = refused.address().split_once("refused=").unwrap().1.split_once('#').unwrap().0;
            assert_eq!(read(&[("refused", name)]).refused, Some(refused));
        }
        assert_eq!(read(&[("kind", "all"), ("refused", "t"), ("test", "any turns up")]), Query::default());
        assert_eq!(listing(None), "alerts");
        let btc = Symbol::new("BTCUSDT").unwrap();
        assert_eq!(Query::proposing(&[btc]), "alerts?nearest=BTCUSDT&refused=unknown-symbol#rules");
        let proposed = read(&[("nearest", "BTCUSDT, a"), ("refused", "unknown-symbol")]);
        assert!(proposed.refusal().unwrap().ends_with("no such symbol. Nearest: BTCUSDT."));
        assert_eq!(
            Query::refusing("any score above x"),
            "alerts?words=any%20score%20above%20x&refused=not-a-rule#rules"
        );
        let refused = read(&[("words", "any score above x"), ("refused", "not-a-rule")]);
        assert_eq!(refused.refusal().unwrap(), "Nothing was changed: a level is a number such as 70, 62.5 or 62,5.");
        let rule: Rule = "any funding_8h below -0.05".parse().unwrap();
        assert_eq!(testing(&rule), "alerts?test=any%20funding_8h%20below%20-0.05#tested");
        assert_eq!(read(&[("test", "any funding_8h below -0.05")]).test, Some(rule));
    }
}
