//! Any bytes as an answer of either exchange: `cargo +nightly fuzz run bodies` in `server/venue`.
#![no_main]
#![allow(dead_code)]

mod door;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    door::bybit_body(bytes);
    door::binance_body(bytes);
});
