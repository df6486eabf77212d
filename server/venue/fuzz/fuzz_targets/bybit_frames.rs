//! Any text as a message of Bybit's stream: `cargo +nightly fuzz run bybit_frames` in `server/venue`.
#![no_main]
#![allow(dead_code)]

mod door;

libfuzzer_sys::fuzz_target!(|text: &str| {
    door::bybit_frame(text);
});
