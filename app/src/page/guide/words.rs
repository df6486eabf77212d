//! The words of the cards.

use crate::source::GuideTerm;

const fn term(id: &'static str, label: &'static str, about: &'static str) -> GuideTerm {
    GuideTerm { id, label, about }
}

pub(super) const READING: &[GuideTerm] = &[
    term(
        "live",
        "No note",
        "The figure is live: no older than its card allows, which is a few seconds for prices and scores.",
    ),
    term(
        "stale",
        "“45 s old”",
        "The card is older than it should be. It is dimmed, and its age counts from the newest input, not from when it was shown.",
    ),
    term("expired", "“last known”", "Too old to act on. The last figures stay, greyed, with their age."),
    term(
        "missing",
        "A dash",
        "Nobody measured this figure. The reason stands beside it, or shows when you hold or hover; nothing stands in for it. A 0 was measured.",
    ),
    term(
        "simulated",
        "SIMULATED MARKET",
        "The whole market is made up, and every figure of it: no exchange could be reached, or the configuration asks for it. The \
         banner says which.",
    ),
    term(
        "recorded",
        "RECORDED MARKET",
        "What an exchange said some time ago is played again. Times and ages are those of the recording.",
    ),
    term(
        "kept",
        "NO CONNECTION",
        "Your browser shows the last picture that it kept of the page. The banner says when that was made, and every age goes on.",
    ),
    term(
        "sign",
        "+, − and colours",
        "A change always has its sign. A change that rounds to zero has neither sign nor colour.",
    ),
    term("small-price", "0.0₅614", "A price with many zeros: the small digit counts them. This is 0.00000614."),
];

pub(super) const SCORE: &[GuideTerm] = &[
    term(
        "confluence",
        "Score",
        "0 to 100, where 50 is neutral. Six dimensions each have a direction between −1 and 1; their weighted mean is bent so that only strong agreement comes near the ends. What is missing counts as 0. It is recorded when a 1-minute bar closes.",
    ),
    term("points", "Points", "What a dimension or a part adds to 50. Points sum to the score exactly."),
    term(
        "direction",
        "Long, Neutral, Short",
        "A score at or above the upper threshold is long, one at or below the lower is short: 70 and 30 unless signals.long and signals.short say otherwise. A direction is kept until the score has come back part of the way, so that it does not flicker.",
    ),
    term("forming", "Forming", "The score as it would be if the open bar closed now. It may change until it does."),
    term(
        "agreement",
        "Agreement",
        "How far the four factors point the same way: 100% if all do, 0% if they are opposed. A missing factor counts as neutral. Little agreement pulls a score towards 50.",
    ),
    term(
        "factors",
        "Price, Taker flow, Book, Positioning",
        "The four factors: where the price went, which side took, what rests in the order book, and how traders are positioned (funding, accounts, liquidations). Many measures follow one price; agreement counts them as one factor, so that they cannot confirm one another.",
    ),
    term(
        "coverage",
        "Coverage",
        "The share of the inputs, by weight, that is known. The lower it is, the nearer to 50 is the score; under 60% there is none.",
    ),
    term(
        "quality",
        "Quality",
        "How good the order book behind a score is: its freshness, spread, depth and the size that vanished from it. It never moves the score.",
    ),
    term("trend", "Trend 1 h", "The score now minus the score an hour ago, in points."),
];

pub(super) const MARKET: &[GuideTerm] = &[
    term(
        "regime",
        "Regime",
        "What the market does now, by one table of rules. The rule that chose it, and the numbers it saw, stand beneath.",
    ),
    term(
        "signal-balance",
        "Signal balance",
        "50 + 50 × (long − short) ÷ (long + short), over symbols with a direction: 100 if all are long, 0 if all are short.",
    ),
    term(
        "average-change",
        "Average change",
        "The mean of all symbols' changes over 24 h, each counted once; weighted by turnover, large contracts count more.",
    ),
    term(
        "dispersion",
        "Dispersion",
        "The standard deviation of the 24 h changes over symbols: how differently they move. It is not volatility.",
    ),
    term(
        "volatility",
        "BTC realised volatility",
        "The standard deviation of Bitcoin's daily log returns over closed days, brought to a year of 365 days.",
    ),
    term(
        "open-interest",
        "Open interest",
        "Contracts that are open, counted on one side, in US dollars. Where the exchange reports only both sides together, it is half of that.",
    ),
    term("dominance", "Dominance", "A coin's share of the capitalisation of the whole market."),
    term("fear-greed", "Fear & Greed", "An index of mood by another publisher, 0 to 100, with the day it is for."),
    term(
        "breadth",
        "Advancing",
        "Advancers ÷ (advancers + decliners). From 60% the mood is called bullish, up to 40% bearish.",
    ),
    term("ad-ratio", "A/D ratio", "Advancers ÷ decliners."),
    term(
        "above-mean",
        "Above 20- and 50-bar mean",
        "The share of symbols whose price is above the mean of their last 20 or 50 closes of 30 minutes.",
    ),
    term("highs", "At 24 h high and low", "Symbols whose last price is their highest or lowest in 24 h."),
    term(
        "funding-mean",
        "Funding per 8 h",
        "The mean of all contracts' funding rates, brought to 8 h and weighted by turnover. Above zero longs pay shorts.",
    ),
    term(
        "funding-z",
        "z against 30 days",
        "How far that mean is from the middle of what was paid at each eight hours of 30 days, each weighted by what was turned over then; in usual distances. Beyond 2 it is unusual.",
    ),
    term(
        "oi-coins",
        "Open interest in 1 h",
        "Its change in coins, each contract weighted by what its coins are worth now, so that a move of prices alone does not count.",
    ),
    term(
        "accounts-mean",
        "Accounts long",
        "Holders that are long ÷ all holders, weighted by turnover. It counts accounts, not size: every long has a short against it.",
    ),
    term(
        "premium",
        "Premium",
        "(mark price − index price) ÷ index price, the median over contracts, in hundredths of a percent. It is not a basis, which is a dated future's.",
    ),
    term(
        "liquidated",
        "Liquidated",
        "Positions closed by force, by the side of the position, in US dollars. Liquidated longs are sold, liquidated shorts bought. A missed one is never sent again: “covered” is the part of the time that was received.",
    ),
    term(
        "movers",
        "Movers",
        "What moved most among symbols of enough turnover in 24 h. OI risers: open interest in coins that grew most in an hour.",
    ),
];

pub(super) const BETA: &[GuideTerm] = &[
    term(
        "beta-slope",
        "Beta",
        "How far a contract's log return went for one of Bitcoin's, by least squares over the closed candles of the window. 1 is as far, 2 twice as far, below 0 the other way.",
    ),
    term(
        "beta-error",
        "± after a beta",
        "Its standard error: about two thirds of all samples would give a beta within one of it. A beta smaller than twice its error may be none.",
    ),
    term("beta-correlation", "Corr.", "How closely the two move together: 1 in step, 0 not at all, −1 opposite."),
    term("beta-r2", "R²", "The share of the contract's variance that goes with Bitcoin: the correlation squared."),
    term("beta-n", "n", "Pairs of returns behind a row. Three quarters of the window's must be known on both sides."),
    term(
        "beta-excess",
        "vs BTC",
        "The contract's change over the window minus Bitcoin's, in percent points. What began within the window has none.",
    ),
    term(
        "rebased",
        "Against Bitcoin",
        "Closes with the first as 100, of Bitcoin and of the three that did best and worst against it.",
    ),
];

pub(super) const CONTRACT: &[GuideTerm] = &[
    term(
        "mark",
        "Mark and index",
        "The price at which the exchange marks positions, and that of the underlying index.",
    ),
    term(
        "funding-rate",
        "Funding",
        "What longs pay shorts, or shorts longs where it is below zero, at the end of each interval. “Per 8 h” makes rates of different intervals comparable.",
    ),
    term(
        "oi-change",
        "OI change 1 h",
        "Change of open interest in coins, so that a change of price alone does not count.",
    ),
    term("accounts", "Accounts long", "Holders that are long ÷ all holders. It counts accounts, not size."),
    term(
        "contract-liquidated",
        "Longs liquidated, Shorts liquidated",
        "Positions of this contract that were closed by force, in US dollars. The sum is that of the time listened to, which stands beneath: 24 h at most.",
    ),
    term(
        "cvd",
        "CVD",
        "Cumulative volume delta: what takers bought minus what they sold, in coins, summed up from the first candle on the chart after which every trade was received.",
    ),
    term(
        "key-levels",
        "Key levels",
        "Prices at which half-hour candles turned twice or more within half an average range, the heaviest six by volume; where most was traded (point of control); between which 70% was (value area); and the highest and lowest of the UTC day before. The score is not made of them.",
    ),
    term(
        "idea-marks",
        "▲, ▼ and × on candles",
        "Where an idea was entered, at the first trade after it was decided (long from below, short from above), and where it ended. Entry, stop and targets of one that stands are lines from there on.",
    ),
    term(
        "idea-results",
        "Gross and net R",
        "R is the distance from entry to stop. Gross is before costs; net is after the taker fee and half the spread at the decision on entry and exit, and after funding that was paid or received. Where one of these is not known, net is missing.",
    ),
    term("imbalance", "Imbalance", "Bid value minus ask value, as a share of both, within the levels shown."),
];

pub(super) const RULES: &[GuideTerm] = &[
    term(
        "rule-crosses",
        "A figure crosses a level",
        "Score, change over 24 h, funding brought to 8 h, or OI change in 1 h of one contract or any. It is met when the figure comes beyond the level, and again only after it came back by a margin. A missing figure changes nothing.",
    ),
    term(
        "rule-liquidated",
        "Liquidations exceed an amount",
        "Longs and shorts closed by force within an hour, of one contract or any, in US dollars. While a part of the hour was not listened to, only a sum above the level says where it stands.",
    ),
    term(
        "rule-turns",
        "A symbol or the market turns",
        "A contract comes to be long, neutral or short; the market comes to a regime. Either is reported once it holds.",
    ),
    term(
        "rule-test",
        "Test",
        "Says how a rule stands now, and for which contracts it holds, with their figures. It notes nothing.",
    ),
];
