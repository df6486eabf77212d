//! A state that was saved after any input: whoever goes on from it gives out the same, byte for byte.

#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, clippy::unwrap_used)]

mod support;

use std::{collections::BTreeSet, sync::Arc};

use analysis::{idea::CostSettings, signal::Thresholds};
use engine::{Engine, IdeaBook, Input, Loaded, Market, RestoreError, idea_book, lock};
use proptest::prelude::*;
use schema::{Figure, Symbol, UnixMs, Venue, Why};
use serde_json::Value;
use venue::{Liquidation, MarketEvent, PositionSide};

use support::{START, event, loaded, session, step_all, symbol, with_seconds};

/// An engine with what it writes to.
struct Session {
    engine: Engine,
    market: Arc<Market>,
    ideas: IdeaBook,
}

impl Session {
    fn new() -> Self {
        let (market, ideas) = empty();
        Self { engine: Engine::new(Arc::clone(&market), Thresholds::STANDARD, Arc::clone(&ideas)), market, ideas }
    }

    fn saved(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.engine.save(&mut bytes).unwrap();
        bytes
    }

    fn restored(mut bytes: &[u8]) -> Self {
        let (market, ideas) = empty();
        let engine =
            Engine::restore(&mut bytes, Arc::clone(&market), Thresholds::STANDARD, Arc::clone(&ideas)).unwrap();
        assert!(bytes.is_empty());
        Self { engine, market, ideas }
    }

    /// Every output, and every forming score between two seconds, to the last digit.
    fn run(&mut self, inputs: &[Input]) -> Vec<String> {
        let mut lines = Vec::new();
        for input in inputs {
            lines.extend(step_all(&mut self.engine, [input.clone()]).iter().map(|output| format!("{output:?}")));
            if matches!(input, Input::Second(_)) {
                lines.extend(self.market.windows().iter().map(|window| format!("{:?}", lock(window).score_forming())));
            }
        }
        lines.push(format!("{:?}", self.ideas.lock().unwrap().active(Venue::Sim, |_| Figure::Missing(Why::Off))));
        lines
    }
}

fn empty() -> (Arc<Market>, IdeaBook) {
    (Arc::new(Market::new(Venue::Sim)), idea_book(&Thresholds::STANDARD, CostSettings::MEASURED.of(Venue::Sim)))
}

/// A session with all that can go wrong: lost connections and candles, late answers, forced closes, contracts that come and go.
fn disturbed(seconds: i64, seed: u64) -> Vec<Input> {
    let of: Arc<[Symbol]> = Arc::new([symbol("AUSDT")]);
    let mut inputs: Vec<Input> = session(&["AUSDT", "BUSDT"], seconds, seed)
        .into_iter()
        .enumerate()
        .filter(|(n, input)| match input {
            Input::Event { event: MarketEvent::Candle { closed: true, .. }, .. } => n % 3 > 0,
            Input::Event { event: MarketEvent::Trades { .. }, received } => received.0 / 1_000 % 40 > 2,
            _ => true,
        })
        .map(|(_, input)| input)
        .collect();
    let answers: Vec<Input> = inputs
        .iter()
        .filter_map(|input| match input {
            Input::Loaded {
                loaded: list @ (Loaded::Candles { .. } | Loaded::Trades { .. } | Loaded::OpenInterest { .. }),
                ..
            } => Some(list.clone()),
            _ => None,
        })
        .flat_map(|list| [31_000, 83_500].map(|after| loaded(START + after, list.clone())))
        .collect();
    // The venue's own sums differ from those of minutes in their last digits.
    let audits: Vec<Input> = answers
        .iter()
        .filter_map(|answer| match answer {
            Input::Loaded { received, loaded: Loaded::Candles { symbol, timeframe, candles, .. } } => {
                let (symbol, timeframe) = (*symbol, *timeframe);
                let mut candles = candles[candles.len() - 2..].to_vec();
                candles[0].candle.volume *= 1.0 + 1e-9;
                Some(loaded(received.0 - 17_000, Loaded::Candles { symbol, timeframe, limit: 2, candles }))
            }
            _ => None,
        })
        .collect();
    inputs.extend(answers);
    inputs.extend(audits);
    for at in (7_000..seconds * 1_000).step_by(41_000).map(|after| START + after) {
        let lost =
            MarketEvent::Lost { connection: 0, symbols: Arc::clone(&of), trades: at % 2 == 0, cause: "cut".to_owned() };
        inputs.push(event(at, lost));
        inputs.push(event(at + 3_000, MarketEvent::Hearing { symbols: Arc::clone(&of) }));
        inputs.push(event(at + 9_000, MarketEvent::Missed { symbol: symbol("BUSDT") }));
        let closed = Liquidation { at: UnixMs(at), side: PositionSide::Long, price: 100.0, size: 7.0 };
        inputs.push(event(at + 10, MarketEvent::Liquidations { symbol: symbol("BUSDT"), liquidations: vec![closed] }));
    }
    let instruments = ["AUSDT", "BUSDT", "CUSDT"].map(support::instrument).to_vec();
    let history = engine::History::Fetched;
    inputs.push(loaded(START + 50_000, Loaded::Universe { instruments, linear_symbols: 12, history }));
    inputs.sort_by_key(Input::received);
    with_seconds(inputs)
}

/// What one run gives, and what one that was cut and went on from what was saved gives.
fn both(inputs: &[Input], cut: usize) -> (Vec<String>, Vec<String>) {
    let mut whole = Session::new();
    let before = whole.run(&inputs[..cut]);
    let bytes = whole.saved();
    let mut resumed = Session::restored(&bytes);
    assert_eq!(resumed.saved(), bytes, "saved again, it is the same");
    let pair = (whole.run(&inputs[cut..]), resumed.run(&inputs[cut..]));
    assert_eq!(whole.saved(), resumed.saved());
    assert!(!before.is_empty());
    pair
}

/// Forty contracts, so that each close is worth several threads.
#[test]
fn the_same_is_given_out_with_one_two_and_four_threads() {
    let names: Vec<String> = (0..40).map(|n| format!("C{n}USDT")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let inputs = with_seconds(session(&names, 90, 11));
    let run = |threads: usize| {
        let mut session = Session::new();
        session.engine = session.engine.on_threads(threads.try_into().unwrap()).unwrap();
        (session.run(&inputs), session.saved())
    };
    let one = run(1);
    assert!(one.0.iter().filter(|lines| lines.starts_with("BarClosed")).count() > 100);
    for threads in [2, 4] {
        assert!(run(threads) == one, "{threads} threads");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_run_that_was_cut_at_any_input_goes_on_as_if_it_had_not_been(seed in 0..1_000_u64, cut in 0.0..1.0_f64) {
        let inputs = disturbed(150, seed);
        let (whole, resumed) = both(&inputs, (inputs.len() as f64 * cut) as usize);
        prop_assert_eq!(whole, resumed);
    }

    #[test]
    fn damaged_bytes_are_refused_in_words_and_change_nothing(place in 0.0..1.0_f64, bit in 0..8_u8) {
        let mut session = Session::new();
        session.run(&disturbed(20, 1));
        let mut bytes = session.saved();
        let place = (bytes.len() as f64 * place) as usize;
        bytes[place] ^= 1 << bit;
        let (market, ideas) = empty();
        let error = Engine::restore(&mut bytes.as_slice(), Arc::clone(&market), Thresholds::STANDARD, ideas).unwrap_err();
        prop_assert!(error.to_string().contains("saved state"), "{}", error);
        prop_assert!(market.windows().is_empty());
    }
}

/// What is not shown of a list any more decides when its oldest are moved out.
#[test]
fn a_run_that_outlasts_its_trades_goes_on_the_same() {
    let inputs = disturbed(1_000, 3);
    for cut in [0.7, 0.93].map(|share| (inputs.len() as f64 * share) as usize) {
        let (whole, resumed) = both(&inputs, cut);
        assert_eq!(whole, resumed);
    }
}

#[test]
fn what_cannot_be_gone_on_from_is_named() {
    let mut session = Session::new();
    session.run(&disturbed(20, 1));
    let bytes = session.saved();
    let refused = |mut bytes: &[u8], venue: Venue| {
        let (_, ideas) = empty();
        let restored = Engine::restore(&mut bytes, Arc::new(Market::new(venue)), Thresholds::STANDARD, ideas);
        restored.unwrap_err().to_string()
    };
    for end in [5, 14, 300, bytes.len() - 1] {
        assert!(refused(&bytes[..end], Venue::Sim).contains("ends in its middle"), "cut at {end}");
    }
    assert_eq!(refused(b"PK\x03\x04 an archive of something", Venue::Sim), RestoreError::Foreign.to_string());
    assert_eq!(refused(&bytes, Venue::Bybit), "the saved state is of sim, not of bybit");
    let mut newer = bytes.clone();
    newer[12] = 200;
    assert!(refused(&newer, Venue::Sim).contains("format 200"));
}

/// The names of all fields, each with where it is.
fn fields(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                self::fields(value, &format!("{at}.{name}"), found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| fields(value, &format!("{at}[]"), found)),
        _ => {
            found.insert(at.to_owned());
        }
    }
}

/// Bytes do not say which field they are of: a field more or less, or another name, needs another number of the format.
#[test]
fn the_number_of_the_format_goes_with_what_is_saved() {
    let mut session = Session::new();
    session.run(&disturbed(150, 5));
    let mut found = BTreeSet::new();
    for window in session.market.windows().iter() {
        fields(&serde_json::to_value(&*lock(window)).unwrap(), "window", &mut found);
    }
    fields(&serde_json::to_value(&*session.ideas.lock().unwrap()).unwrap(), "ideas", &mut found);
    let names = found.into_iter().collect::<Vec<_>>().join("\n");
    let format = u32::from_le_bytes(session.saved()[12..16].try_into().unwrap());
    let sum = xxhash_rust::xxh3::xxh3_64(names.as_bytes());
    assert_eq!(
        (format, sum),
        (1, 3_814_205_158_055_772_679),
        "raise FORMAT in saved.rs, and write both numbers here:\n{names}"
    );
}
