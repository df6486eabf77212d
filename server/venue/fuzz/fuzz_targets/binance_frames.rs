//! Any text as a message of Binance's streams: `cargo +nightly fuzz run binance_frames` in `server/venue`.
#![no_main]
#![allow(dead_code)]

mod door;

libfuzzer_sys::fuzz_target!(|text: &str| {
    door::binance_frame(text);
});
