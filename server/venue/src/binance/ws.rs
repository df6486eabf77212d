//! The dialogue of one connection: requests, state, events.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use schema::{Symbol, UnixMs};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::{
    StreamConfig,
    book::{Diff, Step, Whole},
    depth::Books,
    frame::{self, Data, Frame},
    reach::Reach,
    subscriptions::{Answered, Subscriptions},
    topic::{Channel, Root, Topic},
    watched::{Follows, Watched},
};
use crate::{
    BookChange, Kline, MarketEvent,
    departed::Departed,
    intervals::FundingIntervals,
    news::News,
    resync::Resyncs,
    sink::EventSink,
    ws::{Dialogue, gone_and_new},
};

/// The dialogue of a connection that watches some symbols at one root.
#[derive(Debug)]
pub(super) struct Watch {
    root: Root,
    config: StreamConfig,
    subscriptions: Subscriptions,
    intervals: Arc<FundingIntervals>,
    resyncs: Arc<Resyncs>,
    symbols: BTreeMap<Symbol, Watched>,
    /// The way to whole books.
    books: Books,
    /// Books that are to be fetched, and not before when.
    due: HashMap<Symbol, Instant>,
    /// Books that are being fetched.
    fetching: HashSet<Symbol>,
    /// Books whose loss could not be sent yet, for lack of room.
    untold: HashMap<Symbol, UnixMs>,
    /// Streams that fell silent and are to be asked for again.
    silent: BTreeSet<Topic>,
    news: News,
    departed: Departed,
}

impl Watch {
    /// A dialogue about no symbol yet.
    pub(super) fn new(
        root: Root,
        config: StreamConfig,
        intervals: Arc<FundingIntervals>,
        resyncs: Arc<Resyncs>,
        books: Books,
    ) -> Self {
        Self {
            root,
            subscriptions: Subscriptions::new(config.topics_per_request),
            config,
            intervals,
            resyncs,
            symbols: BTreeMap::new(),
            books,
            due: HashMap::new(),
            fetching: HashSet::new(),
            untold: HashMap::new(),
            silent: BTreeSet::new(),
            news: News::default(),
            departed: Departed::default(),
        }
    }

    fn take_diff(&mut self, symbol: Symbol, diff: Diff, now: Instant, sink: &EventSink) {
        let Some(watched) = self.symbols.get_mut(&symbol) else { return };
        let at = diff.at;
        let held = watched.book.holds();
        match watched.book.take(diff) {
            Step::Known => {}
            Step::KeptBack => self.fetch_soon(symbol, now),
            Step::Gap => {
                sink.counters.count_book_gap(&symbol);
                self.untold.insert(symbol, at);
                self.tell_lost_books(now, sink);
            }
            Step::Change(mut diff) => {
                if held {
                    watched.book_at = Some(at);
                }
                let is_left = watched.reach.is_left(&diff);
                watched.reach.keep(&mut diff);
                let change = BookChange::Delta { bids: diff.bids, asks: diff.asks };
                if !sink.offer(MarketEvent::Book { symbol, at, change }) || is_left {
                    self.lose_book(symbol, at, now, sink);
                }
            }
        }
    }

    /// Joins a whole book with the changes that were kept back.
    fn take_whole(&mut self, symbol: Symbol, whole: Option<Whole>, now: Instant, sink: &EventSink) {
        self.fetching.remove(&symbol);
        let Some(watched) = self.symbols.get_mut(&symbol) else { return };
        let joined = match whole {
            // The news that the old book is lost must come first.
            Some(_) if self.untold.contains_key(&symbol) => None,
            Some(_) if watched.book.holds() => return,
            Some(whole) => watched.book.join(whole.last).ok().map(|diffs| (whole, diffs)),
            None => None,
        };
        let Some((mut whole, diffs)) = joined else {
            self.fetch_soon(symbol, now);
            return;
        };
        let reach = Reach::of(&whole);
        reach.cut(&mut whole);
        watched.reach = reach;
        let mut at = whole.at;
        watched.book_at = Some(at);
        let change = BookChange::Snapshot { bids: whole.bids, asks: whole.asks };
        let mut sent = sink.offer(MarketEvent::Book { symbol, at, change });
        for mut diff in diffs {
            at = diff.at;
            watched.book_at = Some(at);
            reach.keep(&mut diff);
            let change = BookChange::Delta { bids: diff.bids, asks: diff.asks };
            sent = sent && sink.offer(MarketEvent::Book { symbol, at, change });
        }
        if !sent {
            self.lose_book(symbol, at, now, sink);
        }
    }

    /// Drops a book: reports so as soon as there is room, then fetches it again.
    fn lose_book(&mut self, symbol: Symbol, at: UnixMs, now: Instant, sink: &EventSink) {
        let Some(watched) = self.symbols.get_mut(&symbol) else { return };
        watched.book.lose();
        self.untold.insert(symbol, at);
        self.tell_lost_books(now, sink);
    }

    /// Gives up the books that their reader found to be wrong.
    fn give_up_wrong_books(&mut self, now: Instant, sink: &EventSink) {
        if self.root != Root::Public {
            return;
        }
        for symbol in self.resyncs.take(|symbol| self.symbols.contains_key(symbol)) {
            let held = self.symbols.get(&symbol).filter(|watched| watched.book.holds());
            if let Some(at) = held.and_then(|watched| watched.book_at) {
                sink.counters.count_wrong_book(&symbol);
                self.lose_book(symbol, at, now, sink);
            }
        }
    }

    /// A book is fetched again only after its loss was sent, or the new one could arrive before that event.
    fn tell_lost_books(&mut self, now: Instant, sink: &EventSink) {
        let mut reported = Vec::new();
        self.untold.retain(|symbol, at| {
            let lost = MarketEvent::Book { symbol: *symbol, at: *at, change: BookChange::Lost };
            if !sink.has_room() || !sink.offer(lost) {
                return true;
            }
            reported.push(*symbol);
            false
        });
        for symbol in reported {
            self.fetch_soon(symbol, now);
        }
    }

    /// A book is to be fetched, but not too often.
    fn fetch_soon(&mut self, symbol: Symbol, now: Instant) {
        if self.fetching.contains(&symbol) {
            return;
        }
        let Some(watched) = self.symbols.get(&symbol) else { return };
        self.due.entry(symbol).or_insert(watched.may_ask(Channel::Book, self.config.resubscribe_every, now));
    }

    fn fetch_due(&mut self, now: Instant) {
        let (symbols, books, fetching, untold) = (&mut self.symbols, &self.books, &mut self.fetching, &self.untold);
        self.due.retain(|symbol, when| {
            if *when > now || untold.contains_key(symbol) {
                return true;
            }
            let Some(watched) = symbols.get_mut(symbol).filter(|watched| !watched.book.holds()) else { return false };
            if !books.want(*symbol) {
                return true;
            }
            watched.ask(Channel::Book, now);
            fetching.insert(*symbol);
            false
        });
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
            self.silent.insert(Topic { channel, symbol });
            if let Some(Watched { book_at: Some(at), .. }) =
                self.symbols.get(&symbol).filter(|watched| channel == Channel::Book && watched.book.holds())
            {
                self.lose_book(symbol, *at, now, sink);
            }
        }
    }

    /// Subscribes everything of some symbols.
    fn subscribe(&mut self, symbols: &[Symbol], now: Instant) {
        for symbol in symbols {
            let Some(watched) = self.symbols.get_mut(symbol) else { continue };
            for channel in self.root.watched() {
                watched.hear(*channel, now);
            }
            if self.root == Root::Public {
                // A book that does not change is to be known as well.
                self.due.insert(*symbol, now + self.config.resubscribe_every);
            }
        }
        self.subscriptions.subscribe(&topics(self.root, symbols));
    }

    fn take_answered(&mut self, answer: frame::Answer, sink: &EventSink) {
        let Answered { granted, given_up } = self.subscriptions.answered(answer.request, answer.refusal.is_some());
        let trades = granted.into_iter().filter(|topic| topic.channel == Channel::Trades);
        let watched = trades.map(|topic| topic.symbol).filter(|symbol| self.symbols.contains_key(symbol));
        self.news.hear(watched);
        self.news.flush(sink);
        let Some(Topic { channel, symbol }) = given_up else { return };
        if let Some(watched) = self.symbols.get_mut(&symbol) {
            watched.give_up(channel);
        }
        let words = answer.refusal.unwrap_or_default();
        sink.counters.remark(&format!("{symbol} refused"), &format_args!("{channel:?}: {words}"));
    }

    fn take_data(&mut self, symbol: Symbol, at: UnixMs, data: Data, now: Instant, sink: &EventSink) {
        let Some(watched) = self.symbols.get_mut(&symbol) else {
            if !self.departed.contains(symbol, now) {
                sink.counters.count_malformed("contract that was not asked for", &symbol);
            }
            return;
        };
        let Some(channel) = data.channel().filter(|channel| self.root.watched().contains(channel)) else {
            sink.counters.count_malformed("stream that was not asked for", &format_args!("{data:?} of {symbol}"));
            return;
        };
        watched.hear(channel, now);
        let newer = match data {
            Data::Day(day) => watched.ticker.take_day(day),
            Data::Mark(mark) => watched.ticker.take_mark(mark),
            Data::Candle { kline: Kline { candle, taker_buy }, closed, wrong } => {
                if let Some(wrong) = wrong {
                    sink.counters.count_malformed("kline V", &format_args!("kline of {symbol}: {wrong}"));
                }
                if watched.candles.accepts(&candle, closed, at) {
                    let timeframe = schema::Timeframe::M1;
                    sink.offer(MarketEvent::Candle { symbol, timeframe, candle, taker_buy, closed, at });
                }
                return;
            }
            Data::Trade(trade, id) => {
                match id.map_or(Follows::AtOnce, |id| watched.follow(id)) {
                    Follows::Not => return,
                    Follows::AfterHole => {
                        sink.counters.remark("missing trades", &symbol);
                        self.news.miss(symbol);
                    }
                    Follows::AtOnce => {}
                }
                if !sink.offer(MarketEvent::Trades { symbol, trades: vec![trade] }) {
                    self.news.miss(symbol);
                }
                return;
            }
            Data::Liquidation(liquidation) => {
                let new = watched.new_liquidation(liquidation);
                if new && !sink.offer(MarketEvent::Liquidations { symbol, liquidations: vec![liquidation] }) {
                    self.news.miss(symbol);
                }
                return;
            }
            Data::Book(diff) => return self.take_diff(symbol, diff, now, sink),
            Data::NoTrade | Data::Best(..) => return,
        };
        if newer && let Some(ticker) = watched.ticker.ticker(self.intervals.hours(symbol)) {
            sink.offer(MarketEvent::Ticker { symbol, ticker: Box::new(ticker) });
        }
    }
}

impl Dialogue for Watch {
    fn ping() -> Message {
        Message::Ping(Vec::new().into())
    }

    fn begin(&mut self, now: Instant) {
        self.subscriptions.clear();
        self.due.clear();
        self.news.clear();
        self.silent.clear();
        for watched in self.symbols.values_mut() {
            *watched = Watched::default();
        }
        self.subscribe(&self.symbols(), now);
    }

    fn begin_second(&mut self) {
        self.subscriptions.clear();
        self.silent.clear();
        self.subscriptions.subscribe(&topics(self.root, &self.symbols()));
    }

    fn end_second(&mut self) {
        self.subscriptions.clear();
    }

    fn outgoing(&mut self, _: Instant) -> Vec<String> {
        let silent: Vec<Topic> = std::mem::take(&mut self.silent).into_iter().collect();
        self.subscriptions.unsubscribe(&silent);
        self.subscriptions.subscribe(&silent);
        self.subscriptions.take_outgoing()
    }

    fn is_settled(&self) -> bool {
        self.subscriptions.is_settled()
    }

    fn take_answer(&mut self, text: &str, sink: &EventSink) -> bool {
        let Ok(Frame::Answer(answer)) = frame::read(text) else { return false };
        self.take_answered(answer, sink);
        true
    }

    fn watch(&mut self, symbols: &[Symbol], now: Instant) {
        let (gone, new) = gone_and_new(&self.symbols, symbols);
        for symbol in &gone {
            self.symbols.remove(symbol);
            self.untold.remove(symbol);
            self.due.remove(symbol);
            self.news.forget(*symbol);
        }
        self.silent.retain(|topic| !gone.contains(&topic.symbol));
        self.subscriptions.forget(&gone);
        self.subscriptions.unsubscribe(&topics(self.root, &gone));
        self.departed.note(&gone, now);
        self.symbols.extend(new.iter().map(|symbol| (*symbol, Watched::default())));
        self.subscribe(&new, now);
    }

    fn take(&mut self, text: &str, now: Instant, sink: &EventSink) {
        match frame::read(text) {
            Ok(Frame::Data { symbol, at, data }) => self.take_data(symbol, at, data, now, sink),
            Ok(Frame::Answer(answer)) => self.take_answered(answer, sink),
            Err(error) => {
                let excerpt: String = text.chars().take(160).collect();
                sink.counters.count_malformed(&error.kind(), &format_args!("{error} in `{excerpt}`"));
                if let Some((symbol, Channel::Book)) = error.about
                    && let Some(at) = self.symbols.get(&symbol).filter(|w| w.book.holds()).and_then(|w| w.book_at)
                {
                    self.lose_book(symbol, at, now, sink);
                }
            }
        }
    }

    fn tick(&mut self, now: Instant, sink: &EventSink) {
        self.watch_silence(now, sink);
        self.give_up_wrong_books(now, sink);
        while let Some((symbol, whole)) = self.books.next() {
            self.take_whole(symbol, whole, now, sink);
        }
        self.news.flush(sink);
        self.tell_lost_books(now, sink);
        self.fetch_due(now);
    }

    fn symbols(&self) -> Arc<[Symbol]> {
        self.symbols.keys().copied().collect()
    }

    fn carries_trades(&self) -> bool {
        self.root.watched().contains(&Channel::Trades)
    }

    fn end(&mut self) -> Vec<MarketEvent> {
        let held = self.symbols.iter().filter(|(_, watched)| watched.book.holds());
        let mut lost: BTreeMap<Symbol, UnixMs> = held.filter_map(|(s, watched)| Some((*s, watched.book_at?))).collect();
        lost.extend(self.untold.drain());
        let event = |(symbol, at)| MarketEvent::Book { symbol, at, change: BookChange::Lost };
        lost.into_iter().map(event).collect()
    }
}

/// Everything that is watched of some symbols at a root.
fn topics(root: Root, symbols: &[Symbol]) -> Vec<Topic> {
    let of = |symbol: &Symbol| {
        root.watched().iter().map(|channel| Topic { channel: *channel, symbol: *symbol }).collect::<Vec<_>>()
    };
    symbols.iter().flat_map(of).collect()
}
