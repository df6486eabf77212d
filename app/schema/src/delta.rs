//! What changed in the list of symbols between two ticks of the live stream.
//!
//! A list of 600 symbols is most of a megabyte and changes each second; what changes each second is a quote of some hundred bytes.

use serde::{Deserialize, Serialize};

use crate::{
    Figure, Held, Pct, Price, Score, SignalRow, Signals, Stamp, Symbol, UnixMs, Usd,
    signals::{Quote, SignalStats},
};

/// A quote whose figures are all known as of one moment, in little space: it is sent for every symbol each second.
///
/// On the wire an array: symbol, time, price, change over 24 h, high, low, turnover, open interest, and the forming score with
/// its time, or null where that did not change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TickedQuote(Symbol, UnixMs, Price, Pct, Price, Price, Usd, Usd, Option<(Score, UnixMs)>);

impl TickedQuote {
    /// What leads from `old` to `new`; `None` where that takes more than this can say.
    fn between(symbol: Symbol, old: &Quote, new: &Quote) -> Option<Self> {
        let Figure::Known { as_of, .. } = new.change_24h else { return None };
        let forming = match &new.forming {
            same if *same == old.forming => None,
            Figure::Known { value, as_of } => Some((*value, *as_of)),
            Figure::Missing(_) => return None,
        };
        Some(Self(
            symbol,
            as_of,
            new.price,
            known_at(&new.change_24h, as_of)?,
            known_at(&new.high_24h, as_of)?,
            known_at(&new.low_24h, as_of)?,
            known_at(&new.turnover_24h, as_of)?,
            known_at(&new.open_interest_usd, as_of)?,
            forming,
        ))
    }

    fn apply(self, quote: &mut Quote) {
        let Self(_, at, price, change, high, low, turnover, open_interest, forming) = self;
        quote.price = price;
        quote.change_24h = Figure::known(change, at);
        quote.high_24h = Figure::known(high, at);
        quote.low_24h = Figure::known(low, at);
        quote.turnover_24h = Figure::known(turnover, at);
        quote.open_interest_usd = Figure::known(open_interest, at);
        if let Some((score, at)) = forming {
            quote.forming = Figure::known(score, at);
        }
    }
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
    /// The header of the new value; its body is told by the rest.
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
                Some(known) if SignalRow { quote: row.quote.clone(), ..(*known).clone() } == *row => {
                    match TickedQuote::between(row.symbol, &known.quote, &row.quote) {
                        Some(quote) => quotes.push(quote),
                        None => rows.push(row.clone()),
                    }
                }
                _ => rows.push(row.clone()),
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
            quote.apply(&mut rows[place].quote);
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

    use super::*;
    use crate::{PerDimension, Ratio, Venue, Why, stamp::Origin};

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
                change_24h: Figure::known(Pct::new(2.061_234_567_891_2).unwrap(), at),
                high_24h: Figure::known(price, at),
                low_24h: Figure::known(price, at),
                turnover_24h: usd(1_234_567_890.123_4),
                open_interest_usd: usd(98_765_432.109_8),
                forming: Figure::known(Score::new(52.123_456_789_012).unwrap(), at),
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
        assert!(json.len() < 170, "{} bytes: {json}", json.len());
        assert_eq!(delta.apply(&old).unwrap(), new);
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
}
