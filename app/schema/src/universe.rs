//! Which contracts are watched, and why each one is or is not.

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

/// The first rule that a contract does not pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// It expires.
    NotPerpetual,
    /// It is priced in something else than USDT.
    Quote {
        /// In what.
        quote: String,
    },
    /// It does not trade normally now: before its listing, being delivered, or closed.
    NotTrading,
    /// It is on the list of those that are never watched.
    Denied,
    /// It is no coin.
    Kind {
        /// What it is, in the venue's word.
        kind: String,
    },
    /// It was listed too short a time ago.
    TooYoung {
        /// For how many whole days it has been listed.
        age_days: u32,
        /// How many it needs.
        need_days: u32,
    },
    /// The venue does not tell what was traded.
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
    /// Traded in 24 h, in US dollars; none where the venue does not tell.
    pub turnover_24h: Option<Usd>,
    /// When it was listed.
    pub listed_at: UnixMs,
    /// Whether it is watched, and why.
    pub standing: Standing,
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
}

impl Schema for MarketUniverse {
    const NAME: Name = Name::new("market:universe");
    const VERSION: u16 = 1;
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
