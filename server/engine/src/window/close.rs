//! Deciding a bar: once, from inputs cut at its end.
//!
//! A bar is decided in the first second of the session in which the market's own time is at least half a second past its end and its
//! final candle has come, or in which it is one and a half seconds past it: as a rule one second after the end, at the latest two.
//! So events that are late, doubled or out of order by less than half a second change nothing. What arrives later corrects candles
//! and never a recorded score.

use std::sync::Arc;

use analysis::{
    input::{DepthShares, PerTimeframe, SymbolInput},
    signal::Thresholds,
};
use schema::{Candle, Price, Timeframe, UnixMs, Why, breakdown::ScorePoint};

use super::{Frozen, HOUR_MS, MINUTE_MS, Recorded, SPARK, Window};
use venue::History;

/// How much later than a bar's end an event of it may come.
pub(crate) const TOLERANCE_MS: i64 = 500;
/// How long a bar's final candle is waited for.
const FINAL_CANDLE_MS: i64 = 1_500;
/// How long before its decision an answer must have been received to count: less, and it might or might not have reached the engine.
const ANSWERED_BEFORE_MS: i64 = 1_000;

/// What became of a bar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Decided {
    /// It was recorded, with or without a score.
    Recorded {
        /// The record.
        recorded: Arc<Recorded>,
        /// That of the bar before, where one was recorded.
        before: Option<Arc<Recorded>>,
    },
    /// It could not be looked at.
    Missing {
        /// Its end.
        bar_closed_at: UnixMs,
        /// Why.
        why: Why,
    },
}

/// Where the inputs of a bar end.
#[derive(Debug, Clone, Copy)]
enum Cut {
    /// With the bar; an answer counts that was received by a moment.
    AtEnd {
        /// The moment.
        known_at: UnixMs,
    },
    /// Candles with the bar, everything else when it is decided: nothing else was received of its time.
    Late,
}

/// The whole second at or after a moment.
///
/// Between the newest trade that is known and the next one its delay is unknown: of the second in which a bar is decided
/// no trade counts as coming after it. So the messages that are on their way meanwhile move no entry.
const fn whole_second(at: UnixMs) -> UnixMs {
    UnixMs(-UnixMs(-at.0).floor(1_000).0)
}

impl Window {
    /// Whether a moment is past the end of the bar that is decided next.
    pub(super) fn has_ended(&self, at: UnixMs) -> bool {
        self.due.is_some_and(|due| at >= due)
    }

    /// Keeps the book as it was at the end of a bar before it changes.
    pub(super) fn freeze_book(&mut self, at: UnixMs) {
        if self.has_ended(at) && self.frozen.book.is_none() {
            self.frozen.book = Some(self.book.freeze());
        }
    }

    /// Decides what is due at `market_time`, the newest exchange time of any contract: the next bar that can be looked at, with those
    /// before and behind it that cannot. Another one may be due then.
    pub(crate) fn decide(&mut self, second: UnixMs, market_time: UnixMs, thresholds: &Thresholds) -> Vec<Decided> {
        let mut decided = Vec::new();
        self.flow.advance(market_time);
        let Some(mut due) = self.due else {
            self.due = Some(UnixMs(market_time.floor(self.finest().ms()).0 + self.finest().ms()));
            return decided;
        };
        if !self.is_over(due, market_time) && self.recorded.is_none() && self.is_ready() && market_time < due {
            // The bar that closed before the start, so that there is a score to show before the next one closes.
            if let Some(closed) = self.candles.get(self.finest()).end().filter(|end| *end < due) {
                decided.extend(self.close(closed, Cut::Late, (second, market_time), thresholds));
            }
            return decided;
        }
        // Where one was waited for in vain, the next may have ended as well.
        while self.is_over(due, market_time) {
            let cut = Cut::AtEnd { known_at: UnixMs(second.0 - ANSWERED_BEFORE_MS) };
            let outcome = self.close(due, cut, (second, market_time), thresholds);
            let is_recorded = matches!(outcome, Some(Decided::Recorded { .. }));
            decided.extend(outcome);
            due = UnixMs(due.0 + self.finest().ms());
            // What was open when the feed came back after a longer silence is not a bar that was watched.
            while market_time.0 - due.0 >= FINAL_CANDLE_MS {
                if self.recorded.is_some() {
                    decided.push(Decided::Missing { bar_closed_at: due, why: Why::NotYet });
                }
                due = UnixMs(due.0 + self.finest().ms());
            }
            self.due = Some(due);
            self.frozen = Frozen::default();
            self.derivatives.settle();
            if is_recorded {
                break;
            }
        }
        decided
    }

    /// Whether a bar that ends at a moment is decided at `market_time`.
    fn is_over(&self, end: UnixMs, market_time: UnixMs) -> bool {
        let waited = market_time.0 - end.0;
        let is_final = self.candles.get(self.finest()).end().is_some_and(|held| held >= end);
        waited >= FINAL_CANDLE_MS || waited >= TOLERANCE_MS && is_final
    }

    /// Whether the next second at `market_time` decides a bar, which takes a hundred times as long as one that decides none.
    pub(crate) fn is_due(&self, market_time: UnixMs) -> bool {
        self.due.is_some_and(|due| self.is_over(due, market_time)) || self.recorded.is_none() && self.is_ready()
    }

    /// Whether everything was fetched that a first score is made of.
    fn is_ready(&self) -> bool {
        self.is_loaded() && !self.needs_trades && self.derivatives.is_loaded()
    }

    fn close(
        &mut self,
        end: UnixMs,
        cut: Cut,
        (second, market_time): (UnixMs, UnixMs),
        thresholds: &Thresholds,
    ) -> Option<Decided> {
        let mut held = self.candles.get(self.finest()).end().is_some_and(|held| held >= end);
        if self.is_loaded() && !held {
            if let Some(candle) = self.provisional(end) {
                self.add_bar(candle);
                held = true;
            } else if self.history == History::Fetched {
                self.missing = PerTimeframe([true; 4]);
            }
        }
        if !self.is_loaded() || !held {
            // Before its history was loaded once nothing was missed.
            return self.recorded.is_some().then_some(Decided::Missing { bar_closed_at: end, why: Why::NotYet });
        }
        self.trace_hours(end);
        let measured = self.scored(|scorer, window| {
            let input = match cut {
                Cut::AtEnd { known_at } => window.input_at(end, known_at),
                Cut::Late => SymbolInput { open: PerTimeframe([None; 4]), ..window.input()? },
            };
            let close = input.candles.get(window.finest()).last()?.close;
            let shares = input.book.and_then(|book| DepthShares::of(book.bids, book.asks));
            let spread = window.spread(input.book);
            let until = PerTimeframe::build(|timeframe| {
                let run = input.candles.get(timeframe);
                run.last().map(|last| UnixMs(last.start.0 + timeframe.ms()))
            });
            Some((
                scorer.analyse_closed(&input),
                close,
                shares,
                spread,
                scorer.key_levels(input.candles.get(Timeframe::M30), end),
                until,
            ))
        });
        let (analysis, close, shares, spread, key_levels, until) = measured?;
        if let Some(shares) = shares {
            self.book.note_depth(shares);
        }
        let score = analysis.score.value().copied();
        let (signal, direction) = self.signal.next(thresholds, score);
        self.signal = signal;
        if let Some(score) = score {
            self.scores.push(ScorePoint { at: end, score });
        }
        let is_late = matches!(cut, Cut::Late);
        let decided_at = second;
        let recorded = Arc::new(Recorded {
            bar_closed_at: end,
            decided_at,
            decided_at_market: whole_second(market_time),
            is_late,
            close,
            spread,
            analysis,
            direction,
            key_levels,
            until,
        });
        let before = self.recorded.replace(Arc::clone(&recorded));
        Some(Decided::Recorded { recorded, before })
    }

    /// Everything as it was at the end of a bar, and known at a moment.
    fn input_at(&self, end: UnixMs, known_at: UnixMs) -> SymbolInput<'_> {
        let book = match &self.frozen.book {
            Some(frozen) => frozen.as_ref().map(|frozen| self.book.thaw(frozen)),
            None => self.book.read().filter(|book| book.at < end),
        };
        let ticker = self.frozen.ticker.as_ref().or(self.ticker.as_ref()).filter(|ticker| ticker.at < end);
        SymbolInput {
            as_of: end,
            candles: PerTimeframe::build(|timeframe| {
                let run = self.candles.get(timeframe).as_slice();
                &run[..run.partition_point(|candle| candle.start.0 + timeframe.ms() <= end.0)]
            }),
            open: PerTimeframe([None; 4]),
            trades: self.flow.trades_before(end),
            flow: self.flow.minutes_until(end),
            book,
            derivatives: self.derivatives.read_at(ticker, end, known_at),
        }
    }

    /// The minute that ends at a moment, where its final candle has not come: the last one the venue sent of it, with the trades since.
    /// `None` where some of them are not known.
    fn provisional(&self, end: UnixMs) -> Option<Candle> {
        if self.history != History::Fetched {
            return None;
        }
        let start = UnixMs(end.0 - MINUTE_MS);
        let sent = [self.unfinished, self.running].into_iter().flatten().find(|running| running.candle.start == start);
        let since = sent.map_or(start, |sent| sent.at);
        // What may be missing of its last half second is not worth doubting the minute for.
        if end.0 - since.0 > TOLERANCE_MS && self.flow.gaps().coverage(since, end) < 1.0 {
            return None;
        }
        let trades = self.flow.trades_before(end);
        let from = match sent {
            Some(_) => trades.partition_point(|trade| trade.at <= since),
            None => trades.partition_point(|trade| trade.at < start),
        };
        let close =
            self.candles.get(Timeframe::M1).as_slice().last().filter(|last| last.start.0 + MINUTE_MS == start.0);
        let flat = |price: f64| Candle {
            start,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: 0.0,
            turnover: 0.0,
        };
        let mut candle = sent.map(|sent| sent.candle).or_else(|| close.map(|last| flat(last.close)))?;
        for trade in &trades[from..] {
            candle.high = candle.high.max(trade.price);
            candle.low = candle.low.min(trade.price);
            candle.close = trade.price;
            candle.volume += trade.size();
            candle.turnover += trade.price * trade.size();
        }
        Some(candle)
    }

    /// Takes the last hourly closes out of half-hour candles.
    fn trace_hours(&mut self, end: UnixMs) {
        let halves = self.candles(Timeframe::M30);
        let closed_at = |candle: &&Candle| candle.start.0 + Timeframe::M30.ms();
        let hourly = halves.iter().filter(|candle| closed_at(candle) % HOUR_MS == 0 && closed_at(candle) <= end.0);
        let mut closes: Vec<Price> = hourly.filter_map(|candle| Price::new(candle.close).ok()).collect();
        self.spark = Arc::new(closes.split_off(closes.len().saturating_sub(SPARK)));
    }
}
