//! Every address of the dashboard, in one place.
//!
//! Links of a page are relative to the dashboard's root and without a slash in front, so that it holds wherever a proxy has put
//! the root: a page further down says by `<base>` where its root is. See [`to_root`].

use std::fmt::{self, Write as _};

use schema::{
    Stamp, Symbol, Timeframe,
    ideas::{Idea, IdeaSide},
    stream::Topic,
};

/// A fixed place of the dashboard. Written out, it is what a page links to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(&'static str);

impl Place {
    /// What a request asks for: `/scores`.
    #[must_use]
    pub const fn path(self) -> &'static str {
        self.0
    }

    /// What a page links to: `scores`.
    #[must_use]
    pub const fn href(self) -> &'static str {
        // An empty address is the page itself.
        if self.0.len() > 1 { self.0.split_at(1).1 } else { "./" }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.href())
    }
}

/// Leads to the page that its reader wants first.
pub const START: Place = Place("/start");
/// The Market page.
pub const MARKET: Place = Place("/");
/// Another name of the Market page.
pub const MOBILE: Place = Place("/mobile");
/// The Scores page.
pub const SCORES: Place = Place("/scores");
/// The Signals page: the ideas that stand.
pub const SIGNALS: Place = Place("/signals");
/// The Beta page.
pub const BETA: Place = Place("/beta");
/// The Alerts page.
pub const ALERTS: Place = Place("/alerts");
/// Where a new rule is sent.
pub const RULES: Place = Place("/alerts/rules");
/// Where a rule is sent that is to be removed.
pub const RULE_REMOVED: Place = Place("/alerts/rules/remove");
/// The System page.
pub const SYSTEM: Place = Place("/system");
/// The Guide: what each figure means.
pub const GUIDE: Place = Place("/guide");
/// The Settings page.
pub const SETTINGS: Place = Place("/settings");
/// Where a contract is sent that is to be watched, or no more.
pub const WATCH: Place = Place("/watch");
/// The login.
pub const LOGIN: Place = Place("/login");
/// The end of the login; it is posted to.
pub const LOGOUT: Place = Place("/logout");
/// The live stream.
pub const STREAM: Place = Place("/api/v1/stream");
/// The web app manifest.
pub const MANIFEST: Place = Place("/manifest.webmanifest");
/// The script that keeps the last picture of each page.
pub const WORKER: Place = Place("/worker.js");
/// The icon for browser tabs.
pub const ICON: Place = Place("/favicon.svg");
/// The icon for home screens that take no SVG.
pub const TOUCH_ICON: Place = Place("/icon-192.png");

/// The login, leading on to a path.
#[must_use]
pub fn login(next: &str) -> String {
    format!("{LOGIN}?next={}", encode(next))
}

/// The page of one symbol.
#[must_use]
pub fn symbol(symbol: &Symbol) -> String {
    format!("symbol/{}", symbol.escaped())
}

/// The Signals page at an idea.
#[must_use]
pub fn idea(idea: &Idea) -> String {
    format!("{SIGNALS}#{}", idea_id(idea))
}

/// What an idea is called on the Signals page: of a symbol and a side there is one.
#[must_use]
pub fn idea_id(idea: &Idea) -> String {
    let side = match idea.side {
        IdeaSide::Long => "long",
        IdeaSide::Short => "short",
    };
    format!("idea-{}-{side}", idea.symbol.escaped())
}

/// The Market page at its heat map, in colours of some kind.
#[must_use]
pub fn heat_map(colours: &str) -> String {
    format!("{MARKET}?map={colours}#heat")
}

/// The page of one symbol at its chart, which shows candles of a timeframe.
#[must_use]
pub fn chart(symbol: &Symbol, timeframe: Timeframe) -> String {
    format!("symbol/{}?timeframe={timeframe}#chart", symbol.escaped())
}

/// The candles that a symbol's score was made of, as JSON.
#[must_use]
pub fn candles(symbol: &Symbol) -> String {
    format!("api/v1/symbols/{}/candles", symbol.escaped())
}

/// The way from a page up to the dashboard's root: `../` for each folder, nothing where it lies at the root.
#[must_use]
pub fn to_root(path: &str) -> String {
    "../".repeat(path.matches('/').count().saturating_sub(1))
}

/// The live stream of some topics, going on after a tick where one is given.
#[must_use]
pub fn stream(topics: &[Topic], since: Option<Stamp>) -> String {
    let mut url = format!("{STREAM}?topics=");
    for (i, topic) in topics.iter().enumerate() {
        if i > 0 {
            url.push(',');
        }
        // What is escaped in a topic is escaped once more in the query that it is part of.
        url.push_str(&topic.to_string().replace('%', "%25"));
    }
    if let Some(stamp) = since {
        // Writing to a string cannot fail.
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
        assert_eq!(stream(&topics, None), "api/v1/stream?topics=headline,breakdown:BTCUSDT");
        assert_eq!(
            stream(&topics, Some(Stamp { epoch: 7, seq: 12 })),
            "api/v1/stream?topics=headline,breakdown:BTCUSDT&since=7-12"
        );
    }

    #[test]
    fn links_any_symbol() {
        let address = |text: &str| symbol(&Symbol::new(text).unwrap());
        assert_eq!(address("币安人生USDT"), "symbol/%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT");
        assert_eq!(address("A?b#c\"<"), "symbol/A%3Fb%23c%22%3C");
        assert_eq!(address(".."), "symbol/~2e2e");
        let one = Symbol::new("xyz:TSLA").unwrap();
        assert_eq!(candles(&one), "api/v1/symbols/xyz%3ATSLA/candles");
        assert_eq!(chart(&one, Timeframe::M5), "symbol/xyz%3ATSLA?timeframe=5m#chart");
        assert_eq!(stream(&[Topic::Breakdown(one)], None), "api/v1/stream?topics=breakdown:xyz%253ATSLA");
    }

    #[test]
    fn a_page_links_to_places_from_the_root_wherever_that_is() {
        assert_eq!((SCORES.path(), SCORES.href()), ("/scores", "scores"));
        assert_eq!((MARKET.path(), MARKET.href()), ("/", "./"));
        assert_eq!(symbol(&Symbol::new("BTCUSDT").unwrap()), "symbol/BTCUSDT");
        assert_eq!(login("/scores?q=a"), "login?next=%2Fscores%3Fq%3Da");
        for (path, up) in
            [("/", ""), ("/scores", ""), ("/symbol/BTCUSDT", "../"), ("/scores/", "../"), ("/a/b/c", "../../")]
        {
            assert_eq!(to_root(path), up, "{path}");
        }
    }

    #[test]
    fn a_text_cannot_break_out_of_a_query() {
        assert_eq!(encode("BTC&sort=x ü"), "BTC%26sort%3Dx%20%C3%BC");
    }
}
