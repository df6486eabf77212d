//! The state of a contract, put together from two kinds of message.

use schema::{Invalid, Rate, UnixMs, signals::Funding};

use super::model::{MarkData, PremiumRow, Text, TickerData, TickerRow};
use crate::{
    Ticker,
    wire::{amount, number, price, stamp},
};

/// Last price and the figures of 24 hours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    at: UnixMs,
    last: f64,
    prev: Option<f64>,
    high: Option<f64>,
    low: Option<f64>,
    volume: Option<f64>,
    turnover: Option<f64>,
}

/// Mark price, index price and funding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    at: UnixMs,
    mark: Option<f64>,
    index: Option<f64>,
    rate: Option<f64>,
    next: Option<UnixMs>,
}

impl Day {
    /// Reads a row of the list.
    ///
    /// # Errors
    ///
    /// The first field that is impossible; a contract that never traded has a last price of zero and is one.
    pub fn of_row(row: &TickerRow<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            at: stamp("closeTime", row.close_time)?,
            last: price("lastPrice", row.last_price.as_str())?,
            prev: price_or_none("openPrice", row.open_price.as_ref())?,
            high: price_or_none("highPrice", row.high_price.as_ref())?,
            low: price_or_none("lowPrice", row.low_price.as_ref())?,
            volume: figure("volume", row.volume.as_ref(), amount)?,
            turnover: figure("quoteVolume", row.quote_volume.as_ref(), amount)?,
        })
    }

    /// Reads a message sent at `at`.
    ///
    /// # Errors
    ///
    /// The first field that is impossible.
    pub fn of_message(at: UnixMs, data: &TickerData<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            at,
            last: price("c", data.last_price.as_str())?,
            prev: price_or_none("o", data.open_price.as_ref())?,
            high: price_or_none("h", data.high_price.as_ref())?,
            low: price_or_none("l", data.low_price.as_ref())?,
            volume: figure("v", data.volume.as_ref(), amount)?,
            turnover: figure("q", data.quote_volume.as_ref(), amount)?,
        })
    }
}

impl Mark {
    /// Reads a row of the list.
    ///
    /// # Errors
    ///
    /// The first field that is impossible.
    pub fn of_row(row: &PremiumRow<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            at: stamp("time", row.time)?,
            mark: price_or_none("markPrice", row.mark_price.as_ref())?,
            index: price_or_none("indexPrice", row.index_price.as_ref())?,
            rate: figure("lastFundingRate", row.last_funding_rate.as_ref(), number)?,
            next: next("nextFundingTime", row.next_funding_time)?,
        })
    }

    /// Reads a message sent at `at`.
    ///
    /// # Errors
    ///
    /// The first field that is impossible.
    pub fn of_message(at: UnixMs, data: &MarkData<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            at,
            mark: price_or_none("p", Some(&data.mark_price))?,
            index: price_or_none("i", data.index_price.as_ref())?,
            rate: figure("r", data.funding_rate.as_ref(), number)?,
            next: next("T", data.next_funding)?,
        })
    }

    /// A rate means nothing without its interval, and a dated contract has a rate of zero that is never paid.
    fn funding(&self, interval_hours: Option<u8>) -> Option<Funding> {
        Some(Funding { rate: Rate::new(self.rate?).ok()?, interval_hours: interval_hours?, next: self.next? })
    }
}

/// Everything that was received of one contract.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TickerState {
    day: Option<Day>,
    mark: Option<Mark>,
}

impl TickerState {
    /// Takes in the figures of 24 hours; whether they are newer than what was known.
    pub fn take_day(&mut self, day: Day) -> bool {
        let newer = self.day.is_none_or(|known| known.at <= day.at);
        if newer {
            self.day = Some(day);
        }
        newer
    }

    /// Takes in mark, index and funding; whether they are newer than what was known.
    pub fn take_mark(&mut self, mark: Mark) -> bool {
        let newer = self.mark.is_none_or(|known| known.at <= mark.at);
        if newer {
            self.mark = Some(mark);
        }
        newer
    }

    /// The state; none as long as there is no last price. `interval_hours` is the interval of funding, where known.
    ///
    /// Open interest is not part of these messages, nor is the price an hour ago.
    #[must_use]
    pub fn ticker(&self, interval_hours: Option<u8>) -> Option<Ticker> {
        let Self { day: Some(day), mark } = self else { return None };
        Some(Ticker {
            at: mark.map_or(day.at, |mark| mark.at.max(day.at)),
            last: day.last,
            mark: mark.and_then(|mark| mark.mark),
            index: mark.and_then(|mark| mark.index),
            prev_24h: day.prev,
            prev_1h: None,
            high_24h: day.high,
            low_24h: day.low,
            volume_24h: day.volume,
            turnover_24h: day.turnover,
            open_interest: None,
            funding: mark.and_then(|mark| mark.funding(interval_hours)),
        })
    }
}

/// A field that may be absent or empty.
fn figure(
    field: &'static str,
    text: Option<&Text<'_>>,
    read: impl Fn(&'static str, &str) -> Result<f64, Invalid>,
) -> Result<Option<f64>, Invalid> {
    text.map(Text::as_str).filter(|text| !text.is_empty()).map(|text| read(field, text)).transpose()
}

/// A zero is sent where there is no price, for example no index of a contract that was just listed.
fn price_or_none(field: &'static str, text: Option<&Text<'_>>) -> Result<Option<f64>, Invalid> {
    Ok(figure(field, text, amount)?.filter(|price| *price > 0.0))
}

fn next(field: &'static str, ms: Option<i64>) -> Result<Option<UnixMs>, Invalid> {
    Ok(ms.map(|ms| stamp(field, ms)).transpose()?.filter(|at| at.0 > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(at: i64, json: &str) -> Result<Day, Invalid> {
        Day::of_message(UnixMs(at), &serde_json::from_str(json).unwrap())
    }

    fn mark(at: i64, json: &str) -> Result<Mark, Invalid> {
        Mark::of_message(UnixMs(at), &serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_two_halves_make_one_state_and_nothing_is_invented() {
        let mut state = TickerState::default();
        assert!(state.take_mark(mark(5, r#"{"p":"11","i":"0","r":"0.0001","T":9}"#).unwrap()));
        assert_eq!(state.ticker(Some(8)), None, "without a last price there is no state");
        assert!(state.take_day(day(4, r#"{"c":"10","o":"","h":"12"}"#).unwrap()));
        let ticker = state.ticker(Some(4)).unwrap();
        assert_eq!((ticker.at, ticker.last, ticker.mark, ticker.index), (UnixMs(5), 10.0, Some(11.0), None));
        assert_eq!(
            (ticker.prev_24h, ticker.high_24h, ticker.low_24h, ticker.volume_24h),
            (None, Some(12.0), None, None)
        );
        assert_eq!(ticker.funding.unwrap().interval_hours, 4);
        assert_eq!(state.ticker(None).unwrap().funding, None, "a rate means nothing without its interval");
        state.take_mark(mark(6, r#"{"p":"11","r":"0.00000000","T":0}"#).unwrap());
        assert_eq!(state.ticker(Some(8)).unwrap().funding, None, "a dated contract pays none");
    }

    #[test]
    fn an_older_message_changes_nothing() {
        let mut state = TickerState::default();
        assert!(state.take_day(day(9, r#"{"c":"10"}"#).unwrap()));
        assert!(!state.take_day(day(8, r#"{"c":"11"}"#).unwrap()));
        assert_eq!(state.ticker(None).unwrap().last, 10.0);
    }

    #[test]
    fn an_impossible_field_is_named() {
        for (json, field) in [(r#"{"c":"0"}"#, "c"), (r#"{"c":"1","h":"x"}"#, "h"), (r#"{"c":"1","v":"-1"}"#, "v")] {
            assert_eq!(day(1, json).unwrap_err().field, field);
        }
        assert_eq!(mark(1, r#"{"p":"1","r":"NaN"}"#).unwrap_err().field, "r");
    }
}
