//! The words of a rule: how each is read and written.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{ContractRule, Mistake, Rule, Side, Subject, Trigger, Watched, amount, level};
use crate::{Direction, Symbol, overview::Label};

/// The subject of a rule on the market as a whole.
const MARKET: &str = "market";

/// A text that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a rule: \"{text}\": {mistake}; write one as \"BTCUSDT score above 70\", \"any liquidated_1h above 1.5M\", \
     \"any turns long\" or \"market turns risk_on\""
)]
pub struct NotARule {
    /// Its beginning.
    text: String,
    /// What is wrong with it.
    mistake: Mistake,
}

impl NotARule {
    /// What is wrong with the text.
    #[must_use]
    pub const fn mistake(&self) -> Mistake {
        self.mistake
    }
}

const fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Long => "long",
        Direction::Neutral => "neutral",
        Direction::Short => "short",
    }
}

impl FromStr for Rule {
    type Err = NotARule;

    fn from_str(text: &str) -> Result<Self, NotARule> {
        read(text).map_err(|mistake| NotARule { text: text.chars().take(80).collect(), mistake })
    }
}

fn read(text: &str) -> Result<Rule, Mistake> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        [market, "turns", label] if market.eq_ignore_ascii_case(MARKET) => {
            Label::of_word(label).map(Rule::Regime).ok_or(Mistake::Turn)
        }
        [market, ..] if market.eq_ignore_ascii_case(MARKET) => Err(Mistake::Turn),
        [subject, "turns", to] => {
            let ways = [Direction::Long, Direction::Neutral, Direction::Short];
            let subject = of(subject)?;
            let trigger = Trigger::Turns(ways.into_iter().find(|way| word(*way) == to).ok_or(Mistake::Turn)?);
            Ok(Rule::Contract(ContractRule { subject, trigger }))
        }
        [_, "turns", ..] => Err(Mistake::Turn),
        [subject, figure, side, ref level @ ..] if !level.is_empty() => {
            let subject = of(subject)?;
            let figure = Watched::ALL.into_iter().find(|known| known.as_str() == figure).ok_or(Mistake::Figure)?;
            let side = Side::ALL.into_iter().find(|known| known.as_str() == side).ok_or(Mistake::Side)?;
            let level = level::read(&level.join(" "), figure)?;
            if !figure.takes(level) {
                return Err(Mistake::Range(figure));
            }
            Ok(Rule::Contract(ContractRule { subject, trigger: Trigger::Crosses { figure, side, level } }))
        }
        _ => Err(Mistake::Words),
    }
}

fn of(subject: &str) -> Result<Subject, Mistake> {
    if subject.eq_ignore_ascii_case("any") {
        return Ok(Subject::Any);
    }
    // An escaped symbol is meant to the letter.
    if subject.starts_with('~') || subject.contains('%') {
        return Symbol::unescape(subject).map(Subject::One).map_err(|_| Mistake::Subject);
    }
    // A phone types "Btcusdt"; "kPEPE" and "xyz:TSLA" have capitals of their own.
    let capitals = subject.bytes().filter(u8::is_ascii_uppercase).count();
    let symbol = if capitals < 2 { Symbol::new(&subject.to_ascii_uppercase()) } else { Symbol::new(subject) };
    symbol.map(Subject::One).map_err(|_| Mistake::Subject)
}

/// A symbol as one word that [`of`] reads as that symbol.
fn subject_word(symbol: Symbol) -> String {
    let meant = |word: &str| {
        !word.contains(char::is_whitespace)
            && !word.eq_ignore_ascii_case(MARKET)
            && matches!(of(word), Ok(Subject::One(read)) if read == symbol)
    };
    [symbol.to_string(), symbol.escaped().to_string()]
        .into_iter()
        .find(|word| meant(word))
        .unwrap_or_else(|| symbol.hex())
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contract(rule) => rule.fmt(f),
            Self::Regime(label) => write!(f, "{MARKET} turns {}", label.word()),
        }
    }
}

impl fmt::Display for ContractRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            Subject::Any => f.write_str("any")?,
            Subject::One(symbol) => f.write_str(&subject_word(symbol))?,
        }
        match self.trigger {
            Trigger::Turns(direction) => write!(f, " turns {}", word(direction)),
            Trigger::Crosses { figure, side, level } => {
                write!(f, " {} {} ", figure.as_str(), side.as_str())?;
                match figure {
                    Watched::Score | Watched::Change24h | Watched::Funding8h | Watched::OiChange1h => level.fmt(f),
                    Watched::Liquidated1h => f.write_str(&amount::write(level)),
                }
            }
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for ContractRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContractRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Rule::deserialize(deserializer)? {
            Rule::Contract(rule) => Ok(rule),
            rule @ Rule::Regime(_) => Err(de::Error::custom(format_args!("\"{rule}\" is no rule on contracts"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rule_is_read_from_its_words_and_written_in_them() {
        for text in [
            "BTCUSDT score above 70",
            "any turns long",
            "1000PEPEUSDT turns neutral",
            "any funding_8h above 0.05",
            "ETHUSDT oi_change_1h below -7.5",
            "any change_24h below -10",
            "any liquidated_1h above 1.5M",
            "BTCUSDT liquidated_1h below 500k",
            "market turns risk_on",
            "market turns flight_to_btc",
        ] {
            let rule: Rule = text.parse().unwrap();
            assert_eq!(rule.to_string(), text);
            let wire = format!("\"{text}\"");
            assert_eq!(serde_json::to_string(&rule).unwrap(), wire);
            assert_eq!(serde_json::from_str::<Rule>(&wire).unwrap(), rule);
            match (rule, serde_json::from_str::<ContractRule>(&wire)) {
                (Rule::Contract(rule), read) => assert_eq!(read.unwrap(), rule),
                (Rule::Regime(_), read) => assert!(read.unwrap_err().to_string().contains("no rule on contracts")),
            }
        }
        let spelled: Rule = "  btcusdt  score above 70.0 ".parse().unwrap();
        assert_eq!(spelled.to_string(), "BTCUSDT score above 70");
        assert_eq!("any change_24h above -0".parse::<Rule>(), "any change_24h above 0".parse());
        assert_eq!("any liquidated_1h above 1500000".parse::<Rule>(), "any liquidated_1h above 1.5M".parse());
        assert_eq!("Market turns risk_on".parse::<Rule>(), Ok(Rule::Regime(Label::RiskOn)));
        assert_eq!("any funding_8h above 0,05".parse::<Rule>(), "any funding_8h above 0.05".parse());
        assert_eq!("any change_24h below −10".parse::<Rule>(), "any change_24h below -10".parse());
        assert_eq!("any liquidated_1h above 1 000\u{a0}000".parse::<Rule>(), "any liquidated_1h above 1M".parse());
    }

    #[test]
    fn a_text_that_is_no_rule_is_refused_with_what_is_expected() {
        for (text, expected) in [
            ("any score above high", "a level is a number such as 70"),
            ("any score above 101", "a score is from 0 to 100"),
            ("any change_24h above 1,000", "write 1000 or 1.0"),
            ("any change_24h above ten", "such as 0.05, 0,05, -10, −10"),
            ("any liquidated_1h above lots", "500k, 1.5M or 2B"),
            ("any price above 70", "the figure is one of score, change_24h"),
            ("any score over 70", "“above” or “below”"),
            ("any turns up", "turns long, neutral or short"),
            ("any score", "a rule has a symbol"),
        ] {
            let said = text.parse::<Rule>().unwrap_err().to_string();
            assert!(said.contains(expected), "{text}: {said}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_no_rule() {
        for text in [
            "",
            "any",
            "any score",
            "any score above",
            "any score above high",
            "any score above 101",
            "any score above NaN",
            "any change_24h above inf",
            "any change_24h above 1e9",
            "any score over 70",
            "any price above 70",
            "any turns up",
            "any turns long now",
            "any score above 70 or so",
            "~zz turns long",
            "A%4 turns long",
            "any change_24h above 1k",
            "any liquidated_1h above -1",
            "any liquidated_1h above 1,500",
            "any liquidated_1h above 2000B",
            "any turns risk_on",
            "market turns long",
            "market turns Risk-On",
            "market score above 70",
            "market",
        ] {
            let error = text.parse::<Rule>().unwrap_err().to_string();
            assert!(error.contains("any turns long"), "{text}: {error}");
        }
    }

    #[test]
    fn a_rule_on_any_symbol_survives_its_words() {
        for (text, word) in [
            ("kPEPE", "kPEPE"),
            ("xyz:TSLA", "xyz:TSLA"),
            ("币安人生USDT", "币安人生USDT"),
            ("A B", "A%20B"),
            ("A/B", "A/B"),
            ("100%", "~31303025"),
            ("ANY", "~414e59"),
            ("Market", "~4d61726b6574"),
            ("pepe", "~70657065"),
        ] {
            let subject = Subject::One(Symbol::new(text).unwrap());
            let rule = Rule::Contract(ContractRule { subject, trigger: Trigger::Turns(Direction::Long) });
            assert_eq!(rule.to_string(), format!("{word} turns long"));
            assert_eq!(rule.to_string().parse(), Ok(rule), "{text}");
        }
        let typed: Rule = "Btcusdt turns long".parse().unwrap();
        assert_eq!(typed.to_string(), "BTCUSDT turns long");
    }

    fn rules() -> impl Strategy<Value = Rule> {
        let ways = prop::sample::select(vec![Direction::Long, Direction::Neutral, Direction::Short]);
        let (figures, sides) = (prop::sample::select(Watched::ALL.to_vec()), prop::sample::select(Side::ALL.to_vec()));
        let crosses = (figures, sides, 0.0..100.0_f64).prop_map(|(figure, side, level)| Trigger::Crosses {
            figure,
            side,
            level: if figure == Watched::Liquidated1h { level * 1e10 } else { level },
        });
        let symbols = "[A-Za-z0-9._ %~币/-]{1,20}".prop_filter_map("a symbol", |text| Symbol::new(&text).ok());
        let symbols = symbols.prop_map(Subject::One);
        let subjects = prop_oneof![Just(Subject::Any), symbols];
        let contracts = (subjects, prop_oneof![ways.prop_map(Trigger::Turns), crosses])
            .prop_map(|(subject, trigger)| Rule::Contract(ContractRule { subject, trigger }));
        prop_oneof![contracts, prop::sample::select(Label::ALL.to_vec()).prop_map(Rule::Regime)]
    }

    proptest! {
        #[test]
        fn any_text_is_a_rule_of_the_same_words_or_none(text in "[a-zA-Z0-9_. -]{0,60}") {
            if let Ok(rule) = text.parse::<Rule>() {
                prop_assert_eq!(rule.to_string().parse(), Ok(rule));
            }
        }

        #[test]
        fn every_rule_survives_its_words(rule in rules()) {
            prop_assert_eq!(rule.to_string().parse(), Ok(rule));
        }
    }
}
