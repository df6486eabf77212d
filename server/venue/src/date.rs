//! The time in the header of an HTTP answer.

use std::time::UNIX_EPOCH;

use schema::UnixMs;

/// Reads an HTTP date, such as `Sun, 06 Nov 1994 08:49:37 GMT`; none where it is anything else.
pub(crate) fn http_date(text: &str) -> Option<UnixMs> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(UnixMs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_through_leap_years() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199),
            ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
            ("Sat, 21 Nov 2026 05:05:21 GMT", 1_795_237_521),
        ] {
            assert_eq!(http_date(text), Some(UnixMs(seconds * 1_000)), "{text}");
        }
        for text in ["", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Foo 1994 08:49:37 GMT"] {
            assert_eq!(http_date(text), None, "{text}");
        }
    }
}
