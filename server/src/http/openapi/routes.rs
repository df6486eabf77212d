//! The paths of the API.

/// One path; all of them are read with GET.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    pub(super) params: &'static [Param],
    pub(super) answer: Answer,
    /// Statuses that come with an error body.
    pub(super) errors: &'static [&'static str],
}

impl Route {
    /// A name for generated clients: `get_v1_symbols_symbol`.
    pub(super) fn id(&self) -> String {
        let words = self.path.trim_start_matches("/api/").replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        format!("get_{}", words.replace("__", "_").trim_end_matches('_'))
    }
}

/// A parameter; one that is required is part of the path.
#[derive(Debug)]
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
}

/// What a parameter may be.
#[derive(Debug)]
pub(super) enum Kind {
    Text,
    Whole,
    OneOf(&'static [&'static str]),
}

/// What the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// A schema.
    Json(&'static str),
    /// A schema inside of the envelope.
    Enveloped(&'static str),
    /// Server-Sent Events.
    Events,
    /// HTML.
    Page,
}

const fn query(name: &'static str, what: &'static str, kind: Kind) -> Param {
    Param { name, what, kind, required: false }
}

const SYMBOL: Param =
    Param { name: "symbol", what: "The contract, such as BTCUSDT.", kind: Kind::Text, required: true };
const TIMEFRAMES: Kind = Kind::OneOf(&["1m", "5m", "30m", "4h"]);
const WARMING: &[&str] = &["401", "503"];

const fn enveloped(path: &'static str, summary: &'static str, schema: &'static str) -> Route {
    Route { path, summary, params: &[], answer: Answer::Enveloped(schema), errors: WARMING }
}

/// Every path, in the order of the page.
pub(super) const ROUTES: [Route; 21] = [
    enveloped("/api/v1/overview", "The market in one look.", "MarketOverview"),
    Route {
        path: "/api/v1/signals",
        summary: "Every watched contract with its price and score.",
        params: &[
            query("sort", "The column to sort by.", Kind::Text),
            query("dir", "The order.", Kind::OneOf(&["asc", "desc"])),
            query("q", "A part of the symbol.", Kind::Text),
            query("min_turnover", "The least turnover in 24 h, US dollars.", Kind::Whole),
            query("direction", "Where the score points.", Kind::OneOf(&["all", "long", "neutral", "short"])),
            query("limit", "How many rows; 0 is all.", Kind::Whole),
        ],
        answer: Answer::Enveloped("Signals"),
        errors: &["400", "401", "503"],
    },
    enveloped("/api/v1/breadth", "How many contracts take part in the market's move.", "MarketBreadth"),
    enveloped("/api/v1/movers", "The largest moves.", "MarketMovers"),
    enveloped("/api/v1/regime", "The market's regime and the numbers that it rests on.", "MarketRegime"),
    enveloped(
        "/api/v1/perps",
        "Funding, accounts, premium, open interest and liquidations of the market.",
        "PerpsPulse",
    ),
    Route {
        path: "/api/v1/beta",
        summary: "How contracts move with the market.",
        params: &[query("window", "One window instead of all.", Kind::OneOf(&["1h", "4h", "12h", "24h", "7d"]))],
        answer: Answer::Enveloped("BetaTable"),
        errors: &["400", "401", "503"],
    },
    enveloped("/api/v1/ideas", "Open ideas, and the outcome of earlier ones.", "ActiveIdeas"),
    enveloped("/api/v1/alerts", "Alerts, and the state of each rule.", "AlertLog"),
    Route {
        path: "/api/v1/alerts/unseen",
        summary: "How many alerts are new to this browser, by its cookie.",
        params: &[],
        answer: Answer::Json("UnseenAlerts"),
        errors: &["400", "401"],
    },
    enveloped(
        "/api/v1/universe",
        "Every contract that the exchange lists, and why it is watched or not.",
        "MarketUniverse",
    ),
    Route {
        path: "/api/v1/symbols/{symbol}",
        summary: "The score of one contract with all of its parts.",
        params: &[SYMBOL],
        answer: Answer::Enveloped("Breakdown"),
        errors: &["401", "404", "503"],
    },
    Route {
        path: "/api/v1/symbols/{symbol}/candles",
        summary: "The closed candles that a score was made of.",
        params: &[
            SYMBOL,
            query("timeframe", "The length of a candle; 1m by default.", TIMEFRAMES),
            query("tf", "Another name of timeframe; one of them is allowed.", TIMEFRAMES),
            query("limit", "How many, the newest; 1 to 1000.", Kind::Whole),
        ],
        answer: Answer::Json("CandlesAnswer"),
        errors: &["400", "401", "404", "503"],
    },
    Route {
        path: "/api/v1/symbols/{symbol}/scores",
        summary: "The scores of the last hour's closed bars.",
        params: &[SYMBOL, query("from", "The earliest close, Unix time in milliseconds.", Kind::Whole)],
        answer: Answer::Enveloped("Scores"),
        errors: &["400", "401", "404", "503"],
    },
    Route {
        path: "/api/v1/stream",
        summary: "Changes as Server-Sent Events; Last-Event-ID resumes.",
        params: &[
            query("topics", "What to send, separated by commas; headline, monitor and shared by default.", Kind::Text),
            query("since", "The id of the last event that was received.", Kind::Text),
        ],
        answer: Answer::Events,
        errors: &["400", "401", "503"],
    },
    enveloped("/api/v1/health", "The state of the monitor.", "SystemHealth"),
    Route {
        path: "/api/v1/cache",
        summary: "Every schema in the cache: state, age, writer, stamp, size, last error.",
        params: &[],
        answer: Answer::Json("CacheReport"),
        errors: &["401"],
    },
    Route {
        path: "/api/v1/config",
        summary: "The weights of a score.",
        params: &[],
        answer: Answer::Json("Config"),
        errors: &["401"],
    },
    Route {
        path: "/api/dashboard/mobile-data",
        summary: "The payload of this program's ancestor, under its old names.",
        params: &[query("limit", "How many scores, 20 by default; 0 is all.", Kind::Whole)],
        answer: Answer::Json("MobileData"),
        errors: &["400", "401", "503"],
    },
    Route {
        path: "/api/openapi.json",
        summary: "This description as OpenAPI 3.1.",
        params: &[],
        answer: Answer::Json("OpenApi"),
        errors: &["401"],
    },
    Route {
        path: "/api/docs",
        summary: "This description as a page.",
        params: &[],
        answer: Answer::Page,
        errors: &["401"],
    },
];
