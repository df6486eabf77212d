//! What is remembered of a symbol between two messages.

use std::time::Duration;

use schema::{Trade, UnixMs};
use tokio::time::Instant;

use super::{
    book::Sequence,
    ticker::TickerState,
    topic::{Channel, Topic},
};
use crate::{
    Stream,
    order::{CandleOrder, RecentIds},
};

/// What is remembered of a symbol.
#[derive(Debug, Default)]
pub(super) struct Watched {
    /// Its state and when the newest part of it was sent; none until a snapshot arrives.
    pub(super) ticker: Option<(TickerState, UnixMs)>,
    /// Its book.
    pub(super) book: Sequence,
    /// When the last message of its book was sent.
    pub(super) book_at: Option<UnixMs>,
    /// Its candles.
    pub(super) candles: CandleOrder,
    trades: RecentIds,
    liquidations_at: Option<UnixMs>,
    /// When each stream that always sends was received, or subscribed, last.
    heard: [Option<Instant>; 3],
    /// When each stream that always speaks was asked for again last.
    asked: [Option<Instant>; 3],
}

/// The streams that always speak.
pub(super) const SPEAKING: [(Stream, Channel); 3] = [
    (Stream::Ticker, Channel::Ticker),
    (Stream::Candle, Channel::Candle(schema::Timeframe::M1)),
    (Stream::Book, Channel::Book),
];

impl Watched {
    /// Notes that a stream spoke or was asked to.
    pub(super) fn hear(&mut self, topic: Topic, now: Instant) {
        if let Some(place) = place(topic.channel) {
            self.heard[place] = Some(now);
        }
    }

    /// Notes that a stream is not to be had: it is not waited for.
    pub(super) fn give_up(&mut self, topic: Topic) {
        if let Some(place) = place(topic.channel) {
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

    /// The earliest moment at which a stream may be asked for again.
    pub(super) fn may_ask(&self, channel: Channel, every: Duration, now: Instant) -> Instant {
        let asked = place(channel).and_then(|place| self.asked[place]);
        asked.map_or(now, |asked| (asked + every).max(now))
    }

    /// Notes that a stream is asked for again.
    pub(super) fn ask(&mut self, channel: Channel, now: Instant) {
        if let Some(place) = place(channel) {
            self.asked[place] = Some(now);
        }
    }

    /// The trades that were not sent before.
    pub(super) fn new_trades(&mut self, trades: Vec<Trade>, ids: &[Option<u64>]) -> Vec<Trade> {
        let known = &mut self.trades;
        let new = trades.into_iter().zip(ids).filter(|(_, id)| id.is_none_or(|id| known.first(id)));
        new.map(|(trade, _)| trade).collect()
    }

    /// Whether a message about positions closed by force is new: there are two a second, each at its own time.
    pub(super) fn new_liquidations(&mut self, at: UnixMs) -> bool {
        let new = self.liquidations_at.is_none_or(|newest| newest < at);
        if new {
            self.liquidations_at = Some(at);
        }
        new
    }
}

fn place(channel: Channel) -> Option<usize> {
    SPEAKING.iter().position(|(_, speaking)| *speaking == channel)
}
