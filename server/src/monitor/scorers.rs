//! What the scan remembers of a symbol's candles, so that it measures them only when they change.

use analysis::{Analysis, Bars, Scorer};

use crate::market::Window;

/// One symbol's scorers: that of the closed bars and that of the open ones.
#[derive(Debug)]
pub(crate) struct Scorers {
    /// How often the window's candles had been rewritten when they were last measured.
    rewritten: u64,
    closed: Scorer,
    forming: Scorer,
}

impl Scorers {
    /// Scorers that have seen nothing yet.
    pub(crate) const fn new() -> Self {
        Self { rewritten: 0, closed: Scorer::new(Bars::Closed), forming: Scorer::new(Bars::WithOpen) }
    }

    /// The score of the closed bars; `None` before the first input.
    pub(crate) fn closed(&mut self, window: &Window) -> Option<Analysis> {
        self.keep_up(window);
        window.input().map(|input| self.closed.score(&input))
    }

    /// The score as it would be if the open bars closed now; `None` before the first input.
    pub(crate) fn forming(&mut self, window: &Window) -> Option<Analysis> {
        self.keep_up(window);
        window.input().map(|input| self.forming.score(&input))
    }

    fn keep_up(&mut self, window: &Window) {
        if self.rewritten != window.rewritten() {
            self.rewritten = window.rewritten();
            self.closed.forget();
            self.forming.forget();
        }
    }
}
