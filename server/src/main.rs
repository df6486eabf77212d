//! The command: reads its arguments and hands them on.

use std::process::ExitCode;

use clap::Parser;
use server::{args::Cli, cli, heap};

fn main() -> ExitCode {
    heap::share();
    run()
}

#[tokio::main]
async fn run() -> ExitCode {
    venue::install_crypto_provider();
    cli::main(Cli::parse()).await
}
