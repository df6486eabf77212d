//! The time before the market opens: which steps it is made of, and what the whole market shared in them.
//!
//! Steps are of five minutes, and of one minute for as long as minute candles are kept; every longer candle is summed
//! up from them. A step is one draw of the walk, not a list of trades: that is what makes 60 days of 600 contracts
//! cheap.

use super::{
    candle::{Bar, Candles, DAY, MINUTE, Span},
    catalogue::Listing,
    noise::{Noise, whole},
    positions::Positions,
    replay::Replay,
    walk::{Tide, Walk},
};

/// Deviation of the common walk per minute: half a unit per year.
const COMMON_SIGMA: f64 = 0.000_69;

/// When history begins, when it becomes fine and when the market goes live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epochs {
    /// The beginning: 60 whole days before the day of the start.
    pub(crate) begin: i64,
    /// From here on steps are of one minute.
    pub(crate) fine: i64,
    /// From here on there are trades.
    pub(crate) live: i64,
}

impl Epochs {
    /// The epochs of a market at `start`.
    pub(crate) const fn before(start: i64) -> Self {
        let live = start.div_euclid(MINUTE) * MINUTE - 2 * MINUTE;
        let fine = (live - 1_010 * MINUTE).div_euclid(5 * MINUTE) * 5 * MINUTE;
        Self { begin: (start.div_euclid(DAY) - 60) * DAY, fine, live }
    }

    /// Where the step that begins at `at` ends, and the shortest candles that it is part of.
    pub(crate) const fn step(self, at: i64) -> (i64, Span) {
        if at < self.fine { (at + 5 * MINUTE, Span::M5) } else { (at + MINUTE, Span::M1) }
    }
}

/// The common walk at the end of each step.
#[derive(Debug, Clone)]
pub(crate) struct TideTable {
    epochs: Epochs,
    coarse: Vec<Tide>,
    fine: Vec<Tide>,
}

impl TideTable {
    /// Walks from the beginning to where the market goes live; the walk itself goes on from there.
    pub(crate) fn new(seed: u64, epochs: Epochs) -> (Self, Walk, Noise) {
        let mut noise = Noise::new(seed, 0);
        let mut walk = Walk::new(0.0, COMMON_SIGMA, &mut noise);
        let (mut coarse, mut fine) = (vec![Tide::from(&walk)], Vec::new());
        let mut at = epochs.begin;
        while at < epochs.live {
            let (end, span) = epochs.step(at);
            walk.advance((end - at) as f64 / MINUTE as f64, &mut noise);
            if span == Span::M1 { &mut fine } else { &mut coarse }.push(Tide::from(&walk));
            at = end;
        }
        (Self { epochs, coarse, fine }, walk, noise)
    }

    /// What the market shared at a time of history.
    pub(crate) fn at(&self, at: i64) -> Tide {
        let (table, index) = if at <= self.epochs.fine {
            (&self.coarse, (at - self.epochs.begin).div_euclid(5 * MINUTE))
        } else {
            (&self.fine, (at - self.epochs.fine).div_euclid(MINUTE) - 1)
        };
        let index = usize::try_from(index).unwrap_or(0).min(table.len().saturating_sub(1));
        table[index]
    }
}

/// A contract's own way through history.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    /// Its own walk.
    pub(crate) own: Walk,
    /// Draws the walk, and nothing else: it can be walked ahead without its candles.
    pub(crate) noise: Noise,
    /// The price at level zero, in ticks.
    pub(crate) anchor: f64,
}

impl Past {
    /// The price that the walks stand at, in ticks.
    pub(crate) fn price(&self, listing: &Listing, tide: Tide) -> f64 {
        self.anchor * (listing.beta * tide.level + self.own.level).exp()
    }

    /// Where the own walk will stand at `end`.
    pub(crate) fn level_at(&self, from: i64, end: i64, epochs: Epochs) -> f64 {
        let mut ahead = self.clone();
        let mut at = from;
        while at < end {
            let (next, _) = epochs.step(at);
            ahead.own.advance((next - at) as f64 / MINUTE as f64, &mut ahead.noise);
            at = next;
        }
        ahead.own.level
    }

    /// One step: a candle from the close before it to where the walks have gone.
    pub(crate) fn step(
        &mut self,
        listing: &Listing,
        tide: Tide,
        (start, end): (i64, i64),
        open: i64,
        noise: &mut Noise,
    ) -> Bar {
        let minutes = (end - start) as f64 / MINUTE as f64;
        self.own.advance(minutes, &mut self.noise);
        let price = self.price(listing, tide);
        let close = whole(price).max(1);
        let deviation = (listing.beta * tide.deviation).hypot(self.own.deviation()) * minutes.sqrt();
        let reach = |noise: &mut Noise| whole(price * deviation * 0.45 * noise.normal().abs());
        let high = open.max(close) + reach(noise);
        let low = (open.min(close) - reach(noise)).max(1);
        let surprise = ((close - open) as f64 / (price * deviation)).abs().min(4.0);
        let busy = self.own.activity() * tide.activity.sqrt() * (0.4 + 0.5 * surprise) * noise.skewed(0.4);
        let lots =
            whole(listing.turnover * minutes / 1_440.0 * busy / (price * listing.tick.value() * listing.lot.value()));
        let value = i128::from(lots) * i128::from(open + high + low + close) / 4;
        Bar { start, open, high, low, close, lots, value }
    }
}

/// Walks through history, along the recording where there is one.
pub(crate) fn live_through(
    listing: &Listing,
    past: &mut Past,
    mut replay: Option<Replay>,
    tides: &TideTable,
    epochs: Epochs,
    noise: &mut Noise,
) -> (Candles, Positions, Option<Replay>) {
    // A recording is joined at the first step it covers; the walk before it is lifted so that it arrives there.
    let joint = replay.as_ref().and_then(Replay::beginning);
    if let Some((begins, price)) = joint {
        let end = begins.clamp(epochs.begin, epochs.live);
        let arrives = listing.beta * tides.at(end).level + past.level_at(epochs.begin, end, epochs);
        past.anchor = price as f64 / arrives.exp();
    }
    let mut last = whole(past.price(listing, tides.at(epochs.begin))).max(1);
    let mut candles = Candles::new(epochs.begin, last);
    let mut positions = Positions::new(listing, epochs.begin, noise);
    let (mut at, mut held) = (epochs.begin, last);
    while at < epochs.live {
        let (end, finest) = epochs.step(at);
        let recorded = joint.is_some_and(|(begins, _)| at >= begins);
        let bar = match &mut replay {
            Some(replay) if recorded => replay.bar((at, end), last),
            _ => past.step(listing, tides.at(end), (at, end), last, noise),
        };
        last = bar.close;
        candles.absorb(&bar, end, finest);
        if end % (5 * MINUTE) == 0 {
            positions.advance(5.0, (last as f64 / held as f64).ln(), noise);
            positions.note(end);
            held = last;
        }
        at = end;
    }
    (candles, positions, replay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_answers_for_every_step_of_history() {
        let epochs = Epochs::before(20_000 * DAY + 7 * 3_600_000 + 123_456);
        let (table, walk, _) = TideTable::new(4, epochs);
        assert_eq!((epochs.fine - epochs.begin) % (5 * MINUTE), 0);
        assert_eq!(table.at(epochs.begin).level, 0.0);
        assert_eq!(table.at(epochs.live).level, walk.level);
        assert_eq!(table.at(epochs.fine), *table.coarse.last().unwrap());
        assert_eq!(table.at(epochs.fine + MINUTE), table.fine[0]);
        let fine = usize::try_from((epochs.live - epochs.fine) / MINUTE).unwrap();
        assert_eq!(table.fine.len(), fine);
        assert!(fine >= 1_000);
    }

    #[test]
    fn a_walk_seen_ahead_arrives_where_it_was_seen() {
        let epochs = Epochs::before(20_000 * DAY + 1);
        let listing = &crate::sim::catalogue::listings(1, 2, 0)[1];
        let mut noise = Noise::new(1, 5);
        let own = Walk::new(0.0, listing.sigma, &mut noise);
        let mut past = Past { own, noise, anchor: 1_000.0 };
        let end = epochs.begin + DAY;
        let seen = past.level_at(epochs.begin, end, epochs);
        let mut other = Noise::new(9, 9);
        let mut at = epochs.begin;
        let mut last = 1_000;
        let tide = Tide { level: 0.0, drift: 0.0, deviation: 0.001, activity: 1.0 };
        while at < end {
            let (next, _) = epochs.step(at);
            let bar = past.step(listing, tide, (at, next), last, &mut other);
            assert!(bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close));
            let value = |price: i64| i128::from(price) * i128::from(bar.lots);
            assert!((value(bar.low)..=value(bar.high)).contains(&bar.value));
            last = bar.close;
            at = next;
        }
        assert_eq!(past.own.level, seen);
    }
}
