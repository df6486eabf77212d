//! How long a host asks to be left alone, the same for every host that this program requests.

use std::time::Duration;

use reqwest::header::{self, HeaderMap};
use schema::UnixMs;

use crate::date::http_date;

/// No wait that a host asks for is longer: the longest ban that an exchange publishes (Binance) is three days, so a header
/// that says more is wrong, and obeying it would stop this program for good.
pub const WAIT_MAX: Duration = Duration::from_secs(72 * 3_600);

/// Returns for how long an answer asks for patience by `Retry-After`: in seconds, or until a time, which is compared with the host's
/// own clock where the answer states it, and with `now` otherwise. It may be longer than [`WAIT_MAX`].
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: UnixMs) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let asked = text(header::RETRY_AFTER)?;
    if !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(asked.parse().unwrap_or(u64::MAX)));
    }
    let now = text(header::DATE).and_then(http_date).unwrap_or(now);
    let left_ms = http_date(asked)?.0.saturating_sub(now.0);
    Some(Duration::from_millis(u64::try_from(left_ms).unwrap_or_default()))
}
