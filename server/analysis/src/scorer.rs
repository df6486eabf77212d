//! One symbol scored again and again, at the price of what changed.

use crate::{Analysis, Bars, analyse::weigh, candled::Candled, input::SymbolInput};

/// Scores one symbol second by second: trades, book and positions are measured each time, the closed candles of a
/// timeframe only when one of them closes.
///
/// Every answer equals [`analyse`](crate::analyse) with [`Bars::Closed`] over the same input, to the last bit (held by
/// a property test). Inside an open bar it is a *forming* score: what the closed candles say, with the flow of this second.
///
/// Closed candles are recognised by their number, their first start and the whole of the newest. Whoever rewrites an
/// older candle in place (a correction by the venue, a gap filled in the middle) calls [`Scorer::forget`].
#[derive(Debug, Clone, Default)]
pub struct Scorer {
    candled: Option<Candled>,
}

impl Scorer {
    /// A scorer that has seen nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { candled: None }
    }

    /// The score of the closed bars and of everything else as it is now.
    #[must_use]
    pub fn score(&mut self, input: &SymbolInput<'_>) -> Analysis {
        let candled = match self.candled.take() {
            Some(mut candled) => {
                candled.refresh(input);
                candled
            }
            None => Candled::of(input, Bars::Closed),
        };
        weigh(input, self.candled.insert(candled))
    }

    /// Forgets what the candles said, so that they are measured anew.
    pub fn forget(&mut self) {
        self.candled = None;
    }
}
