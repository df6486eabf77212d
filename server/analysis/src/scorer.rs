//! One symbol scored again and again, at the price of what changed.

use schema::{Figure, Score};

use crate::{
    Analysis, Bars,
    analyse::{weigh, weigh_alone},
    candled::Candled,
    input::SymbolInput,
};

/// Scores one symbol second by second: trades, book and positions are measured each time, the candles of a timeframe only
/// when one of them closes or, where open bars count, when the open one changes.
///
/// Every answer equals [`analyse`](crate::analyse) with the same bars over the same input, to the last bit (held by a
/// property test). A scorer is for one kind of bars: with [`Bars::Closed`] it makes the score that is recorded, with
/// [`Bars::WithOpen`] the *forming* one, as it would be if the open bars closed now.
///
/// Closed candles are recognised by their number, their first start and the whole of the newest. Whoever rewrites an
/// older candle in place (a correction by the venue, a gap filled in the middle) calls [`Scorer::forget`].
#[derive(Debug, Clone)]
pub struct Scorer {
    bars: Bars,
    candled: Option<Candled>,
}

impl Scorer {
    /// A scorer that has seen nothing yet.
    #[must_use]
    pub const fn new(bars: Bars) -> Self {
        Self { bars, candled: None }
    }

    /// The score of the candles and of everything else as it is now, taken apart.
    #[must_use]
    pub fn analyse(&mut self, input: &SymbolInput<'_>) -> Analysis {
        weigh(input, self.measure(input))
    }

    /// The same score without its explanation, for whoever shows a number that the next second replaces.
    #[must_use]
    pub fn score(&mut self, input: &SymbolInput<'_>) -> Figure<Score> {
        weigh_alone(input, self.measure(input))
    }

    fn measure(&mut self, input: &SymbolInput<'_>) -> &Candled {
        let candled = match self.candled.take() {
            Some(mut candled) => {
                candled.refresh(input, self.bars);
                candled
            }
            None => Candled::of(input, self.bars),
        };
        self.candled.insert(candled)
    }

    /// Forgets what the candles said, so that they are measured anew.
    pub fn forget(&mut self) {
        self.candled = None;
    }
}
