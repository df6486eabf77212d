//! The dialogue of one connection: requests, state, events.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use schema::{Symbol, UnixMs};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::{
    StreamConfig,
    book::Step,
    frame::{self, Answer, Data, Frame, Problem},
    model::TickerRow,
    subscriptions::{Answered, Subscriptions},
    ticker::TickerState,
    topic::{Channel, Topic},
    watched::Watched,
};
use crate::{
    BookChange, MarketEvent,
    departed::Departed,
    intervals::FundingIntervals,
    news::News,
    resync::Resyncs,
    sink::EventSink,
    ws::{Dialogue, gone_and_new},
};

/// The dialogue of a connection that watches some symbols.
#[derive(Debug)]
pub(super) struct Watch {
    config: StreamConfig,
    subscriptions: Subscriptions,
    intervals: Arc<FundingIntervals>,
    resyncs: Arc<Resyncs>,
    symbols: BTreeMap<Symbol, Watched>,
    /// Streams that are to be asked for again, and not before when.
    wanted: HashMap<Topic, Instant>,
    /// Books whose loss could not be sent yet, for lack of room.
    untold: HashMap<Symbol, UnixMs>,
    news: News,
    departed: Departed,
}

impl Watch {
    /// A dialogue about no symbol yet.
    pub(super) fn new(config: StreamConfig, intervals: Arc<FundingIntervals>, resyncs: Arc<Resyncs>) -> Self {
        Self {
            intervals,
            resyncs,
            subscriptions: Subscriptions::new(config.topics_per_request),
            config,
            symbols: BTreeMap::new(),
            wanted: HashMap::new(),
            untold: HashMap::new(),
            news: News::default(),
            departed: Departed::default(),
        }
    }

    fn take_ticker(
        &mut self,
        symbol: Symbol,
        snapshot: bool,
        at: UnixMs,
        row: &TickerRow<'_>,
        now: Instant,
        sink: &EventSink,
    ) {
        let Some(watched) = self.symbols.get_mut(&symbol) else { return };
        if snapshot {
            watched.ticker = Some((TickerState::default(), at));
            self.wanted.remove(&Topic { channel: Channel::Ticker, symbol });
        }
        // A change of something unknown cannot be used; should the whole never come, it is asked for again.
        let Some((state, sent_at)) = &mut watched.ticker else {
            self.want(Topic { channel: Channel::Ticker, symbol }, now);
            return;
        };
        let paused =
            u128::try_from(at.0.saturating_sub(sent_at.0)).is_ok_and(|ms| ms >= self.config.ticker_pause.as_millis());
        if at < *sent_at || paused {
            // Which of its fields are out of date cannot be known: only a whole state helps.
            sink.counters.remark(if paused { "ticker after a pause" } else { "ticker out of order" }, &symbol);
            watched.ticker = None;
            self.want(Topic { channel: Channel::Ticker, symbol }, now);
            return;
        }
        *sent_at = at;
        if let Err(invalid) = state.merge(row) {
            sink.counters.count_malformed(&format!("tickers. {}", invalid.field), &format_args!("{symbol}: {invalid}"));
        }
        if let Some(ticker) = state.ticker(at, self.intervals.hours(symbol)) {
            sink.offer(MarketEvent::Ticker { symbol, ticker: Box::new(ticker) });
        }
    }

    /// A change that could not be read is in no later message, and nothing numbers them: the whole is asked for.
    fn doubt_ticker(&mut self, symbol: Symbol, now: Instant) {
        if self.symbols.get_mut(&symbol).is_some_and(|watched| watched.ticker.take().is_some()) {
            self.want(Topic { channel: Channel::Ticker, symbol }, now);
        }
    }

    /// A stream is to be asked for again, but not too often.
    fn want(&mut self, topic: Topic, now: Instant) {
        let Some(watched) = self.symbols.get(&topic.symbol) else { return };
        let when = watched.may_ask(topic.channel, self.config.resubscribe_every, now);
        self.wanted.entry(topic).or_insert(when);
    }

    /// Looks for streams that have fallen silent while the connection is alive.
    fn watch_silence(&mut self, now: Instant, sink: &EventSink) {
        let after = self.config.topic_silent_after;
        let silent: Vec<_> = self
            .symbols
            .iter_mut()
            .flat_map(|(symbol, watched)| watched.silent(after, now).into_iter().map(|silent| (*symbol, silent)))
            .collect();
        for (symbol, (stream, channel, silent_for)) in silent {
            sink.counters.remark("silent stream", &format_args!("{stream:?} of {symbol} for {silent_for:?}"));
            sink.offer(MarketEvent::Silent { symbol, stream, silent_for });
            match self.symbols.get(&symbol).filter(|watched| channel == Channel::Book && watched.book.holds()) {
                Some(Watched { book_at: Some(at), .. }) => self.lose_book(symbol, *at, now, sink),
                _ => self.want(Topic { channel, symbol }, now),
            }
        }
    }

    fn take_book(
        &mut self,
        symbol: Symbol,
        step: Step,
        at: UnixMs,
        change: BookChange,
        now: Instant,
        sink: &EventSink,
    ) {
        match step {
            Step::Repeated => {}
            // The whole book should have come before; should it never come, it is asked for again.
            Step::Skip => self.want(Topic { channel: Channel::Book, symbol }, now),
            Step::Gap => {
                sink.counters.count_book_gap(&symbol);
                self.lose_book(symbol, at, now, sink);
            }
            Step::Replace | Step::Change => {
                if step == Step::Replace {
                    self.wanted.remove(&Topic { channel: Channel::Book, symbol });
                }
                if !sink.offer(MarketEvent::Book { symbol, at, change }) {
                    self.lose_book(symbol, at, now, sink);
                }
            }
        }
    }

    /// Drops a book: reports so as soon as there is room, then requests it again.
    fn lose_book(&mut self, symbol: Symbol, at: UnixMs, now: Instant, sink: &EventSink) {
        let Some(watched) = self.symbols.get_mut(&symbol) else { return };
        watched.book.lose();
        watched.book_at = Some(at);
        self.untold.insert(symbol, at);
        self.tell_lost_books(now, sink);
    }

    /// Gives up the books that their reader found to be wrong.
    fn give_up_wrong_books(&mut self, now: Instant, sink: &EventSink) {
        for symbol in self.resyncs.take(|symbol| self.symbols.contains_key(symbol)) {
            let held = self.symbols.get(&symbol).filter(|watched| watched.book.holds());
            if let Some(at) = held.and_then(|watched| watched.book_at) {
                sink.counters.count_wrong_book(&symbol);
                self.lose_book(symbol, at, now, sink);
            }
        }
    }

    /// A book is requested again only after its loss was sent, or the new one could arrive before that event.
    fn tell_lost_books(&mut self, now: Instant, sink: &EventSink) {
        let (symbols, wanted, wait) = (&self.symbols, &mut self.wanted, self.config.resubscribe_every);
        self.untold.retain(|symbol, at| {
            let lost = MarketEvent::Book { symbol: *symbol, at: *at, change: BookChange::Lost };
            if !sink.has_room() || !sink.offer(lost) {
                return true;
            }
            let when = symbols.get(symbol).map_or(now, |watched| watched.may_ask(Channel::Book, wait, now));
            wanted.insert(Topic { channel: Channel::Book, symbol: *symbol }, when);
            false
        });
    }

    /// Subscribes everything of some symbols.
    fn subscribe(&mut self, symbols: &[Symbol], now: Instant) {
        let topics = topics(symbols);
        for topic in &topics {
            if let Some(watched) = self.symbols.get_mut(&topic.symbol) {
                watched.hear(*topic, now);
                watched.ask(topic.channel, now);
            }
        }
        self.subscriptions.subscribe(&topics);
    }

    fn take_answered(&mut self, answer: &Answer, sink: &EventSink) {
        let Answered { granted, given_up } = self.subscriptions.answered(answer);
        let trades = granted.into_iter().filter(|topic| topic.channel == Channel::Trades);
        let watched = trades.map(|topic| topic.symbol).filter(|symbol| self.symbols.contains_key(symbol));
        self.news.hear(watched);
        self.news.flush(sink);
        for topic in given_up {
            if let Some(watched) = self.symbols.get_mut(&topic.symbol) {
                watched.give_up(topic);
            }
            let kind = format!("{} refused", topic.symbol);
            sink.counters.remark(&kind, &format_args!("{topic}: {}", answer.message));
        }
    }

    fn ask_again(&mut self, now: Instant) {
        let due: Vec<_> = self.wanted.iter().filter(|(_, when)| **when <= now).map(|(topic, _)| *topic).collect();
        if due.is_empty() {
            return;
        }
        self.subscriptions.unsubscribe(&due);
        self.subscriptions.subscribe(&due);
        for topic in due {
            self.wanted.remove(&topic);
            if let Some(watched) = self.symbols.get_mut(&topic.symbol) {
                watched.ask(topic.channel, now);
            }
        }
    }
}

impl Dialogue for Watch {
    fn ping() -> Message {
        Message::text(r#"{"op":"ping"}"#)
    }

    fn begin(&mut self, now: Instant) {
        self.subscriptions.clear();
        self.wanted.clear();
        self.news.clear();
        for watched in self.symbols.values_mut() {
            *watched = Watched::default();
        }
        self.subscribe(&self.symbols(), now);
    }

    fn begin_second(&mut self) {
        self.subscriptions.clear();
        self.subscriptions.subscribe(&topics(&self.symbols()));
    }

    fn end_second(&mut self) {
        self.subscriptions.clear();
    }

    fn outgoing(&mut self, now: Instant) -> Vec<String> {
        self.ask_again(now);
        self.subscriptions.take_outgoing()
    }

    fn is_settled(&self) -> bool {
        self.subscriptions.is_settled()
    }

    fn take_answer(&mut self, text: &str, sink: &EventSink) -> bool {
        match frame::read(text) {
            Ok(Frame::Answer(answer)) => self.take_answered(&answer, sink),
            Ok(Frame::Pong) => {}
            Ok(Frame::Data { .. }) | Err(_) => return false,
        }
        true
    }

    fn watch(&mut self, symbols: &[Symbol], now: Instant) {
        let (gone, new) = gone_and_new(&self.symbols, symbols);
        for symbol in &gone {
            self.symbols.remove(symbol);
            self.untold.remove(symbol);
            self.news.forget(*symbol);
        }
        self.wanted.retain(|topic, _| !gone.contains(&topic.symbol));
        self.subscriptions.forget(&gone);
        self.subscriptions.unsubscribe(&topics(&gone));
        self.departed.note(&gone, now);
        self.symbols.extend(new.iter().map(|symbol| (*symbol, Watched::default())));
        self.subscribe(&new, now);
    }

    fn take(&mut self, text: &str, now: Instant, sink: &EventSink) {
        let (topic, snapshot, at, data) = match frame::read(text) {
            Ok(Frame::Data { topic, snapshot, at, data }) => (topic, snapshot, at, data),
            Ok(Frame::Pong) => return,
            Ok(Frame::Answer(answer)) => return self.take_answered(&answer, sink),
            Err(error) => {
                let excerpt: String = text.chars().take(160).collect();
                sink.counters.count_malformed(&error.kind(), &format_args!("{error} in `{excerpt}`"));
                match error.topic {
                    Some(Topic { channel: Channel::Book, symbol }) => {
                        let held = self.symbols.get(&symbol).filter(|watched| watched.book.holds());
                        if let Some(at) = held.and_then(|watched| watched.book_at) {
                            self.lose_book(symbol, at, now, sink);
                        }
                    }
                    Some(Topic { channel: Channel::Ticker, symbol }) => self.doubt_ticker(symbol, now),
                    Some(_) => {}
                    // It may have been about any of them.
                    None if matches!(error.problem, Problem::NotAMessage(_)) => {
                        for symbol in self.symbols().iter() {
                            self.doubt_ticker(*symbol, now);
                        }
                    }
                    None => {}
                }
                return;
            }
        };
        let symbol = topic.symbol;
        let Some(watched) = self.symbols.get_mut(&symbol) else {
            if !self.departed.contains(symbol, now) {
                sink.counters.count_malformed("topic that was not asked for", &topic);
            }
            return;
        };
        watched.hear(topic, now);
        match data {
            Data::Ticker(row) => self.take_ticker(symbol, snapshot, at, &row, now, sink),
            Data::Candles(timeframe, candles) => {
                for (candle, closed) in candles {
                    if watched.candles.accepts(&candle, closed, at) {
                        let taker_buy = None;
                        sink.offer(MarketEvent::Candle { symbol, timeframe, candle, taker_buy, closed, at });
                    }
                }
            }
            Data::Trades(trades, ids) => {
                let trades = watched.new_trades(trades, &ids);
                if !trades.is_empty() && !sink.offer(MarketEvent::Trades { symbol, trades }) {
                    self.news.miss(symbol);
                }
            }
            Data::Liquidations(liquidations) => {
                let new = watched.new_liquidations(at) && !liquidations.is_empty();
                if new && !sink.offer(MarketEvent::Liquidations { symbol, liquidations }) {
                    self.news.miss(symbol);
                }
            }
            // Whatever arrives before the loss was sent belongs to the dropped book.
            Data::Book { .. } if self.untold.contains_key(&symbol) => self.tell_lost_books(now, sink),
            Data::Book { update, bids, asks } => {
                let step = watched.book.advance(snapshot, update);
                watched.book_at = Some(at);
                let change = if step == Step::Replace {
                    BookChange::Snapshot { bids, asks }
                } else {
                    BookChange::Delta { bids, asks }
                };
                self.take_book(symbol, step, at, change, now, sink);
            }
        }
    }

    fn tick(&mut self, now: Instant, sink: &EventSink) {
        self.watch_silence(now, sink);
        self.give_up_wrong_books(now, sink);
        self.news.flush(sink);
        self.tell_lost_books(now, sink);
    }

    fn symbols(&self) -> Arc<[Symbol]> {
        self.symbols.keys().copied().collect()
    }

    fn carries_trades(&self) -> bool {
        true
    }

    fn end(&mut self) -> Vec<MarketEvent> {
        let held = self.symbols.iter().filter(|(_, watched)| watched.book.holds());
        let mut lost: BTreeMap<Symbol, UnixMs> = held.filter_map(|(s, watched)| Some((*s, watched.book_at?))).collect();
        lost.extend(self.untold.drain());
        let event = |(symbol, at)| MarketEvent::Book { symbol, at, change: BookChange::Lost };
        lost.into_iter().map(event).collect()
    }
}

/// Everything that is watched of some symbols.
fn topics(symbols: &[Symbol]) -> Vec<Topic> {
    let of = |symbol: &Symbol| Channel::WATCHED.map(|channel| Topic { channel, symbol: *symbol });
    symbols.iter().flat_map(of).collect()
}
