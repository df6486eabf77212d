//! No committed row is lost to a process that is killed.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
};

use history::{SqliteStore, Store, Write};
use schema::UnixMs;

use crate::world::{BEGIN, DAY_MS, KEEP, VENUE, end, minute, new_run};

const FILE: &str = "HISTORY_TEST_WRITER";
const ROUNDS: usize = 100;

/// Writes minutes without end and says each that was committed. It is this test binary that runs it, in a process to be killed.
#[test]
fn writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(FILE).map(PathBuf::from) else { return };
    let mut store = SqliteStore::open(&path).unwrap();
    let run = store.begin_run(&new_run()).unwrap();
    let from = i64::try_from(store.runs(1_000).unwrap().len()).unwrap() * 1_000;
    for n in from.. {
        store.write(&[Write::Minute(minute(run, &["BTCUSDT", "ETHUSDT", "XRPUSDT"], n))]).unwrap();
        #[allow(clippy::print_stdout, reason = "whoever kills it reads this")]
        {
            println!("committed {n}");
        }
        if n % 60 == 0 {
            store.maintain(end(n), KEEP).unwrap();
        }
    }
}

#[test]
fn a_hundred_kills_under_load_lose_no_minute_that_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    let mut committed: Vec<i64> = Vec::new();
    for round in 0..ROUNDS {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::writes_until_it_is_killed", "--nocapture"])
            .env(FILE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        // It dies at another place each time: in a batch, between two, while an hour is packed.
        let enough = 1 + round * 7 % 75;
        let mut said = 0;
        while said < enough {
            let line = lines.next().unwrap().unwrap();
            let number = line.split_once("committed ").and_then(|(_, number)| number.parse::<i64>().ok());
            said += usize::from(number.is_some());
            committed.extend(number);
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        let rest = lines.map_while(Result::ok);
        committed.extend(rest.filter_map(|line| line.split_once("committed ")?.1.parse::<i64>().ok()));
    }
    let mut store = SqliteStore::open(&path).unwrap().checked().unwrap();
    assert_eq!(store.runs(1_000).unwrap().len(), ROUNDS);
    let mut found = std::collections::BTreeSet::new();
    let last = committed.iter().max().unwrap() + 1;
    for day in 0..=(last * 60_000 / DAY_MS) {
        let range = UnixMs(BEGIN + day * DAY_MS)..UnixMs(BEGIN + (day + 1) * DAY_MS + 1);
        let series = store.series(VENUE, crate::world::symbol("ETHUSDT"), range).unwrap();
        found.extend(series.into_iter().map(|(at, _)| at));
    }
    let lost: Vec<_> = committed.iter().filter(|n| !found.contains(&end(**n))).collect();
    assert!(lost.is_empty(), "{} of {} are lost, the first is {:?}", lost.len(), committed.len(), lost.first());
}
