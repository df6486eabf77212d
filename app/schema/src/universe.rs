//! Which contracts are watched, and why each one is or is not.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Invalid, Name, Policy, Schema, Symbol, UnixMs, Usd, Venue};

/// What let a contract in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// It passes every rule.
    Rules,
    /// It is on the list of those that are always watched.
    AllowList,
}

/// The first rule that a contract does not pass. Its `Display` is the reason in plain words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// It expires, or its type is not known to have no end.
    NotPerpetual {
        /// Its type, in the venue's word.
        contract_type: String,
    },
    /// It is priced in something else than USDT.
    Quote {
        /// In what.
        quote: String,
    },
    /// It does not trade normally now: before its listing, being delivered, closed, or in a state that is not known.
    NotTrading {
        /// Its state, in the venue's word.
        status: String,
    },
    /// It is on the list of those that are never watched.
    Denied,
    /// It is not on a coin, or on something that is not known to be one.
    Kind {
        /// What it is, in the venue's word.
        kind: String,
    },
    /// Its base is a coin that follows a currency: it hardly moves, and distorts what is compared.
    Stablecoin {
        /// The coin.
        base: String,
    },
    /// It was listed too short a time ago.
    TooYoung {
        /// For how many whole days it has been listed.
        age_days: u32,
        /// How many it needs.
        need_days: u32,
    },
    /// What was traded is not known.
    TurnoverUnknown,
    /// Too little was traded in 24 h.
    TurnoverBelow {
        /// How much it needs, in US dollars.
        need: Usd,
    },
    /// Enough others are traded more.
    BeyondMaximum {
        /// How many are watched at most.
        max: u32,
    },
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPerpetual { contract_type } if contract_type.is_empty() => {
                f.write_str("The exchange gives it no contract type")
            }
            Self::NotPerpetual { contract_type } => write!(f, "Contract type \"{contract_type}\" is not a perpetual"),
            Self::Quote { quote } => write!(f, "Priced in {quote}, not in USDT"),
            Self::NotTrading { status } if status.is_empty() => f.write_str("The exchange gives it no status"),
            Self::NotTrading { status } => write!(f, "Status \"{status}\" is not normal trading"),
            Self::Denied => f.write_str("Listed in universe.deny"),
            Self::Kind { kind } => write!(f, "Kind \"{kind}\" is not in universe.kinds"),
            Self::Stablecoin { base } => write!(f, "{base} is in universe.stablecoins"),
            Self::TooYoung { age_days, need_days } => {
                write!(f, "Listed for {age_days} of {need_days} days (universe.min_age_days)")
            }
            Self::TurnoverUnknown => f.write_str("The exchange gives no turnover"),
            Self::TurnoverBelow { need } => {
                write!(f, "Turnover in 24 h below ${} (universe.min_turnover_usd)", need.get())
            }
            Self::BeyondMaximum { max } => {
                write!(f, "{max} contracts with more turnover are watched (universe.max_symbols)")
            }
        }
    }
}

/// Whether a contract is watched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is.
    Watched {
        /// Its place by turnover among those that are, from 1.
        rank: u32,
        /// What let it in.
        by: Admission,
    },
    /// It is not, and this is the first rule that keeps it out.
    LeftOut(Exclusion),
}

/// A contract that the venue lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    /// Its symbol.
    pub symbol: Symbol,
    /// Its base coin, as the venue names it.
    pub base: String,
    /// Its state, in the venue's word; empty where it gives none.
    pub status: String,
    /// What kind of thing the base is, in the venue's word; empty for ordinary coins.
    pub kind: String,
    /// Traded in 24 h, in US dollars; none where the venue does not report it.
    pub turnover_24h: Option<Usd>,
    /// When it was listed.
    pub listed_at: UnixMs,
    /// When it expires or is delisted; none where no end is announced.
    pub ends_at: Option<UnixMs>,
    /// Whether it is watched, and why.
    pub standing: Standing,
    /// Why it is not watched, in plain words; none for those that are.
    pub reason: Option<String>,
}

/// A list that is not applied until a second response confirms it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unconfirmed {
    /// How many contracts it has.
    pub contracts: u32,
    /// How many of them have a price.
    pub tickers: u32,
    /// How many contracts were listed before.
    pub before: u32,
}

/// Malformed rows of one list that were skipped since the process started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedRows {
    /// The list, in the venue's word.
    pub list: String,
    /// The field that is wrong.
    pub field: String,
    /// The contract of the last of them, as far as its row says.
    pub contract: Option<String>,
    /// What was wrong with the last of them.
    pub problem: String,
    /// How many there were.
    pub rows: u64,
}

/// A request about one contract that fails and is retried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingRequest {
    /// The contract.
    pub symbol: Symbol,
    /// What is requested, for example `candles`.
    pub what: String,
    /// Why it failed the last time, in plain words.
    pub cause: String,
    /// How often it failed in a row.
    pub failures: u32,
}

/// Every linear contract of the venue: the watched ones first, most traded first, then the others by their symbol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarketUniverse {
    /// Where the data comes from.
    pub source: Venue,
    /// How many are watched.
    pub watched: u32,
    /// The contracts.
    pub contracts: Vec<Contract>,
    /// A list that would drop more than half of the contracts and was not confirmed yet.
    pub unconfirmed: Option<Unconfirmed>,
    /// Malformed rows that were skipped.
    pub skipped: Vec<SkippedRows>,
    /// Requests that fail.
    pub failing: Vec<FailingRequest>,
}

impl Schema for MarketUniverse {
    const NAME: Name = Name::new("market:universe");
    const VERSION: u16 = 2;
    const POLICY: Policy = Policy::secs(60, 150, 900);
    type Scope = ();

    fn check(&self) -> Result<(), Invalid> {
        let ranks = self.contracts.iter().map_while(|contract| match contract.standing {
            Standing::Watched { rank, .. } => Some(rank),
            Standing::LeftOut(_) => None,
        });
        let mut watched = 0;
        for rank in ranks {
            watched += 1;
            if rank != watched {
                return Err(Invalid::new("contracts", format!("rank {rank} in place {watched}")));
            }
        }
        let all =
            self.contracts.iter().filter(|contract| matches!(contract.standing, Standing::Watched { .. })).count();
        if usize::try_from(self.watched) != Ok(all) || self.watched != watched {
            return Err(Invalid::new(
                "watched",
                format!("{} but {all} contracts are, {watched} of them first", self.watched),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_quotes_the_words_of_the_exchange() {
        let reason = |exclusion: Exclusion| exclusion.to_string();
        assert_eq!(reason(Exclusion::Kind { kind: "EQUITY".to_owned() }), "Kind \"EQUITY\" is not in universe.kinds");
        assert_eq!(
            reason(Exclusion::NotPerpetual { contract_type: "CURRENT_QUARTER".to_owned() }),
            "Contract type \"CURRENT_QUARTER\" is not a perpetual"
        );
        assert_eq!(
            reason(Exclusion::NotTrading { status: "SETTLING".to_owned() }),
            "Status \"SETTLING\" is not normal trading"
        );
        assert_eq!(reason(Exclusion::NotTrading { status: String::new() }), "The exchange gives it no status");
        let need = Usd::new(1_000_000.0).unwrap();
        assert_eq!(
            reason(Exclusion::TurnoverBelow { need }),
            "Turnover in 24 h below $1000000 (universe.min_turnover_usd)"
        );
    }
}
