//! What changed in the list of symbols between two ticks of the live stream.
//!
//! A list of 600 symbols is most of a megabyte and changes each second; what changes each second is a quote of some hundred bytes.

use serde::{Deserialize, Serialize};

use crate::{
    Figure, Held, Pct, Price, Rate, Score, SignalRow, Signals, Stamp, Symbol, UnixMs, Usd,
    signals::{Funding, SignalStats},
};

/// A quote whose figures are all known as of one moment, in little space: it is sent for every symbol each second.
///
/// On the wire an array: symbol, time, price, change over 24 h, high, low, turnover, open interest, the forming score with its time,
/// and the funding rate with its time. High, low, score and rate are null where they did not change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TickedQuote(
    Symbol,
    UnixMs,
    Price,
    Pct,
    Option<Price>,
    Option<Price>,
    Usd,
    Usd,
    Option<(Score, UnixMs)>,
    Option<(Rate, UnixMs)>,
);

impl TickedQuote {
    /// What leads from `old` to `new`; `None` where that takes more than this can say.
    fn between(old: &SignalRow, new: &SignalRow) -> Option<Self> {
        let same_but_for_this = SignalRow { quote: new.quote.clone(), funding: new.funding.clone(), ..old.clone() };
        if same_but_for_this != *new {
            return None;
        }
        let (before, now) = (&old.quote, &new.quote);
        let Figure::Known { as_of, .. } = now.change_24h else { return None };
        Some(Self(
            new.symbol,
            as_of,
            now.price,
            known_at(&now.change_24h, as_of)?,
            moved(&before.high_24h, &now.high_24h, as_of)?,
            moved(&before.low_24h, &now.low_24h, as_of)?,
            known_at(&now.turnover_24h, as_of)?,
            known_at(&now.open_interest_usd, as_of)?,
            replaced(&before.forming, &now.forming)?,
            replaced_rate(&old.funding, &new.funding)?,
        ))
    }

    fn apply(self, row: &mut SignalRow) {
        let Self(_, at, price, change, high, low, turnover, open_interest, forming, rate) = self;
        let quote = &mut row.quote;
        quote.price = price;
        quote.change_24h = Figure::known(change, at);
        for (figure, moved) in [(&mut quote.high_24h, high), (&mut quote.low_24h, low)] {
            if let Some(price) = moved.or(figure.value().copied()) {
                *figure = Figure::known(price, at);
            }
        }
        quote.turnover_24h = Figure::known(turnover, at);
        quote.open_interest_usd = Figure::known(open_interest, at);
        if let Some((score, at)) = forming {
            quote.forming = Figure::known(score, at);
        }
        if let (Some((rate, at)), Some(funding)) = (rate, row.funding.value().copied()) {
            row.funding = Figure::known(Funding { rate, ..funding }, at);
        }
    }
}

/// What a figure known as of `at` is now, or nothing where its value is as it was; `None` where that does not say it.
fn moved<T: Copy + PartialEq>(old: &Figure<T>, new: &Figure<T>, at: UnixMs) -> Option<Option<T>> {
    let now = known_at(new, at)?;
    Some((old.value() != Some(&now)).then_some(now))
}

/// What a figure is now and as of when, or nothing where neither changed; `None` where it became missing.
fn replaced<T: Copy + PartialEq>(old: &Figure<T>, new: &Figure<T>) -> Option<Option<(T, UnixMs)>> {
    match new {
        same if same == old => Some(None),
        Figure::Known { value, as_of } => Some(Some((*value, *as_of))),
        Figure::Missing(_) => None,
    }
}

/// The same of a funding rate, whose interval and next payment have to stay.
fn replaced_rate(old: &Figure<Funding>, new: &Figure<Funding>) -> Option<Option<(Rate, UnixMs)>> {
    let Some((now, as_of)) = replaced(old, new)? else { return Some(None) };
    let stays = old.value().is_some_and(|before| Funding { rate: now.rate, ..*before } == now);
    stays.then_some(Some((now.rate, as_of)))
}

fn known_at<T: Copy>(figure: &Figure<T>, at: UnixMs) -> Option<T> {
    match figure {
        Figure::Known { value, as_of } if *as_of == at => Some(*value),
        _ => None,
    }
}

/// What changed in the list of symbols since the tick before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalsDelta {
    /// The header of the new value; its body follows from the rest.
    pub held: Held<()>,
    /// The stamp of the value these changes apply to; on any other the client asks for a snapshot.
    pub base: Stamp,
    /// Rows that are new, or changed in more than `quotes` can say.
    pub rows: Vec<SignalRow>,
    /// Quotes of rows that changed in nothing else.
    pub quotes: Vec<TickedQuote>,
    /// Rows that are gone.
    pub removed: Vec<Symbol>,
    /// Counts and means.
    pub stats: SignalStats,
}

impl SignalsDelta {
    /// What changed from `old` to `new`.
    #[must_use]
    pub fn between(old: &Held<Signals>, new: &Held<Signals>) -> Self {
        let before: std::collections::HashMap<Symbol, &SignalRow> =
            old.value.rows.iter().map(|row| (row.symbol, row)).collect();
        let (mut rows, mut quotes) = (Vec::new(), Vec::new());
        for row in &new.value.rows {
            match before.get(&row.symbol) {
                Some(same) if *same == row => {}
                known => match known.and_then(|known| TickedQuote::between(known, row)) {
                    Some(quote) => quotes.push(quote),
                    None => rows.push(row.clone()),
                },
            }
        }
        let now: std::collections::HashSet<Symbol> = new.value.rows.iter().map(|row| row.symbol).collect();
        let removed = old.value.rows.iter().map(|row| row.symbol).filter(|symbol| !now.contains(symbol)).collect();
        Self { held: new.header(), base: old.stamp, rows, quotes, removed, stats: new.value.stats.clone() }
    }

    /// The value after the changes; `None` when they do not apply to `old`, and a snapshot is needed.
    ///
    /// New rows are put at the end: the order of the list is the reader's choice.
    #[must_use]
    pub fn apply(self, old: &Held<Signals>) -> Option<Held<Signals>> {
        if old.stamp != self.base {
            return None;
        }
        let mut rows = old.value.rows.clone();
        rows.retain(|row| !self.removed.contains(&row.symbol));
        // Quotes come in the order of the rows, so the next is looked for where the last one was found.
        let mut place = 0;
        for quote in self.quotes {
            place = (place..rows.len()).chain(0..place).find(|place| rows[*place].symbol == quote.0)?;
            quote.apply(&mut rows[place]);
        }
        for new in self.rows {
            match rows.iter_mut().find(|row| row.symbol == new.symbol) {
                Some(row) => *row = new,
                None => rows.push(new),
            }
        }
        Some(self.held.with(Signals { source: old.value.source, rows, stats: self.stats }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::{PerDimension, Ratio, Venue, Why, signals::Quote, stamp::Origin};

    fn row(symbol: &str, price: f64, at: i64) -> SignalRow {
        let at = UnixMs(at);
        let usd = |usd| Figure::known(Usd::new(usd).unwrap(), at);
        let price = Price::new(price).unwrap();
        SignalRow {
            symbol: Symbol::new(symbol).unwrap(),
            base: "BTC".into(),
            tick: Price::new(0.1).unwrap(),
            quote: Quote {
                price,
                change_24h: Figure::known(Pct::new(2.061_2).unwrap(), at),
                high_24h: Figure::known(price, at),
                low_24h: Figure::known(price, at),
                turnover_24h: usd(1_234_567_890.0),
                open_interest_usd: usd(98_765_432.0),
                forming: Figure::known(Score::new(52.123_5).unwrap(), at),
            },
            score: Figure::Missing(Why::NotYet),
            direction: None,
            dimensions: PerDimension::build(|_| None),
            agreement: None,
            coverage: Ratio::NONE,
            funding: Figure::Missing(Why::NotYet),
            oi_change_1h: Figure::Missing(Why::NotYet),
            trend: Figure::Missing(Why::NotYet),
            spark: vec![Price::new(91_000.0).unwrap(); 24].into(),
        }
    }

    fn held(seq: u64, rows: Vec<SignalRow>) -> Held<Signals> {
        let stats = SignalStats {
            long: 0,
            neutral: 0,
            short: 0,
            unscored: 2,
            mean_score: None,
            mean_agreement: None,
            top: Vec::new(),
        };
        let at = UnixMs(1_700_000_000_000);
        Held {
            value: Arc::new(Signals { source: Venue::Sim, rows, stats }),
            as_of: at,
            written_at: at,
            fresh_until: at,
            stale_until: at,
            stamp: Stamp { epoch: 1, seq },
            origin: Origin::Live,
            by: Arc::from("test"),
        }
    }

    const T: i64 = 1_700_000_000_000;

    #[test]
    fn a_quote_that_moved_is_sent_alone_and_in_little_space() {
        let old = held(1, vec![row("BTCUSDT", 91_300.1, T), row("ETHUSDT", 3_000.5, T)]);
        let new = held(2, vec![row("BTCUSDT", 91_300.2, T + 1_000), row("ETHUSDT", 3_000.6, T + 1_000)]);
        let delta = SignalsDelta::between(&old, &new);
        assert!(delta.rows.is_empty());
        let json = serde_json::to_string(&delta.quotes[0]).unwrap();
        assert!(json.len() < 110, "{} bytes: {json}", json.len());
        assert_eq!(delta.apply(&old).unwrap(), new);
    }

    #[test]
    fn a_funding_rate_that_moved_is_sent_with_the_quote_and_a_new_interval_with_its_row() {
        let funding = |rate, interval_hours, at| {
            let next = UnixMs(T + 3_600_000);
            Figure::known(Funding { rate: Rate::new(rate).unwrap(), interval_hours, next }, UnixMs(at))
        };
        let at = |second: u32, figure| {
            let at = T + i64::from(second) * 1_000;
            held(second.into(), vec![SignalRow { funding: figure, ..row("BTCUSDT", 91_300.1, at) }])
        };
        let old = at(1, funding(0.000_1, 8, T));
        for (new, quotes) in [
            (at(2, funding(0.000_12, 8, T + 2_000)), 1),
            (at(2, funding(0.000_1, 8, T + 60_000)), 1),
            (at(2, funding(0.000_12, 4, T + 2_000)), 0),
            (at(2, Figure::Missing(Why::NotOffered)), 0),
        ] {
            let delta = SignalsDelta::between(&old, &new);
            assert_eq!((delta.rows.len(), delta.quotes.len()), (1 - quotes, quotes));
            assert_eq!(delta.apply(&old).unwrap(), new);
        }
    }

    #[test]
    fn what_a_quote_cannot_say_is_sent_as_a_row() {
        let old = held(1, vec![row("BTCUSDT", 91_300.1, T)]);
        let mut gone = row("BTCUSDT", 91_300.2, T + 1_000);
        gone.quote.high_24h = Figure::Missing(Why::NotYet);
        let mut apart = row("BTCUSDT", 91_300.2, T + 1_000);
        apart.quote.low_24h = Figure::known(apart.quote.price, UnixMs(T));
        let mut unformed = row("BTCUSDT", 91_300.2, T + 1_000);
        unformed.quote.forming = Figure::Missing(Why::Flat);
        for changed in [gone, apart, unformed] {
            let new = held(2, vec![changed]);
            let delta = SignalsDelta::between(&old, &new);
            assert_eq!((delta.rows.len(), delta.quotes.len()), (1, 0));
            assert_eq!(delta.apply(&old).unwrap(), new);
        }
    }

    #[test]
    fn a_forming_score_that_is_missing_as_before_stays_missing() {
        let missing = |mut row: SignalRow| {
            row.quote.forming = Figure::Missing(Why::NotYet);
            row
        };
        let old = held(1, vec![missing(row("BTCUSDT", 91_300.1, T))]);
        let new = held(2, vec![missing(row("BTCUSDT", 91_300.2, T + 1_000))]);
        let delta = SignalsDelta::between(&old, &new);
        assert_eq!((delta.rows.len(), delta.quotes.len()), (0, 1));
        assert_eq!(delta.apply(&old).unwrap(), new);
    }

    fn any_figure<T: Copy + std::fmt::Debug + 'static>(values: [T; 2]) -> impl Strategy<Value = Figure<T>> {
        let known = (0..2_usize, 0..3_i64).prop_map(move |(value, at)| Figure::known(values[value], UnixMs(T + at)));
        prop_oneof![1 => Just(Figure::Missing(Why::NotYet)), 6 => known]
    }

    prop_compose! {
        fn any_row(symbol: &'static str)(
            price in 1..3_u32,
            change in any_figure([0.5, -0.5].map(|pct| Pct::new(pct).unwrap())),
            high in any_figure([3.0, 4.0].map(|price| Price::new(price).unwrap())),
            low in any_figure([0.5, 0.75].map(|price| Price::new(price).unwrap())),
            turnover in any_figure([7.0, 8.0].map(|usd| Usd::new(usd).unwrap())),
            forming in any_figure([51.0, 49.0].map(|score| Score::new(score).unwrap())),
            rate in any_figure([0.000_1, -0.000_1].map(|rate| Rate::new(rate).unwrap())),
            interval_hours in prop_oneof![9 => Just(8_u8), 1 => Just(4)],
        ) -> SignalRow {
            let made = row(symbol, f64::from(price), T);
            let quote = Quote {
                price: made.quote.price,
                open_interest_usd: turnover.clone(),
                change_24h: change,
                high_24h: high,
                low_24h: low,
                turnover_24h: turnover,
                forming,
            };
            let funding = rate.map(|rate| Funding { rate, interval_hours, next: UnixMs(T) });
            SignalRow { quote, funding, ..made }
        }
    }

    fn any_list() -> impl Strategy<Value = Vec<SignalRow>> {
        let one = |symbol| proptest::option::weighted(0.8, any_row(symbol));
        (one("BTCUSDT"), one("ETHUSDT"), one("SOLUSDT")).prop_map(|(a, b, c)| [a, b, c].into_iter().flatten().collect())
    }

    proptest! {
        #[test]
        fn changes_lead_from_any_list_to_any_other(old in any_list(), new in any_list()) {
            let (old, new) = (held(1, old), held(2, new));
            let json = serde_json::to_string(&SignalsDelta::between(&old, &new)).unwrap();
            let sent: SignalsDelta = serde_json::from_str(&json).unwrap();
            let mut led = sent.apply(&old).unwrap().value.rows.clone();
            led.sort_by_key(|row| row.symbol);
            prop_assert_eq!(&led, &new.value.rows);
        }
    }
}
