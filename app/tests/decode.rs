//! What the server sends is read back as it was.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod world;

use app::decode::{Unreadable, decode};
use proptest::prelude::*;
use schema::{
    Absence, Figure, SymbolLive, UnixMs, Usd, Venue, Why,
    health::Feed,
    page::{Frame, ScoresPage, SymbolPage},
    report::L2State,
    stream::{FrameMessage, ListMessage, SignalsDelta, StreamMessage, SymbolMessage},
};
use serde::{Serialize, de::DeserializeOwned};
use world::{
    NOW, breakdown, frame, headline, health, held, known, monitor, overview, row, scores_page, signals, symbol_page,
    young_row,
};

/// Both readers of the format find the same. (Where a number has 17 digits, that may be off by its last bit.)
fn survives<T: Serialize + DeserializeOwned + PartialEq>(value: &T) {
    let json = serde_json::to_string(value).unwrap();
    assert!(decode::<T>(&json).unwrap() == serde_json::from_str::<T>(&json).unwrap(), "{json}");
}

#[test]
fn every_page_survives() {
    survives::<ScoresPage>(&scores_page(vec![row(0), row(1), young_row()]));
    survives::<SymbolPage>(&symbol_page());
    survives(&SymbolPage { breakdown: Err(Absence::NeverWritten), ..symbol_page() });
    survives(&SymbolPage { breakdown: Err(Absence::Unreadable("of version 7 \"new\"".to_owned())), ..symbol_page() });
    for feed in [
        Feed::Simulated { because: "ünreachable\n<b>".to_owned() },
        Feed::Unreachable { venue: Venue::Bybit, cause: "timed out".to_owned(), since: NOW },
    ] {
        survives(&Frame { monitor: Ok(monitor(&health(feed), 1)), ..frame() });
    }
}

#[test]
fn every_kind_of_message_survives() {
    let (old, new) = (held(signals(vec![row(0), row(1)]), 2), held(signals(vec![row(1), young_row()]), 1));
    let mut moved = row(0);
    moved.quote.forming = known(world::score(51.25));
    let quoted = SignalsDelta::between(&old, &held(signals(vec![moved, row(1)]), 1));
    assert_eq!((quoted.rows.len(), quoted.quotes.len()), (0, 1), "a quote alone is an array");
    for message in [
        ListMessage::SignalsDelta(quoted),
        ListMessage::SignalsDelta(SignalsDelta::between(&old, &new)),
        ListMessage::Signals(new),
    ] {
        survives(&message);
    }
    survives(&SymbolMessage::Breakdown(held(breakdown(), 1)));
    survives(&SymbolMessage::Live(Box::new(SymbolLive::of(&held(breakdown(), 1)))));
    for message in [
        FrameMessage::Headline(headline(&overview(), 1)),
        FrameMessage::Monitor(monitor(&health(Feed::Live { venue: Venue::Bybit }), 1)),
        FrameMessage::Shared(L2State::Off),
        FrameMessage::Shared(L2State::Up { version: "1.6.18".to_owned() }),
        FrameMessage::Shared(L2State::Degraded { cause: "timed out".to_owned(), since: NOW }),
        FrameMessage::Changed { name: "market:movers".to_owned(), stamp: held(breakdown(), 1).stamp, as_of: NOW },
        FrameMessage::Unread { newest: UnixMs(1_800_000_000_000) },
        FrameMessage::Clock { now: UnixMs(i64::MAX), sent_bytes: 78_643 },
    ] {
        survives(&message);
    }
}

#[test]
fn a_message_is_read_by_its_own_part_of_a_page_and_by_no_other() {
    let messages: [StreamMessage; 4] = [
        FrameMessage::Shared(L2State::Off).into(),
        ListMessage::Signals(held(signals(vec![row(0)]), 1)).into(),
        SymbolMessage::Breakdown(held(breakdown(), 1)).into(),
        SymbolMessage::Live(Box::new(SymbolLive::of(&held(breakdown(), 1)))).into(),
    ];
    for (place, message) in messages.iter().enumerate() {
        let json = serde_json::to_string(message).unwrap();
        let read = [
            decode::<FrameMessage>(&json).is_ok(),
            decode::<ListMessage>(&json).is_ok(),
            decode::<SymbolMessage>(&json).is_ok(),
        ];
        assert_eq!(read, [0, 1, 2].map(|part| part == place.min(2)), "{json}");
    }
}

#[test]
fn a_figure_that_is_known_to_be_zero_is_neither_missing_nor_refused() {
    survives(&known(Usd::new(0.0).unwrap()));
    survives(&Figure::<Usd>::Missing(Why::TooFewSamples { have: 3, need: 12 }));
    survives(&Figure::<Usd>::Missing(Why::NotYet));
}

#[test]
fn what_is_not_of_the_type_is_refused() {
    for text in [
        "",
        "{",
        "null",
        "0",
        r#"{"known":{"value":-1,"as_of":7}}"#,
        r#"{"known":{"value":1}}"#,
        r#"{"known":{"as_of":7}}"#,
        r#"{"known":{"value":"1","as_of":7}}"#,
        r#"{"known":{"value":1,"as_of":7},"missing":"off"}"#,
        r#"{"missing":"never"}"#,
        r#"{"missing":{"too_few_samples":{"have":-1,"need":2}}}"#,
        r#"{"guessed":{"value":1,"as_of":7}}"#,
    ] {
        assert_eq!(decode::<Figure<Usd>>(text), Err(Unreadable), "{text}");
    }
    assert_eq!(decode::<L2State>(r#"{"state":"up"}"#), Err(Unreadable), "up, but of which version");
}

#[test]
fn fields_may_come_in_any_order_and_new_ones_are_passed_over() {
    let text = r#"{"known":{"new":[1,{"a":null}],"as_of":7,"value":2.5}}"#;
    assert_eq!(decode::<Figure<Usd>>(text), Ok(Figure::known(Usd::new(2.5).unwrap(), UnixMs(7))));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let ours = decode::<FrameMessage>(&text).ok();
        prop_assert_eq!(ours, serde_json::from_str(&text).ok());
    }

    #[test]
    fn numbers_and_texts_of_any_size_survive(number in any::<f64>(), large in any::<u64>(), whole in any::<i64>(), text in any::<String>()) {
        survives(&Some(number).filter(|number| number.is_finite()));
        let json = serde_json::to_string(&(large, whole, &text)).unwrap();
        prop_assert_eq!(decode::<(u64, i64, String)>(&json), Ok((large, whole, text)));
    }
}
