//! The file: later versions, damage, copies, readers beside the writer.

use std::fs;

use history::{SqliteStore, Store, StoreError};
use schema::UnixMs;

use crate::world::{BEGIN, VENUE, World, end, new_run};

#[test]
fn a_file_of_a_later_version_is_refused_with_the_reason() {
    let world = World::new();
    let path = world.store.path().to_owned();
    drop(world.store);
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 9").unwrap();
    for opened in [SqliteStore::open(&path), SqliteStore::open_to_read(&path)] {
        let said = opened.unwrap_err();
        assert!(matches!(said, StoreError::Newer { found: 9, .. }), "{said}");
        assert!(said.to_string().contains("install the later program again"), "{said}");
    }
    let (refused, _) = (SqliteStore::open_or_replace(&path, UnixMs(BEGIN)), world.folder);
    assert!(matches!(refused, Err(StoreError::Newer { .. })), "a later version is not damage");
}

#[test]
fn a_database_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.sqlite");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE mine (x)").unwrap();
    let said = SqliteStore::open(&path).unwrap_err();
    assert!(said.to_string().contains("another program"), "{said}");
}

#[test]
fn a_damaged_file_is_moved_aside_and_a_new_one_begins() {
    let mut world = World::new();
    world.minutes(&["BTCUSDT"], 0..300);
    let path = world.store.path().to_owned();
    drop(world.store);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[100..middle].fill(0xAB);
    fs::write(&path, bytes).unwrap();
    let (mut store, aside) = SqliteStore::open_or_replace(&path, UnixMs(BEGIN)).unwrap();
    let aside = aside.unwrap();
    assert!(aside.exists() && aside.to_string_lossy().ends_with(&format!(".damaged-{BEGIN}")), "{}", aside.display());
    assert_eq!(store.runs(1).unwrap(), []);
    store.begin_run(&new_run()).unwrap();
    drop(store);
    assert!(SqliteStore::open_or_replace(&path, UnixMs(BEGIN)).unwrap().1.is_none(), "the new one is whole");
    fs::write(
        &path,
        b"not a database at all, and long enough to be looked at as one ........................................",
    )
    .unwrap();
    let (_, aside) = SqliteStore::open_or_replace(&path, UnixMs(BEGIN + 1)).unwrap();
    assert!(aside.is_some());
}

#[test]
fn a_copy_is_whole_and_made_beside_the_writer() {
    let mut world = World::new();
    world.minutes(&["BTCUSDT"], 0..100);
    let copy = world.folder.path().join("copy.sqlite");
    world.store.back_up(&copy).unwrap();
    world.minutes(&["BTCUSDT"], 100..110);
    world.store.back_up(&copy).unwrap();
    let mut restored = SqliteStore::open(&copy).unwrap();
    assert!(restored.minute(VENUE, end(109)).unwrap().is_some());
    let nowhere = world.folder.path().join("no/such/folder/copy.sqlite");
    assert!(world.store.back_up(&nowhere).is_err());
    let left: Vec<_> = fs::read_dir(world.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("unfinished")), "{left:?}");
}

#[test]
fn readers_see_whole_batches_while_the_writer_goes_on() {
    let mut world = World::new();
    world.minutes(&["BTCUSDT"], 0..1);
    let path = world.store.path().to_owned();
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || {
                let mut reader = SqliteStore::open_to_read(&path).unwrap();
                let mut last = 0;
                while last < 200 {
                    let found = reader.stats().unwrap().minutes;
                    assert!(found >= last, "{found} after {last}");
                    last = found;
                }
            })
        })
        .collect();
    world.minutes(&["BTCUSDT"], 1..200);
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    let said = SqliteStore::open_to_read(&world.folder.path().join("missing.sqlite")).unwrap_err();
    assert!(said.to_string().contains("opening it"), "{said}");
}
