//! Every address of the dashboard, in one place.

use std::fmt::Write as _;

use schema::{Stamp, Symbol, Timeframe, stream::Topic};

/// Leads to the page that its reader wants first.
pub const START: &str = "/start";
/// The Market page.
pub const MARKET: &str = "/";
/// Another name of the Market page.
pub const MOBILE: &str = "/mobile";
/// The Scores page.
pub const SCORES: &str = "/scores";
/// The Signals page: the ideas that stand.
pub const SIGNALS: &str = "/signals";
/// The Beta page.
pub const BETA: &str = "/beta";
/// The Alerts page.
pub const ALERTS: &str = "/alerts";
/// The Alerts page at its rules.
pub const RULES_SHOWN: &str = "/alerts#rules";
/// Where a new rule is sent.
pub const RULES: &str = "/alerts/rules";
/// Where a rule is sent that is to be removed.
pub const RULE_REMOVED: &str = "/alerts/rules/remove";
/// The System page.
pub const SYSTEM: &str = "/system";
/// The Guide: what each figure means.
pub const GUIDE: &str = "/guide";
/// The Settings page.
pub const SETTINGS: &str = "/settings";
/// Where a contract is sent that is to be watched, or no more.
pub const WATCH: &str = "/watch";
/// The login.
pub const LOGIN: &str = "/login";
/// The end of the login; it is posted to.
pub const LOGOUT: &str = "/logout";
/// The live stream.
pub const STREAM: &str = "/api/v1/stream";
/// The web app manifest.
pub const MANIFEST: &str = "/manifest.webmanifest";
/// The script that keeps the last picture of each page.
pub const WORKER: &str = "/worker.js";
/// The icon for browser tabs.
pub const ICON: &str = "/favicon.svg";
/// The icon for home screens that take no SVG.
pub const TOUCH_ICON: &str = "/icon-192.png";

/// The login, leading on to a path.
#[must_use]
pub fn login(next: &str) -> String {
    format!("{LOGIN}?next={}", encode(next))
}

/// The page of one symbol.
#[must_use]
pub fn symbol(symbol: &Symbol) -> String {
    // The characters of a symbol need no escape in a path.
    format!("/symbol/{symbol}")
}

/// The Market page at its heat map, in colours of some kind.
#[must_use]
pub fn heat_map(colours: &str) -> String {
    format!("{MARKET}?map={colours}#heat")
}

/// The page of one symbol at its chart, which shows candles of a timeframe.
#[must_use]
pub fn chart(symbol: &Symbol, timeframe: Timeframe) -> String {
    format!("/symbol/{symbol}?timeframe={timeframe}#chart")
}

/// The candles that a symbol's score was made of, as JSON.
#[must_use]
pub fn candles(symbol: &Symbol) -> String {
    format!("/api/v1/symbols/{symbol}/candles")
}

/// The live stream of some topics, going on after a tick where one is given.
#[must_use]
pub fn stream(topics: &[Topic], since: Option<Stamp>) -> String {
    let mut url = format!("{STREAM}?topics=");
    for (i, topic) in topics.iter().enumerate() {
        if i > 0 {
            url.push(',');
        }
        // Writing to a string cannot fail.
        let _ = write!(url, "{topic}");
    }
    if let Some(stamp) = since {
        let _ = write!(url, "&since={stamp}");
    }
    url
}

/// A text as the value of a URL's query.
#[must_use]
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_asked_for_topics_and_a_place_to_go_on_from() {
        let topics = [Topic::Headline, Topic::Breakdown(Symbol::new("BTCUSDT").unwrap())];
        assert_eq!(stream(&topics, None), "/api/v1/stream?topics=headline,breakdown:BTCUSDT");
        assert_eq!(
            stream(&topics, Some(Stamp { epoch: 7, seq: 12 })),
            "/api/v1/stream?topics=headline,breakdown:BTCUSDT&since=7-12"
        );
    }

    #[test]
    fn a_text_cannot_break_out_of_a_query() {
        assert_eq!(encode("BTC&sort=x ü"), "BTC%26sort%3Dx%20%C3%BC");
    }
}
