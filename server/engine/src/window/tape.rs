//! What ideas are entered at and judged by, as a window knows it.

use analysis::{
    idea::{ClosedBar, Seen, Settlements, Tape, cost},
    input::Book,
};
use schema::{Bps, Figure, Price, UnixMs, Why};
use venue::History;

use super::{Recorded, Window};

impl Window {
    /// Lends out what was traded, of which everything before a moment has come.
    pub(crate) fn with_tape<T>(&self, settled_until: UnixMs, read: impl FnOnce(&Tape<'_>) -> T) -> T {
        read(&Tape {
            symbol: self.instrument.symbol,
            trades: self.flow.trades(),
            settled_until,
            complete_until: &|from| self.flow.complete_until(from),
            mid_after: &|moment| self.book.mid_after(moment),
            settlements: self.settlements(),
        })
    }

    /// The bar that was just recorded, as ideas are held against it; `None` where its candles or the price increment are no use.
    pub(crate) fn closed_bar<'a>(
        &'a self,
        before: Option<&'a Recorded>,
        recorded: &'a Recorded,
    ) -> Option<ClosedBar<'a>> {
        const fn seen(recorded: &Recorded) -> Seen<'_> {
            Seen { analysis: &recorded.analysis, direction: recorded.direction }
        }
        let timeframe = self.finest();
        let (closed_at, candles) = self.scored_candles(timeframe)?;
        let is_of_candles = self.is_of_candles();
        Some(ClosedBar {
            symbol: self.instrument.symbol,
            tick: Price::new(self.instrument.tick).ok()?,
            timeframe,
            is_of_candles,
            closed_at,
            decided_at: recorded.decided_at_market,
            candles,
            before: before.map(seen),
            now: seen(recorded),
            spread: &recorded.spread,
            settlements: (!is_of_candles).then(|| self.settlements()),
        })
    }

    /// The spread of a book, or why there is none.
    pub(super) fn spread(&self, book: Option<Book<'_>>) -> Figure<Bps> {
        let Some(book) = book else {
            return Figure::Missing(if self.is_of_candles() { Why::NotOffered } else { Why::NotYet });
        };
        let best = book.bids.first().zip(book.asks.first());
        match best.and_then(|(bid, ask)| cost::spread(bid.price, ask.price)) {
            Some(spread) => Figure::known(spread, book.at),
            None => Figure::Missing(Why::Undefined),
        }
    }

    /// Whether nothing but candles is received.
    const fn is_of_candles(&self) -> bool {
        matches!(self.history, History::Grown(_))
    }

    fn settlements(&self) -> Settlements<'_> {
        let running = self.ticker.as_ref().and_then(|ticker| ticker.funding);
        Settlements { paid: self.derivatives.funding_history(), running }
    }
}
