//! From the wire to events, for the stream: one message in, what it says out.

use std::fmt;

use schema::{Candle, Invalid, Level, Timeframe, Trade, UnixMs};
use serde::Deserialize;

use super::{
    model::{BookData, CandleData, LiquidationData, Message, Text, TickerRow, TradeData},
    parse::{ParseError, amount, number, price, stamp, trade},
    topic::{Channel, Topic},
};
use crate::{Liquidation, PositionSide, order::RecentIds};

/// What a message of the stream says.
#[derive(Debug)]
pub enum Frame<'a> {
    /// Something about a symbol.
    Data {
        /// What it belongs to.
        topic: Topic,
        /// Whether it replaces what was sent before.
        snapshot: bool,
        /// When it was sent.
        at: UnixMs,
        /// What it says.
        data: Data<'a>,
    },
    /// The answer to a request to subscribe or unsubscribe.
    Answer(Answer),
    /// The answer to a ping.
    Pong,
}

/// What a message says about a symbol.
#[derive(Debug)]
pub enum Data<'a> {
    /// Some or all fields of its state.
    Ticker(Box<TickerRow<'a>>),
    /// Candles, and whether each is final.
    Candles(Timeframe, Vec<(Candle, bool)>),
    /// Trades, oldest first, without those agreed outside the book; and a short form of the identity of each.
    Trades(Vec<Trade>, Vec<Option<u64>>),
    /// Positions closed by force, oldest first.
    Liquidations(Vec<Liquidation>),
    /// Levels of the book.
    Book {
        /// The number of the message.
        update: u64,
        /// Bids.
        bids: Vec<Level>,
        /// Asks.
        asks: Vec<Level>,
    },
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it was to subscribe; otherwise to unsubscribe.
    pub subscribing: bool,
    /// Whether it is done.
    pub success: bool,
    /// The name the request was given, where the answer repeats it.
    pub request: Option<String>,
    /// Words about it; a refusal names the topic here.
    pub message: String,
}

/// A message that could not be understood.
#[derive(Debug)]
pub struct FrameError {
    /// What it belongs to, where that much was understood.
    pub topic: Option<Topic>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a message.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It is not JSON, or a JSON value that no message can be.
    #[error("not a message: {0}")]
    NotAMessage(serde_json::Error),
    /// It is neither about a known topic nor an answer to anything.
    #[error("neither a known topic nor a known answer: `{0}`")]
    Unknown(String),
    /// Its data are not of the documented shape, or impossible.
    #[error(transparent)]
    Data(#[from] ParseError),
}

impl FrameError {
    /// What kind of fault this is, for counting and for logging each kind once.
    #[must_use]
    pub fn kind(&self) -> String {
        let channel = self.topic.map_or("stream", |topic| topic.channel.prefix());
        match &self.problem {
            Problem::NotAMessage(_) => "not a message".to_owned(),
            Problem::Unknown(_) => "unknown message".to_owned(),
            Problem::Data(ParseError::Shape(_)) => format!("{channel} shape"),
            Problem::Data(ParseError::Impossible(invalid)) => format!("{channel} {}", invalid.field),
        }
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.topic {
            Some(topic) => write!(f, "{topic}: {}", self.problem),
            None => self.problem.fmt(f),
        }
    }
}

impl std::error::Error for FrameError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.problem.source()
    }
}

/// The topic that a broken message begins with, as all messages of the exchange do.
fn begun(text: &str) -> Option<Topic> {
    Topic::read(text.strip_prefix(r#"{"topic":""#)?.split_once('"')?.0)
}

/// Reads a message.
///
/// # Errors
///
/// [`FrameError`] when it is not one, is about something unknown, or says something impossible.
pub fn read(text: &str) -> Result<Frame<'_>, FrameError> {
    let message: Message<'_> = serde_json::from_str(text)
        .map_err(|error| FrameError { topic: begun(text), problem: Problem::NotAMessage(error) })?;
    let Some(topic_text) = &message.topic else { return answer(&message) };
    let Some(topic) = Topic::read(topic_text.as_str()) else {
        return Err(FrameError { topic: None, problem: Problem::Unknown(topic_text.as_str().to_owned()) });
    };
    data(topic, &message).map_err(|error| FrameError { topic: Some(topic), problem: error.into() })
}

fn answer<'a>(message: &Message<'_>) -> Result<Frame<'a>, FrameError> {
    let words = message.ret_msg.as_ref().map(Text::as_str).unwrap_or_default();
    let subscribing = match message.op.as_ref().map(Text::as_str) {
        Some("ping" | "pong") => return Ok(Frame::Pong),
        Some("subscribe") => true,
        Some("unsubscribe") => false,
        other => {
            let said = other.unwrap_or(words).to_owned();
            return Err(FrameError { topic: None, problem: Problem::Unknown(said) });
        }
    };
    Ok(Frame::Answer(Answer {
        subscribing,
        success: message.success == Some(true),
        request: message.req_id.as_ref().map(|id| id.as_str().to_owned()),
        message: words.to_owned(),
    }))
}

fn data<'a>(topic: Topic, message: &Message<'a>) -> Result<Frame<'a>, ParseError> {
    let at = UnixMs(message.ts.filter(|ms| *ms > 0).ok_or_else(|| Invalid::new("ts", "is missing"))?);
    let snapshot = match message.kind.as_ref().map(Text::as_str) {
        Some("snapshot") => true,
        Some("delta") => false,
        other => {
            return Err(Invalid::new("type", format!("{other:?} is neither snapshot nor delta")).into());
        }
    };
    let json = message.data.ok_or_else(|| Invalid::new("data", "is missing"))?.get();
    let data = match topic.channel {
        Channel::Ticker => Data::Ticker(Box::new(decoded(json)?)),
        Channel::Candle(timeframe) => {
            let rows: Vec<CandleData<'_>> = decoded(json)?;
            Data::Candles(timeframe, rows.iter().map(candle).collect::<Result<_, _>>()?)
        }
        Channel::Trades => {
            let rows: Vec<TradeData<'_>> = decoded(json)?;
            let mut trades = rows
                .iter()
                .filter(|row| row.block != Some(true))
                .map(|row| {
                    let id = row.id.as_ref().map(|id| RecentIds::short(id.as_str()));
                    Ok((trade(stamp("T", row.at)?, &row.side, &row.price, &row.size)?, id))
                })
                .collect::<Result<Vec<_>, Invalid>>()?;
            trades.sort_by_key(|(trade, _)| trade.at);
            let (trades, ids) = trades.into_iter().unzip();
            Data::Trades(trades, ids)
        }
        Channel::Liquidations => {
            let rows: Vec<LiquidationData<'_>> = decoded(json)?;
            let mut liquidations = rows.iter().map(liquidation).collect::<Result<Vec<_>, _>>()?;
            liquidations.sort_by_key(|liquidation| liquidation.at);
            Data::Liquidations(liquidations)
        }
        Channel::Book => {
            let book: BookData<'_> = decoded(json)?;
            Data::Book { update: book.update, bids: levels(&book.bids)?, asks: levels(&book.asks)? }
        }
    };
    Ok(Frame::Data { topic, snapshot, at, data })
}

fn decoded<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, ParseError> {
    Ok(serde_json::from_str(json)?)
}

fn candle(row: &CandleData<'_>) -> Result<(Candle, bool), Invalid> {
    let candle = Candle {
        start: stamp("start", row.start)?,
        open: number("open", row.open.as_str())?,
        high: number("high", row.high.as_str())?,
        low: number("low", row.low.as_str())?,
        close: number("close", row.close.as_str())?,
        volume: number("volume", row.volume.as_str())?,
        turnover: number("turnover", row.turnover.as_str())?,
    };
    candle.check()?;
    Ok((candle, row.confirm))
}

fn liquidation(row: &LiquidationData<'_>) -> Result<Liquidation, Invalid> {
    let side = match row.side.as_str() {
        "Buy" => PositionSide::Long,
        "Sell" => PositionSide::Short,
        other => return Err(Invalid::new("side", format!("`{other}` is not a side"))),
    };
    let (price, size) = (price("price", row.price.as_str())?, amount("size", row.size.as_str())?);
    Ok(Liquidation { at: stamp("T", row.at)?, side, price, size })
}

fn levels(rows: &[(Text<'_>, Text<'_>)]) -> Result<Vec<Level>, Invalid> {
    let level = |(price_text, size): &(Text<'_>, Text<'_>)| {
        Ok(Level { price: price("price", price_text.as_str())?, size: amount("size", size.as_str())? })
    };
    rows.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_a_pong_are_pongs() {
        for text in [
            r#"{"success":true,"ret_msg":"pong","conn_id":"c","req_id":"p1","op":"ping"}"#,
            r#"{"op":"pong","args":["1675418560633"],"conn_id":"c"}"#,
        ] {
            assert!(matches!(read(text), Ok(Frame::Pong)), "{text}");
        }
    }

    #[test]
    fn an_answer_says_what_was_refused_even_with_escapes_in_it() {
        let text = r#"{"success":false,"ret_msg":"Invalid \"symbol\" :[tickers.X]","op":"subscribe"}"#;
        let Ok(Frame::Answer(answer)) = read(text) else { panic!("{text}") };
        assert!(!answer.success && answer.subscribing && answer.request.is_none());
        assert_eq!(answer.message, r#"Invalid "symbol" :[tickers.X]"#);
    }

    #[test]
    fn whatever_arrives_is_an_error_of_a_kind_and_never_a_panic() {
        let kinds =
            |texts: &[&str]| -> Vec<String> { texts.iter().map(|text| read(text).unwrap_err().kind()).collect() };
        assert_eq!(
            kinds(&[
                "",
                "hello",
                "{\"topic\":",
                "[1,2]",
                "{}",
                r#"{"topic":"liquidation.BTCUSDT"}"#,
                r#"{"topic":"tickers.BTCUSDT","type":"delta","data":{}}"#,
                r#"{"topic":"tickers.BTCUSDT","type":"delta","ts":1,"data":{"lastPrice":5}}"#,
                r#"{"topic":"kline.1.BTCUSDT","type":"snapshot","ts":1}"#,
                r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1,"data":[{"T":-1,"S":"Buy","v":"1","p":"1"}]}"#,
                r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1,"data":[{"T":1,"S":"Hold","v":"1","p":"1"}]}"#,
                r#"{"topic":"orderbook.200.BTCUSDT","type":"delta","ts":1,"data":{"b":[["-1","1"]],"a":[],"u":2}}"#,
                r#"{"topic":"orderbook.200.BTCUSDT","type":"whole","ts":1,"data":{"b":[],"a":[],"u":2}}"#,
            ]),
            [
                "not a message",
                "not a message",
                "not a message",
                "not a message",
                "unknown message",
                "unknown message",
                "tickers. ts",
                "tickers. shape",
                "kline.1. data",
                "publicTrade. T",
                "publicTrade. side",
                "orderbook.200. price",
                "orderbook.200. type",
            ]
        );
    }

    #[test]
    fn a_liquidation_is_of_the_side_of_its_position() {
        let text = r#"{"topic":"allLiquidation.AUSDT","type":"snapshot","ts":9,"data":[
            {"T":7,"s":"AUSDT","S":"Buy","v":"2","p":"10.5"},{"T":6,"s":"AUSDT","S":"Sell","v":"1","p":"11"}]}"#;
        let Ok(Frame::Data { data: Data::Liquidations(all), .. }) = read(text) else { panic!("{text}") };
        let seen: Vec<_> = all.iter().map(|l| (l.at.0, l.side, l.price, l.size, l.notional())).collect();
        assert_eq!(seen, [(6, PositionSide::Short, 11.0, 1.0, 11.0), (7, PositionSide::Long, 10.5, 2.0, 21.0)]);
        for (bad, kind) in [(r#""Hold""#, "allLiquidation. side"), ("1", "allLiquidation. shape")] {
            let text = text.replace(r#""Buy""#, bad);
            assert_eq!(read(&text).unwrap_err().kind(), kind);
        }
    }

    #[test]
    fn a_block_trade_is_left_out() {
        let text = r#"{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":9,"data":[
            {"T":3,"s":"BTCUSDT","S":"Buy","v":"2","p":"10","BT":false,"RPI":true,"seq":1},
            {"T":2,"s":"BTCUSDT","S":"Sell","v":"9","p":"10","BT":true}]}"#;
        let Ok(Frame::Data { data: Data::Trades(trades, _), .. }) = read(text) else { panic!("{text}") };
        assert_eq!(trades.len(), 1);
        assert_eq!((trades[0].at, trades[0].size()), (UnixMs(3), 2.0));
    }
}
