//! How long a bar takes in a study: 104 instruments, 60 columns and the four horizons.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use analysis::study::{Column, Observation, Settings, Study};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const INSTRUMENTS: u32 = 104;
const COLUMNS: u32 = 60;

/// Values that differ, without a source of chance.
fn value(seed: u32) -> f64 {
    f64::from(seed.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 23) - 1.0
}

fn section(minute: u32) -> Vec<Observation> {
    let one = |instrument| Observation {
        instrument,
        entry: 100.0 + value(minute * INSTRUMENTS + instrument),
        values: (0..COLUMNS)
            .map(|column| Some(value((minute * INSTRUMENTS + instrument) * COLUMNS + column)))
            .collect(),
    };
    (0..INSTRUMENTS).map(one).collect()
}

fn bars(c: &mut Criterion) {
    let minutes = 240;
    let sections: Vec<_> = (0..minutes).map(section).collect();
    let mut group = c.benchmark_group("study");
    group.sample_size(10).throughput(Throughput::Elements(u64::from(minutes * INSTRUMENTS)));
    group.bench_function("four_hours_of_104_instruments_60_columns", |b| {
        b.iter(|| {
            let columns = (0..COLUMNS).map(|column| Column::direction(&column.to_string())).collect();
            let mut study = Study::new(columns, Settings::default());
            for (minute, section) in (0_i64..).zip(&sections) {
                study.add(60_000 * minute, section).unwrap();
            }
            black_box(study.bars())
        });
    });
    group.finish();
}

criterion_group!(benches, bars);
criterion_main!(benches);
