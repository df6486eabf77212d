//! What the address of the Beta page asks, and the order of its table. Server only.

use schema::beta::{BetaRanking, BetaRow, BetaWindow};

use crate::{path, scores::Order};

/// Rows on one page of the table.
pub const PAGE_SIZE: usize = 50;

/// By what the table is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// The change beyond the market's.
    Excess,
    /// The change itself.
    Change,
    /// The slope.
    Beta,
    /// The correlation.
    Correlation,
    /// The share of variance that goes with the market.
    RSquared,
}

impl SortBy {
    /// All of them, as the page lists them.
    pub const ALL: [Self; 5] = [Self::Excess, Self::Change, Self::Beta, Self::Correlation, Self::RSquared];

    /// The name in the address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Excess => "excess",
            Self::Change => "change",
            Self::Beta => "beta",
            Self::Correlation => "correlation",
            Self::RSquared => "r2",
        }
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Excess => "vs BTC",
            Self::Change => "Change",
            Self::Beta => "Beta",
            Self::Correlation => "Correlation",
            Self::RSquared => "R²",
        }
    }

    fn key(self, row: &BetaRow) -> Option<f64> {
        match self {
            Self::Excess => row.excess.value().map(|points| points.get()),
            Self::Change => row.change.value().map(|pct| pct.get()),
            Self::Beta => row.beta.value().map(|beta| beta.beta),
            Self::Correlation => row.beta.value().map(|beta| beta.correlation),
            Self::RSquared => row.beta.value().map(schema::beta::Beta::r_squared),
        }
    }
}

/// What the address asks. What it does not say, or says in no known way, is as in [`Query::PLAIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// Over how long.
    pub window: BetaWindow,
    /// By what the table is sorted.
    pub sort: SortBy,
    /// Which end comes first.
    pub order: Order,
    /// The page of the table, from 1.
    pub page: usize,
}

impl Query {
    /// A day, those that did best against the market first.
    pub const PLAIN: Self = Self { window: BetaWindow::H24, sort: SortBy::Excess, order: Order::Desc, page: 1 };

    /// Reads the parameters of an address.
    #[must_use]
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let sort = get("sort").and_then(|text| SortBy::ALL.into_iter().find(|sort| sort.as_str() == text));
        Self {
            window: get("window").and_then(|text| BetaWindow::named(&text)).unwrap_or(Self::PLAIN.window),
            sort: sort.unwrap_or(Self::PLAIN.sort),
            order: if get("dir").as_deref() == Some("asc") { Order::Asc } else { Order::Desc },
            page: get("page").and_then(|text| text.parse().ok()).filter(|page| *page >= 1).unwrap_or(1),
        }
    }

    /// The address of the page as asked.
    #[must_use]
    pub fn url(&self) -> String {
        let mut pairs = Vec::new();
        if self.window != Self::PLAIN.window {
            pairs.push(format!("window={}", self.window.as_str()));
        }
        if self.sort != Self::PLAIN.sort {
            pairs.push(format!("sort={}", self.sort.as_str()));
        }
        if self.order == Order::Asc {
            pairs.push("dir=asc".to_owned());
        }
        if self.page > 1 {
            pairs.push(format!("page={}", self.page));
        }
        if pairs.is_empty() { path::BETA.to_string() } else { format!("{}?{}", path::BETA, pairs.join("&")) }
    }

    /// The same table over another window.
    #[must_use]
    pub const fn over(self, window: BetaWindow) -> Self {
        Self { window, page: 1, ..self }
    }

    /// The same table sorted by something; asked again for what it is sorted by, it turns round.
    #[must_use]
    pub fn sorted_by(self, sort: SortBy) -> Self {
        let order = if self.sort == sort && self.order == Order::Desc { Order::Asc } else { Order::Desc };
        Self { sort, order, page: 1, ..self }
    }

    /// Another page of the same table.
    #[must_use]
    pub const fn at_page(self, page: usize) -> Self {
        Self { page, ..self }
    }
}

/// The rows in the order that is asked for. What lacks the figure comes last, whichever end is first; equal ones are in
/// order of their symbol.
#[must_use]
pub fn order<'a>(ranking: &'a BetaRanking, query: &Query) -> Vec<&'a BetaRow> {
    let mut rows: Vec<(Option<f64>, &BetaRow)> = ranking.rows.iter().map(|row| (query.sort.key(row), row)).collect();
    rows.sort_by(|(a, i), (b, j)| {
        let by_key = match (a, b) {
            (Some(a), Some(b)) if query.order == Order::Desc => b.total_cmp(a),
            (Some(a), Some(b)) => a.total_cmp(b),
            _ => b.is_some().cmp(&a.is_some()),
        };
        by_key.then_with(|| i.symbol.cmp(&j.symbol))
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Query {
        let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        Query::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn an_address_survives_being_read_and_what_it_does_not_say_is_plain() {
        let url = "window=7d&sort=r2&dir=asc&page=3";
        assert_eq!(read(url).url(), format!("beta?{url}"));
        assert_eq!(read("window=2h&sort=luck&dir=up&page=0"), Query::PLAIN);
        assert_eq!(Query::PLAIN.url(), "beta");
    }

    #[test]
    fn asking_twice_turns_the_table_round_and_another_window_keeps_its_order() {
        let query = read("sort=beta&page=4").sorted_by(SortBy::Beta);
        assert_eq!((query.order, query.page), (Order::Asc, 1));
        assert_eq!(query.over(BetaWindow::H1).url(), "beta?window=1h&sort=beta&dir=asc");
    }
}
