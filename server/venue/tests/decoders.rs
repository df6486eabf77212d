//! Whatever bytes arrive, a decoder neither panics nor lets an impossible number through.
//!
//! The bytes are arbitrary, or the documented payloads with some of them damaged: such get deeper. The fuzz targets
//! beside this crate (`make fuzz`) stand at the same door, `fuzz/fuzz_targets/door.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../fuzz/fuzz_targets/door.rs"]
mod door;
mod script;

use door::{binance_body, binance_frame, bybit_body, bybit_frame};
use proptest::prelude::*;
use script::{binance_payload, payload};
use serde_json::Value;

/// A way to damage bytes.
#[derive(Debug, Clone)]
enum Damage {
    Replace(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Cut(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let place = any::<prop::sample::Index>;
    // What a number, a text or a list may be replaced by, besides any byte.
    let words = prop::sample::select(vec![
        "-",
        "e999",
        "null",
        "\"",
        "[",
        "}",
        "0",
        "99999999999999999999",
        "NaN",
        "\\u0000",
        ".",
    ]);
    let one = prop_oneof![
        4 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Replace(at, byte)),
        4 => (place(), words).prop_map(|(at, word)| Damage::Insert(at, word.as_bytes().to_vec())),
        3 => (place(), 1_usize..12).prop_map(|(at, many)| Damage::Remove(at, many)),
        1 => place().prop_map(Damage::Cut),
    ];
    prop::collection::vec(one, 1..5)
}

fn damaged(text: &str, damage: &[Damage]) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for damage in damage {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match damage {
            Damage::Replace(at, byte) => bytes[at.index(length)] = *byte,
            Damage::Insert(at, new) => {
                let at = at.index(length);
                bytes.splice(at..at, new.iter().copied());
            }
            Damage::Remove(at, many) => {
                let at = at.index(length);
                bytes.drain(at..(at + many).min(length));
            }
            Damage::Cut(at) => bytes.truncate(at.index(length)),
        }
    }
    bytes
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn bybit_bodies() -> Vec<String> {
    ["account-ratio", "funding-history", "instruments-info", "kline", "open-interest", "recent-trade", "tickers"]
        .map(|name| payload(&format!("{name}.json")))
        .to_vec()
}

fn binance_bodies() -> Vec<String> {
    ["account-ratio", "agg-trades", "depth", "exchange-info", "funding-info", "funding-rate", "klines", "open-interest"]
        .into_iter()
        .chain(["open-interest-hist", "premium-index", "ticker-24hr"])
        .map(|name| binance_payload(&format!("{name}.json")))
        .collect()
}

/// The same JSON with the members of its objects in another order.
fn reordered(value: &Value, random: &mut fastrand::Rng) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), reordered(value, random)))
                .collect();
            random.shuffle(&mut members);
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| reordered(item, random)).collect();
            format!("[{}]", items.join(","))
        }
        other => other.to_string(),
    }
}

fn shuffled(text: &str, seed: u64) -> String {
    reordered(&serde_json::from_str(text).unwrap(), &mut fastrand::Rng::with_seed(seed))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_at_all(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        bybit_frame(&text);
        binance_frame(&text);
        bybit_body(&bytes);
        binance_body(&bytes);
    }

    #[test]
    fn damaged_messages_of_bybit(text in prop::sample::select(lines(&payload("stream.jsonl"))), damage in damage()) {
        bybit_frame(&String::from_utf8_lossy(&damaged(&text, &damage)));
    }

    #[test]
    fn damaged_messages_of_binance(text in prop::sample::select(lines(&binance_payload("market.jsonl"))), damage in damage()) {
        binance_frame(&String::from_utf8_lossy(&damaged(&text, &damage)));
    }

    #[test]
    fn damaged_answers_of_bybit(text in prop::sample::select(bybit_bodies()), damage in damage()) {
        bybit_body(&damaged(&text, &damage));
    }

    #[test]
    fn damaged_answers_of_binance(text in prop::sample::select(binance_bodies()), damage in damage()) {
        binance_body(&damaged(&text, &damage));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_members_changes_nothing_at_bybit(
        text in prop::sample::select(lines(&payload("stream.jsonl"))), seed in any::<u64>(),
    ) {
        prop_assert_eq!(bybit_frame(&shuffled(&text, seed)), bybit_frame(&text));
    }

    #[test]
    fn the_order_of_members_changes_nothing_at_binance(
        text in prop::sample::select(lines(&binance_payload("market.jsonl"))), seed in any::<u64>(),
    ) {
        prop_assert_eq!(binance_frame(&shuffled(&text, seed)), binance_frame(&text));
    }

    #[test]
    fn the_order_of_members_changes_nothing_in_answers(
        bybit in prop::sample::select(bybit_bodies()), binance in prop::sample::select(binance_bodies()), seed in any::<u64>(),
    ) {
        prop_assert_eq!(bybit_body(shuffled(&bybit, seed).as_bytes()), bybit_body(bybit.as_bytes()));
        prop_assert_eq!(binance_body(shuffled(&binance, seed).as_bytes()), binance_body(binance.as_bytes()));
    }
}
