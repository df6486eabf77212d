//! The list as asked.

use schema::{Figure, SignalRow, signals::Funding};

use super::{Order, Query, SortBy};

/// Rows on one page.
pub const PAGE_SIZE: usize = 30;

/// The part of the list that is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arranged {
    /// The rows of this page in order, by their place in what was arranged.
    pub shown: Vec<usize>,
    /// How many rows match.
    pub matching: usize,
    /// The page that is shown: the last one where a later one was asked for.
    pub page: usize,
    /// How many pages there are; at least one.
    pub pages: usize,
}

/// Filters, sorts and cuts the list.
#[must_use]
pub fn arrange(rows: &[SignalRow], query: &Query) -> Arranged {
    let ordered = order(rows, query);
    let matching = ordered.len();
    let pages = matching.div_ceil(PAGE_SIZE).max(1);
    let page = query.page.clamp(1, pages);
    let shown = ordered.into_iter().skip((page - 1) * PAGE_SIZE).take(PAGE_SIZE).collect();
    Arranged { shown, matching, page, pages }
}

/// The rows that match in the order that is asked for, by their place; the page is left aside.
///
/// Rows that lack what the list is sorted by come last, whichever end is first; equal ones are in order of their symbol.
#[must_use]
pub fn order(rows: &[SignalRow], query: &Query) -> Vec<usize> {
    let mut keyed: Vec<(Option<f64>, usize)> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| matches(row, query))
        .map(|(place, row)| (key(row, query.sort), place))
        .collect();
    keyed.sort_by(|(a, i), (b, j)| {
        let by_key = match (a, b) {
            (Some(a), Some(b)) if query.order == Order::Desc => b.total_cmp(a),
            (Some(a), Some(b)) => a.total_cmp(b),
            // A missing key is last either way.
            _ => b.is_some().cmp(&a.is_some()),
        };
        by_key.then_with(|| rows[*i].symbol.cmp(&rows[*j].symbol))
    });
    keyed.into_iter().map(|(_, place)| place).collect()
}

fn matches(row: &SignalRow, query: &Query) -> bool {
    (query.text.is_empty() || row.symbol.as_str().to_ascii_uppercase().contains(query.text.as_str()))
        && query.direction.is_none_or(|direction| row.direction == Some(direction))
        && (!query.watched || query.watchlist.has(row.symbol))
        // A turnover that is not known is not known to be enough.
        && (query.min_turnover == 0
            || row.quote.turnover_24h.value().is_some_and(|usd| usd.get() >= query.min_turnover as f64))
}

fn key(row: &SignalRow, sort: SortBy) -> Option<f64> {
    match sort {
        SortBy::Score => row.score.value().map(|score| score.get()),
        SortBy::Strength => row.score.value().map(|score| (score.get() - 50.0).abs()),
        SortBy::Change => row.quote.change_24h.value().map(|pct| pct.get()),
        SortBy::Turnover => row.quote.turnover_24h.value().map(|usd| usd.get()),
        SortBy::Funding => match &row.funding {
            Figure::Known { value, .. } => per_8h(value),
            Figure::Missing(_) => None,
        },
        SortBy::Oi => row.oi_change_1h.value().map(|pct| pct.get()),
    }
}

/// A funding rate brought to 8 h, as a fraction, so that intervals compare; none for an interval of no length.
#[must_use]
pub fn per_8h(funding: &Funding) -> Option<f64> {
    (funding.interval_hours > 0).then(|| funding.rate.get() * 8.0 / f64::from(funding.interval_hours))
}
