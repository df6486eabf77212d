//! Times and spans. A time of day names its time zone.

use std::time::Duration;

use schema::{UnixMs, Zone};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// An age in its largest unit: `45 s`, `3 min`, `2 h`, `5 d`.
#[must_use]
pub fn age(span: Duration) -> String {
    match span.as_secs() {
        s @ 0..60 => format!("{s} s"),
        s @ 60..3_600 => format!("{} min", s / 60),
        s @ 3_600..172_800 => format!("{} h", s / 3_600),
        s => format!("{} d", s / 86_400),
    }
}

/// How far the clock of the machine that watches the market is off: `this machine's clock is 90 min ahead of Bybit's`.
#[must_use]
pub fn clock_off(ahead_s: i64, of: &str) -> String {
    let span = match ahead_s.unsigned_abs() {
        s @ 0..60 => format!("{s} s"),
        // To the minute up to some hours: half an hour is what a wrong time zone may be off by.
        s @ 60..36_000 => format!("{} min", s / 60),
        s => age(Duration::from_secs(s)),
    };
    let side = if ahead_s < 0 { "behind" } else { "ahead of" };
    format!("this machine's clock is {span} {side} {of}'s")
}

/// The time left until a moment, in two units: `7 h 12 min`, `12 min 05 s`; `due` once it is there.
#[must_use]
pub fn countdown(until: UnixMs, now: UnixMs) -> String {
    let left = until.0.saturating_sub(now.0);
    if left <= 0 {
        return "due".to_owned();
    }
    let secs = left / 1_000;
    match secs {
        0..60 => format!("{secs} s"),
        60..3_600 => format!("{} min {:02} s", secs / 60, secs % 60),
        3_600..86_400 => format!("{} h {:02} min", secs / 3_600, secs / 60 % 60),
        _ => format!("{} d {:02} h", secs / 86_400, secs / 3_600 % 24),
    }
}

struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

/// A moment by a clock. Days to a date of the proleptic Gregorian calendar, counting eras of 400 years from 1 March.
fn civil(at: UnixMs, zone: Zone) -> Civil {
    let secs = (at.0 + zone.ahead_ms()).div_euclid(1_000);
    let (days, rest) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month,
        day: day_of_year - (153 * from_march + 2) / 5 + 1,
        hour: rest / 3_600,
        minute: rest / 60 % 60,
        second: rest % 60,
    }
}

/// A time for machines: `2026-11-21T01:51:36Z`.
#[must_use]
pub fn utc(at: UnixMs) -> String {
    let c = civil(at, Zone::UTC);
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour, c.minute, c.second)
}

/// The time of day: `01:51:36 UTC`.
#[must_use]
pub fn clock(at: UnixMs, zone: Zone) -> String {
    let c = civil(at, zone);
    format!("{:02}:{:02}:{:02} {zone}", c.hour, c.minute, c.second)
}

/// The minute of the day: `01:51`.
#[must_use]
pub fn minute(at: UnixMs, zone: Zone) -> String {
    let c = civil(at, zone);
    format!("{:02}:{:02}", c.hour, c.minute)
}

/// A day of the year: `21 Nov`.
#[must_use]
pub fn day(at: UnixMs, zone: Zone) -> String {
    let c = civil(at, zone);
    let month = usize::try_from(c.month - 1).ok().and_then(|i| MONTHS.get(i)).copied().unwrap_or_default();
    format!("{} {month}", c.day)
}

/// A day: `21 Nov 2026`.
#[must_use]
pub fn date(at: UnixMs, zone: Zone) -> String {
    format!("{} {}", day(at, zone), civil(at, zone).year)
}

/// A day and a time: `21 Nov 2026, 01:51 UTC`.
#[must_use]
pub fn moment(at: UnixMs, zone: Zone) -> String {
    let c = civil(at, zone);
    format!("{}, {:02}:{:02} {zone}", date(at, zone), c.hour, c.minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_use_their_largest_unit() {
        for (secs, text) in [(0, "0 s"), (45, "45 s"), (60, "1 min"), (200, "3 min"), (7_300, "2 h"), (400_000, "4 d")]
        {
            assert_eq!(age(Duration::from_secs(secs)), text);
        }
    }

    #[test]
    fn a_countdown_never_goes_below_zero() {
        let now = UnixMs(1_000_000);
        for (ms, text) in [
            (48_200, "48 s"),
            (725_000, "12 min 05 s"),
            (25_920_000, "7 h 12 min"),
            (180_000_000, "2 d 02 h"),
            (0, "due"),
            (-5_000, "due"),
        ] {
            assert_eq!(countdown(UnixMs(now.0 + ms), now), text);
        }
    }

    #[test]
    fn calendar_days_are_right_at_their_edges() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399_000, "2000-02-28T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (951_868_800_000, "2000-03-01T00:00:00Z"),
            (1_763_689_896_000, "2025-11-21T01:51:36Z"),
            (1_767_225_599_999, "2025-12-31T23:59:59Z"),
            (-1_000, "1969-12-31T23:59:59Z"),
        ] {
            assert_eq!(utc(UnixMs(ms)), text);
        }
    }

    #[test]
    fn a_time_is_told_by_the_clock_that_it_names() {
        let at = UnixMs(1_763_689_896_000);
        assert_eq!(moment(at, Zone::UTC), "21 Nov 2025, 01:51 UTC");
        assert_eq!(clock(at, Zone::UTC), "01:51:36 UTC");
        assert_eq!((minute(at, Zone::UTC).as_str(), day(at, Zone::UTC).as_str()), ("01:51", "21 Nov"));
        let (west, east) = (Zone::ahead(-210).unwrap(), Zone::ahead(345).unwrap());
        assert_eq!(moment(at, west), "20 Nov 2025, 22:21 UTC−3:30");
        assert_eq!(clock(at, east), "07:36:36 UTC+5:45");
        assert_eq!((minute(at, west).as_str(), day(at, west).as_str()), ("22:21", "20 Nov"));
    }
}
