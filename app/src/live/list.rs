//! The list of symbols, and how messages of the stream change it.

use leptos::prelude::*;
use schema::{Held, Signals, UnixMs, reading::Found, stream::ListMessage};

use super::{
    content::Content,
    store::{as_of, put, stamp_of},
    taken::Taken,
};

/// Every symbol.
#[derive(Debug, Clone, Copy)]
pub struct List {
    /// The symbols.
    pub signals: RwSignal<Found<Signals>>,
    /// Whether these are all, or only those that the server put on the page.
    pub whole: RwSignal<bool>,
}

impl List {
    fn take_whole(self, held: Held<Signals>) -> Taken {
        if self.whole.get_untracked() {
            return put(self.signals, held);
        }
        // The same write, now whole, is news as well.
        if stamp_of(self.signals).is_some_and(|stamp| held.stamp < stamp) {
            return Taken::Ignored;
        }
        self.signals.set(Ok(held));
        self.whole.set(true);
        Taken::Applied
    }
}

impl Content for List {
    type Message = ListMessage;

    fn take(self, message: ListMessage) -> Taken {
        let delta = match message {
            ListMessage::Signals(held) => return self.take_whole(held),
            ListMessage::SignalsDelta(delta) => delta,
        };
        if !self.whole.get_untracked() {
            // The rows on the page alone: the whole list is on its way.
            return Taken::Ignored;
        }
        let next = self.signals.with_untracked(|found| match found {
            Ok(held) if delta.held.stamp <= held.stamp => Err(Taken::Ignored),
            Ok(held) => delta.apply(held).ok_or(Taken::Gap),
            Err(_) => Err(Taken::Gap),
        });
        match next {
            Ok(held) => {
                self.signals.set(Ok(held));
                Taken::Applied
            }
            Err(taken) => taken,
        }
    }

    fn as_of(self) -> Option<UnixMs> {
        as_of(self.signals)
    }
}
