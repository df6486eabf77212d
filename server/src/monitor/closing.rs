//! What follows when a bar of a symbol has closed: its score is recorded, and the ideas hear of it.

use std::sync::PoisonError;

use analysis::{
    Bars, analyse,
    idea::{ClosedBar, Seen},
    key_levels,
    signal::Thresholds,
};
use schema::{Price, Timeframe};

use super::task::ideas::IdeaBook;
use crate::market::{Window, window::Recorded};

/// Records the score of a bar that closed since the last scan. Says whether there was one.
///
/// A bar that cannot be scored is tried again whenever it is the symbol's `turn`, until the next one closes: its inputs may still be
/// loading. What was recorded of it stands as long as no more is known.
pub(crate) fn close_bar(window: &mut Window, turn: bool, thresholds: &Thresholds, ideas: &IdeaBook) -> bool {
    let Some(bar_closed_at) = window.bar_due().filter(|_| window.is_loaded()) else { return false };
    let same_bar = window.recorded.as_ref().filter(|recorded| recorded.bar_closed_at == bar_closed_at);
    let (again, scored) = (same_bar.is_some(), same_bar.is_some_and(|bar| bar.analysis.score.value().is_some()));
    // A score is recorded once: a second time it would move the signal's state twice and count twice in the history.
    if scored || again && !turn {
        return false;
    }
    window.trace_hours();
    let Some(analysis) = window.input().map(|input| analyse(&input, Bars::Closed)) else { return false };
    let (score, until) = (analysis.score.value().copied(), window.closed_until());
    let key_levels = key_levels(window.candles(Timeframe::M30), bar_closed_at);
    if let Some(recorded) = window.recorded.as_mut().filter(|_| again && score.is_none()) {
        let unscored = recorded.analysis.score.value().is_none();
        if unscored && recorded.analysis.coverage != analysis.coverage {
            (recorded.analysis, recorded.key_levels, recorded.until) = (analysis, key_levels, until);
        }
        return false;
    }
    let (signal, direction) = window.signal.next(thresholds, score);
    window.signal = signal;
    let before = window.recorded.take();
    window.record(Recorded { bar_closed_at, analysis, direction, key_levels, until });
    tell(window, before.as_ref(), ideas);
    true
}

/// Tells the ideas of the bar that was just recorded.
fn tell(window: &Window, before: Option<&Recorded>, ideas: &IdeaBook) {
    fn seen(recorded: &Recorded) -> Seen<'_> {
        Seen { analysis: &recorded.analysis, direction: recorded.direction }
    }
    let Some((recorded, (closed_at, minutes))) = window.recorded.as_ref().zip(window.scored_candles(Timeframe::M1))
    else {
        return;
    };
    let Ok(tick) = Price::new(window.instrument.tick) else { return };
    ideas.lock().unwrap_or_else(PoisonError::into_inner).close_bar(&ClosedBar {
        symbol: window.instrument.symbol,
        tick,
        closed_at,
        minutes,
        before: before.map(seen),
        now: seen(recorded),
    });
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use analysis::idea::Book;
    use schema::{Direction, Figure, Level, Score, UnixMs, breakdown::DimensionBreakdown};
    use venue::BookChange;

    use super::*;
    use crate::market::window::tests::{candle, loaded};

    const CLOSED_AT: UnixMs = UnixMs(60 * 60_000);

    fn close(window: &mut Window, turn: bool) -> bool {
        let ideas = Arc::new(Mutex::new(Book::new(&Thresholds::STANDARD)));
        close_bar(window, turn, &Thresholds::STANDARD, &ideas)
    }

    fn recorded(window: &Window) -> &Recorded {
        window.recorded.as_ref().unwrap()
    }

    /// The very parts that were recorded: made anew, they would be others.
    fn parts(window: &Window) -> Arc<[DimensionBreakdown]> {
        Arc::clone(&recorded(window).analysis.dimensions)
    }

    /// A window whose last bar could not be scored: too few of its inputs are there.
    fn unscored() -> Window {
        let mut window = loaded();
        window.take_candle(Timeframe::M1, candle(CLOSED_AT.0, 100.0), false, CLOSED_AT);
        assert!(close(&mut window, false), "a bar that closed is recorded at once, whether or not it is its turn");
        assert!(recorded(&window).analysis.score.value().is_none());
        window
    }

    fn book() -> BookChange {
        let levels = |step: f64| (1..=20).map(|n| Level { price: 100.0 + step * f64::from(n), size: 1.0 }).collect();
        BookChange::Snapshot { bids: levels(-0.01), asks: levels(0.01) }
    }

    #[test]
    fn a_bar_that_cannot_be_scored_stands_as_it_was_while_no_more_is_known() {
        let mut window = unscored();
        let first = parts(&window);
        window.take_candle(Timeframe::M1, candle(CLOSED_AT.0, 101.0), false, UnixMs(CLOSED_AT.0 + 500));
        assert!(!close(&mut window, true));
        assert!(Arc::ptr_eq(&first, &parts(&window)));
    }

    #[test]
    fn an_input_that_came_late_is_taken_in_when_it_is_the_symbols_turn() {
        let mut window = unscored();
        let (first, coverage) = (parts(&window), recorded(&window).analysis.coverage);
        window.take_book(UnixMs(CLOSED_AT.0 + 500), book()).unwrap();
        assert!(!close(&mut window, false));
        assert!(Arc::ptr_eq(&first, &parts(&window)));
        close(&mut window, true);
        assert!(recorded(&window).analysis.coverage > coverage);
    }

    #[test]
    fn a_history_that_is_loaded_again_does_not_record_a_scored_bar_twice() {
        let mut window = unscored();
        let kept = window.recorded.take().unwrap();
        let score = Figure::known(Score::new(61.0).unwrap(), CLOSED_AT);
        window.record(Recorded { analysis: analysis::Analysis { score, ..kept.analysis.clone() }, ..kept });
        let signal = window.signal;
        let before = (window.scores().len(), parts(&window));
        let run = |timeframe| window.candles(timeframe).to_vec();
        let history = analysis::input::PerTimeframe::build(run);
        window.load_candles(history);
        assert!(window.bar_due().is_none(), "the bar has its score");
        assert!(!close(&mut window, true));
        assert!(Arc::ptr_eq(&before.1, &parts(&window)));
        assert_eq!((window.scores().len(), window.signal), (before.0, signal));
    }

    #[test]
    fn a_recorded_score_is_not_lost_by_candles_that_were_corrected_while_other_inputs_are_away() {
        let mut window = unscored();
        let kept = window.recorded.as_mut().unwrap();
        kept.analysis.score = Figure::known(Score::new(61.0).unwrap(), CLOSED_AT);
        kept.direction = Some(Direction::Long);
        assert!(!close(&mut window, true));
        let Recorded { analysis, direction, .. } = recorded(&window);
        assert_eq!((analysis.score.value().map(|score| score.get()), *direction), (Some(61.0), Some(Direction::Long)));
    }
}
