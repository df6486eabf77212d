//! On recorded candles no measure is at its limit most of the time: a direction that is says little more than a side.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]
#![allow(dead_code, reason = "the record is read in part")]

#[path = "support/record.rs"]
mod record;

use std::collections::BTreeMap;

use analysis::{Bars, analyse, input::SymbolInput};

#[test]
fn no_measure_of_candles_is_saturated_in_a_fifth_of_the_recorded_bars() {
    let Some(minutes) = record::minutes() else {
        println!("skipped: no recorded candles beside the repository");
        return;
    };
    let mut tallies: BTreeMap<_, (u32, u32)> = BTreeMap::new();
    for runs in minutes.iter().step_by(4) {
        for end in (2_000..runs.finest().len()).step_by(151) {
            let (now, candles) = runs.known_at(end);
            let analysis = analyse(&SymbolInput::of_candles(now, candles), Bars::Closed);
            for part in analysis.dimensions.iter().flat_map(|dimension| &dimension.parts) {
                let Some(finding) = part.finding.value() else { continue };
                let tally =
                    tallies.entry((part.id.clone(), part.timeframe.map(schema::Timeframe::as_str))).or_default();
                tally.0 += 1;
                tally.1 += u32::from(finding.lean.get().abs() > 0.9);
            }
        }
    }
    assert!(tallies.len() >= 50, "{} measures", tallies.len());
    for (measure, (n, beyond)) in tallies {
        assert!(n > 500 && 5 * beyond < n, "{measure:?}: {beyond} of {n} beyond ±0.9");
    }
}
