//! The fuzz target's story on a stable compiler: any bytes, and valid ones with some damage, in the place of a value.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::sync::Arc;

use cache::{
    Outcome,
    l2::{L2 as _, MemoryL2},
};
use kit::{START, breadth, process};
use proptest::prelude::*;
use schema::MarketBreadth;

#[path = "../fuzz/fuzz_targets/door.rs"]
mod door;
mod kit;

const JSON: u32 = 0x5643_0001;

/// What a publisher writes.
fn written() -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let l2 = Arc::new(MemoryL2::new());
        let (cache, _) = process("monitor@a/1", Some(Arc::clone(&l2) as _));
        let published = cache.publisher::<MarketBreadth>().unwrap().publish(&(), breadth(7), START).await;
        assert_eq!(published.outcome().await, Outcome::Applied);
        l2.get(door::KEY).await.unwrap().unwrap().value
    })
}

#[test]
fn what_was_written_is_read() {
    assert_eq!(door::read(&written(), JSON), Some(breadth(7)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_an_absence_with_a_reason(bytes in any::<Vec<u8>>(), flags in any::<u32>(), format in 0..4u32) {
        assert_eq!(door::read(&bytes, flags), None);
        assert_eq!(door::read(&bytes, JSON & 0xffff_0000 | format), None);
    }

    #[test]
    fn a_valid_item_with_some_damage_is_an_absence_with_a_reason(
        at in any::<prop::sample::Index>(),
        length in 0..40usize,
        put in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let good = written();
        let at = at.index(good.len());
        let mut bytes = good.clone();
        bytes.splice(at..(at + length).min(good.len()), put);
        let read = door::read(&bytes, JSON);
        // What was put may be what was there.
        assert_eq!(read.is_some(), bytes == good, "{}", String::from_utf8_lossy(&bytes));
    }
}
