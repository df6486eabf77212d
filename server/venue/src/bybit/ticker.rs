//! The state of a contract, merged from a snapshot and the changes after it.

use schema::{Invalid, Rate, UnixMs, signals::Funding};

use super::model::{Text, TickerRow};
use crate::{
    Ticker,
    wire::{amount, number, price, time},
};

/// Everything that was received of one contract; a field that was never sent, or sent without a value, is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TickerState {
    last: Option<f64>,
    mark: Option<f64>,
    index: Option<f64>,
    prev_24h: Option<f64>,
    prev_1h: Option<f64>,
    high_24h: Option<f64>,
    low_24h: Option<f64>,
    volume_24h: Option<f64>,
    turnover_24h: Option<f64>,
    open_interest_both: Option<f64>,
    open_interest_single: Option<f64>,
    funding_rate: Option<f64>,
    funding_hours: Option<u8>,
    funding_next: Option<UnixMs>,
}

impl TickerState {
    /// Takes in what a message says: an absent field stays as it was, an empty one loses its value.
    ///
    /// # Errors
    ///
    /// The first field that is impossible. Such a field loses its value, for the old one is known to be out of date;
    /// the others are taken in.
    pub fn merge(&mut self, row: &TickerRow<'_>) -> Result<(), Invalid> {
        [
            merge(&mut self.last, "lastPrice", row.last_price.as_ref(), price_or_none),
            merge(&mut self.mark, "markPrice", row.mark_price.as_ref(), price_or_none),
            merge(&mut self.index, "indexPrice", row.index_price.as_ref(), price_or_none),
            merge(&mut self.prev_24h, "prevPrice24h", row.prev_price24h.as_ref(), price_or_none),
            merge(&mut self.prev_1h, "prevPrice1h", row.prev_price1h.as_ref(), price_or_none),
            merge(&mut self.high_24h, "highPrice24h", row.high_price24h.as_ref(), price_or_none),
            merge(&mut self.low_24h, "lowPrice24h", row.low_price24h.as_ref(), price_or_none),
            merge(&mut self.volume_24h, "volume24h", row.volume24h.as_ref(), some(amount)),
            merge(&mut self.turnover_24h, "turnover24h", row.turnover24h.as_ref(), some(amount)),
            merge(&mut self.open_interest_both, "openInterest", row.open_interest.as_ref(), some(amount)),
            merge(
                &mut self.open_interest_single,
                "singleOpenInterest",
                row.single_open_interest.as_ref(),
                some(amount),
            ),
            merge(&mut self.funding_rate, "fundingRate", row.funding_rate.as_ref(), some(number)),
            merge(&mut self.funding_hours, "fundingIntervalHour", row.funding_interval_hour.as_ref(), hours_or_none),
            merge(&mut self.funding_next, "nextFundingTime", row.next_funding_time.as_ref(), time_or_none),
        ]
        .into_iter()
        .collect()
    }

    /// The state at `at`; none as long as there is no last price. `listed_hours` is the interval of funding that the
    /// list of instruments states, for where the ticker itself states none.
    #[must_use]
    pub fn ticker(&self, at: UnixMs, listed_hours: Option<u8>) -> Option<Ticker> {
        Some(Ticker {
            at,
            last: self.last?,
            mark: self.mark,
            index: self.index,
            prev_24h: self.prev_24h,
            prev_1h: self.prev_1h,
            high_24h: self.high_24h,
            low_24h: self.low_24h,
            volume_24h: self.volume_24h,
            turnover_24h: self.turnover_24h,
            open_interest: self.open_interest_single.or_else(|| self.open_interest_both.map(|both| both / 2.0)),
            funding: self.funding(listed_hours),
        })
    }

    /// A rate means nothing without its interval, so there is no funding unless all three parts are known.
    fn funding(&self, listed_hours: Option<u8>) -> Option<Funding> {
        let rate = Rate::new(self.funding_rate?).ok()?;
        Some(Funding { rate, interval_hours: self.funding_hours.or(listed_hours)?, next: self.funding_next? })
    }
}

/// What a field's text says: a value, or that there is none.
type Said<T> = Result<Option<T>, Invalid>;

fn merge<T>(
    slot: &mut Option<T>,
    field: &'static str,
    text: Option<&Text<'_>>,
    read: impl Fn(&'static str, &str) -> Said<T>,
) -> Result<(), Invalid> {
    let Some(text) = text else { return Ok(()) };
    *slot = None;
    if !text.as_str().is_empty() {
        *slot = read(field, text.as_str())?;
    }
    Ok(())
}

fn some<T>(read: impl Fn(&'static str, &str) -> Result<T, Invalid>) -> impl Fn(&'static str, &str) -> Said<T> {
    move |field, text| read(field, text).map(Some)
}

/// Bybit writes a zero where there is no price, for example of 24 h ago for a younger contract.
fn price_or_none(field: &'static str, text: &str) -> Said<f64> {
    if number(field, text)? == 0.0 { Ok(None) } else { price(field, text).map(Some) }
}

/// Dated contracts have "0" for the next funding.
fn time_or_none(field: &'static str, text: &str) -> Said<UnixMs> {
    Ok(Some(time(field, text)?).filter(|at| at.0 > 0))
}

/// Dated contracts have "0" hours.
fn hours_or_none(field: &'static str, text: &str) -> Said<u8> {
    match text.parse::<u8>() {
        Ok(0) => Ok(None),
        Ok(hours) if hours <= 24 => Ok(Some(hours)),
        _ => Err(Invalid::new(field, format!("`{text}` is not a number of hours"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn row(json: &str) -> TickerRow<'_> {
        serde_json::from_str(json).unwrap()
    }

    const SNAPSHOT: &str = r#"{"symbol":"AUSDT","lastPrice":"10","markPrice":"11","prevPrice24h":"0",
        "openInterest":"100","fundingRate":"0.0001","fundingIntervalHour":"8","nextFundingTime":"5","unknownField":[1]}"#;

    #[test]
    fn an_absent_field_is_unchanged_and_an_empty_one_has_no_value() {
        let mut state = TickerState::default();
        state.merge(&row(SNAPSHOT)).unwrap();
        state.merge(&row(r#"{"lastPrice":"12","fundingRate":"","indexPrice":null}"#)).unwrap();
        let ticker = state.ticker(UnixMs(7), None).unwrap();
        assert_eq!((ticker.last, ticker.mark, ticker.index), (12.0, Some(11.0), None));
        assert_eq!(ticker.prev_24h, None, "a price of zero is no price");
        assert_eq!(ticker.funding, None, "the rate was taken back");
        assert_eq!(ticker.open_interest, Some(50.0), "both sides are halved");
    }

    #[test]
    fn the_venues_own_one_sided_figure_wins_over_half_of_both() {
        let mut state = TickerState::default();
        state.merge(&row(r#"{"lastPrice":"1","openInterest":"57118.511","singleOpenInterest":"28559.256"}"#)).unwrap();
        assert_eq!(state.ticker(UnixMs(0), None).unwrap().open_interest, Some(28_559.256));
    }

    #[test]
    fn an_impossible_field_is_named_loses_its_value_and_spares_the_others() {
        let mut state = TickerState::default();
        state.merge(&row(SNAPSHOT)).unwrap();
        for (bad, field) in [("NaN", "markPrice"), ("-3", "markPrice"), ("1e999", "markPrice"), ("x", "markPrice")] {
            let json = format!(r#"{{"markPrice":"{bad}","lastPrice":"13"}}"#);
            assert_eq!(state.merge(&row(&json)).unwrap_err().field, field);
            let ticker = state.ticker(UnixMs(0), None).unwrap();
            assert_eq!((ticker.last, ticker.mark), (13.0, None), "{bad}");
        }
        assert_eq!(state.merge(&row(r#"{"fundingIntervalHour":"480"}"#)).unwrap_err().field, "fundingIntervalHour");
        assert_eq!(state.merge(&row(r#"{"turnover24h":"-1"}"#)).unwrap_err().field, "turnover24h");
    }

    #[test]
    fn an_interval_that_the_ticker_does_not_tell_is_that_of_the_list() {
        let mut state = TickerState::default();
        state.merge(&row(r#"{"lastPrice":"1","fundingRate":"0.0001","nextFundingTime":"5"}"#)).unwrap();
        assert_eq!(state.ticker(UnixMs(0), None).unwrap().funding, None);
        assert_eq!(state.ticker(UnixMs(0), Some(4)).unwrap().funding.unwrap().interval_hours, 4);
        state.merge(&row(r#"{"fundingIntervalHour":"1"}"#)).unwrap();
        assert_eq!(state.ticker(UnixMs(0), Some(4)).unwrap().funding.unwrap().interval_hours, 1, "its own wins");
    }

    #[test]
    fn without_a_last_price_there_is_no_state() {
        let mut state = TickerState::default();
        state.merge(&row(r#"{"markPrice":"1","lastPrice":""}"#)).unwrap();
        assert_eq!(state.ticker(UnixMs(0), None), None);
    }

    const FIELDS: [&str; 8] = [
        "lastPrice",
        "markPrice",
        "indexPrice",
        "highPrice24h",
        "lowPrice24h",
        "turnover24h",
        "singleOpenInterest",
        "prevPrice1h",
    ];

    proptest! {
        /// Whatever the order and the grouping of changes, the last one that names a field decides it.
        #[test]
        fn the_last_writer_of_each_field_wins(
            messages in prop::collection::vec(
                prop::collection::btree_map(prop::sample::select(&FIELDS[..]), prop::option::of(1_u32..1_000), 0..6),
                0..20,
            )
        ) {
            let mut state = TickerState::default();
            let mut last: BTreeMap<&str, Option<f64>> = BTreeMap::new();
            for message in &messages {
                let texts: BTreeMap<_, _> = message
                    .iter()
                    .map(|(field, value)| (*field, value.map(|v| v.to_string()).unwrap_or_default()))
                    .collect();
                state.merge(&row(&serde_json::to_string(&texts).unwrap())).unwrap();
                last.extend(message.iter().map(|(field, value)| (*field, value.map(f64::from))));
            }
            let expected = |field: &str| last.get(field).copied().flatten();
            match state.ticker(UnixMs(1), None) {
                None => prop_assert_eq!(expected("lastPrice"), None),
                Some(ticker) => {
                    prop_assert_eq!(Some(ticker.last), expected("lastPrice"));
                    prop_assert_eq!(ticker.mark, expected("markPrice"));
                    prop_assert_eq!(ticker.index, expected("indexPrice"));
                    prop_assert_eq!(ticker.high_24h, expected("highPrice24h"));
                    prop_assert_eq!(ticker.low_24h, expected("lowPrice24h"));
                    prop_assert_eq!(ticker.turnover_24h, expected("turnover24h"));
                    prop_assert_eq!(ticker.open_interest, expected("singleOpenInterest"));
                    prop_assert_eq!(ticker.prev_1h, expected("prevPrice1h"));
                }
            }
        }
    }
}
