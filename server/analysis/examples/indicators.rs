//! Writes `docs/INDICATORS.md` from the registry.
#![allow(clippy::print_stdout)]

fn main() -> std::io::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/INDICATORS.md");
    std::fs::write(path, analysis::catalogue())?;
    println!("docs/INDICATORS.md written");
    Ok(())
}
