//! What the scan remembers of a symbol's candles, so that it measures them only when they change.

use analysis::{Analysis, Bars, Scorer};
use schema::{Figure, Score, UnixMs};

use crate::market::Window;

/// Scores one symbol's open bars each second. A closed bar is scored once, so of that nothing is remembered: it would save a third
/// of the work of one second in sixty, and take 6 KB of each symbol.
#[derive(Debug)]
pub(crate) struct FormingScorer {
    /// How often the window's candles had been rewritten when they were last measured.
    rewritten: u64,
    scorer: Scorer,
    /// The end of the last bar that was seen.
    seen: Option<UnixMs>,
}

impl FormingScorer {
    /// A scorer that has seen nothing yet.
    pub(crate) const fn new() -> Self {
        Self { rewritten: 0, scorer: Scorer::new(Bars::WithOpen), seen: None }
    }

    /// Whether a bar closed since it was asked last.
    pub(crate) fn is_news(&mut self, window: &Window) -> bool {
        let closed = window.recorded().map(|recorded| recorded.bar_closed_at);
        std::mem::replace(&mut self.seen, closed) != closed
    }

    /// The open bars as they would be recorded if they closed now; `None` before the first input.
    pub(crate) fn analyse(&mut self, window: &Window) -> Option<Analysis> {
        self.keep_up(window);
        window.input().map(|input| self.scorer.analyse(&input))
    }

    /// The score of [`Self::analyse`] without its explanation.
    pub(crate) fn score(&mut self, window: &Window) -> Option<Figure<Score>> {
        self.keep_up(window);
        window.input().map(|input| self.scorer.score(&input))
    }

    fn keep_up(&mut self, window: &Window) {
        if self.rewritten != window.rewritten() {
            self.rewritten = window.rewritten();
            self.scorer.forget();
        }
    }
}
