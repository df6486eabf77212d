//! The time in the header of an HTTP answer.

use schema::UnixMs;

/// Reads an HTTP date, `Sun, 06 Nov 1994 08:49:37 GMT`; none where it is anything else.
pub(crate) fn http_date(text: &str) -> Option<UnixMs> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_once(", ")?.1.strip_suffix(" GMT")?.split(' ');
    let day: i64 = words.next()?.parse().ok()?;
    let month_name = words.next()?;
    let month = i64::try_from(MONTHS.iter().position(|name| *name == month_name)?).ok()? + 1;
    let year: i64 = words.next()?.parse().ok()?;
    let mut clock = words.next()?.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if words.next().is_some() || !(1970..10_000).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1970 in the Gregorian calendar, with years that begin in March so that the leap day is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(UnixMs((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_through_leap_years() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
            ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
            ("Sat, 21 Nov 2026 05:05:21 GMT", 1_795_237_521),
        ] {
            assert_eq!(http_date(text), Some(UnixMs(seconds * 1_000)), "{text}");
        }
        for text in
            ["", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Foo 1994 08:49:37 GMT"]
        {
            assert_eq!(http_date(text), None, "{text}");
        }
    }
}
