//! From raw settings to the typed configuration.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use analysis::idea::CostSettings;
use cache::l2::{BadServers, L2 as _, MemcachedL2};
use ipnet::IpNet;
use reqwest::Url;
use schema::{Bps, Symbol, Usd};
use toml::Value;
use venue::record::RecordLimits;

use super::{
    Access, Authority, BasePath, Binance, Cache, Config, ConfigError, Http, Log, Outside, Settings, Sim, Source, Token,
    Universe, Venue,
};

impl Config {
    /// Checks every setting.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Impossible`] names the first invalid setting, where it was set and what is allowed.
    pub fn check(settings: &Settings) -> Result<Self, ConfigError> {
        let read = Reader(settings);
        let config = Self {
            source: read.parse("source", SOURCES, source)?,
            http: Http {
                addr: read.parse(
                    "http.addr",
                    "an address and a port are expected, such as 127.0.0.1:3000",
                    |text| text.parse::<SocketAddr>().ok(),
                )?,
                base_path: read.parse("http.base_path", BasePath::ALLOWED, |text| match text {
                    "" => Some(None),
                    text => BasePath::new(text).map(Some),
                })?,
                site_root: PathBuf::from(read.text("http.site_root")?),
                allowed_hosts: read.parse("http.allowed_hosts", HOSTS, |text| list(text, Authority::parse))?,
                trusted_proxies: read.parse("http.trusted_proxies", PROXIES, |text| list(text, network))?,
                max_streams: read.whole("http.max_streams", 1, 1_000_000)?,
                max_streams_per_client: read.whole("http.max_streams_per_client", 1, 1_000_000)?,
            },
            access: Access {
                token: read.parse(Token::KEY, Token::ALLOWED, |text| match text {
                    "" => Some(None),
                    text => Token::new(text).map(Some),
                })?,
                open_to_all: read.flag("access.open_to_all")?,
                https: read.flag("access.https")?,
            },
            cache: Cache {
                memcached: read.parse(
                    "cache.memcached",
                    "host:port is expected, several joined by commas, none twice",
                    servers,
                )?,
                namespace: read.parse(
                    "cache.namespace",
                    "up to 32 of a-z, 0-9, ':', '_' and '-' are allowed",
                    |text| text.parse().ok(),
                )?,
                poll: Duration::from_millis(read.whole("cache.poll_ms", 50, 5_000)?),
                snapshot_dir: match read.text("cache.snapshot_dir")? {
                    "off" => None,
                    "" => state_dir(|name| std::env::var_os(name).map(PathBuf::from)),
                    path => Some(PathBuf::from(path)),
                },
            },
            venue: Venue {
                rest_url: read.url("venue.rest_url", ["https://", "http://"])?,
                ws_url: read.url("venue.ws_url", ["wss://", "ws://"])?,
                requests_per_second: read.whole("venue.requests_per_second", 1, 100)?,
                symbols_per_connection: read.whole("venue.symbols_per_connection", 1, 200)?,
                probe_timeout: Duration::from_secs(read.whole("venue.probe_timeout_s", 1, 60)?),
                probe_every: Duration::from_secs(read.whole("venue.probe_every_s", 5, 3_600)?),
            },
            binance: Binance {
                rest_url: read.url("binance.rest_url", ["https://", "http://"])?,
                ws_url: read.url("binance.ws_url", ["wss://", "ws://"])?,
            },
            sim: Sim {
                symbols: read.whole("sim.symbols", 1, 600)?,
                seed: read.whole("sim.seed", 0, i64::MAX)?,
                candles: Some(read.text("sim.candles")?).filter(|text| !text.is_empty()).map(PathBuf::from),
            },
            outside: Outside {
                coingecko: read.outside("outside.coingecko_url")?,
                alternative: read.outside("outside.alternative_url")?,
            },
            record_dir: Some(read.text("record.dir")?).filter(|text| !text.is_empty()).map(PathBuf::from),
            record: RecordLimits {
                max_bytes: read.whole::<u64>("record.max_mb", 16, 1_048_576)? * 1_024 * 1_024,
                segment_age: Duration::from_secs(60 * read.whole::<u64>("record.segment_minutes", 1, 1_440)?),
            },
            replay_speed: read.whole("replay.speed", 1, 30)?,
            universe: Universe {
                max_symbols: read.whole("universe.max_symbols", 1, 1_000)?,
                min_turnover: read.usd("universe.min_turnover_usd")?,
                min_age_days: read.whole("universe.min_age_days", 0, 3_650)?,
                kinds: read.parse("universe.kinds", "words joined by commas are expected", words)?,
                stablecoins: read.parse("universe.stablecoins", "words joined by commas are expected", words)?,
                exclude_kinds: read.parse("universe.exclude_kinds", "words joined by commas are expected", words)?,
                allow: read.parse("universe.allow", "symbols joined by commas are expected", symbols)?,
                deny: read.parse("universe.deny", "symbols joined by commas are expected", symbols)?,
            },
            signals: read.thresholds()?,
            costs: CostSettings {
                taker_fee: read.bps("costs.taker_fee_bps", "venue", 100)?,
                assumed_spread: read.bps("costs.spread_bps", "measured", 1_000)?,
            },
            rules_file: match read.text("alerts.rules_file")? {
                "off" => None,
                "" => state_dir(|name| std::env::var_os(name).map(PathBuf::from))
                    .map(|folder| folder.join("alert-rules.toml")),
                path => Some(PathBuf::from(path)),
            },
            movers_min_turnover: read.usd("movers.min_turnover_usd")?,
            log: Log {
                filter: read.parse("log.filter", "directives such as \"info\" or \"info,venue=debug\"", |text| {
                    tracing_subscriber::EnvFilter::try_new(text).ok().map(|_| text.to_owned())
                })?,
                json: read.parse("log.format", r#"allowed are "text" and "json""#, |text| match text {
                    "text" => Some(false),
                    "json" => Some(true),
                    _ => None,
                })?,
            },
        };
        if config.record_dir.is_some() && matches!(config.source, Source::Auto | Source::Replay(_)) {
            return Err(
                read.impossible("record.dir", "name what is recorded: source = \"bybit\", \"binance\" or \"sim\"")
            );
        }
        // Other processes would judge the ages of a recording by a clock that does not show its time.
        if matches!(config.source, Source::Replay(_)) && !config.cache.memcached.is_empty() {
            return Err(read.impossible("cache.memcached", "a recording is played in one process, without memcached"));
        }
        Ok(config)
    }

    /// Whether what is served may be served where it is to be: beyond this machine, only with a token or by an explicit word.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Unguarded`] says what to set.
    pub fn check_reach(&self) -> Result<(), ConfigError> {
        let addr = self.http.addr;
        if addr.ip().to_canonical().is_loopback() || self.access.token.is_some() || self.access.open_to_all {
            return Ok(());
        }
        Err(ConfigError::Unguarded { addr })
    }
}

const SOURCES: &str = r#"allowed are "auto", "bybit", "binance", "sim" and "replay:" with a folder"#;

fn source(text: &str) -> Option<Source> {
    match text {
        "auto" => Some(Source::Auto),
        "bybit" => Some(Source::Bybit),
        "binance" => Some(Source::Binance),
        "sim" => Some(Source::Sim),
        _ => {
            let folder = text.strip_prefix("replay:").filter(|folder| !folder.is_empty())?;
            Some(Source::Replay(PathBuf::from(folder)))
        }
    }
}

struct Reader<'a>(&'a Settings);

impl Reader<'_> {
    fn impossible(&self, key: &str, allowed: &str) -> ConfigError {
        match self.0.get(key) {
            Some(setting) => ConfigError::Impossible {
                origin: setting.origin.clone(),
                key: key.to_owned(),
                value: setting.shown(key),
                allowed: allowed.to_owned(),
            },
            None => ConfigError::UnknownKey {
                origin: super::settings::Origin::Default,
                key: key.to_owned(),
                allowed: "the default file must hold it".to_owned(),
            },
        }
    }

    fn text(&self, key: &str) -> Result<&str, ConfigError> {
        self.0
            .get(key)
            .and_then(|setting| setting.value.as_str())
            .ok_or_else(|| self.impossible(key, "text is expected"))
    }

    fn parse<T>(&self, key: &str, allowed: &str, f: impl FnOnce(&str) -> Option<T>) -> Result<T, ConfigError> {
        f(self.text(key)?.trim()).ok_or_else(|| self.impossible(key, allowed))
    }

    fn whole<T: TryFrom<i64>>(&self, key: &str, least: i64, most: i64) -> Result<T, ConfigError> {
        self.0
            .get(key)
            .and_then(|setting| setting.value.as_integer())
            .filter(|value| (least..=most).contains(value))
            .and_then(|value| T::try_from(value).ok())
            .ok_or_else(|| self.impossible(key, &format!("a whole number from {least} to {most} is expected")))
    }

    fn number(&self, key: &str, allowed: &str, f: impl FnOnce(f64) -> bool) -> Result<f64, ConfigError> {
        match self.0.get(key).map(|setting| &setting.value) {
            Some(Value::Float(value)) if value.is_finite() && f(*value) => Ok(*value),
            _ => Err(self.impossible(key, allowed)),
        }
    }

    fn usd(&self, key: &str) -> Result<Usd, ConfigError> {
        let allowed = "an amount of 0 or more is expected";
        Usd::new(self.number(key, allowed, |value| value >= 0.0)?).map_err(|_| self.impossible(key, allowed))
    }

    fn url(&self, key: &str, schemes: [&str; 2]) -> Result<String, ConfigError> {
        let allowed = format!("an address that begins with {} or {} is expected", schemes[0], schemes[1]);
        self.parse(key, &allowed, |text| {
            let host = schemes.iter().find_map(|scheme| text.strip_prefix(scheme))?;
            (!host.is_empty()).then(|| text.trim_end_matches('/').to_owned())
        })
    }

    fn flag(&self, key: &str) -> Result<bool, ConfigError> {
        self.0
            .get(key)
            .and_then(|setting| setting.value.as_bool())
            .ok_or_else(|| self.impossible(key, "true or false is expected"))
    }

    /// The host of an outside source; none where it, or all of them, are switched off.
    fn outside(&self, key: &str) -> Result<Option<Url>, ConfigError> {
        let allowed = "an address that begins with https:// (or http:// on loopback) is expected, or \"off\"";
        let switched_on = self.flag("outside.enabled")?;
        let host = self.parse(key, allowed, |text| match text {
            "off" => Some(None),
            text => venue::http_address(text).ok().map(Some),
        })?;
        Ok(host.filter(|_| switched_on))
    }

    /// Basis points up to a most; none where a word is set in their place.
    fn bps(&self, key: &str, word: &str, most: u16) -> Result<Option<Bps>, ConfigError> {
        let allowed = format!("\"{word}\" or a number from 0 to {most} is expected");
        self.parse(key, &allowed, |text| {
            if text == word {
                return Some(None);
            }
            let number = text.parse().ok().filter(|number| (0.0..=f64::from(most)).contains(number))?;
            Bps::new(number).ok().map(Some)
        })
    }

    fn thresholds(&self) -> Result<analysis::signal::Thresholds, ConfigError> {
        let long = self.number("signals.long", "a score above 50, up to 100", |v| v > 50.0 && v <= 100.0)?;
        let short = self.number("signals.short", "a score from 0 to below 50", |v| (0.0..50.0).contains(&v))?;
        analysis::signal::Thresholds::entering(long, short)
            .map_err(|error| self.impossible("signals.long", &error.to_string()))
    }
}

const HOSTS: &str = "names or addresses are expected as a browser shows them, without https:// and without a path, several joined by \
     commas, such as dash.example.org or 192.168.1.5:8080";
const PROXIES: &str = "addresses or networks are expected, several joined by commas, such as 127.0.0.1 or 10.0.0.0/8";

/// The entries of a list joined by commas; none where one of them cannot be read.
fn list<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(read).collect()
}

/// One address, or a network of them.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<std::net::IpAddr>().ok()?.to_canonical())))
}

/// The servers of a list; an empty one is no server.
fn servers(text: &str) -> Option<Vec<String>> {
    match MemcachedL2::list(text) {
        Ok(servers) => Some(servers.iter().map(|server| server.name().to_owned()).collect()),
        Err(BadServers::None) => Some(Vec::new()),
        Err(BadServers::NotAnAddress(_) | BadServers::Twice(_)) => None,
    }
}

/// The folder for the state of programs; none where the environment names no home.
fn state_dir(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).filter(|path| path.is_absolute());
    // systemd joins several by colons; the first is the one that is named first in the unit.
    let first = |path: PathBuf| std::env::split_paths(&path).find(|path| path.is_absolute());
    variable("STATE_DIRECTORY")
        .and_then(first)
        .or_else(|| Some(absolute("XDG_STATE_HOME")?.join("virtuoso")))
        .or_else(|| Some(absolute("HOME")?.join(".local/state/virtuoso")))
}

fn words(text: &str) -> Option<Vec<String>> {
    let sound = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(|word| sound(word).then(|| word.to_owned())).collect()
}

fn symbols(text: &str) -> Option<Vec<Symbol>> {
    text.split(',').map(str::trim).filter(|s| !s.is_empty()).map(|s| Symbol::unescape(s).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Origin;

    fn with(key: &str, text: &str) -> Result<Config, ConfigError> {
        let mut settings = Settings::defaults()?;
        settings.set_text(key, text, Origin::Flag("--test"))?;
        Config::check(&settings)
    }

    #[test]
    fn the_default_file_is_a_valid_configuration() {
        let config = Config::check(&Settings::defaults().unwrap()).unwrap();
        assert_eq!(config.http.addr.to_string(), "127.0.0.1:3000");
        assert_eq!(config.source, Source::Auto);
        assert!(config.cache.memcached.is_empty());
    }

    #[test]
    fn the_last_readings_lie_where_the_system_keeps_the_state_of_programs() {
        let with = |known: &'static [(&str, &str)]| {
            state_dir(|name| known.iter().find(|(known, _)| *known == name).map(|(_, path)| PathBuf::from(path)))
        };
        let expected = |path: &str| Some(PathBuf::from(path));
        assert_eq!(with(&[("HOME", "/home/a"), ("STATE_DIRECTORY", "/var/lib/v")]), expected("/var/lib/v"));
        assert_eq!(with(&[("HOME", "/home/a"), ("STATE_DIRECTORY", "/a:/b")]), expected("/a"));
        assert_eq!(with(&[("HOME", "/home/a"), ("STATE_DIRECTORY", "")]), expected("/home/a/.local/state/virtuoso"));
        assert_eq!(with(&[("HOME", "/home/a"), ("XDG_STATE_HOME", "/s")]), expected("/s/virtuoso"));
        assert_eq!(with(&[("HOME", "/home/a"), ("XDG_STATE_HOME", "s")]), expected("/home/a/.local/state/virtuoso"));
        assert_eq!(with(&[]), None);
        assert_eq!(super::Config::check(&off()).unwrap().cache.snapshot_dir, None);
    }

    #[test]
    fn each_outside_source_is_switched_off_by_itself_or_with_the_other() {
        let hosts = |config: Config| {
            let text = |host: Option<Url>| host.map(|host| host.to_string());
            (text(config.outside.coingecko), text(config.outside.alternative))
        };
        let (gecko, alternative) = ("https://api.coingecko.com/".to_owned(), "https://api.alternative.me/".to_owned());
        let both = (Some(gecko.clone()), Some(alternative.clone()));
        assert_eq!(hosts(Config::check(&Settings::defaults().unwrap()).unwrap()), both);
        assert_eq!(hosts(with("outside.enabled", "false").unwrap()), (None, None));
        assert_eq!(hosts(with("outside.coingecko_url", "off").unwrap()), (None, Some(alternative)));
        assert_eq!(hosts(with("outside.alternative_url", "off").unwrap()), (Some(gecko), None));
        let here = Url::parse("http://127.0.0.1:3100").unwrap();
        let simulated = with("outside.coingecko_url", "off").unwrap().outside.of_host(&here);
        assert_eq!(simulated, Outside { coingecko: None, alternative: Some(here) });
    }

    #[test]
    fn a_recording_is_named_by_its_folder_and_played_in_one_process() {
        assert_eq!(with("source", "replay:/tmp/a b").unwrap().source, Source::Replay(PathBuf::from("/tmp/a b")));
        let mut settings = Settings::defaults().unwrap();
        for (key, text) in [("source", "replay:x"), ("cache.memcached", "127.0.0.1:11211")] {
            settings.set_text(key, text, Origin::Flag("--test")).unwrap();
        }
        let error = Config::check(&settings).unwrap_err().to_string();
        assert!(error.contains("cache.memcached") && error.contains("in one process"), "{error}");
    }

    #[test]
    fn beyond_this_machine_it_is_served_with_a_token_or_by_an_explicit_word() {
        let with = |addr: &str, key: &str, text: &str| {
            let mut settings = Settings::defaults().unwrap();
            for (key, text) in [("http.addr", addr), (key, text)] {
                settings.set_text(key, text, Origin::Flag("--test")).unwrap();
            }
            Config::check(&settings).unwrap().check_reach()
        };
        for addr in ["127.0.0.1:80", "127.3.2.1:80", "[::1]:80", "[::ffff:127.0.0.1]:80"] {
            assert!(with(addr, "access.token", "").is_ok(), "{addr}");
        }
        for addr in ["0.0.0.0:80", "[::]:80", "192.168.1.5:80", "[::ffff:192.168.1.5]:80"] {
            let refused = with(addr, "access.token", "").unwrap_err().to_string();
            for part in [addr, "access.token", "VIRTUOSO_ACCESS_TOKEN", "access.open_to_all = true"] {
                assert!(refused.contains(part), "{part:?} is not in {refused:?}");
            }
            assert!(with(addr, "access.token", "sixteen-letters!").is_ok(), "{addr}");
            assert!(with(addr, "access.open_to_all", "true").is_ok(), "{addr}");
        }
    }

    #[test]
    fn costs_are_the_venues_and_the_measured_ones_unless_they_are_configured() {
        assert_eq!(Config::check(&Settings::defaults().unwrap()).unwrap().costs, CostSettings::MEASURED);
        let costs = with("costs.taker_fee_bps", "4.5").unwrap().costs;
        assert_eq!((costs.taker_fee.map(Bps::get), costs.assumed_spread), (Some(4.5), None));
        let free = with("costs.spread_bps", "0").unwrap().costs;
        assert_eq!(free.assumed_spread.map(Bps::get), Some(0.0), "what is configured as nothing is nothing");
    }

    #[test]
    fn hosts_and_proxies_are_lists() {
        let hosts = with("http.allowed_hosts", "Dash.example.org, 192.168.1.5:8080,").unwrap().http.allowed_hosts;
        let shown: Vec<_> = hosts.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["dash.example.org", "192.168.1.5:8080"]);
        let proxies = with("http.trusted_proxies", "127.0.0.1,10.0.0.0/8, ::1").unwrap().http.trusted_proxies;
        let shown: Vec<_> = proxies.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["127.0.0.1/32", "10.0.0.0/8", "::1/128"]);
        let http = Config::check(&Settings::defaults().unwrap()).unwrap().http;
        assert!(http.allowed_hosts.is_empty() && http.trusted_proxies.is_empty());
    }

    fn off() -> Settings {
        let mut settings = Settings::defaults().unwrap();
        settings.set_text("cache.snapshot_dir", "off", Origin::Flag("--test")).unwrap();
        settings
    }

    #[test]
    fn an_impossible_value_names_its_place_its_key_and_what_is_allowed() {
        for (key, text, allowed) in [
            ("source", "kraken", SOURCES),
            ("source", "replay:", SOURCES),
            ("replay.speed", "0", "a whole number from 1 to 30"),
            ("record.max_mb", "1", "a whole number from 16"),
            ("http.addr", "localhost", "an address and a port"),
            ("access.token", "fifteen-letters", "16 to 256 visible characters"),
            ("access.token", "sixteen letters!", "16 to 256 visible characters"),
            ("http.allowed_hosts", "https://dash.example.org", "without https://"),
            ("http.allowed_hosts", "dash.example.org/virtuoso", "without a path"),
            ("http.allowed_hosts", "me@dash.example.org", "names or addresses"),
            ("http.allowed_hosts", "*", "names or addresses"),
            ("http.trusted_proxies", "proxy", "addresses or networks"),
            ("http.trusted_proxies", "10.0.0.0/33", "addresses or networks"),
            ("http.trusted_proxies", "127.0.0.1:80", "addresses or networks"),
            ("http.max_streams", "0", "a whole number from 1"),
            ("sim.symbols", "601", "a whole number from 1 to 600"),
            ("signals.long", "50", "a score above 50"),
            ("signals.short", "50.5", "a score from 0 to below 50"),
            ("costs.taker_fee_bps", "-1", r#""venue" or a number from 0 to 100"#),
            ("costs.taker_fee_bps", "free", r#""venue" or a number from 0 to 100"#),
            ("costs.spread_bps", "NaN", r#""measured" or a number from 0 to 1000"#),
            ("cache.memcached", "127.0.0.1", "host:port"),
            ("cache.memcached", "a:1,b:1,a:1", "host:port"),
            ("cache.namespace", "Mine ", "up to 32 of a-z"),
            ("venue.ws_url", "https://x", "wss://"),
            ("universe.deny", "BTC%4", "symbols joined by commas"),
            ("universe.allow", "BTC\tUSDT", "symbols joined by commas"),
            ("universe.exclude_kinds", "stocks & bonds", "words joined by commas"),
            ("universe.min_age_days", "-1", "0"),
            ("movers.min_turnover_usd", "-1", "0 or more"),
            ("outside.coingecko_url", "http://api.coingecko.com", "https:// (or http:// on loopback)"),
            ("outside.alternative_url", "", r#"or "off""#),
        ] {
            let error = with(key, text).unwrap_err().to_string();
            assert!(error.starts_with("--test: ") && error.contains(key) && error.contains(allowed), "{key}: {error}");
        }
    }
}
