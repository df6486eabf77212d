//! Writing a small file in one piece: the old one stays until the new one is on the disk.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tempfile::Builder;

/// Writes lines to a temporary file beside `path`, makes sure that they are on the disk, and puts it in the place of
/// the old one. Whatever fails, the temporary file is removed.
///
/// # Errors
///
/// What the system says; the old file is left as it was.
pub fn replace(path: &Path, lines: &[Vec<u8>]) -> io::Result<()> {
    let folder = folder(path);
    fs::create_dir_all(&folder)?;
    let prefix = format!(".{}.{}-", name(path), std::process::id());
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(TEMPORARY);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(&folder)?;
    let mut bytes = io::BufWriter::new(file.as_file_mut());
    for line in lines {
        bytes.write_all(line)?;
        bytes.write_all(b"\n")?;
    }
    bytes.flush()?;
    drop(bytes);
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    // Without this the new name may be lost with the power, and the old contents come back.
    #[cfg(unix)]
    fs::File::open(&folder)?.sync_all()?;
    Ok(())
}

/// The end of a temporary file's name.
const TEMPORARY: &str = ".tmp";

/// Removes temporary files that a process which was killed while it wrote `path` left beside it, and gives how many;
/// those of a process that still runs are left alone.
///
/// # Errors
///
/// What the system says; a folder that does not exist holds none.
pub fn remove_leftovers(path: &Path) -> io::Result<usize> {
    let entries = match fs::read_dir(folder(path)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let (name, mut removed) = (name(path), 0);
    for entry in entries {
        let entry = entry?;
        let Some(writer) = entry.file_name().to_str().and_then(|found| writer(&name, found)) else { continue };
        if writer != std::process::id() && runs(writer) {
            continue;
        }
        fs::remove_file(entry.path())?;
        removed += 1;
    }
    Ok(removed)
}

/// The process that made a temporary file: `.NAME.PID-RANDOM.tmp`, or `NAME.PID` as earlier versions named it.
fn writer(name: &str, found: &str) -> Option<u32> {
    let earlier = found.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
    if let Some(pid) = earlier.and_then(|pid| pid.parse().ok()) {
        return Some(pid);
    }
    let rest = found.strip_prefix('.')?.strip_prefix(name)?.strip_prefix('.')?.strip_suffix(TEMPORARY)?;
    rest.split_once('-')?.0.parse().ok()
}

/// Whether a process runs, as far as this system shows it (Linux does); where it does not, none is taken to run.
fn runs(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

fn folder(path: &Path) -> PathBuf {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new(".")).to_owned()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn leaves_nothing_but_the_file_and_its_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/last.ndjson");
        for lines in [vec![b"one".to_vec(), b"two".to_vec()], vec![b"three".to_vec()]] {
            replace(&path, &lines).unwrap();
            assert_eq!(fs::read(&path).unwrap(), [lines.join(&b"\n"[..]), b"\n".to_vec()].concat());
        }
        assert_eq!(names(&folder.path().join("deep")), ["last.ndjson"]);
    }

    #[test]
    fn removes_its_temporary_file_when_it_fails_and_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the way: the last step fails, after everything was written.
        let path = folder.path().join("last.ndjson");
        fs::create_dir(&path).unwrap();
        assert!(replace(&path, &[b"line".to_vec()]).is_err());
        assert_eq!(names(folder.path()), ["last.ndjson"]);
    }

    #[test]
    fn removes_what_killed_processes_left_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("last.ndjson");
        let own = std::process::id();
        // No process has a number this high.
        let dead = 4_194_999_u32;
        let left = [
            format!("last.ndjson.{dead}"),
            format!(".last.ndjson.{dead}-a1B2c3.tmp"),
            format!(".last.ndjson.{own}-a1B2c3.tmp"),
        ];
        let kept = ["last.ndjson", "last.ndjson.bak", "other.ndjson.4194999", "last.ndjson.", ".last.ndjson.tmp"];
        for name in left.iter().map(String::as_str).chain(kept) {
            fs::write(folder.path().join(name), "half").unwrap();
        }
        assert_eq!(remove_leftovers(&path).unwrap(), 3);
        let mut kept = kept.map(str::to_owned);
        kept.sort();
        assert_eq!(names(folder.path()), kept);
        assert_eq!(remove_leftovers(&folder.path().join("none/last.ndjson")).unwrap(), 0);
    }

    #[test]
    fn leaves_the_temporary_file_of_a_process_that_runs() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let name = format!(".last.ndjson.{}-a1B2c3.tmp", child.id());
        fs::write(folder.path().join(&name), "half").unwrap();
        let removed = remove_leftovers(&folder.path().join("last.ndjson"));
        child.kill().unwrap();
        child.wait().unwrap();
        // Only where the system shows which processes run.
        if Path::new("/proc/self").exists() {
            assert_eq!((removed.unwrap(), names(folder.path())), (0, vec![name]));
        }
    }
}
