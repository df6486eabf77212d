//! When a candle begins: a date and time, or Unix time in a unit that follows from its magnitude.

use schema::UnixMs;

use super::{DAY, MINUTE, field::shown};

const NS_PER_MS: i64 = 1_000_000;
const NS_PER_SECOND: i64 = 1_000 * NS_PER_MS;
/// 2000-01-01 and 2100-01-01 in Unix seconds. Between them, no number of one unit is a time in another one, nor a date
/// that is written without separators.
const PLAUSIBLE: std::ops::Range<i64> = 946_684_800..4_102_444_800;

/// How the times of a file are written; one file has one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A date and time with `Z` or an offset.
    Zoned,
    /// A date and time without a zone, which counts as UTC.
    Unzoned,
    /// Unix time in a unit.
    Unix(Unit),
}

/// The unit of a Unix time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

impl Unit {
    const ALL: [Self; 4] = [Self::Seconds, Self::Milliseconds, Self::Microseconds, Self::Nanoseconds];

    const fn per_second(self) -> i64 {
        match self {
            Self::Seconds => 1,
            Self::Milliseconds => 1_000,
            Self::Microseconds => 1_000_000,
            Self::Nanoseconds => 1_000_000_000,
        }
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Zoned => "a date and time with a zone",
            Self::Unzoned => "a date and time without a zone",
            Self::Unix(Unit::Seconds) => "Unix time in seconds",
            Self::Unix(Unit::Milliseconds) => "Unix time in milliseconds",
            Self::Unix(Unit::Microseconds) => "Unix time in microseconds",
            Self::Unix(Unit::Nanoseconds) => "Unix time in nanoseconds",
        })
    }
}

/// Parses the beginning of a candle: a whole minute, in milliseconds.
pub(super) fn parse(text: &str) -> Result<(i64, Form), String> {
    let numeric = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let (ns, form) = if numeric { unix(text) } else { calendar(text) }.ok_or_else(|| {
        format!(
            "{} is no time: a date and time such as 2026-12-01T00:00:00Z or Unix time in s, ms, µs or ns, between \
             2000 and 2100, is expected",
            shown(text)
        )
    })?;
    if ns % (MINUTE * NS_PER_MS) != 0 {
        return Err(format!("{} is no whole minute: the time at which a candle begins is expected", shown(text)));
    }
    Ok((ns / NS_PER_MS, form))
}

/// Reads a moment: a date with or without a time, in UTC where no zone is given, or Unix time.
///
/// # Errors
///
/// What is expected, in words.
pub fn moment(text: &str) -> Result<UnixMs, String> {
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match if numeric { unix(text) } else { calendar(text) } {
        Some((ns, _)) => Ok(UnixMs(ns.div_euclid(NS_PER_MS))),
        None => Err("a moment such as 2026-12-01T00:00:00Z, or Unix time, is expected".to_owned()),
    }
}

fn unix(text: &str) -> Option<(i64, Form)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let value: i64 = whole.parse().ok()?;
    let unit = Unit::ALL.into_iter().find(|unit| PLAUSIBLE.contains(&(value / unit.per_second())))?;
    let ns_per_unit = NS_PER_SECOND / unit.per_second();
    // Rounded up, so that a fraction of a nanosecond is not taken for none.
    let rest = (fraction_ns(fraction)? + unit.per_second() - 1) / unit.per_second();
    Some((value * ns_per_unit + rest, Form::Unix(unit)))
}

/// A fraction of a second in nanoseconds; digits beyond the ninth count as one nanosecond, so that they are not lost.
fn fraction_ns(digits: &str) -> Option<i64> {
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (kept, beyond) = digits.split_at(digits.len().min(9));
    let ns: i64 = format!("{kept:0<9}").parse().ok()?;
    Some(ns + i64::from(beyond.bytes().any(|digit| digit != b'0')))
}

/// `2025-10-19 11:55:00.000+02:00` and the shorter forms of ISO 8601 and RFC 3339.
fn calendar(text: &str) -> Option<(i64, Form)> {
    // The date is of ten bytes; a character of several bytes across its end is no date.
    let (date, rest) = text.split_at_checked(10)?;
    let separator = if date.contains('/') { '/' } else { '-' };
    let mut parts = date.split(separator);
    let (year, month, day) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() || !(1..=days_in(year, month)?).contains(&day) {
        return None;
    }
    let midnight = days_from_civil(year, month, day) * (DAY / 1_000);
    let (clock, offset) = match rest.strip_prefix(['T', 't', ' ', '_']) {
        None if rest.is_empty() => return plausible(midnight, 0, Form::Unzoned),
        None => return None,
        Some(rest) => {
            let end = rest.find(['Z', 'z', 'U', '+', '-', '−']).unwrap_or(rest.len());
            (rest[..end].trim_end(), &rest[end..])
        }
    };
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, ""));
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |second| digits(second, 2))?;
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (offset, form) = zone(offset)?;
    plausible(midnight + hour * 3_600 + minute * 60 + second - offset, fraction_ns(fraction)?, form)
}

fn plausible(seconds: i64, ns: i64, form: Form) -> Option<(i64, Form)> {
    // Only within the range: a year far outside of it has more nanoseconds than there is room for.
    PLAUSIBLE.contains(&seconds).then(|| (seconds * NS_PER_SECOND + ns, form))
}

/// The seconds that a zone is ahead of UTC: `Z`, `UTC`, `+02:00`, `+0200`, `+02`, or nothing.
fn zone(text: &str) -> Option<(i64, Form)> {
    if text.is_empty() {
        return Some((0, Form::Unzoned));
    }
    if matches!(text, "Z" | "z" | "UTC") {
        return Some((0, Form::Zoned));
    }
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix(['-', '−'])?),
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None => rest.split_at_checked(2)?,
    };
    let minutes = if minutes.is_empty() && !rest.contains(':') { 0 } else { digits(minutes, 2)? };
    let hours = digits(hours, 2)?;
    (hours <= 14 && minutes <= 59).then_some((sign * (hours * 3_600 + minutes * 60), Form::Zoned))
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

const fn days_in(year: i64, month: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => Some(if leap { 29 } else { 28 }),
        4 | 6 | 9 | 11 => Some(30),
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        _ => None,
    }
}

/// Days from 1970-01-01 of a date of the Gregorian calendar, with the year taken to begin in March so that the leap
/// day is its last one.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_dates_with_and_without_a_zone() {
        let noon = 1_760_874_900_000;
        for (text, form) in [
            ("2025-10-19 11:55:00", Form::Unzoned),
            ("2025-10-19T11:55", Form::Unzoned),
            ("2025/10/19 11:55:00.000000", Form::Unzoned),
            ("2025-10-19T11:55:00Z", Form::Zoned),
            ("2025-10-19t11:55:00.000z", Form::Zoned),
            ("2025-10-19 11:55:00+00:00", Form::Zoned),
            ("2025-10-19 11:55:00 UTC", Form::Zoned),
            ("2025-10-19 13:55:00+0200", Form::Zoned),
            ("2025-10-19 13:55:00 +02", Form::Zoned),
            ("2025-10-19T06:25:00-05:30", Form::Zoned),
            ("2025-10-19T06:25:00−05:30", Form::Zoned),
        ] {
            assert_eq!(parse(text), Ok((noon, form)), "{text}");
        }
        assert_eq!(parse("2024-02-29"), Ok((1_709_164_800_000, Form::Unzoned)));
        assert_eq!(parse("2025-12-31T23:00-02:00"), Ok((1_767_229_200_000, Form::Zoned)));
    }

    #[test]
    fn tells_the_unit_of_unix_time_by_its_magnitude() {
        for (text, unit) in [
            ("1764547200", Unit::Seconds),
            ("1764547200.0", Unit::Seconds),
            ("1764547200000", Unit::Milliseconds),
            ("1764547200000000", Unit::Microseconds),
            ("1764547200000000000", Unit::Nanoseconds),
        ] {
            assert_eq!(parse(text), Ok((1_764_547_200_000, Form::Unix(unit))), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_time_and_names_what_is_expected() {
        for text in [
            "",
            ".",
            "soon",
            "0",
            "45000",
            "20251019",
            "202510191155",
            "20251019115500",
            "1.7645472e12",
            "-1764547200",
            "99999999999999999999",
            "2025-13-01",
            "2025-02-29",
            "2025-10-19 25:00:00",
            "2025-10-19 24:00",
            "2025-10",
            "19/10/2025",
            "10/19/2025 11:55",
            "2025-10-19x",
            "2025-10-19 11:55:00+2",
            "2025-10-19 11:55:00+15:00",
            "2025-10-19 11:55:00 CET",
            "0000-01-01T00:00:00Z",
            "9999-12-31",
            "1970-01-01",
            "2100-01-01",
            "2025-10-1é",
            "1764547200.x",
            "2025-10-19 11:55 PM",
        ] {
            let said = parse(text).unwrap_err();
            assert!(
                said.contains("is no time: a date and time such as 2026-12-01T00:00:00Z or Unix time"),
                "{text}: {said}"
            );
        }
        for text in
            ["1764547259999", "2025-10-19 11:55:59.999", "1764547200.5", "1764547200000.0000001", "2025-10-19 11:55:30"]
        {
            assert!(parse(text).unwrap_err().contains("is no whole minute"), "{text}");
        }
    }
}
