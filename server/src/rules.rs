//! The rules of alerts, in one small file that people can read and edit while the process runs.
//!
//! The file is the only truth: it is read again every few seconds and before each change, and written in one piece. One
//! that cannot be read puts no rule in force and is never written over: whoever edited it finds it as it was.

pub(crate) mod listed;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use schema::rule::Rule;
use serde::Deserialize;
use tokio::sync::Notify;

use crate::chain::chain;

/// The most that is read of a file, in bytes: far more than rules and comments need.
const MOST_BYTES: u64 = 65_536;
const HEAD: &str = "# Rules of Virtuoso's alerts, written by its Alerts page and read again when changed by hand.\n\
                    # \"<symbol or any> score|change_24h|funding_8h|oi_change_1h above|below <level>\",\n\
                    # \"<symbol or any> liquidated_1h above|below <dollars, such as 500k or 1.5M>\",\n\
                    # \"<symbol or any> turns long|neutral|short\", or \"market turns <regime, such as risk_on>\".\n\
                    # A symbol is written as the exchange lists it; a level as 0.05, 0,05, -10, 5%, 1e6 or 1_000.\n\
                    # Comments are not kept by the page.\n";

/// The file of rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RulesError {
    /// It cannot be read.
    #[error("reading the rules {}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What it holds are no rules.
    #[error("the file of rules {} is damaged and left as it is: {what}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// It cannot be written.
    #[error("writing the rules {}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A change of the rules that was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unchanged {
    /// There is such a rule.
    #[error("there is such a rule")]
    Twice,
    /// There are as many as there may be.
    #[error("there are {} rules, which is the most", Rule::MOST)]
    Full,
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] RulesError),
}

/// What the file says: rules, or why there are none, in plain words.
pub(crate) type Said = Result<Arc<[Rule]>, Arc<str>>;

/// The rules of a file.
#[derive(Debug)]
pub(crate) struct Rules {
    path: PathBuf,
    /// Held while the file is read or written, so that no change is lost between the two.
    file: Mutex<()>,
    said: Mutex<Said>,
    changed: Arc<Notify>,
}

impl Rules {
    /// The rules of a file, which need not be there yet.
    ///
    /// It reads from the disk on the calling thread, as do [`again`](Self::again), [`add`](Self::add) and
    /// [`remove`](Self::remove).
    pub(crate) fn of(path: PathBuf) -> Self {
        let rules =
            Self { path, file: Mutex::default(), said: Mutex::new(Ok(Arc::default())), changed: Arc::default() };
        rules.again();
        rules
    }

    /// What the file said when it was read last.
    pub(crate) fn said(&self) -> Said {
        lock(&self.said).clone()
    }

    /// Woken when the rules were changed here.
    pub(crate) fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Reads the file again.
    pub(crate) fn again(&self) {
        let _file = lock(&self.file);
        self.note(&read(&self.path));
    }

    /// Adds a rule.
    ///
    /// # Errors
    ///
    /// [`Unchanged`]; the file is left as it was.
    pub(crate) fn add(&self, rule: Rule) -> Result<(), Unchanged> {
        self.change(|rules| {
            if rules.contains(&rule) {
                return Err(Unchanged::Twice);
            }
            if rules.len() >= Rule::MOST {
                return Err(Unchanged::Full);
            }
            rules.push(rule);
            Ok(())
        })
    }

    /// Removes a rule; one that is not there is removed already.
    ///
    /// # Errors
    ///
    /// [`Unchanged::File`]; the file is left as it was.
    pub(crate) fn remove(&self, rule: Rule) -> Result<(), Unchanged> {
        self.change(|rules| {
            rules.retain(|kept| *kept != rule);
            Ok(())
        })
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Rule>) -> Result<(), Unchanged>) -> Result<(), Unchanged> {
        let _file = lock(&self.file);
        let read = read(&self.path);
        self.note(&read);
        let before = read?;
        let mut rules = before.clone();
        change(&mut rules)?;
        if rules != before {
            write(&self.path, &rules)?;
        }
        self.note(&Ok(rules));
        self.changed.notify_one();
        Ok(())
    }

    /// Takes over what was read, and says once that a file is damaged, and once that it is well again.
    fn note(&self, read: &Result<Vec<Rule>, RulesError>) {
        let now: Said = match read {
            Ok(rules) => Ok(Arc::from(rules.as_slice())),
            Err(error) => Err(Arc::from(chain(error))),
        };
        let mut said = lock(&self.said);
        match (&*said, &now) {
            (Ok(_), Err(error)) => tracing::error!(%error, "no rule of alerts is in force"),
            (Err(_), Ok(rules)) => tracing::info!(rules = rules.len(), "the rules of alerts are in force again"),
            _ => {}
        }
        *said = now;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    rules: Vec<Rule>,
}

fn read(path: &Path) -> Result<Vec<Rule>, RulesError> {
    let failed = |source| RulesError::Read { path: path.to_owned(), source };
    let damaged = |what: String| RulesError::Damaged { path: path.to_owned(), what };
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
        Ok(about) if about.len() > MOST_BYTES => return Err(damaged(format!("{} bytes are too many", about.len()))),
        Ok(_) => {}
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let Kept { rules } = toml::from_str(&text).map_err(|error| damaged(error.to_string().trim_end().to_owned()))?;
    if rules.len() > Rule::MOST {
        return Err(damaged(format!("{} rules are more than {}", rules.len(), Rule::MOST)));
    }
    let twice = rules.iter().enumerate().find(|(place, rule)| rules[..*place].contains(rule));
    twice.map_or(Ok(rules.clone()), |(_, rule)| Err(damaged(format!("\"{rule}\" is there twice"))))
}

fn write(path: &Path, rules: &[Rule]) -> Result<(), RulesError> {
    let mut lines = vec![HEAD.trim_end().as_bytes().to_vec(), b"rules = [".to_vec()];
    // The words of a rule need no escape.
    lines.extend(rules.iter().map(|rule| format!("  \"{rule}\",").into_bytes()));
    lines.push(b"]".to_vec());
    cache::replace(path, &lines).map_err(|source| RulesError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        text.parse().unwrap()
    }

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/alert-rules.toml");
        (folder, path)
    }

    #[test]
    fn rules_outlive_the_process_in_a_file_that_people_can_read() {
        let (_folder, path) = folder();
        let rules = Rules::of(path.clone());
        assert_eq!(rules.said().unwrap().as_ref(), [], "no file, no rules");
        rules.add(rule("BTCUSDT score above 70")).unwrap();
        rules.add(rule("any turns long")).unwrap();
        assert!(matches!(rules.add(rule("any turns long")), Err(Unchanged::Twice)));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.ends_with("rules = [\n  \"BTCUSDT score above 70\",\n  \"any turns long\",\n]\n"), "{text}");
        let again = Rules::of(path);
        assert_eq!(again.said(), rules.said());
        again.remove(rule("BTCUSDT score above 70")).unwrap();
        again.remove(rule("BTCUSDT score above 70")).unwrap();
        assert_eq!(again.said().unwrap().as_ref(), [rule("any turns long")]);
        assert_eq!(std::fs::read_dir(again.path.parent().unwrap()).unwrap().count(), 1, "nothing lies beside it");
    }

    #[test]
    fn a_damaged_file_puts_nothing_in_force_and_is_never_written_over() {
        let (_folder, path) = folder();
        let rules = Rules::of(path.clone());
        rules.add(rule("any turns long")).unwrap();
        for (damage, named) in [
            ("rules = [\"any turns long\"", "TOML parse error"),
            ("rules = [\"any turns purple\"]", "any turns purple"),
            ("rules = []\nextra = 1", "extra"),
            ("rules = [\"any turns long\", \"any  turns long\"]", "twice"),
            ("", "rules"),
        ] {
            std::fs::write(&path, damage).unwrap();
            rules.again();
            let error = rules.said().unwrap_err();
            assert!(error.contains("alert-rules.toml") && error.contains(named), "{damage}: {error}");
            assert!(matches!(rules.add(rule("any turns short")), Err(Unchanged::File(RulesError::Damaged { .. }))));
            assert!(matches!(rules.remove(rule("any turns long")), Err(Unchanged::File(_))));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), damage);
        }
        std::fs::write(&path, "rules = [\"any turns short\"] # mended by hand").unwrap();
        rules.again();
        assert_eq!(rules.said().unwrap().as_ref(), [rule("any turns short")]);
    }

    #[test]
    fn a_change_by_hand_is_not_lost_to_one_on_the_page_and_there_is_an_end_to_rules() {
        let (_folder, path) = folder();
        let rules = Rules::of(path.clone());
        rules.add(rule("any turns long")).unwrap();
        std::fs::write(&path, "rules = [\"any turns short\"]").unwrap();
        rules.add(rule("any turns neutral")).unwrap();
        assert_eq!(rules.said().unwrap().as_ref(), [rule("any turns short"), rule("any turns neutral")]);
        for level in 2..Rule::MOST {
            rules.add(rule(&format!("any score above {level}"))).unwrap();
        }
        assert!(matches!(rules.add(rule("any score above 99")), Err(Unchanged::Full)));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_an_error_and_changes_nothing() {
        let (folder, _) = folder();
        let blocked = folder.path().join("a file");
        std::fs::write(&blocked, "").unwrap();
        let rules = Rules::of(blocked.join("alert-rules.toml"));
        let error = rules.add(rule("any turns long")).unwrap_err();
        assert!(matches!(error, Unchanged::File(RulesError::Read { .. } | RulesError::Write { .. })), "{error:?}");
    }
}
