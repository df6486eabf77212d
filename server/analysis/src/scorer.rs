//! One symbol scored again and again, at the price of what changed.

use schema::{Candle, Figure, Score, Timeframe, UnixMs, levels::KeyLevels};

use crate::{
    Analysis, Bars,
    analyse::{weigh, weigh_alone},
    candled::Candled,
    follow::Histories,
    input::SymbolInput,
    key_levels::key_levels,
    series::{Mark, Run},
};

/// Scores one symbol second by second: trades, book and positions are measured each time, the candles of a timeframe only
/// when one of them closes or, where open bars count, when the open one changes.
///
/// Every answer equals [`analyse`](crate::analyse) with the same bars over the same input, to the last bit (held by a
/// property test), whatever was scored before. So a scorer need not be saved: a new one gives the same. It is for one kind of
/// bars: with [`Bars::Closed`] it makes the score that is recorded, with [`Bars::WithOpen`] the *forming* one, as it would be
/// if the open bars closed now. [`Scorer::analyse_closed`] makes both from one state: where a bar closes, first it, then the
/// forming score of the next bar.
///
/// Closed candles are recognised by their number, their first start and the whole of the newest; one more or less at either
/// end is a change as any other. Whoever rewrites an older candle in place (a correction by the venue, a gap filled in the
/// middle) calls [`Scorer::forget`].
#[derive(Debug, Clone)]
pub struct Scorer {
    bars: Bars,
    state: Option<State>,
    levels: Option<KeptLevels>,
}

/// Key levels with the candles that they were found in.
#[derive(Debug, Clone)]
struct KeptLevels {
    of: Mark,
    found: Figure<KeyLevels>,
}

/// What is kept between two scores.
#[derive(Debug, Clone)]
struct State {
    histories: Histories,
    closed: Option<Candled>,
    with_open: Option<Candled>,
}

impl Scorer {
    /// Returns a scorer that has seen nothing yet.
    #[must_use]
    pub const fn new(bars: Bars) -> Self {
        Self { bars, state: None, levels: None }
    }

    /// Returns the score of the candles and of everything else as it is now, taken apart.
    #[must_use]
    pub fn analyse(&mut self, input: &SymbolInput<'_>) -> Analysis {
        weigh(input, self.measure(input, self.bars))
    }

    /// Returns the same score without its explanation, for whoever shows a number that the next second replaces.
    #[must_use]
    pub fn score(&mut self, input: &SymbolInput<'_>) -> Figure<Score> {
        weigh_alone(input, self.measure(input, self.bars))
    }

    /// Returns the score of closed bars alone, taken apart, whichever bars the scorer is for.
    #[must_use]
    pub fn analyse_closed(&mut self, input: &SymbolInput<'_>) -> Analysis {
        let analysis = weigh(input, self.measure(input, Bars::Closed));
        // A bar closes once: what its candles say is not asked again.
        if let Some(state) = self.state.as_mut().filter(|_| self.bars == Bars::WithOpen) {
            state.closed = None;
        }
        analysis
    }

    /// Returns [`key_levels`](crate::key_levels) of these candles, found again where one of them closed.
    #[must_use]
    pub fn key_levels(&mut self, half_hours: &[Candle], now: UnixMs) -> Figure<KeyLevels> {
        let of = Mark::of(half_hours).filter(|_| Run::of(Timeframe::M30, half_hours, None, now).is_ok());
        // What is too few or too old is said each time, and found by nobody.
        let Some(of) = of else { return key_levels(half_hours, now) };
        match &self.levels {
            Some(kept) if kept.of == of => kept.found.clone(),
            _ => {
                let found = key_levels(half_hours, now);
                self.levels = Some(KeptLevels { of, found: found.clone() });
                found
            }
        }
    }

    fn measure(&mut self, input: &SymbolInput<'_>, bars: Bars) -> &Candled {
        let state =
            self.state.get_or_insert_with(|| State { histories: Histories::new(), closed: None, with_open: None });
        let kept = match bars {
            Bars::Closed => &mut state.closed,
            Bars::WithOpen => &mut state.with_open,
        };
        let candled = kept.get_or_insert_with(Candled::new);
        candled.refresh(&mut state.histories, input, bars);
        candled
    }

    /// Forgets the candles, so that they are measured again.
    pub fn forget(&mut self) {
        self.state = None;
        self.levels = None;
    }
}
