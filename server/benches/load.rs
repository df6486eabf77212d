//! `make load`: the built program under as many readers as it promises to serve.
//!
//! A simulated exchange and the program that watches it run as processes of their own. First it is measured how long a price takes
//! from a frame of the exchange to an open stream. Then the Market page is asked for, each
//! time another one that has to be made, then as fast as 16 connections can, in turn with a process that serves the same bytes
//! with axum and does nothing else. Then many streams are opened, and each one's changes of the list are followed: each change
//! says on which it builds, so a missing one is seen. What is measured is printed; a missing change is a failure.
//!
//! Environment: `LOAD_CLIENTS` (5000; 0: nothing but the way of a price), `LOAD_SYMBOLS` (600), `LOAD_SECONDS` (30),
//! `LOAD_ACTIVITY` (1; how many times as much happens on the exchange).
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

#[path = "load/latency.rs"]
mod latency;
#[path = "load/pages.rs"]
mod pages;
#[path = "load/processes.rs"]
mod processes;
#[path = "../tests/program/mod.rs"]
mod program;
#[path = "load/streams.rs"]
mod streams;

use std::time::Duration;

/// A number from the environment.
fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name)
        .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}: a number is expected")))
}

#[tokio::main]
async fn main() {
    if let Ok(file) = std::env::var(processes::STATIC) {
        return processes::serve_static(&file).await;
    }
    venue::install_crypto_provider();
    server::raise_open_files().unwrap();
    let (clients, symbols) = (setting("LOAD_CLIENTS", 5_000), setting("LOAD_SYMBOLS", 600));
    let seconds = Duration::from_secs(setting("LOAD_SECONDS", 30).try_into().unwrap());
    let exchange = processes::exchange(symbols, setting("LOAD_ACTIVITY", 1)).await;
    let program = processes::program(&exchange).await;
    println!("{symbols} symbols are loaded, {} have a score", program.loaded().await);
    println!("{:.0} MB resident", program.megabytes("VmRSS"));
    latency::measure(&exchange, &program, seconds).await;
    println!("{:.0} MB resident", program.megabytes("VmRSS"));
    if clients == 0 {
        return;
    }
    pages::measure(&program).await;
    let sound = streams::measure(&program, clients, seconds).await;
    drop((program, exchange));
    assert!(sound, "changes are missing");
}
