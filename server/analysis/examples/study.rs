//! Studies the bars of `virtuoso analyse --csv`: `study BARS.csv [HORIZON_MINUTES]… [--members N]`.
//!
//! Prints one Markdown row for each column and horizon. The decision price stands for the entry price, as in the
//! independent calculation that this is compared with, so figures are those of an entry without delay.
#![allow(clippy::print_stdout, reason = "it prints its result")]

use std::{collections::BTreeMap, error::Error};

use analysis::study::{Column, HORIZONS, Known, NotEnough, Observation, RankIc, Settings, Study};
use serde::Deserialize;

#[derive(Deserialize)]
struct Bar {
    closed_at: String,
    symbol: String,
    close: f64,
    score: Option<f64>,
    candles: Option<f64>,
    technical: Option<f64>,
    volume: Option<f64>,
    price_structure: Option<f64>,
}

const COLUMNS: [&str; 5] = ["score", "candles", "technical", "volume", "price_structure"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: study BARS.csv [HORIZON_MINUTES]… [--members N]")?;
    let mut settings = Settings { horizons: Vec::new(), ..Settings::default() };
    while let Some(argument) = arguments.next() {
        if argument == "--members" {
            settings.members = arguments.next().ok_or("--members needs a number")?.parse()?;
        } else {
            let minutes: i64 = argument.parse()?;
            if minutes < 1 {
                return Err("a horizon is at least one minute".into());
            }
            settings.horizons.push(60_000 * minutes);
        }
    }
    if settings.horizons.is_empty() {
        settings.horizons = HORIZONS.to_vec();
    }
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    let mut sections: BTreeMap<i64, Vec<Observation>> = BTreeMap::new();
    for bar in csv::Reader::from_path(path)?.deserialize() {
        let Bar { closed_at, symbol, close, score, candles, technical, volume, price_structure } = bar?;
        let next = u32::try_from(names.len())?;
        let instrument = *names.entry(symbol).or_insert(next);
        let values = vec![score, candles, technical, volume, price_structure];
        sections.entry(unix_ms(&closed_at)?).or_default().push(Observation { instrument, entry: close, values });
    }
    let horizons = settings.horizons.clone();
    let mut study = Study::new(COLUMNS.map(Column::score).to_vec(), settings);
    for (at, members) in &sections {
        study.add(*at, members)?;
    }
    println!("{} instruments, {} bars\n", names.len(), study.bars());
    println!(
        "| Column | Minutes | Rank IC | Windows, days | Hit rate (base) | Spread, bps: mean, median, after cost |"
    );
    println!("|---|---:|---|---|---|---|");
    for (column, name) in COLUMNS.iter().enumerate() {
        for (place, horizon) in horizons.iter().enumerate() {
            let (ic, sample) = row(study.rank_ic(column, place));
            let hit = study
                .hit_rate(column, place)
                .map_or_else(|_| "–".to_owned(), |hit| format!("{:.3} ({:.3})", hit.rate, hit.base));
            let spread = study.spread(column, place).map_or_else(
                |_| "–".to_owned(),
                |spread| format!("{:+.1}, {:+.1}, {:+.1}", spread.mean, spread.median, spread.after_cost),
            );
            println!("| {name} | {} | {ic} | {sample} | {hit} | {spread} |", horizon / 60_000);
        }
    }
    match study.together().effective_number(&[2, 3, 4]) {
        Ok(number) => println!("\nEffective number of the three candle dimensions: {number:.2}"),
        Err(reason) => println!("\nEffective number of the three candle dimensions: {reason}"),
    }
    Ok(())
}

fn row(found: Known<RankIc>) -> (String, String) {
    let show = |ic: &RankIc| match ic.interval {
        Ok(interval) => format!("{:+.4} [{:+.4}, {:+.4}]", ic.mean, interval.low, interval.high),
        Err(reason) => format!("{:+.4} ({reason})", ic.mean),
    };
    match found {
        Ok(ic) => (show(&ic), format!("{}, {}", ic.sections, ic.days)),
        Err(reason @ NotEnough::NoWindow) => (reason.to_string(), "0".to_owned()),
        Err(reason) => (reason.to_string(), "–".to_owned()),
    }
}

/// Returns the time of `2025-06-17T04:10:00Z`, ms (days from civil, Hinnant).
fn unix_ms(text: &str) -> Result<i64, Box<dyn Error>> {
    let part = |range: std::ops::Range<usize>| -> Result<i64, Box<dyn Error>> {
        Ok(text.get(range).ok_or_else(|| format!("not a time: {text}"))?.parse()?)
    };
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Ok(1_000 * (86_400 * days + 3_600 * part(11..13)? + 60 * part(14..16)? + part(17..19)?))
}
