//! The ideas of a market, stepped by the engine: others only read them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use analysis::{idea::Book, signal::Thresholds};
use schema::{CostModel, Symbol, UnixMs};

use crate::{Output, Recorded, Window};

/// The ideas of a market: the engine opens and judges them, others read them.
pub type IdeaBook = Arc<Mutex<Book>>;

/// Returns a book without ideas, for a market whose contracts cost this to trade.
#[must_use]
pub fn idea_book(thresholds: &Thresholds, costs: CostModel) -> IdeaBook {
    Arc::new(Mutex::new(Book::new(thresholds, costs)))
}

/// Locks a book of ideas. A panic elsewhere while it was held leaves ideas behind, which stay usable.
pub(crate) fn lock_ideas(book: &IdeaBook) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Enters what waits for a price, and judges what was entered in this minute.
pub(crate) fn follow(book: &IdeaBook, window: &Window, settled_until: UnixMs, out: &mut impl FnMut(Output)) {
    window.with_tape(settled_until, |tape| {
        lock_ideas(book).follow(tape, &mut |event| out(Output::Idea(event)));
    });
}

/// Gives out what follows from a bar that was just recorded: a direction that changed, and what became of ideas.
pub(crate) fn close_bar(
    book: &IdeaBook,
    window: &Window,
    before: Option<&Recorded>,
    recorded: &Recorded,
    out: &mut impl FnMut(Output),
) {
    let symbol: Symbol = window.instrument().symbol;
    let (from, to) = (before.and_then(|before| before.direction), recorded.direction);
    if from != to {
        out(Output::DirectionChanged { symbol, from, to, bar_closed_at: recorded.bar_closed_at });
    }
    let Some(bar) = window.closed_bar(before, recorded) else { return };
    lock_ideas(book).close_bar(&bar, &mut |event| out(Output::Idea(event)));
}
