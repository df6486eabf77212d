//! The proxy that the exchange is reached through, as the environment says.

use reqwest::Url;

use crate::config::{Config, Source};

/// The proxy that connections to the configured exchange go through, with the variable that names it; none where they are direct.
pub(crate) fn of_exchange(config: &Config) -> Option<String> {
    let url = match &config.source {
        Source::Auto | Source::Bybit => &config.venue.rest_url,
        Source::Binance => &config.binance.rest_url,
        // On loopback.
        Source::Sim | Source::Replay(_) => return None,
    };
    in_use(&Url::parse(url).ok()?, |name| std::env::var(name).ok())
}

/// The proxy for an address by the variables of curl: the one for its scheme, then that for all, unless the host is excepted.
fn in_use(url: &Url, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let get = |name: &'static str| {
        let spelled = [name.to_owned(), name.to_lowercase()].into_iter();
        spelled.filter_map(|name| Some((variable(&name).filter(|value| !value.trim().is_empty())?, name))).next()
    };
    let host = url.host_str()?;
    let loopback = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let excepted = get("NO_PROXY").is_some_and(|(list, _)| {
        list.split(',')
            .map(|one| one.trim().trim_start_matches('.'))
            .filter(|one| !one.is_empty())
            .any(|one| one == "*" || host == one || host.strip_suffix(one).is_some_and(|before| before.ends_with('.')))
    });
    if loopback || excepted {
        return None;
    }
    let scheme = if url.scheme() == "https" { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    let (value, name) = get(scheme).or_else(|| get("ALL_PROXY"))?;
    Some(format!("{} ({name})", without_credentials(value.trim())))
}

/// An address without the name and password in it.
fn without_credentials(address: &str) -> String {
    match address.rsplit_once('@') {
        None => address.to_owned(),
        Some((before, host)) => match before.split_once("://") {
            Some((scheme, _)) => format!("{scheme}://{host}"),
            None => host.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(url: &str, set: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        in_use(&url.parse().unwrap(), variable)
    }

    #[test]
    fn the_proxy_in_use_is_named_with_its_variable_and_without_its_password() {
        let url = "https://api.bybit.com";
        assert_eq!(used(url, &[]), None);
        let set = [("HTTPS_PROXY", "http://me:secret@proxy:3128"), ("ALL_PROXY", "socks5://other:1080")];
        assert_eq!(used(url, &set).as_deref(), Some("http://proxy:3128 (HTTPS_PROXY)"));
        assert_eq!(
            used(url, &[("all_proxy", "socks5://other:1080")]).as_deref(),
            Some("socks5://other:1080 (all_proxy)")
        );
        assert_eq!(used(url, &[("HTTPS_PROXY", " "), ("HTTP_PROXY", "http://plain:1")]), None);
    }

    #[test]
    fn an_excepted_host_and_this_machine_are_reached_directly() {
        let set = |no| [("ALL_PROXY", "http://proxy:3128"), ("NO_PROXY", no)];
        assert_eq!(used("https://api.bybit.com", &set("example.org, .bybit.com")), None);
        assert_eq!(used("https://api.bybit.com", &set("*")), None);
        assert!(used("https://api.bybit.com", &set("bit.com")).is_some(), "the end of another name");
        assert_eq!(used("http://127.0.0.1:3100", &set("")), None);
    }
}
