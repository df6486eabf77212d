//! The folders that the process writes to: whether they can be written to, and how much room is left.

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::{Path, PathBuf},
};

use super::Finding;
use crate::config::Config;

/// What is written to find out whether there is room, in bytes: as much as a snapshot of 600 symbols takes.
const PROBE_BYTES: usize = 1 << 20;
/// Less room than this is used up within days.
const LITTLE_ROOM_BYTES: u64 = 100 << 20;

/// Tries each folder.
pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let kept = config.cache.snapshot_dir.clone();
    let rules = config.rules_file.as_ref().and_then(|file| file.parent()).map(Path::to_owned);
    let folders: BTreeSet<PathBuf> = kept.into_iter().chain(rules).collect();
    folders.iter().map(|folder| folder_of_state(folder)).collect()
}

fn folder_of_state(folder: &Path) -> Finding {
    let check = format!("folder {}", folder.display());
    // Before the first start there is none; the process makes it.
    let Some(there) = folder.ancestors().find(|path| path.symlink_metadata().is_ok()) else {
        return Finding::broken(check, "no part of its path is there");
    };
    if !there.is_dir() {
        let what = if there.is_symlink() && !there.exists() { "a link that leads nowhere" } else { "no folder" };
        let said = format!("{} is {what}: last readings and rules of alerts are not kept", there.display());
        return Finding::broken(check, said);
    }
    if let Err(error) = probe(there) {
        let why = match error.kind() {
            std::io::ErrorKind::StorageFull => "the disk is full",
            std::io::ErrorKind::QuotaExceeded => "the quota is used up",
            std::io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only",
            std::io::ErrorKind::PermissionDenied => "this user may not write there",
            _ => "it cannot be written to",
        };
        return Finding::broken(check, format!("{why} ({error}): last readings and rules of alerts are not kept"));
    }
    match room(there) {
        Some(bytes) if bytes < LITTLE_ROOM_BYTES => {
            Finding::attention(check, format!("can be written to, but only {} MiB are free", bytes >> 20))
        }
        Some(bytes) => Finding::good(check, format!("can be written to, {} MiB free", bytes >> 20)),
        None => Finding::good(check, "can be written to"),
    }
}

/// Writes a file as large as those that are kept, and removes it.
fn probe(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!(".virtuoso-doctor-{}", std::process::id()));
    let written = std::fs::File::create_new(&path).and_then(|mut file| {
        file.write_all(&vec![0; PROBE_BYTES])?;
        file.sync_all()
    });
    match (written, std::fs::remove_file(&path)) {
        (Err(error), _) => Err(error),
        (Ok(()), removed) => removed,
    }
}

#[cfg(unix)]
fn room(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn room(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::{super::Verdict, *};

    #[test]
    fn a_folder_that_takes_files_is_good_and_left_empty() {
        let folder = tempfile::tempdir().unwrap();
        let finding = folder_of_state(&folder.path().join("virtuoso"));
        assert_eq!(finding.verdict, Verdict::Good, "{finding:?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    /// The nearest folder above them was tried, and called good.
    #[cfg(unix)]
    #[test]
    fn a_file_or_a_dead_link_in_the_place_of_the_folder_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "").unwrap();
        std::os::unix::fs::symlink("/nowhere/at-all", &link).unwrap();
        for (path, expected) in [
            (file.clone(), "file is no folder"),
            (file.join("virtuoso"), "file is no folder"),
            (link, "link is a link that leads nowhere"),
        ] {
            let finding = folder_of_state(&path);
            assert!(finding.verdict == Verdict::Broken && finding.said.contains(expected), "{finding:?}");
        }
    }

    #[test]
    fn a_folder_that_takes_no_file_is_broken_and_says_why() {
        // Nobody, not even root, makes files there.
        let finding = folder_of_state(Path::new("/proc/self"));
        assert_eq!(finding.verdict, Verdict::Broken, "{finding:?}");
        assert!(finding.said.contains("last readings and rules of alerts are not kept"), "{finding:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_named() {
        let error = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap().write_all(&[0]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull, "what a full disk answers is named as such");
    }
}
