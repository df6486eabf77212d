//! What is written about the measures is what they are.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::path::Path;

use analysis::registry::REGISTRY;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_page_of_indicators_is_the_registrys() {
    let written = std::fs::read_to_string(format!("{ROOT}/../../docs/INDICATORS.md")).unwrap();
    assert!(written == analysis::catalogue(), "run `cargo run -p analysis --example indicators` and commit the page");
}

#[test]
fn every_measure_has_its_file_and_every_file_a_measure() {
    let module = |source: &'static str| source.split("::").next().unwrap();
    for row in REGISTRY {
        let file = format!("{ROOT}/src/indicator/{}.rs", module(row.source));
        assert!(Path::new(&file).exists(), "{}: {file}", row.id);
    }
    for entry in std::fs::read_dir(format!("{ROOT}/src/indicator")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.strip_suffix(".rs").unwrap();
        assert!(REGISTRY.iter().any(|row| module(row.source) == stem), "{name} is in no row");
    }
}
