//! The part of a symbol's page that changes while a bar is open.

use serde::{Deserialize, Serialize};

use crate::{
    Breakdown, Figure, Held, Pct, Price, Ratio, Symbol, UnixMs,
    breakdown::BookTop,
    perps::Liquidated,
    signals::{Funding, Quote},
};

/// What changes of a [`Breakdown`] between two closed bars: prices, the top of the book and positions.
///
/// It is sent to who has the symbol's page open, several times a second. The rest of a breakdown is ten times as large and changes
/// when a bar closes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SymbolLive {
    /// The contract.
    pub symbol: Symbol,
    /// The time of the newest input.
    pub as_of: UnixMs,
    /// What changes with every trade.
    pub quote: Quote,
    /// The funding rate.
    pub funding: Figure<Funding>,
    /// Change of open interest in coins over 1 h, in percent.
    pub oi_change_1h: Figure<Pct>,
    /// The last price at which the venue marks positions.
    pub mark_price: Figure<Price>,
    /// The price of the underlying index.
    pub index_price: Figure<Price>,
    /// Holders that are long ÷ all holders: accounts, not size.
    pub accounts_long: Figure<Ratio>,
    /// Positions closed by force within the last 24 hours.
    pub liquidated_24h: Figure<Liquidated>,
    /// The top ten levels of the book.
    pub book: Figure<BookTop>,
}

impl SymbolLive {
    /// The part of a breakdown that changes while a bar is open.
    #[must_use]
    pub fn of(held: &Held<Breakdown>) -> Self {
        let Breakdown { row, mark_price, index_price, accounts_long, liquidated_24h, book, .. } = held.value.as_ref();
        Self {
            symbol: row.symbol,
            as_of: held.as_of,
            quote: row.quote.clone(),
            funding: row.funding.clone(),
            oi_change_1h: row.oi_change_1h.clone(),
            mark_price: mark_price.clone(),
            index_price: index_price.clone(),
            accounts_long: accounts_long.clone(),
            liquidated_24h: liquidated_24h.clone(),
            book: book.clone(),
        }
    }

    /// The same breakdown with this part of it, as old as this part is; none where the breakdown is newer, or another symbol's.
    #[must_use]
    pub fn put_into(self, held: &Held<Breakdown>) -> Option<Held<Breakdown>> {
        if held.value.row.symbol != self.symbol || held.as_of > self.as_of {
            return None;
        }
        // A clock that runs faster than the machine's has a life of its own length: it is moved, not measured again.
        let later = |until: UnixMs| UnixMs(until.0.saturating_add(self.as_of.0 - held.as_of.0));
        let (as_of, fresh_until, stale_until) = (self.as_of, later(held.fresh_until), later(held.stale_until));
        let mut breakdown = held.value.as_ref().clone();
        breakdown.row.quote = self.quote;
        breakdown.row.funding = self.funding;
        breakdown.row.oi_change_1h = self.oi_change_1h;
        breakdown.mark_price = self.mark_price;
        breakdown.index_price = self.index_price;
        breakdown.accounts_long = self.accounts_long;
        breakdown.liquidated_24h = self.liquidated_24h;
        breakdown.book = self.book;
        Some(Held { as_of, fresh_until, stale_until, ..held.with(breakdown) })
    }

    /// Whether two breakdowns differ in nothing but this part and their age.
    #[must_use]
    pub fn is_all_that_changed(old: &Breakdown, new: &Breakdown) -> bool {
        let same_row = old.row.symbol == new.row.symbol
            && old.row.base == new.row.base
            && old.row.tick == new.row.tick
            && old.row.score == new.row.score
            && old.row.direction == new.row.direction
            && old.row.dimensions == new.row.dimensions
            && old.row.agreement == new.row.agreement
            && old.row.coverage == new.row.coverage
            && old.row.trend == new.row.trend
            && old.row.spark == new.row.spark;
        same_row
            && old.source == new.source
            && old.bar_closed_at == new.bar_closed_at
            && (std::sync::Arc::ptr_eq(&old.dimensions, &new.dimensions) || old.dimensions == new.dimensions)
            && old.quality == new.quality
            && old.conditions == new.conditions
            && old.sentence == new.sentence
            && old.history == new.history
            && old.key_levels == new.key_levels
    }
}
