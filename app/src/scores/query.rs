//! What the address asks of the list.

use schema::Direction;
use serde::{Deserialize, Serialize};

use crate::{path, watchlist::Watchlist};

/// By what the list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortBy {
    /// The score of closed bars.
    Score,
    /// The distance of the score from 50.
    Strength,
    /// The change over 24 h.
    Change,
    /// What was traded in 24 h.
    Turnover,
    /// The funding rate brought to 8 h.
    Funding,
    /// The change of open interest over 1 h.
    Oi,
}

impl SortBy {
    /// All of them, as the page lists them.
    pub const ALL: [Self; 6] = [Self::Score, Self::Strength, Self::Change, Self::Turnover, Self::Funding, Self::Oi];

    /// The name in the address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Strength => "strength",
            Self::Change => "change",
            Self::Turnover => "turnover",
            Self::Funding => "funding",
            Self::Oi => "oi",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Score => "Score",
            Self::Strength => "Strength",
            Self::Change => "24 h",
            Self::Turnover => "Turnover",
            Self::Funding => "Funding",
            Self::Oi => "OI 1 h",
        }
    }
}

/// Which end of the list comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Highest first.
    Desc,
    /// Lowest first.
    Asc,
}

/// What the address asks of the list. What it does not say, or says in no known way, is as in [`Query::PLAIN`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// By what the list is sorted.
    pub sort: SortBy,
    /// By what it is sorted where the address does not say.
    pub usual: SortBy,
    /// Which end comes first.
    pub order: Order,
    /// A part of the symbol, its Latin letters in capitals; empty for all.
    pub text: String,
    /// Only symbols that point there.
    pub direction: Option<Direction>,
    /// Only symbols of at least this turnover in 24 h, in US dollars.
    pub min_turnover: u64,
    /// Only symbols that the reader watches.
    pub watched: bool,
    /// Those symbols. They come with the reader's cookie and never stand in the address.
    pub watchlist: Watchlist,
    /// The page, from 1.
    pub page: usize,
}

impl Query {
    /// The longest text that is searched for, in bytes: that of a symbol.
    pub const TEXT_MAX: usize = schema::Symbol::MAX_LEN;

    /// The whole list, best score first.
    pub const PLAIN: Self = Self {
        sort: SortBy::Score,
        usual: SortBy::Score,
        order: Order::Desc,
        text: String::new(),
        direction: None,
        min_turnover: 0,
        watched: false,
        watchlist: Watchlist::EMPTY,
        page: 1,
    };

    /// Reads the parameters of an address, for a reader without a usual order who watches nothing.
    #[must_use]
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        Self::read_for(SortBy::Score, Watchlist::EMPTY, get)
    }

    /// Reads the parameters of an address, for a reader who watches some symbols; where it does not say, the list is sorted by
    /// `usual`.
    #[must_use]
    pub fn read_for(usual: SortBy, watchlist: Watchlist, get: impl Fn(&str) -> Option<String>) -> Self {
        let sort = get("sort").and_then(|text| SortBy::ALL.into_iter().find(|sort| sort.as_str() == text));
        let direction = match get("direction").as_deref() {
            Some("long") => Some(Direction::Long),
            Some("neutral") => Some(Direction::Neutral),
            Some("short") => Some(Direction::Short),
            _ => None,
        };
        Self {
            sort: sort.unwrap_or(usual),
            usual,
            order: if get("dir").as_deref() == Some("asc") { Order::Asc } else { Order::Desc },
            text: searched(&get("q").unwrap_or_default()),
            direction,
            min_turnover: get("min_turnover").and_then(|text| text.parse().ok()).unwrap_or(0),
            watched: get("watched").as_deref() == Some("1"),
            watchlist,
            page: get("page").and_then(|text| text.parse().ok()).filter(|page| *page >= 1).unwrap_or(1),
        }
    }

    /// The address of the list as asked.
    #[must_use]
    pub fn url(&self) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        if self.sort != self.usual {
            pairs.push(("sort", self.sort.as_str().to_owned()));
        }
        if self.order == Order::Asc {
            pairs.push(("dir", "asc".to_owned()));
        }
        if !self.text.is_empty() {
            pairs.push(("q", path::encode(&self.text)));
        }
        if let Some(direction) = self.direction {
            pairs.push(("direction", direction_name(direction).to_owned()));
        }
        if self.min_turnover > 0 {
            pairs.push(("min_turnover", self.min_turnover.to_string()));
        }
        if self.watched {
            pairs.push(("watched", "1".to_owned()));
        }
        if self.page > 1 {
            pairs.push(("page", self.page.to_string()));
        }
        let mut url = path::SCORES.href().to_owned();
        for (i, (name, value)) in pairs.into_iter().enumerate() {
            url.push(if i == 0 { '?' } else { '&' });
            url.push_str(name);
            url.push('=');
            url.push_str(&value);
        }
        url
    }

    /// The same list sorted by something; asked again for what it is sorted by, it turns round.
    #[must_use]
    pub fn sorted_by(&self, sort: SortBy) -> Self {
        let order = if self.sort == sort && self.order == Order::Desc { Order::Asc } else { Order::Desc };
        Self { sort, order, page: 1, ..self.clone() }
    }

    /// The same list of the symbols that hold a text and have a turnover of so much at least.
    #[must_use]
    pub fn searching(&self, text: &str, min_turnover: u64) -> Self {
        Self { text: searched(text), min_turnover, page: 1, ..self.clone() }
    }

    /// The same list of one direction, or of all.
    #[must_use]
    pub fn pointing(&self, direction: Option<Direction>) -> Self {
        Self { direction, page: 1, ..self.clone() }
    }

    /// The same list of the symbols that the reader watches, or of all.
    #[must_use]
    pub fn watching(&self, watched: bool) -> Self {
        Self { watched, page: 1, ..self.clone() }
    }

    /// Another page of the same list.
    #[must_use]
    pub fn at_page(&self, page: usize) -> Self {
        Self { page, ..self.clone() }
    }

    /// Whether symbols are left out.
    #[must_use]
    pub fn filters(&self) -> bool {
        !self.text.is_empty() || self.direction.is_some() || self.min_turnover > 0 || self.watched
    }
}

/// A text as it is searched for.
fn searched(text: &str) -> String {
    let mut searched = String::new();
    for letter in text.trim().chars().filter(|letter| !letter.is_control()) {
        if searched.len() + letter.len_utf8() > Query::TEXT_MAX {
            break;
        }
        searched.push(letter.to_ascii_uppercase());
    }
    searched
}

/// The name of a direction in the address.
#[must_use]
pub(crate) const fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Long => "long",
        Direction::Neutral => "neutral",
        Direction::Short => "short",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Query {
        let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        Query::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn what_an_address_does_not_say_is_plain() {
        assert_eq!(read(""), Query::PLAIN);
        assert_eq!(read("sort=beauty&dir=up&direction=east&page=0&min_turnover=-3"), Query::PLAIN);
        assert_eq!(Query::PLAIN.url(), "scores");
    }

    #[test]
    fn an_address_survives_being_read() {
        let url = "sort=funding&dir=asc&q=BTC&direction=short&min_turnover=5000000&watched=1&page=3";
        assert_eq!(read(url).url(), format!("scores?{url}"));
    }

    #[test]
    fn a_usual_order_holds_where_the_address_is_silent_and_another_one_is_said() {
        let query = Query::read_for(SortBy::Turnover, Watchlist::EMPTY, |_| None);
        assert_eq!((query.sort, query.url().as_str()), (SortBy::Turnover, "scores"));
        assert_eq!(query.sorted_by(SortBy::Score).url(), "scores?sort=score");
    }

    #[test]
    fn a_search_is_in_capitals_and_short() {
        assert_eq!(read("q=  btc<\n").text, "BTC<");
        assert_eq!(read("q=币安").text, "币安");
        assert_eq!(read("sort=oi&page=3").searching(" eth", 5), Query { min_turnover: 5, ..read("sort=oi&q=ETH") });
        assert_eq!(read(&format!("q={}", "x".repeat(500))).text.len(), Query::TEXT_MAX);
        assert_eq!(read(&format!("q={}", "币".repeat(500))).text.len(), Query::TEXT_MAX / 3 * 3);
    }

    #[test]
    fn asking_twice_turns_the_list_round_and_goes_to_its_start() {
        let query = Query::PLAIN.at_page(4).sorted_by(SortBy::Change);
        assert_eq!((query.order, query.page), (Order::Desc, 1));
        assert_eq!(query.sorted_by(SortBy::Change).order, Order::Asc);
    }
}
