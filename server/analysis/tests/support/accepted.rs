//! Results that someone accepted, kept as text beside the tests: words have to be the same, numbers to 1e-9.

use std::{fmt::Write as _, path::PathBuf};

const TOLERANCE: f64 = 1e-9;
/// Lines of a difference that are shown; the rest is counted.
const SHOWN: usize = 40;

/// Holds a text against the accepted one; with `VIRTUOSO_ACCEPT=1` it becomes the accepted one.
pub(crate) fn is_accepted(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("VIRTUOSO_ACCEPT").is_some() {
        std::fs::write(&path, found).unwrap();
        return;
    }
    let accepted = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let difference = difference(&accepted, found);
    assert!(
        difference.is_empty(),
        "{name} differs; if it should, `make accept` takes it over and the diff is reviewed:\n{difference}"
    );
}

/// What differs, a line as it was accepted and a line as it was found each; empty where nothing does.
pub(crate) fn difference(accepted: &str, found: &str) -> String {
    let (mut old, mut new) = (accepted.lines(), found.lines());
    let (mut text, mut differing) = (String::new(), 0);
    loop {
        let (was, is) = (old.next(), new.next());
        if was.is_none() && is.is_none() {
            break;
        }
        if was.zip(is).is_some_and(|(was, is)| same(was, is)) {
            continue;
        }
        differing += 1;
        if differing <= SHOWN {
            for (sign, line) in [('-', was), ('+', is)].into_iter().filter_map(|(sign, line)| Some((sign, line?))) {
                writeln!(text, "{sign} {line}").unwrap();
            }
        }
    }
    if differing > SHOWN {
        writeln!(text, "and {} more lines", differing - SHOWN).unwrap();
    }
    text
}

fn same(was: &str, is: &str) -> bool {
    let (mut was, mut is) = (was.split_whitespace(), is.split_whitespace());
    loop {
        match (was.next(), is.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(a), Ok(b)) if (a - b).abs() <= TOLERANCE => {}
                _ => return false,
            },
            _ => return false,
        }
    }
}
