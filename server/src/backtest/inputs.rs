//! Records as the events that an exchange would have sent of them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
};

use engine::{History, Input, Loaded, Seconds};
use schema::{Symbol, UnixMs};
use venue::{MarketEvent, OpenInterest, PaidFunding};

use super::record::Record;

/// How long after its end an exchange sends a candle; so its bar is decided in the second after. As long after its time a list
/// has a new point.
const SENT_AFTER_MS: i64 = 1_000;
/// Points of open interest that a list has: a day's.
const OPEN_INTEREST_POINTS: usize = 288;
/// Payments that a list has: those of 30 days, where there is one each hour.
const FUNDING_POINTS: usize = 720;

/// The contracts, those of the same length of candles together: each step adds some and keeps the others.
pub(crate) fn universes(records: &[Record]) -> Vec<Input> {
    let received = begin(records);
    let mut by_length: BTreeMap<usize, Vec<&Record>> = BTreeMap::new();
    for record in records {
        by_length.entry(record.timeframe.index()).or_default().push(record);
    }
    let (mut instruments, mut inputs) = (Vec::new(), Vec::new());
    for records in by_length.into_values() {
        instruments.extend(records.iter().map(|record| record.instrument.clone()));
        let Some(history) = records.first().map(|record| History::Grown(record.timeframe)) else { continue };
        let linear_symbols = u32::try_from(instruments.len()).unwrap_or(u32::MAX);
        let loaded = Loaded::Universe { instruments: instruments.clone(), linear_symbols, history };
        inputs.push(Input::Loaded { received, loaded });
    }
    inputs
}

fn begin(records: &[Record]) -> UnixMs {
    records.iter().filter_map(Record::begins).min().unwrap_or(UnixMs(0))
}

/// Rows of a record that come at their own times. Of the same moment they come in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    OpenInterest,
    Funding,
    Candle,
}

impl Kind {
    const ALL: [Self; 3] = [Self::OpenInterest, Self::Funding, Self::Candle];

    /// When an exchange publishes a row.
    fn at(self, record: &Record, place: usize) -> Option<UnixMs> {
        let known = match self {
            Self::OpenInterest => record.open_interest.get(place)?.at.0,
            Self::Funding => record.funding.get(place)?.at.0,
            Self::Candle => record.candles.get(place)?.candle.start.0 + record.timeframe.ms(),
        };
        Some(UnixMs(known + SENT_AFTER_MS))
    }
}

/// When a row is published, of which contract and kind it is, and its place in which record.
type Row = (UnixMs, Symbol, Kind, usize, usize);

/// The lists that grow with the records of a contract.
#[derive(Debug, Default)]
struct Lists {
    open_interest: Vec<OpenInterest>,
    funding: Vec<PaidFunding>,
}

/// Makes inputs of records, one stretch of time after the other: where they are cut changes nothing.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// The last second, and when the last row came.
    time: Option<(Seconds, UnixMs)>,
    lists: HashMap<Symbol, Lists>,
}

impl Inputs {
    /// Every row in the order of its time, of the same moment in the order of symbols, and the seconds in which bars are decided.
    pub(crate) fn of<'a>(&'a mut self, records: &'a [Record]) -> impl Iterator<Item = Input> + 'a {
        let mut next: BinaryHeap<Reverse<Row>> = BinaryHeap::new();
        for (of, record) in records.iter().enumerate() {
            let first = |kind: Kind| Some(Reverse((kind.at(record, 0)?, record.symbol(), kind, of, 0)));
            next.extend(Kind::ALL.into_iter().filter_map(first));
        }
        let rows = std::iter::from_fn(move || {
            let Reverse((at, symbol, kind, of, place)) = next.pop()?;
            if let Some(at) = kind.at(&records[of], place + 1) {
                next.push(Reverse((at, symbol, kind, of, place + 1)));
            }
            Some((at, &records[of], kind, place))
        });
        rows.flat_map(move |(at, record, kind, place)| {
            let second = self.second_before(at);
            second.into_iter().chain(std::iter::once(self.input(at, record, kind, place)))
        })
    }

    /// The second in which what came last is decided.
    pub(crate) fn end(&mut self) -> Option<Input> {
        let (_, last) = self.time?;
        self.second_before(UnixMs(last.0 + 2 * SENT_AFTER_MS))
    }

    /// The second between a row and the one before it, where they are not of the same moment: of several only the first can decide.
    fn second_before(&mut self, at: UnixMs) -> Option<Input> {
        let (seconds, last) = self.time.get_or_insert_with(|| (Seconds::from(at), at));
        if at == *last {
            return None;
        }
        let second = seconds.up_to(UnixMs(last.0 + SENT_AFTER_MS)).last();
        *last = at;
        second.map(Input::Second)
    }

    fn input(&mut self, received: UnixMs, record: &Record, kind: Kind, place: usize) -> Input {
        let symbol = record.symbol();
        let lists = self.lists.entry(symbol).or_default();
        let loaded = match kind {
            Kind::Candle => {
                let kline = record.candles[place];
                let (timeframe, candle, taker_buy) = (record.timeframe, kline.candle, kline.taker_buy);
                let event = MarketEvent::Candle { symbol, timeframe, candle, taker_buy, closed: true, at: received };
                return Input::Event { received, event };
            }
            Kind::OpenInterest => {
                push(&mut lists.open_interest, record.open_interest[place], OPEN_INTEREST_POINTS);
                Loaded::OpenInterest { symbol, points: lists.open_interest.clone() }
            }
            Kind::Funding => {
                push(&mut lists.funding, record.funding[place], FUNDING_POINTS);
                Loaded::Funding { symbol, points: lists.funding.clone() }
            }
        };
        Input::Loaded { received, loaded }
    }
}

fn push<T>(list: &mut Vec<T>, point: T, most: usize) {
    if list.len() == most {
        list.remove(0);
    }
    list.push(point);
}

#[cfg(test)]
mod tests {
    use analysis::{idea::CostSettings, signal::Thresholds};
    use engine::Output;
    use schema::{Candle, Timeframe, Venue};
    use venue::{Instrument, Kline};

    use super::*;
    use crate::backtest::Session;

    fn record(name: &str, timeframe: Timeframe, starts: &[i64], open_interest: &[i64], funding: &[i64]) -> Record {
        let candle = |start: &i64| Candle {
            start: UnixMs(*start * 60_000),
            open: 1.0,
            high: 1.0,
            low: 1.0,
            close: 1.25,
            volume: 1.0,
            turnover: 1.0,
        };
        let at = |minute: &i64| UnixMs(*minute * 60_000);
        Record {
            instrument: Instrument::usdt_perpetual(Symbol::new(name).unwrap(), 0.01, UnixMs(0)),
            timeframe,
            candles: starts.iter().map(candle).map(Kline::from).collect(),
            open_interest: open_interest.iter().map(|point| OpenInterest { at: at(point), coins: 1.0 }).collect(),
            funding: funding.iter().map(|point| PaidFunding { at: at(point), rate: 0.0001 }).collect(),
            repeated: 0,
            missing: 0,
        }
    }

    fn described(input: Input) -> String {
        match input {
            Input::Loaded { loaded: Loaded::Universe { instruments, history, .. }, .. } => {
                format!("{} of {history:?}", instruments.len())
            }
            Input::Loaded { loaded: Loaded::OpenInterest { symbol, points }, .. } => {
                format!("{symbol} oi {}", points.len())
            }
            Input::Loaded { loaded: Loaded::Funding { symbol, points }, .. } => {
                format!("{symbol} paid {}", points.len())
            }
            Input::Event { event: MarketEvent::Candle { symbol, candle, .. }, .. } => {
                format!("{symbol} {}", candle.start.0 / 60_000)
            }
            Input::Second(at) => format!("{}:{:02}", at.0 / 60_000, at.0 % 60_000 / 1_000),
            other => format!("{other:?}"),
        }
    }

    fn all(stretches: &[&[Record]]) -> Vec<String> {
        let mut inputs = Inputs::default();
        let mut found: Vec<String> =
            stretches.iter().flat_map(|records| inputs.of(records).map(described).collect::<Vec<_>>()).collect();
        found.extend(inputs.end().map(described));
        found
    }

    #[test]
    fn candles_come_in_the_order_of_their_ends_and_each_end_is_followed_by_a_second() {
        let records = [
            record("BUSDT", Timeframe::M1, &[4, 5, 9], &[5], &[]),
            record("AUSDT", Timeframe::M1, &[4], &[], &[6]),
            record("CUSDT", Timeframe::M5, &[0], &[], &[]),
        ];
        assert_eq!(
            universes(&records).into_iter().map(described).collect::<Vec<_>>(),
            ["2 of Grown(M1)", "3 of Grown(M5)"]
        );
        let expected = [
            "AUSDT 4",
            "BUSDT oi 1",
            "BUSDT 4",
            "CUSDT 0",
            "5:02",
            "AUSDT paid 1",
            "BUSDT 5",
            "6:02",
            "BUSDT 9",
            "10:02",
        ];
        assert_eq!(all(&[&records]), expected);
    }

    #[test]
    fn where_the_past_is_cut_into_stretches_changes_nothing() {
        let (first, second) =
            (record("AUSDT", Timeframe::M1, &[4, 5], &[5], &[0]), record("AUSDT", Timeframe::M1, &[6, 7], &[10], &[8]));
        let whole = record("AUSDT", Timeframe::M1, &[4, 5, 6, 7], &[5, 10], &[0, 8]);
        assert_eq!(all(&[&[first], &[second]]), all(&[&[whole]]));
    }

    /// Its first bar was waited for in vain, and so each one after it was decided with the next.
    #[test]
    fn a_contract_whose_record_begins_later_is_decided_in_time() {
        let records = [
            record("AUSDT", Timeframe::M1, &[0, 1, 2, 3, 4, 5, 6, 7, 8], &[], &[]),
            record("BUSDT", Timeframe::M1, &[4, 5, 6, 7, 8], &[], &[]),
        ];
        let mut session = Session::new(Venue::Sim, Thresholds::STANDARD, CostSettings::MEASURED);
        let mut waited = Vec::new();
        let mut inputs = Inputs::default();
        let mut all: Vec<Input> = universes(&records).into_iter().chain(inputs.of(&records)).collect();
        all.extend(inputs.end());
        for input in all {
            let take = |output: &Output| {
                if let Output::BarClosed { symbol, recorded } = output {
                    waited.push((symbol.to_string(), recorded.decided_at.0 - recorded.bar_closed_at.0));
                }
                Ok(())
            };
            session.step(input, take).unwrap();
        }
        let of = |name: &str| waited.iter().filter(|(symbol, _)| symbol == name).map(|(_, ms)| *ms).collect::<Vec<_>>();
        assert_eq!((of("AUSDT"), of("BUSDT")), (vec![2_000; 8], vec![2_000; 5]));
    }

    #[test]
    fn no_input_comes_of_no_record() {
        assert_eq!(all(&[&[]]), [""; 0]);
        assert_eq!(universes(&[]), []);
    }
}
