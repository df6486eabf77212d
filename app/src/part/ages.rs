//! The ages of the figures of a page that the server alone renders.

use std::cell::Cell;

use leptos::prelude::*;
use schema::{Figure, UnixMs};

use super::{cadence::Cadence, time};

/// Gives each overdue figure its age, and keeps the time of the oldest of them for the header.
#[derive(Debug)]
pub(crate) struct Ages {
    now: UnixMs,
    oldest: Cell<Option<UnixMs>>,
}

impl Ages {
    /// Ages as of the time of a page.
    pub(crate) const fn at(now: UnixMs) -> Self {
        Self { now, oldest: Cell::new(None) }
    }

    /// Returns the age of a figure of a value whose newest input is of `newest`, where the figure is overdue: `19 min ago`.
    pub(crate) fn of<T>(&self, figure: &Figure<T>, cadence: Cadence, newest: UnixMs) -> Option<AnyView> {
        let at = cadence.overdue(figure.as_of(), newest)?;
        self.oldest.set(self.oldest.get().into_iter().chain([at]).min());
        Some(view! { <span class="ago">{time::age(at, self.now)}" ago"</span> }.into_any())
    }

    /// Returns the time of the oldest figure that was overdue.
    pub(crate) const fn oldest(&self) -> Option<UnixMs> {
        self.oldest.get()
    }
}
