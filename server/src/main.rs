//! The command: reads its arguments and hands them on.

use std::process::ExitCode;

use clap::Parser;
use server::{args::Cli, cli};

#[tokio::main]
async fn main() -> ExitCode {
    venue::install_crypto_provider();
    cli::main(Cli::parse()).await
}
