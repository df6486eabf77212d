//! The symbol whose page is open, and how messages of the stream change it.

use leptos::prelude::*;
use schema::{Breakdown, Symbol, UnixMs, reading::Found, stream::SymbolMessage};

use super::{
    content::Content,
    store::{as_of, put},
    taken::Taken,
};
use crate::part::price_times;

/// One symbol's score, taken apart.
#[derive(Debug, Clone, Copy)]
pub struct Opened {
    /// Whose it is.
    pub symbol: Symbol,
    /// The score.
    pub breakdown: RwSignal<Found<Breakdown>>,
}

impl Content for Opened {
    type Message = SymbolMessage;

    fn take(self, message: SymbolMessage) -> Taken {
        match message {
            SymbolMessage::Breakdown(held) if held.value.row.symbol == self.symbol => put(self.breakdown, held),
            SymbolMessage::Breakdown(_) => Taken::Ignored,
            SymbolMessage::Live(live) => {
                let held = self.breakdown.with_untracked(|found| live.put_into(found.as_ref().ok()?));
                let Some(held) = held else { return Taken::Ignored };
                self.breakdown.set(Ok(held));
                Taken::Applied
            }
        }
    }

    fn as_of(self) -> Option<UnixMs> {
        let overdue = self.breakdown.with(|found| found.as_ref().ok().and_then(price_times::overdue));
        [as_of(self.breakdown), overdue].into_iter().flatten().min()
    }
}
