//! What is remembered of a symbol between two messages.

use std::{collections::VecDeque, time::Duration};

use schema::UnixMs;
use tokio::time::Instant;

use super::{book::Sequence, reach::Reach, ticker::TickerState, topic::Channel};
use crate::{Liquidation, Stream, order::CandleOrder};

/// What is remembered of a symbol.
#[derive(Debug, Default)]
pub(super) struct Watched {
    pub(super) ticker: TickerState,
    pub(super) book: Sequence,
    /// How far the book that is held is known.
    pub(super) reach: Reach,
    /// When the last message of its book was sent.
    pub(super) book_at: Option<UnixMs>,
    pub(super) candles: CandleOrder,
    trade: Option<u64>,
    /// The latest positions closed by force, oldest first.
    liquidations: VecDeque<Liquidation>,
    /// When each stream that always sends was received, or subscribed, last.
    heard: [Option<Instant>; 2],
    /// When each of them was asked for again last.
    asked: [Option<Instant>; 2],
}

/// The streams that always speak: the mark price each second, and a book that is ever changing.
const SPEAKING: [(Stream, Channel); 2] = [(Stream::Ticker, Channel::Mark), (Stream::Book, Channel::Book)];

/// How a trade follows the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follows {
    /// At once.
    AtOnce,
    /// There were others between.
    AfterHole,
    /// It was sent before.
    Not,
}

impl Watched {
    /// Notes that a stream spoke or was asked to.
    pub(super) fn hear(&mut self, channel: Channel, now: Instant) {
        if let Some(place) = place(channel) {
            self.heard[place] = Some(now);
        }
    }

    /// Notes that a stream is not to be had: it is not waited for.
    pub(super) fn give_up(&mut self, channel: Channel) {
        if let Some(place) = place(channel) {
            self.heard[place] = None;
        }
    }

    /// The streams that were silent for at least this long, and for how long; each is reported again only after as long.
    pub(super) fn silent(&mut self, after: Duration, now: Instant) -> Vec<(Stream, Channel, Duration)> {
        let mut silent = Vec::new();
        for ((stream, channel), heard) in SPEAKING.into_iter().zip(&mut self.heard) {
            let Some(since) = *heard else { continue };
            let silent_for = now.saturating_duration_since(since);
            if silent_for >= after {
                *heard = Some(now);
                silent.push((stream, channel, silent_for));
            }
        }
        silent
    }

    /// The earliest moment at which something may be asked for again.
    pub(super) fn may_ask(&self, channel: Channel, every: Duration, now: Instant) -> Instant {
        let asked = place(channel).and_then(|place| self.asked[place]);
        asked.map_or(now, |asked| (asked + every).max(now))
    }

    /// Notes that something is asked for again.
    pub(super) fn ask(&mut self, channel: Channel, now: Instant) {
        if let Some(place) = place(channel) {
            self.asked[place] = Some(now);
        }
    }

    /// Takes the number of a trade.
    pub(super) fn follow(&mut self, id: u64) -> Follows {
        let follows = match self.trade {
            Some(last) if id <= last => return Follows::Not,
            Some(last) if id > last + 1 => Follows::AfterHole,
            _ => Follows::AtOnce,
        };
        self.trade = Some(id);
        follows
    }

    /// Liquidations that are remembered: there is one a second, and connections overlap for a few.
    const LIQUIDATIONS: usize = 64;

    /// Whether this liquidation did not come before.
    pub(super) fn new_liquidation(&mut self, liquidation: Liquidation) -> bool {
        if self.liquidations.contains(&liquidation) {
            return false;
        }
        if self.liquidations.len() == Self::LIQUIDATIONS {
            self.liquidations.pop_front();
        }
        self.liquidations.push_back(liquidation);
        true
    }
}

fn place(channel: Channel) -> Option<usize> {
    SPEAKING.iter().position(|(_, speaking)| *speaking == channel)
}
