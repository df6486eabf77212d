//! From a window to a row of the list, and to the page of its symbol.

use std::sync::Arc;

use analysis::Analysis;
use schema::{
    Breakdown, Figure, Pct, PerDimension, Points, Price, Ratio, Score, SignalRow, SymbolLive, UnixMs, Usd, Venue, Why,
    breakdown::BookTop,
    signals::{Funding, Quote},
};

use crate::market::Window;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
/// Scores in a breakdown's history.
const HISTORY: usize = 60;

/// The row of a symbol, derived figures with four decimals: the score alone has all digits, because its parts add up to it.
///
/// Beside it comes the analysis of its open bars where none of closed ones is recorded yet; nothing before its first price.
pub(crate) fn row(window: &mut Window) -> Option<(SignalRow, Option<Analysis>)> {
    window.ticker()?;
    let (forming, shown) = match window.recorded() {
        _ if !window.is_loaded() => (None, None),
        Some(_) => (window.score_forming(), None),
        None => {
            let analysis = window.analyse_forming();
            (analysis.as_ref().map(|analysis| analysis.score.clone()), analysis)
        }
    };
    window.forming = forming.unwrap_or(Figure::Missing(Why::NotYet)).map(Score::to_four_decimals);
    let (quote, tick) = (quote(window)?, Price::new(window.instrument().tick).ok()?);
    let recorded = window.recorded();
    let scores = recorded.map(|recorded| recorded.analysis.dimension_scores());
    let row = SignalRow {
        symbol: window.instrument().symbol,
        base: window.base(),
        tick,
        quote,
        score: recorded.map_or(Figure::Missing(Why::NotYet), |recorded| recorded.analysis.score.clone()),
        direction: recorded.and_then(|recorded| recorded.direction),
        dimensions: PerDimension::build(|dimension| scores.as_ref()?.get(dimension).map(Score::to_four_decimals)),
        agreement: recorded.and_then(|recorded| recorded.analysis.agreement).map(Ratio::to_four_decimals),
        coverage: recorded.map_or(Ratio::NONE, |recorded| recorded.analysis.coverage.to_four_decimals()),
        funding: funding(window),
        oi_change_1h: window.derivatives().change_1h().map(Pct::to_four_decimals),
        trend: trend(window),
        spark: window.spark(),
    };
    Some((row, shown))
}

/// What changes with every trade; none before the first price.
fn quote(window: &Window) -> Option<Quote> {
    let ticker = window.ticker()?;
    let at = ticker.at;
    let change = ticker.prev_24h.filter(|before| *before > 0.0).map(|before| (ticker.last / before - 1.0) * 100.0);
    // A venue whose stream has no open interest is polled for it; the figure is as old as the older of its two factors.
    let open_interest = match (ticker.open_interest, window.derivatives().open_interest()) {
        (Some(coins), _) => Some((coins, at)),
        (None, polled) => polled.map(|point| (point.coins, point.at.min(at))),
    };
    let mark = ticker.mark.unwrap_or(ticker.last);
    let in_dollars = |coins: f64| Usd::new(to_dollars(coins * mark)).ok();
    let dollars = |usd: Option<f64>| figure(usd.and_then(|usd| Usd::new(to_dollars(usd)).ok()), at);
    Some(Quote {
        price: Price::new(ticker.last).ok()?,
        change_24h: figure(change.and_then(|change| Pct::new(change).ok().map(Pct::to_four_decimals)), at),
        high_24h: price(ticker.high_24h, at),
        low_24h: price(ticker.low_24h, at),
        turnover_24h: dollars(ticker.turnover_24h),
        open_interest_usd: open_interest
            .map_or(Figure::Missing(Why::NotYet), |(coins, measured)| figure(in_dollars(coins), measured)),
        forming: window.forming.clone(),
    })
}

/// The funding rate. It comes with every tick and changes rarely: its time is to the minute, so that a row is not news each second.
fn funding(window: &Window) -> Figure<Funding> {
    let ticker = window.ticker();
    ticker.map_or(Figure::Missing(Why::NotYet), |ticker| figure(ticker.funding, ticker.at.floor(MINUTE_MS)))
}

/// What changes of the page of a symbol while its bar is open; none before the first price. The score of the open bar is the last
/// scan's.
pub(crate) fn live(window: &Window) -> Option<SymbolLive> {
    let (ticker, as_of) = (window.ticker()?, window.as_of()?);
    Some(SymbolLive {
        symbol: window.instrument().symbol,
        as_of,
        quote: quote(window)?,
        funding: funding(window),
        oi_change_1h: window.derivatives().change_1h().map(Pct::to_four_decimals),
        mark_price: price(ticker.mark, ticker.at),
        index_price: price(ticker.index, ticker.at),
        accounts_long: window.derivatives().accounts_long(),
        liquidated_24h: window.derivatives().liquidated(as_of).last_day(),
        book: book_top(window),
    })
}

/// The page of a symbol.
pub(crate) fn breakdown(source: Venue, window: &Window, row: SignalRow, forming: Option<Analysis>) -> Breakdown {
    let recorded = window.recorded();
    // Before the first closed bar the open one shows which inputs are still missing.
    let shown = recorded.map(|recorded| &recorded.analysis).or(forming.as_ref());
    let scores = window.scores();
    let at = window.ticker().map_or(UnixMs(0), |ticker| ticker.at);
    let quoted = |f: fn(&venue::Ticker) -> Option<f64>| price(window.ticker().and_then(f), at);
    Breakdown {
        source,
        mark_price: quoted(|ticker| ticker.mark),
        index_price: quoted(|ticker| ticker.index),
        accounts_long: window.derivatives().accounts_long(),
        liquidated_24h: window
            .as_of()
            .map_or(Figure::Missing(Why::NotYet), |as_of| window.derivatives().liquidated(as_of).last_day()),
        bar_closed_at: recorded.map(|recorded| recorded.bar_closed_at),
        dimensions: shown.map_or_else(Arc::default, |analysis| Arc::clone(&analysis.dimensions)),
        factors: shown.map_or_else(Arc::default, |analysis| Arc::clone(&analysis.factors)),
        quality: shown.map_or(Figure::Missing(Why::NotYet), |analysis| analysis.quality.clone()),
        conditions: shown.map_or_else(Vec::new, |analysis| analysis.conditions.clone()),
        sentence: shown
            .map_or_else(String::new, |analysis| analysis::sentence::describe(&row.symbol, analysis, row.direction)),
        history: scores[scores.len().saturating_sub(HISTORY)..].to_vec(),
        book: book_top(window),
        key_levels: recorded.map_or(Figure::Missing(Why::NotYet), |recorded| recorded.key_levels.clone()),
        row,
    }
}

/// Amounts to the dollar, but for those that would lose what is shown of them.
fn to_dollars(usd: f64) -> f64 {
    if usd < 1_000.0 { usd } else { usd.round() }
}

fn figure<T>(value: Option<T>, at: UnixMs) -> Figure<T> {
    value.map_or(Figure::Missing(Why::NotYet), |value| Figure::known(value, at))
}

/// The score now minus the score one hour ago.
fn trend(window: &Window) -> Figure<Points> {
    let scores = window.scores();
    let Some(now) = scores.last() else { return Figure::Missing(Why::NotYet) };
    let Some(before) = scores.iter().find(|point| now.at.0 - point.at.0 == HOUR_MS) else {
        let have = u32::try_from(scores.len()).unwrap_or(u32::MAX);
        return Figure::Missing(Why::TooFewSamples { have: have.min(60), need: 61 });
    };
    figure(Points::new(now.score.get() - before.score.get()).ok().map(Points::to_four_decimals), now.at)
}

/// The top of a book as the symbol page shows it.
pub(crate) fn book_top(window: &Window) -> Figure<BookTop> {
    const LEVELS: usize = 10;
    window.input().and_then(|input| input.book).map_or(Figure::Missing(Why::NotYet), |book| {
        let top = |levels: &[schema::Level]| levels.iter().take(LEVELS).copied().collect();
        Figure::known(BookTop { bids: top(book.bids), asks: top(book.asks) }, book.at)
    })
}

/// A price, or nothing where the number cannot be one.
pub(crate) fn price(value: Option<f64>, at: UnixMs) -> Figure<Price> {
    value
        .and_then(|value| Price::new(value).ok())
        .map_or(Figure::Missing(Why::NotYet), |price| Figure::known(price, at))
}

#[cfg(test)]
mod tests {
    use engine::Loaded;
    use schema::Symbol;
    use venue::{OpenInterest, Ticker};

    use super::*;
    use crate::{
        market::{example::ticker, lock},
        monitor::example::Stage,
    };

    #[test]
    fn open_interest_in_dollars_is_polled_where_the_stream_has_none_and_keeps_its_own_age() {
        let (mut stage, symbol) = (Stage::new(&["BTCUSDT"]), Symbol::new("BTCUSDT").unwrap());
        let at = UnixMs(1_000_000);
        stage.ticker(symbol, Ticker { last: 50.0, mark: Some(60.0), ..ticker(at) });
        let interest = |stage: &Stage| quote(&lock(&stage.market.window(symbol).unwrap())).unwrap().open_interest_usd;
        assert_eq!(interest(&stage), Figure::Missing(Why::NotYet));
        let measured = UnixMs(700_000);
        let points = [(400_000, 10.0), (measured.0, 20.0)].map(|(at, coins)| OpenInterest { at: UnixMs(at), coins });
        stage.load(Loaded::OpenInterest { symbol, points: points.to_vec() });
        assert_eq!(interest(&stage), Figure::known(Usd::new(1_200.0).unwrap(), measured));
        stage.ticker(symbol, Ticker { last: 50.0, open_interest: Some(30.0), ..ticker(at) });
        assert_eq!(interest(&stage), Figure::known(Usd::new(1_500.0).unwrap(), at), "the stream's own is newer");
    }
}
