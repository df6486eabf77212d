//! Whatever a schema can hold comes back from its envelope as it was.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::{cell::Cell, fmt::Debug};

use cache::{Cache, Clock, Restored, Snapshot};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy as _},
    prop_oneof,
    sample::select,
    test_runner::{Config, TestRunner},
};
use schema::{
    ActiveIdeas, AlertLog, BetaTable, Breakdown, CandleSeries, MarketBreadth, MarketMovers, MarketOverview,
    MarketUniverse, PerpsPulse, Reading, SCHEMAS, Schema, Signals, Symbol, SystemHealth, Timeframe, UnixMs, Venue,
    WantedSymbols, WebSlot,
};
use serde_json::{Number, Value};

const AS_OF: UnixMs = UnixMs(1_763_654_404_980);

/// Multiplies every number that is no whole one by the next factor, and lets lists end after some elements.
fn vary(value: &mut Value, factors: &mut impl Iterator<Item = f64>) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let varied = number.as_f64().zip(factors.next()).map(|(number, factor)| number * factor);
            if let Some(varied) = varied.and_then(Number::from_f64) {
                *number = varied;
            }
        }
        Value::Array(items) => {
            if factors.next().is_some_and(|factor| factor < 0.92) {
                items.pop();
            }
            items.iter_mut().for_each(|item| vary(item, factors));
        }
        Value::Object(fields) => fields.values_mut().for_each(|field| vary(field, factors)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Publishes a value, writes it into a file as its envelope, and reads that into another cache.
fn through_the_envelope<T: Schema + Clone>(value: &T, scope: &T::Scope) -> T {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.ndjson");
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let from = Cache::builder(Clock::System, "from@test/1").build();
        let _ = from.publisher::<T>().unwrap().publish(scope, value.clone(), AS_OF).await;
        assert_eq!(Snapshot::of(&from).with::<T>().write(&path).await.unwrap(), 1);
        let to = Cache::builder(Clock::System, "to@test/1").build();
        let restored = Snapshot::of(&to).with::<T>().restore(&path).await.unwrap();
        assert!(matches!(restored[..], [Restored::Offered { as_of: AS_OF, .. }]), "{restored:?}");
        let reading: Reading<T> = to.read::<T>(scope).await;
        reading.held().unwrap().value.as_ref().clone()
    })
}

fn comes_back<T: Schema + Clone + PartialEq + Debug>(scope: &T::Scope) {
    let name = format!("{}@{}.json", T::NAME.as_str().replace(':', "_"), T::VERSION);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../app/schema/tests/wire").join(name);
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let original: T = serde_json::from_value(golden.clone()).unwrap();
    let varied = Cell::new(0_usize);
    // In some cases most numbers stay as they are: those of a breakdown have to sum up to others.
    let factors = select(vec![1_u32, 8, 60])
        .prop_flat_map(|same| vec(prop_oneof![same => Just(1.0), 1 => (0.9_f64..1.0).boxed()], 400));
    let mut runner = TestRunner::new(Config { cases: 96, failure_persistence: None, ..Config::default() });
    runner
        .run(&factors, |factors| {
            let mut value = golden.clone();
            vary(&mut value, &mut factors.into_iter());
            // What the schema itself refuses is never published.
            let Ok(value) = serde_json::from_value::<T>(value) else { return Ok(()) };
            if value.check().is_ok() {
                varied.set(varied.get() + usize::from(value != original));
                assert_eq!(through_the_envelope(&value, scope), value);
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(through_the_envelope(&original, scope), original);
    assert!(varied.get() > 0, "no varied value of {} is valid", T::NAME);
    println!("{}: {} varied values", T::NAME, varied.get());
}

#[test]
fn every_schema_comes_back_from_its_envelope_as_it_was() {
    comes_back::<MarketOverview>(&());
    comes_back::<Signals>(&());
    comes_back::<MarketBreadth>(&());
    comes_back::<MarketMovers>(&());
    comes_back::<PerpsPulse>(&());
    comes_back::<BetaTable>(&());
    comes_back::<MarketUniverse>(&());
    comes_back::<ActiveIdeas>(&());
    comes_back::<AlertLog>(&());
    comes_back::<SystemHealth>(&());
    comes_back::<Breakdown>(&(Venue::Bybit, Symbol::new("BTCUSDT").unwrap()));
    comes_back::<CandleSeries>(&(Venue::Bybit, Symbol::new("BTCUSDT").unwrap(), Timeframe::M1));
    // It holds no number to vary.
    let wanted = WantedSymbols { symbols: vec![Symbol::new("BTCUSDT").unwrap()] };
    assert_eq!(through_the_envelope(&wanted, &WebSlot::of(31)), wanted);
    assert_eq!(SCHEMAS.len(), 13, "a new schema is added to this list");
}
