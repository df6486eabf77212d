//! What a recording is made of: one JSON object a line, with the time of receipt.

use schema::{UnixMs, Venue};
use serde::{Deserialize, Serialize};

use crate::Input;

/// The version of the format.
pub(crate) const FORMAT: u32 = 1;

/// One line of a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Line {
    /// When it was received, by the recorder's clock.
    pub(crate) at: UnixMs,
    /// What was received, or what became of a connection.
    pub(crate) what: What,
}

/// What a line contains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// A segment begins; the first line of each.
    Begin {
        /// The version of the format.
        format: u32,
        /// Which exchange is recorded.
        venue: Venue,
        /// When this run of the recorder began: what another run recorded does not follow on.
        run: UnixMs,
    },
    /// An answer over HTTP.
    Answer {
        /// The path that was asked, with its query.
        path: String,
        /// The HTTP status.
        status: u16,
        /// The headers that an adapter heeds.
        headers: Vec<(String, String)>,
        /// The body; of a refusal its beginning.
        body: String,
    },
    /// A connection of the stream was made.
    Opened {
        /// Its number.
        connection: usize,
        /// Where to.
        url: String,
    },
    /// A message of the stream.
    Frame {
        /// The number of its connection.
        connection: usize,
        /// What it says.
        text: String,
    },
    /// A connection of the stream was lost.
    Closed {
        /// Its number.
        connection: usize,
        /// Why, in plain words.
        cause: String,
    },
    /// What the messages of a topic had made by the time its segment began: a message that replaces what was sent before.
    State {
        /// The number of its connection.
        connection: usize,
        /// What it says.
        text: String,
    },
    /// Whoever watches the exchange took something in.
    Input(Box<Input>),
    /// What had been taken in by the time its segment began, in short: it replaces what came before.
    Resumed(Box<Input>),
    /// Messages were received and could not be kept.
    Lost {
        /// How many since the line before.
        messages: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_whatever_a_message_holds() {
        let cases = [
            What::Begin { format: FORMAT, venue: Venue::Bybit, run: UnixMs(7) },
            What::Answer {
                path: "/v5/market/tickers?category=linear".to_owned(),
                status: 200,
                headers: vec![("date".to_owned(), "x".to_owned())],
                body: "{\"a\":\"\\u00e9\\n\"}".to_owned(),
            },
            What::Frame { connection: 3, text: "not \"json\" \u{1f600} at all\n".to_owned() },
            What::Lost { messages: 9 },
        ];
        for what in cases {
            let line = Line { at: UnixMs(5), what };
            let text = serde_json::to_string(&line).unwrap();
            assert!(!text.contains('\n'), "one line: {text}");
            assert_eq!(serde_json::from_str::<Line>(&text).unwrap(), line);
        }
    }
}
