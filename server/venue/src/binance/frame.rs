//! From the wire to events, for the streams: one message in, what it says out.

use std::fmt;

use schema::{Candle, Invalid, Level, Symbol, Trade, UnixMs};
use serde::Deserialize;

use super::{
    book::Diff,
    model::{BestData, BookData, CandleEvent, Event, LiquidationEvent, MarkData, Message, Text, TickerData, TradeRow},
    parse::{ParseError, levels, trade},
    ticker::{Day, Mark},
    topic::Channel,
};
use crate::{
    Kline, Liquidation, PositionSide,
    wire::{amount, number, price, stamp, symbol},
};

/// What a message says.
#[derive(Debug, PartialEq)]
pub enum Frame {
    /// Something about a symbol.
    Data {
        /// Which contract.
        symbol: Symbol,
        /// When it was sent.
        at: UnixMs,
        /// What it says.
        data: Data,
    },
    /// The answer to a request.
    Answer(Answer),
}

/// What a message says about a symbol.
#[derive(Debug, PartialEq)]
pub enum Data {
    /// Last price and the figures of 24 hours.
    Day(Day),
    /// Mark price, index price and funding.
    Mark(Mark),
    /// A candle of one minute.
    Candle {
        /// The candle.
        kline: Kline,
        /// Whether it is final.
        closed: bool,
        /// What is wrong with the volume of buying takers, which is left out then.
        wrong: Option<Invalid>,
    },
    /// A trade, and its number among all of the contract; none for a single trade that is part of one with a number.
    Trade(Trade, Option<u64>),
    /// Something in the list of trades that nobody traded: the insurance fund, or positions that were netted.
    NoTrade,
    /// A position closed by force.
    Liquidation(Liquidation),
    /// Changes of the book.
    Book(Diff),
    /// The best bid and ask.
    Best(Level, Level),
}

impl Data {
    /// The stream it comes from; none for those that are not watched.
    #[must_use]
    pub const fn channel(&self) -> Option<Channel> {
        match self {
            Self::Day(_) => Some(Channel::Ticker),
            Self::Mark(_) => Some(Channel::Mark),
            Self::Candle { .. } => Some(Channel::Candle),
            Self::Trade(_, Some(_)) => Some(Channel::Trades),
            Self::Liquidation(_) => Some(Channel::Liquidations),
            Self::Book(_) => Some(Channel::Book),
            Self::Trade(_, None) | Self::NoTrade | Self::Best(..) => None,
        }
    }
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The number the request was given; none where it could not be read.
    pub request: Option<u64>,
    /// What is wrong with it; none where it is done.
    pub refusal: Option<String>,
}

/// A message that could not be understood.
#[derive(Debug)]
pub struct FrameError {
    /// What it belongs to, where that much was understood.
    pub about: Option<(Symbol, Channel)>,
    /// The kind of event, where that much was understood.
    pub event: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a message.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It is not JSON, or a JSON value that no message can be.
    #[error("not a message: {0}")]
    NotAMessage(serde_json::Error),
    /// It is neither a known event nor an answer to anything.
    #[error("neither a known event nor an answer")]
    Unknown,
    /// Its data are not of the documented shape, or impossible.
    #[error(transparent)]
    Data(#[from] ParseError),
}

impl FrameError {
    /// What kind of fault this is, for counting and for logging each kind once.
    #[must_use]
    pub fn kind(&self) -> String {
        match &self.problem {
            Problem::NotAMessage(_) => "not a message".to_owned(),
            Problem::Unknown => "unknown message".to_owned(),
            Problem::Data(ParseError::Shape(_)) => format!("{} shape", self.event),
            Problem::Data(ParseError::Impossible(invalid)) => format!("{} {}", self.event, invalid.field),
        }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.about {
            Some((symbol, _)) => write!(f, "{} of {symbol}: {}", self.event, self.problem),
            None => self.problem.fmt(f),
        }
    }
}

impl std::error::Error for FrameError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.problem.source()
    }
}

/// Reads a message, alone or as part of a stream of several.
///
/// # Errors
///
/// [`FrameError`] when it is not one, is about something unknown, or says something impossible.
pub fn read(text: &str) -> Result<Frame, FrameError> {
    let nothing = |problem| FrameError { about: None, event: "event".to_owned(), problem };
    let message: Message<'_> = serde_json::from_str(text).map_err(|error| nothing(Problem::NotAMessage(error)))?;
    let json = match (&message.data, &message.event) {
        (Some(data), _) => data.get(),
        (None, Some(_)) => text,
        (None, None) => return answer(&message).ok_or_else(|| nothing(Problem::Unknown)),
    };
    let event: Event<'_> = serde_json::from_str(json).map_err(|error| nothing(ParseError::Shape(error).into()))?;
    let name = event.kind.as_str();
    let Some(kind) = Kind::named(name) else {
        return Err(FrameError { about: None, event: name.to_owned(), problem: Problem::Unknown });
    };
    let symbol = event.symbol.as_ref().and_then(|text| Symbol::new(text.as_str()).ok());
    data(kind, &event, json).map_err(|error| FrameError {
        about: symbol.zip(kind.channel()),
        event: name.to_owned(),
        problem: error.into(),
    })
}

/// A kind of event.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Day,
    Mark,
    Candle,
    AggregateTrade,
    Trade,
    Liquidation,
    Book,
    Best,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "24hrTicker" => Self::Day,
            "markPriceUpdate" => Self::Mark,
            "kline" => Self::Candle,
            "aggTrade" => Self::AggregateTrade,
            "trade" => Self::Trade,
            "forceOrder" => Self::Liquidation,
            "depthUpdate" => Self::Book,
            "bookTicker" => Self::Best,
            _ => return None,
        })
    }

    const fn channel(self) -> Option<Channel> {
        match self {
            Self::Day => Some(Channel::Ticker),
            Self::Mark => Some(Channel::Mark),
            Self::Candle => Some(Channel::Candle),
            Self::AggregateTrade => Some(Channel::Trades),
            Self::Liquidation => Some(Channel::Liquidations),
            Self::Book => Some(Channel::Book),
            Self::Trade | Self::Best => None,
        }
    }
}

fn answer(message: &Message<'_>) -> Option<Frame> {
    let refusal = match (&message.error, message.code) {
        (Some(error), _) => Some(error.get().to_owned()),
        (None, Some(code)) => Some(format!("{code}: {}", message.msg.as_ref().map(Text::as_str).unwrap_or_default())),
        (None, None) => None,
    };
    if message.id.is_none() && refusal.is_none() {
        return None;
    }
    Some(Frame::Answer(Answer { request: message.id, refusal }))
}

fn data(kind: Kind, event: &Event<'_>, json: &str) -> Result<Frame, ParseError> {
    let at = stamp("E", event.at)?;
    let data = match kind {
        Kind::Day => Data::Day(Day::of_message(at, &decoded::<TickerData<'_>>(json)?)?),
        Kind::Mark => Data::Mark(Mark::of_message(at, &decoded::<MarkData<'_>>(json)?)?),
        Kind::Candle => candle(&decoded(json)?)?,
        Kind::AggregateTrade => {
            let row: TradeRow<'_> = decoded(json)?;
            let id = row.id.ok_or_else(|| Invalid::new("a", "is missing"))?;
            Data::Trade(trade(&row)?, Some(id))
        }
        Kind::Trade => {
            let row: TradeRow<'_> = decoded(json)?;
            match row.kind.as_ref().map(Text::as_str) {
                None | Some("MARKET") => Data::Trade(trade(&row)?, None),
                Some(_) => Data::NoTrade,
            }
        }
        Kind::Liquidation => {
            let LiquidationEvent { order } = decoded(json)?;
            let side = match order.side.as_str() {
                "SELL" => PositionSide::Long,
                "BUY" => PositionSide::Short,
                other => return Err(Invalid::new("S", format!("`{other}` is not a side")).into()),
            };
            let (price, size) = (price("ap", order.average_price.as_str())?, amount("z", order.filled.as_str())?);
            let liquidation = Liquidation { at: stamp("T", order.at)?, side, price, size };
            return Ok(Frame::Data {
                symbol: symbol(order.symbol.as_str())?,
                at,
                data: Data::Liquidation(liquidation),
            });
        }
        Kind::Book => {
            let book: BookData<'_> = decoded(json)?;
            if book.first > book.last || book.previous > book.last {
                let numbers = format!("{} to {} after {}", book.first, book.last, book.previous);
                return Err(Invalid::new("u", numbers).into());
            }
            let (bids, asks) = (levels(&book.bids)?, levels(&book.asks)?);
            Data::Book(Diff { at, first: book.first, last: book.last, previous: book.previous, bids, asks })
        }
        Kind::Best => {
            let best: BestData<'_> = decoded(json)?;
            let bid = Level { price: price("b", best.bid.as_str())?, size: amount("B", best.bid_size.as_str())? };
            let ask = Level { price: price("a", best.ask.as_str())?, size: amount("A", best.ask_size.as_str())? };
            Data::Best(bid, ask)
        }
    };
    let text = event.symbol.as_ref().ok_or_else(|| Invalid::new("s", "is missing"))?;
    Ok(Frame::Data { symbol: symbol(text.as_str())?, at, data })
}

fn candle(event: &CandleEvent<'_>) -> Result<Data, Invalid> {
    let row = &event.candle;
    if row.interval.as_str() != "1m" {
        return Err(Invalid::new("i", format!("`{}` is not watched", row.interval.as_str())));
    }
    let candle = Candle {
        start: stamp("t", row.start)?,
        open: number("o", row.open.as_str())?,
        high: number("h", row.high.as_str())?,
        low: number("l", row.low.as_str())?,
        close: number("c", row.close.as_str())?,
        volume: number("v", row.volume.as_str())?,
        turnover: number("q", row.turnover.as_str())?,
    };
    candle.check()?;
    let (kline, wrong) = Kline::with_taker_buy(candle, row.volume.as_str(), "V", row.taker_buy);
    Ok(Data::Candle { kline, closed: row.closed, wrong })
}

fn decoded<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, ParseError> {
    Ok(serde_json::from_str(json)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_from_data() {
        let answer =
            |request, refusal: Option<&str>| Frame::Answer(Answer { request, refusal: refusal.map(str::to_owned) });
        assert_eq!(read(r#"{"result":null,"id":1}"#).unwrap(), answer(Some(1), None));
        assert_eq!(read(r#"{"code":2,"msg":"bad","id":3}"#).unwrap(), answer(Some(3), Some("2: bad")));
        let refused = read(r#"{"error":{"code":2,"msg":"bad"},"id":4}"#).unwrap();
        assert_eq!(refused, answer(Some(4), Some(r#"{"code":2,"msg":"bad"}"#)));
    }

    #[test]
    fn whatever_arrives_is_an_error_of_a_kind_and_never_a_panic() {
        for (text, kind) in [
            ("", "not a message"),
            ("hello", "not a message"),
            ("[1]", "event shape"),
            ("{}", "unknown message"),
            (r#"{"stream":"x","data":{}}"#, "event shape"),
            (r#"{"e":"weather","E":1}"#, "unknown message"),
            (r#"{"e":"aggTrade","E":1,"s":"AUSDT"}"#, "aggTrade shape"),
            (r#"{"e":"aggTrade","E":1,"s":"AUSDT","p":"1","q":"1","T":1,"m":true}"#, "aggTrade a"),
            (r#"{"e":"aggTrade","E":1,"a":5,"p":"1","q":"1","T":1,"m":true}"#, "aggTrade s"),
            (r#"{"e":"aggTrade","E":-1,"s":"AUSDT"}"#, "aggTrade E"),
            (r#"{"e":"markPriceUpdate","E":1,"s":"AUSDT","p":"-1"}"#, "markPriceUpdate p"),
            (r#"{"e":"depthUpdate","E":1,"s":"AUSDT","U":5,"u":4,"pu":3,"b":[],"a":[]}"#, "depthUpdate u"),
            (r#"{"e":"bookTicker","E":1,"s":"AUSDT","b":"0","B":"1","a":"1","A":"1"}"#, "bookTicker b"),
        ] {
            assert_eq!(read(text).unwrap_err().kind(), kind, "{text}");
        }
    }

    #[test]
    fn a_bought_order_closes_a_short_and_what_nobody_traded_is_no_trade() {
        let text = r#"{"e":"forceOrder","E":9,"o":{"s":"AUSDT","S":"BUY","ap":"2.5","p":"3","q":"9","z":"4","T":8}}"#;
        let Ok(Frame::Data { data: Data::Liquidation(one), .. }) = read(text) else { panic!("{text}") };
        assert_eq!((one.side, one.price, one.size, one.notional()), (PositionSide::Short, 2.5, 4.0, 10.0));
        let fund = r#"{"e":"trade","E":9,"s":"AUSDT","t":1,"p":"0","q":"0","T":8,"m":true,"X":"INSURANCE_FUND"}"#;
        assert!(matches!(read(fund), Ok(Frame::Data { data: Data::NoTrade, .. })));
    }
}
