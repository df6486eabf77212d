//! Raw settings, each with the place it came from.
//!
//! The file `config/default.toml` is the one list of keys: a key that is not in it is unknown, and the type of
//! its default is the type it must have.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use toml::Value;

use super::{ENV_PREFIX, Token, kubernetes};

const DEFAULTS: &str = include_str!("../../../config/default.toml");

/// Settings that are a word or a number.
const WORD_OR_NUMBER: [&str; 2] = ["costs.taker_fee_bps", "costs.spread_bps"];

/// Settings that are several texts joined by commas; a file may also give them as a list.
const LISTS: [&str; 6] = [
    "http.allowed_hosts",
    "http.trusted_proxies",
    "cache.memcached",
    "universe.exclude_kinds",
    "universe.allow",
    "universe.deny",
];

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// `config/default.toml`.
    Default,
    /// A file given with `--config`.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// A flag on the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Env(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A setting that cannot be used. The text names the place, the key and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not TOML. The text of the line is not shown: it may be the token.
    #[error("{origin}: not valid TOML in line {line}: {what}")]
    NotToml {
        /// Which file.
        origin: Origin,
        /// Where it ceases to be, from 1.
        line: usize,
        /// What is wrong.
        what: String,
    },
    /// There is no such setting.
    #[error("{origin}: unknown key `{key}`; {allowed}")]
    UnknownKey {
        /// Where it was set.
        origin: Origin,
        /// The key.
        key: String,
        /// The keys there are.
        allowed: String,
    },
    /// The value is of another type.
    #[error("{origin}: `{key}` is {found}, but must be {expected}")]
    WrongType {
        /// Where it was set.
        origin: Origin,
        /// The key.
        key: String,
        /// What was given.
        found: String,
        /// What is allowed.
        expected: String,
    },
    /// The value is invalid.
    #[error("{origin}: `{key}` = {value}: {allowed}")]
    Impossible {
        /// Where it was set.
        origin: Origin,
        /// The key.
        key: String,
        /// What was given.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// It would be served to other machines, without a word on who may read it.
    #[error(
        "{addr} can be reached from other machines: set access.token ({}) to what readers log in with, {}, or \
         access.open_to_all = true ({}=true) to let everybody read",
        env_name(Token::KEY),
        Token::ALLOWED,
        env_name("access.open_to_all")
    )]
    Unguarded {
        /// Where it would be served.
        addr: SocketAddr,
    },
}

/// One setting.
#[derive(Clone, PartialEq)]
pub struct Setting {
    /// Its value.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
}

impl Setting {
    /// The value of the setting of a key, as people may see it.
    #[must_use]
    pub fn shown(&self, key: &str) -> String {
        match &self.value {
            Value::String(text) if text.is_empty() => self.value.to_string(),
            _ if key == Token::KEY => "(not shown)".to_owned(),
            value => value.to_string(),
        }
    }
}

/// Every setting, by its dotted key.
#[derive(Clone, PartialEq)]
pub struct Settings(BTreeMap<String, Setting>);

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(key, setting)| (key, setting.shown(key)))).finish()
    }
}

impl Settings {
    /// The defaults.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NotToml`] if the built-in file were broken, which a test rules out.
    pub fn defaults() -> Result<Self, ConfigError> {
        let table = parse(DEFAULTS, &Origin::Default)?;
        let mut settings = BTreeMap::new();
        for (key, value) in leaves(table) {
            settings.insert(key, Setting { value, origin: Origin::Default });
        }
        Ok(Self(settings))
    }

    /// Overrides settings by a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is not TOML, or sets an unknown key or a wrong type.
    pub fn read_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let origin = Origin::File(path.to_owned());
        for (key, value) in leaves(parse(&text, &origin)?) {
            self.set(&key, value, origin.clone())?;
        }
        Ok(())
    }

    /// Overrides settings by the environment variables that begin with [`ENV_PREFIX`], without those of a Kubernetes Service.
    ///
    /// # Errors
    ///
    /// When one names no setting or its text is not of the setting's type.
    pub fn read_env(&mut self, variables: impl Iterator<Item = (String, String)>) -> Result<(), ConfigError> {
        let ours = |(name, text): &(String, String)| name.starts_with(ENV_PREFIX) && !kubernetes::injects(name, text);
        for (name, text) in variables.filter(ours) {
            let origin = Origin::Env(name.clone());
            let Some(key) = self.0.keys().find(|key| env_name(key) == name).cloned() else {
                let known: Vec<_> = self.0.keys().map(|key| env_name(key)).collect();
                let allowed = format!("known are {}", known.join(", "));
                return Err(ConfigError::UnknownKey { origin, key: name, allowed });
            };
            self.set_text(&key, &text, origin)?;
        }
        Ok(())
    }

    /// Overrides one setting by text, read as the type of the setting.
    ///
    /// # Errors
    ///
    /// When the key is unknown or the text is not of its type.
    pub fn set_text(&mut self, key: &str, text: &str, origin: Origin) -> Result<(), ConfigError> {
        let value = match self.0.get(key).map(|setting| &setting.value) {
            Some(Value::Integer(_)) => text.parse().map(Value::Integer).ok(),
            Some(Value::Float(_)) => text.parse().map(Value::Float).ok(),
            Some(Value::Boolean(_)) => text.parse().map(Value::Boolean).ok(),
            _ => None,
        };
        self.set(key, value.unwrap_or_else(|| Value::String(text.to_owned())), origin)
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) -> Result<(), ConfigError> {
        let Some(known) = self.0.get(key) else {
            return Err(ConfigError::UnknownKey { origin, key: key.to_owned(), allowed: self.siblings(key) });
        };
        // A whole number is a number: 70 may stand for 70.0.
        let value = match (&known.value, value) {
            (Value::Float(_), Value::Integer(whole)) => {
                i32::try_from(whole).map_or(Value::Integer(whole), |whole| Value::Float(whole.into()))
            }
            (Value::String(_), Value::Array(entries)) if LISTS.contains(&key) => joined(entries),
            (Value::String(_), Value::Integer(number)) if WORD_OR_NUMBER.contains(&key) => {
                Value::String(number.to_string())
            }
            (Value::String(_), Value::Float(number)) if WORD_OR_NUMBER.contains(&key) => {
                Value::String(number.to_string())
            }
            (_, value) => value,
        };
        if std::mem::discriminant(&known.value) != std::mem::discriminant(&value) {
            let (found, given) = (kind(&value), Setting { value, origin: origin.clone() });
            return Err(ConfigError::WrongType {
                origin,
                key: key.to_owned(),
                found: format!("{found} {}", given.shown(key)),
                expected: format!("{}, such as {}", kind(&known.value), known.shown(key)),
            });
        }
        self.0.insert(key.to_owned(), Setting { value, origin });
        Ok(())
    }

    /// One setting.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.0.get(key)
    }

    /// Every setting, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0.iter().map(|(key, setting)| (key.as_str(), setting))
    }

    fn siblings(&self, key: &str) -> String {
        let section = key.split_once('.').map(|(section, _)| section);
        let in_section: Vec<_> = self
            .0
            .keys()
            .filter(|known| section.is_some() && known.split_once('.').map(|(section, _)| section) == section)
            .map(String::as_str)
            .collect();
        match section {
            Some(section) if !in_section.is_empty() => format!("[{section}] knows {}", in_section.join(", ")),
            _ => format!("known are {}", self.0.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// The environment variable of a key.
#[must_use]
pub fn env_name(key: &str) -> String {
    format!("{ENV_PREFIX}{}", key.replace('.', "_").to_uppercase())
}

fn parse(text: &str, origin: &Origin) -> Result<toml::Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| ConfigError::NotToml {
        origin: origin.clone(),
        line: 1 + text.bytes().take(error.span().map_or(0, |span| span.start)).filter(|byte| *byte == b'\n').count(),
        what: error.message().to_owned(),
    })
}

/// A list of texts as one text; as it was where an entry is no text, or has a comma of its own.
fn joined(entries: Vec<Value>) -> Value {
    let texts: Option<Vec<_>> = entries.iter().map(|entry| entry.as_str().filter(|text| !text.contains(','))).collect();
    match texts {
        Some(texts) => Value::String(texts.join(",")),
        None => Value::Array(entries),
    }
}

fn leaves(table: toml::Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => {
                found.extend(leaves(inner).into_iter().map(|(rest, value)| (format!("{key}.{rest}"), value)));
            }
            value => found.push((key, value)),
        }
    }
    found
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_file(text: &str) -> Result<Settings, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("virtuoso.toml");
        std::fs::write(&path, text).unwrap();
        let mut settings = Settings::defaults()?;
        settings.read_file(&path)?;
        Ok(settings)
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_neighbours() {
        let error = from_file("[http]\nprot = 3000\n").unwrap_err().to_string();
        assert!(error.contains("virtuoso.toml: unknown key `http.prot`"), "{error}");
        assert!(error.contains("[http] knows http.addr, http.allowed_hosts, http.base_path"), "{error}");
    }

    #[test]
    fn a_wrong_type_is_refused_with_an_example() {
        let error = from_file("[http]\naddr = 3000\n").unwrap_err().to_string();
        assert!(error.contains("`http.addr` is a whole number 3000, but must be text"), "{error}");
        assert!(error.contains("127.0.0.1:3000"), "{error}");
    }

    #[test]
    fn a_list_of_texts_is_taken_where_several_are_meant() {
        let value = |key: &str, list: &str| {
            let (section, name) = key.split_once('.').unwrap();
            from_file(&format!("[{section}]\n{name} = {list}\n"))
                .map(|settings| settings.get(key).unwrap().value.clone())
        };
        for key in LISTS {
            let read = value(key, r#"["a:1", "b:2"]"#).unwrap_or_else(|error| panic!("{key}: {error}"));
            assert_eq!(read, Value::String("a:1,b:2".into()), "{key}");
            assert_eq!(value(key, "[]").unwrap(), Value::String(String::new()));
            assert!(value(key, "[1]").is_err() && value(key, r#"["a,b"]"#).is_err(), "{key}");
        }
        assert!(value("http.addr", r#"["127.0.0.1:3000"]"#).is_err(), "one text is no list");
    }

    #[test]
    fn the_environment_overrides_the_file_and_knows_the_types() {
        let mut settings = from_file("[signals]\nlong = 75\n").unwrap();
        settings.read_env([("VIRTUOSO_SIGNALS_LONG".to_owned(), "72.5".to_owned())].into_iter()).unwrap();
        let long = settings.get("signals.long").unwrap();
        assert_eq!(long.value, Value::Float(72.5));
        assert_eq!(long.origin, Origin::Env("VIRTUOSO_SIGNALS_LONG".to_owned()));
        let wrong = [("VIRTUOSO_SIM_SYMBOLS".to_owned(), "many".to_owned())];
        let error = settings.read_env(wrong.into_iter()).unwrap_err().to_string();
        assert!(error.contains("VIRTUOSO_SIM_SYMBOLS: `sim.symbols` is text"), "{error}");
    }

    #[test]
    fn a_cost_is_a_word_or_a_number_in_the_file_and_the_environment() {
        for number in ["4.5", "4"] {
            let settings = from_file(&format!("[costs]\ntaker_fee_bps = {number}\n")).unwrap();
            assert_eq!(settings.get("costs.taker_fee_bps").unwrap().value.as_str(), Some(number));
        }
        let mut settings = from_file("[costs]\nspread_bps = \"measured\"\n").unwrap();
        settings.read_env([("VIRTUOSO_COSTS_SPREAD_BPS".to_owned(), "2.5".to_owned())].into_iter()).unwrap();
        assert_eq!(settings.get("costs.spread_bps").unwrap().value.as_str(), Some("2.5"));
        assert!(from_file("[costs]\ntaker_fee_bps = true\n").is_err());
    }

    #[test]
    fn no_error_and_no_listing_shows_the_token() {
        let mut settings = from_file("[access]\ntoken = \"a-token-of-mine!\"\n").unwrap();
        let token = settings.get(Token::KEY).unwrap();
        assert_eq!((token.value.as_str(), token.shown(Token::KEY)), (Some("a-token-of-mine!"), "(not shown)".into()));
        assert!(!format!("{settings:?}").contains("of-mine"), "{settings:?}");
        settings.set_text(Token::KEY, "of-mine", Origin::Flag("--test")).unwrap();
        for error in [
            crate::Config::check(&settings).unwrap_err(),
            from_file("[access]\ntoken = [\"a-token-of-mine!\"]\n").unwrap_err(),
            from_file("[access]\ntoken = \"a-token-of-mine!\n").unwrap_err(),
        ] {
            let (said, whole) = (error.to_string(), format!("{error:?}"));
            assert!(!said.contains("of-mine") && !whole.contains("of-mine"), "{said} {whole}");
        }
        assert_eq!(Settings::defaults().unwrap().get(Token::KEY).unwrap().shown(Token::KEY), "\"\"");
    }

    #[test]
    fn a_misspelled_variable_is_an_error_and_not_silence() {
        let mut settings = Settings::defaults().unwrap();
        let wrong = [("VIRTUOSO_HTTP_ADR".to_owned(), "x".to_owned())];
        let error = settings.read_env(wrong.into_iter()).unwrap_err().to_string();
        assert!(error.contains("VIRTUOSO_HTTP_ADR") && error.contains("VIRTUOSO_HTTP_ADDR"), "{error}");
    }
}
