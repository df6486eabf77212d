//! What a reader meets: any bytes under any flags, in the place of a value. Shared with the test that runs on stable.

use std::{sync::Arc, time::Duration};

use cache::{
    Cache, Clock,
    l2::{L2 as _, MemoryL2},
};
use schema::{Absence, MarketBreadth, Schema as _};

/// The wire key of the value.
pub(crate) const KEY: &str = "market:breadth@1";

/// Puts bytes in the place of a value and reads it: a valid value under its own header, or an absence with a reason.
pub(crate) fn read(bytes: &[u8], flags: u32) -> Option<MarketBreadth> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let l2 = Arc::new(MemoryL2::new());
        l2.add(KEY, bytes, flags, Duration::from_secs(60)).await.expect("memory takes it");
        let cache = Cache::builder(Clock::System, "fuzz").l2(l2).build();
        match cache.get::<MarketBreadth>(&()).await {
            Ok(held) => {
                assert!(held.value.check().is_ok(), "what is read keeps its limits");
                Some(held.value.as_ref().clone())
            }
            Err(Absence::Unreadable(why)) => {
                assert!(!why.is_empty());
                None
            }
            Err(other) => panic!("{other:?} for bytes that are there"),
        }
    })
}
