//! Frames of the stream, in the exchange's words.

use super::{
    book::{BookDelta, Rung},
    candle::{Bar, Span},
    catalogue::Listing,
    contract::Contract,
    fill::Fill,
    fixed::{Step, write_fixed},
    json::{Json, quoted_steps},
    liquidation::Closed,
    noise::mix,
    ticker::Ticker,
    topic::{Kind, Topic},
};

fn topic(kind: Kind, listing: &Listing) -> String {
    Topic { kind, symbol: listing.symbol }.to_string()
}

/// Begins a frame; the caller writes `data` and closes it.
fn begin<'a>(out: &'a mut String, topic: &str, kind: &str, at: i64) -> Json<'a> {
    let mut frame = Json::object(out);
    frame.text("topic", topic).text("type", kind).number("ts", at);
    frame
}

/// The whole ticker.
pub(crate) fn ticker_snapshot(contract: &Contract, at: i64) -> String {
    ticker(contract, None, at)
}

/// What changed in a ticker.
pub(crate) fn ticker_delta(contract: &Contract, was: &Ticker, at: i64) -> String {
    ticker(contract, Some(was), at)
}

fn ticker(contract: &Contract, was: Option<&Ticker>, at: i64) -> String {
    let listing = contract.listing();
    let kind = if was.is_some() { "delta" } else { "snapshot" };
    let mut out = String::with_capacity(1_024);
    let mut frame = begin(&mut out, &topic(Kind::Tickers, listing), kind, at);
    let mut data = Json::object(frame.member("data"));
    data.text("symbol", listing.symbol.as_str());
    let sent = was.map_or("", |ticker| ticker.direction.name());
    if sent != contract.ticker().direction.name() {
        data.text("tickDirection", contract.ticker().direction.name());
    }
    ticker_fields(listing, contract.ticker(), was, &mut data);
    if was.is_none() {
        data.text("preOpenPrice", "").text("preQty", "").text("curPreListingPhase", "");
    }
    data.end();
    frame.number("cs", contract.sequence());
    frame.end();
    out
}

/// Turnover and the like: a whole number of the step of ticks times lots as a decimal with at most `places` places.
fn money(step: Step, count: i128, places: u8) -> (i128, u8) {
    let exact = count * i128::from(step.units);
    if step.scale <= places {
        (exact, step.scale)
    } else {
        (exact / 10_i128.pow(u32::from(step.scale - places)), places)
    }
}

/// Writes the fields that stream and list have in common: all, or those that differ from `was`.
pub(crate) fn ticker_fields(listing: &Listing, now: &Ticker, was: Option<&Ticker>, data: &mut Json<'_>) {
    let (tick, lot) = (listing.tick, listing.lot);
    let (tenth, value) = (tick.tenth(), tick.times(lot));
    let differs = |part: fn(&Ticker) -> i64| was.is_none_or(|was| part(was) != part(now));
    if differs(Ticker::change_24h) {
        data.decimal("price24hPcnt", i128::from(now.change_24h()), 6);
    }
    for (name, part) in [
        ("lastPrice", (|t| t.last) as fn(&Ticker) -> i64),
        ("prevPrice24h", |t| t.day.prev),
        ("highPrice24h", |t| t.day.high),
        ("lowPrice24h", |t| t.day.low),
        ("prevPrice1h", |t| t.prev_1h),
    ] {
        if differs(part) {
            data.steps(name, tick, part(now));
        }
    }
    if differs(|t| t.mark) {
        data.steps("markPrice", tenth, now.mark);
    }
    if differs(|t| t.index) {
        data.steps("indexPrice", tenth, now.index);
    }
    let open_value = i128::from(now.open) * i128::from(now.mark);
    if differs(|t| t.open) {
        data.steps("openInterest", lot, 2 * now.open).steps("singleOpenInterest", lot, now.open);
    }
    if differs(|t| t.open) || differs(|t| t.mark) {
        let (both, scale) = money(tenth.times(lot), 2 * open_value, 2);
        data.decimal("openInterestValue", both, scale);
        let (single, scale) = money(tenth.times(lot), open_value, 2);
        data.decimal("singleOpenInterestValue", single, scale);
    }
    if was.is_none_or(|was| was.day.value != now.day.value) {
        let (turnover, scale) = money(value, now.day.value, 4);
        data.decimal("turnover24h", turnover, scale);
    }
    if differs(|t| t.day.lots) {
        data.steps("volume24h", lot, now.day.lots);
    }
    if differs(|t| t.funding) {
        data.decimal("fundingRate", i128::from(now.funding), 8);
    }
    if differs(|t| t.next_funding) {
        data.digits("nextFundingTime", now.next_funding);
    }
    if was.is_none() {
        data.digits("fundingIntervalHour", listing.funding_hours);
        data.decimal("fundingCap", i128::from(listing.funding_cap), 8);
    }
    for (price, size, rung) in
        [("bid1Price", "bid1Size", (|t| t.bid) as fn(&Ticker) -> Rung), ("ask1Price", "ask1Size", |t| t.ask)]
    {
        let now = rung(now);
        if was.is_none_or(|was| rung(was) != now) {
            data.steps(price, tick, now.price).steps(size, lot, now.lots);
        }
    }
}

/// A candle, running or closed.
pub(crate) fn kline(contract: &Contract, span: Span, bar: &Bar, closed: bool, at: i64) -> String {
    let listing = contract.listing();
    let mut out = String::with_capacity(384);
    let mut frame = begin(&mut out, &topic(Kind::Kline(span), listing), "snapshot", at);
    let mut list = Json::array(frame.member("data"));
    let mut data = Json::object(list.element());
    data.number("start", bar.start).number("end", bar.start + span.ms() - 1).text("interval", span.name());
    data.steps("open", listing.tick, bar.open).steps("close", listing.tick, bar.close);
    data.steps("high", listing.tick, bar.high).steps("low", listing.tick, bar.low);
    data.steps("volume", listing.lot, bar.lots);
    data.steps("turnover", listing.tick.times(listing.lot), bar.value);
    data.flag("confirm", closed).number("timestamp", at);
    data.end();
    list.end();
    frame.end();
    out
}

/// Trades of one tick.
pub(crate) fn trades(contract: &Contract, fills: &[Fill], at: i64) -> String {
    let listing = contract.listing();
    let mut out = String::with_capacity(96 + 224 * fills.len());
    let mut frame = begin(&mut out, &topic(Kind::Trades, listing), "snapshot", at);
    let mut list = Json::array(frame.member("data"));
    for fill in fills {
        let mut data = Json::object(list.element());
        data.number("T", fill.at).text("s", listing.symbol.as_str()).text("S", side(fill));
        data.steps("v", listing.lot, fill.lots).steps("p", listing.tick, fill.price);
        data.text("L", fill.direction.name()).text("i", &identity(contract, fill));
        data.flag("BT", false).flag("RPI", false).number("seq", fill.sequence);
        data.end();
    }
    list.end();
    frame.end();
    out
}

/// Positions closed by force in the last half second.
pub(crate) fn liquidations(contract: &Contract, closed: &[Closed], at: i64) -> String {
    let listing = contract.listing();
    let mut out = String::with_capacity(96 + 96 * closed.len());
    let mut frame = begin(&mut out, &topic(Kind::Liquidations, listing), "snapshot", at);
    let mut list = Json::array(frame.member("data"));
    for one in closed {
        let mut data = Json::object(list.element());
        // The side is that of the position: closing a long sells.
        let side = if one.long { "Buy" } else { "Sell" };
        data.number("T", one.at).text("s", listing.symbol.as_str()).text("S", side);
        data.steps("v", listing.lot, one.lots).steps("p", listing.tick, one.price);
        data.end();
    }
    list.end();
    frame.end();
    out
}

/// The side of a trade's taker.
pub(crate) const fn side(fill: &Fill) -> &'static str {
    if fill.buy { "Buy" } else { "Sell" }
}

/// A trade's identity, in the shape of a UUID.
pub(crate) fn identity(contract: &Contract, fill: &Fill) -> String {
    let (a, b) = (mix(contract.stream() ^ fill.sequence), mix(contract.stream().wrapping_add(fill.sequence)));
    let (high, low) = (format!("{a:016x}"), format!("{b:016x}"));
    format!("{}-{}-{}-{}-{}", &high[..8], &high[8..12], &high[12..], &low[..4], &low[4..])
}

/// The whole book.
pub(crate) fn book_snapshot(contract: &Contract, at: i64) -> String {
    book(contract, "snapshot", contract.book().bids(), contract.book().asks(), at)
}

/// What changed in the book.
pub(crate) fn book_delta(contract: &Contract, delta: &BookDelta, at: i64) -> String {
    book(contract, "delta", &delta.bids, &delta.asks, at)
}

fn book(contract: &Contract, kind: &str, bids: &[Rung], asks: &[Rung], at: i64) -> String {
    let listing = contract.listing();
    let mut out = String::with_capacity(192 + 28 * (bids.len() + asks.len()));
    let mut frame = begin(&mut out, &topic(Kind::Book, listing), kind, at);
    let mut data = Json::object(frame.member("data"));
    data.text("s", listing.symbol.as_str());
    levels(listing, bids, data.member("b"));
    levels(listing, asks, data.member("a"));
    data.number("u", contract.book().update()).number("seq", contract.sequence());
    data.end();
    frame.number("cts", at);
    frame.end();
    out
}

/// Levels as pairs of price and size.
pub(crate) fn levels(listing: &Listing, rungs: &[Rung], out: &mut String) {
    let mut list = Json::array(out);
    for rung in rungs {
        let out = list.element();
        out.push('[');
        quoted_steps(out, listing.tick, rung.price);
        out.push(',');
        quoted_steps(out, listing.lot, rung.lots);
        out.push(']');
    }
    list.end();
}

/// A candle as a row of history.
pub(crate) fn kline_row(listing: &Listing, bar: &Bar, out: &mut String) {
    out.push_str("[\"");
    write_fixed(i128::from(bar.start), 0, out);
    out.push_str("\",");
    for price in [bar.open, bar.high, bar.low, bar.close] {
        quoted_steps(out, listing.tick, price);
        out.push(',');
    }
    quoted_steps(out, listing.lot, bar.lots);
    out.push(',');
    quoted_steps(out, listing.tick.times(listing.lot), bar.value);
    out.push(']');
}
