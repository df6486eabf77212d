//! One UTC day of one instrument, hour by hour: an hour is added when it has ended, and read without the others.

use std::ops::Range;

use super::{
    CodecError, FORMAT, body, packed,
    series::{Reader, write_number, write_series},
    unpacked,
};
use crate::{Column, Row, column::Thinned};

/// An hour is packed once and read often.
const LEVEL: i32 = 12;
const HOURS: usize = 24;
/// Minutes of an hour.
pub const MINUTES_OF_HOUR: usize = 60;
/// The most bytes of an hour before it is packed: each number takes ten at most.
const UNPACKED: usize = MINUTES_OF_HOUR * (Column::ALL.len() + 1) * 11 + 1_024;

/// Steps of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Every minute.
    Minute,
    /// Five minutes at a time.
    FiveMinutes,
}

impl Step {
    /// Minutes of a step.
    #[must_use]
    pub const fn minutes(self) -> usize {
        match self {
            Self::Minute => 1,
            Self::FiveMinutes => 5,
        }
    }

    /// Steps of an hour.
    #[must_use]
    pub const fn of_hour(self) -> usize {
        MINUTES_OF_HOUR / self.minutes()
    }
}

/// A day, to be read, or to be written again with another hour.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    step: Step,
    tick: f64,
    /// Packed; empty where nothing is known.
    hours: [Vec<u8>; HOURS],
}

impl Day {
    /// A day of which nothing is known yet; `tick` is the instrument's price increment.
    #[must_use]
    pub fn new(step: Step, tick: f64) -> Self {
        Self { step, tick, hours: [const { Vec::new() }; HOURS] }
    }

    /// Reads a written day; its hours are not unpacked yet.
    ///
    /// # Errors
    ///
    /// [`CodecError`] where the bytes are not those of a day.
    pub fn read(bytes: &[u8], tick: f64) -> Result<Self, CodecError> {
        let (minutes, rest) = body(bytes)?.split_first().ok_or(CodecError::Damaged("a day without a step"))?;
        let step = match minutes {
            1 => Step::Minute,
            5 => Step::FiveMinutes,
            _ => return Err(CodecError::Damaged("a step of unknown length")),
        };
        let mut reader = Reader(rest);
        let mut lengths = [0; HOURS];
        for length in &mut lengths {
            *length = usize::try_from(reader.number()?).map_err(|_| CodecError::Damaged("an hour without end"))?;
        }
        let (mut day, mut left) = (Self::new(step, tick), reader.0);
        for (hour, length) in day.hours.iter_mut().zip(lengths) {
            let (bytes, rest) = left.split_at_checked(length).ok_or(CodecError::Damaged("it ends in an hour"))?;
            *hour = bytes.to_vec();
            left = rest;
        }
        Ok(day)
    }

    /// The bytes of the day.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT, u8::try_from(self.step.minutes()).unwrap_or_default()];
        for hour in &self.hours {
            write_number(hour.len() as u64, &mut bytes);
        }
        self.hours.iter().for_each(|hour| bytes.extend(hour));
        bytes
    }

    /// Its step.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// Adds rows of an hour by the minute since it began; they go before what is there of the same minute.
    ///
    /// # Errors
    ///
    /// [`CodecError`] where what is there is damaged, or where the day was thinned already.
    pub fn add(&mut self, hour: usize, rows: &[(usize, Row)]) -> Result<(), CodecError> {
        let Some(bytes) = self.hours.get(hour) else { return Err(CodecError::Damaged("an hour beyond the day")) };
        let mut slots = self.unpack(bytes)?;
        for (minute, row) in rows {
            // Of a thinned day the five minutes are known as a whole.
            if let Some(slot) = slots.get_mut(minute / self.step.minutes()) {
                *slot = Some(*row);
            }
        }
        self.hours[hour] = self.pack(&slots);
        Ok(())
    }

    /// The same day, five minutes at a time: how they ended, and sums of what flowed in them.
    ///
    /// # Errors
    ///
    /// [`CodecError`] where an hour is damaged.
    pub fn thinned(&self) -> Result<Self, CodecError> {
        let mut day = Self::new(Step::FiveMinutes, self.tick);
        for (hour, bytes) in self.hours.iter().enumerate() {
            let slots = self.unpack(bytes)?;
            let fives = slots.chunks(Step::FiveMinutes.minutes() / self.step.minutes()).map(five);
            day.hours[hour] = day.pack(&fives.collect::<Vec<_>>());
        }
        Ok(day)
    }

    /// The rows of some minutes of the day, by the minute since midnight at which their step begins. Other hours are not unpacked.
    ///
    /// # Errors
    ///
    /// [`CodecError`] where an hour is damaged.
    pub fn rows(&self, minutes: Range<usize>) -> Result<Vec<(usize, Row)>, CodecError> {
        let mut found = Vec::new();
        for (hour, bytes) in self.hours.iter().enumerate() {
            let begins = hour * MINUTES_OF_HOUR;
            if begins >= minutes.end || begins + MINUTES_OF_HOUR <= minutes.start {
                continue;
            }
            let slots = self.unpack(bytes)?.into_iter().enumerate();
            let rows = slots.filter_map(|(slot, row)| Some((begins + slot * self.step.minutes(), row?)));
            found.extend(rows.filter(|(minute, _)| minutes.contains(minute)));
        }
        Ok(found)
    }

    fn pack(&self, slots: &[Option<Row>]) -> Vec<u8> {
        if slots.iter().all(Option::is_none) {
            return Vec::new();
        }
        let mut out = Vec::new();
        let is_there: Vec<Option<i64>> = slots.iter().map(|row| row.map(|_| 0)).collect();
        write_series(&is_there, &mut out);
        for column in Column::ALL {
            let units = slots.iter().map(|row| column.scale().units(row.as_ref()?.get(column)?, self.tick));
            write_series(&units.collect::<Vec<_>>(), &mut out);
        }
        packed(&out, LEVEL)
    }

    fn unpack(&self, bytes: &[u8]) -> Result<Vec<Option<Row>>, CodecError> {
        let n = self.step.of_hour();
        if bytes.is_empty() {
            return Ok(vec![None; n]);
        }
        let text = unpacked(bytes, UNPACKED)?;
        let (mut reader, mut values) = (Reader(&text), Vec::new());
        reader.series(n, &mut values)?;
        let mut rows: Vec<Option<Row>> = values.iter().map(|is_there| is_there.map(|_| Row::EMPTY)).collect();
        for column in Column::ALL {
            reader.series(n, &mut values)?;
            for (row, units) in rows.iter_mut().zip(&values) {
                if let (Some(row), Some(units)) = (row, units) {
                    row.set(column, Some(column.scale().figure(*units, self.tick)));
                }
            }
        }
        Ok(rows)
    }
}

/// Several steps as one; none where nothing is known of any.
fn five(slots: &[Option<Row>]) -> Option<Row> {
    let mut whole = *slots.iter().flatten().last()?;
    for column in Column::ALL {
        let known = || slots.iter().flatten().filter_map(|row| row.get(column));
        let n = known().count();
        match column.thinned() {
            Thinned::Last => {}
            Thinned::Sum if n == 0 => whole.set(column, None),
            Thinned::Sum => whole.set(column, Some(known().sum())),
            // A minute that is not there was not covered.
            Thinned::Mean => whole.set(column, Some(known().sum::<f64>() / slots.len() as f64)),
        }
    }
    Some(whole)
}
