//! The breakdowns that somebody follows, and what is sent of them.

use cache::{Cache, Follow};
use schema::{Breakdown, Held, SignalRow, Signals, Symbol, SymbolLive, Venue, reading::Found, stream::SymbolMessage};
use tokio::sync::watch;

use crate::opened::{OpenGuard, OpenSymbols};

/// One symbol that somebody follows.
pub(super) struct Followed {
    pub(super) clients: usize,
    source: Option<Source>,
    _open: OpenGuard,
}

/// Where its breakdown comes from, and what was sent of it.
struct Source {
    venue: Venue,
    changes: watch::Receiver<Found<Breakdown>>,
    _polled: Follow,
    /// The newest breakdown.
    breakdown: Option<Held<Breakdown>>,
    /// The part that changes while a bar is open, as it was last sent.
    live: Option<SymbolLive>,
}

impl Followed {
    /// A symbol that nobody followed before.
    pub(super) const fn new(open: OpenGuard) -> Self {
        Self { clients: 0, source: None, _open: open }
    }

    /// What is news of a symbol of the market that is shown: its breakdown where more changed than the open bar, and the part that
    /// changes with every trade where that did.
    ///
    /// What the breakdown was when somebody began to follow it is news: the page may have been made of an older one.
    /// `list` is the list of symbols, where it changed: in a process that reads what a monitor wrote, it brings prices more often
    /// than breakdowns do.
    pub(super) fn news(
        &mut self,
        cache: &Cache,
        open: &OpenSymbols,
        (venue, symbol): (Option<Venue>, Symbol),
        list: Option<&Held<Signals>>,
    ) -> Vec<SymbolMessage> {
        if self.source.as_ref().map(|source| source.venue) != venue {
            self.source = venue.map(|venue| Source::new(cache, venue, symbol));
        }
        let Some(source) = &mut self.source else { return Vec::new() };
        let mut news = Vec::new();
        let mut candidates = Vec::new();
        if source.changes.has_changed().unwrap_or(false)
            && let Ok(held) = source.changes.borrow_and_update().clone()
        {
            let before = source.breakdown.as_ref();
            let live = SymbolLive::of(&held);
            if before.is_some_and(|before| SymbolLive::is_all_that_changed(&before.value, &held.value)) {
                candidates.push(live);
            } else {
                let newer = source.live.take().filter(|sent| sent.as_of > live.as_of);
                candidates.extend(newer);
                source.live = Some(live);
                news.push(SymbolMessage::Breakdown(held.clone()));
            }
            source.breakdown = Some(held);
        }
        candidates.extend(open.live(symbol).map(|live| live.as_ref().clone()));
        let row = list.and_then(|held| held.value.rows.iter().find(|row| row.symbol == symbol));
        candidates.extend(row.and_then(|row| source.of_list(row)));
        // Without a breakdown there is nothing that it is a part of.
        let Some(sent) = &source.live else { return news };
        let newest = candidates.into_iter().max_by_key(|live| live.as_of);
        if let Some(live) = newest.filter(|live| live.as_of >= sent.as_of && live != sent) {
            source.live = Some(live.clone());
            news.push(SymbolMessage::Live(Box::new(live)));
        }
        news
    }
}

impl Source {
    fn new(cache: &Cache, venue: Venue, symbol: Symbol) -> Self {
        let mut changes = cache.watch::<Breakdown>((venue, symbol));
        changes.mark_changed();
        let polled = cache.follow_scope::<Breakdown>((venue, symbol));
        Self { venue, changes, _polled: polled, breakdown: None, live: None }
    }

    /// What was sent last with the newer quote of the list; none where the list's is no newer.
    fn of_list(&self, row: &SignalRow) -> Option<SymbolLive> {
        let sent = self.live.as_ref()?;
        let as_of = row.quote.received_at().filter(|at| *at > sent.as_of)?;
        let (quote, funding, oi_change_1h) = (row.quote.clone(), row.funding.clone(), row.oi_change_1h.clone());
        Some(SymbolLive { as_of, quote, funding, oi_change_1h, ..sent.clone() })
    }
}
