//! The hosts of `NO_PROXY`.

use std::net::IpAddr;

use ipnet::IpNet;

/// Hosts that are connected to directly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bypass(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    hosts: Hosts,
    /// The only port it holds for, where it names one.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    Every,
    Network(IpNet),
    /// This name and everything below it, in lower case.
    Name(String),
}

impl Bypass {
    /// Reads entries separated by commas or blanks: `*`, a name, `.suffix` or `*.suffix`, an address, a network such as
    /// `10.0.0.0/8`; names and addresses may have a port.
    pub(super) fn read(text: &str) -> Self {
        let entries = text.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
        Self(entries.map(Entry::read).collect())
    }

    /// Whether a host, as it occurs in an address, is connected to directly.
    pub(super) fn contains(&self, host: &str, port: Option<u16>) -> bool {
        let host = unbracketed(host).trim_end_matches('.').to_ascii_lowercase();
        let ip: Option<IpAddr> = host.parse().ok();
        self.0.iter().any(|entry| entry.port.is_none_or(|only| Some(only) == port) && entry.hosts.contain(&host, ip))
    }
}

impl Entry {
    fn read(text: &str) -> Self {
        if let Some(hosts) = Hosts::of_network(text) {
            return Self { hosts, port: None };
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => match port.parse() {
                Ok(port) => (host, Some(port)),
                Err(_) => (text, None),
            },
            None => (text, None),
        };
        let hosts = match host {
            "*" => Hosts::Every,
            _ => Hosts::of_network(host).unwrap_or_else(|| {
                let name = host.strip_prefix("*.").unwrap_or(host);
                Hosts::Name(name.trim_start_matches('.').trim_end_matches('.').to_ascii_lowercase())
            }),
        };
        Self { hosts, port }
    }
}

impl Hosts {
    fn of_network(text: &str) -> Option<Self> {
        let text = unbracketed(text);
        text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?))).map(Self::Network)
    }

    fn contain(&self, host: &str, ip: Option<IpAddr>) -> bool {
        match (self, ip) {
            (Self::Every, _) => true,
            (Self::Network(network), Some(ip)) => network.contains(&ip.to_canonical()) || network.contains(&ip),
            (Self::Name(name), None) => {
                host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            (Self::Network(_), None) | (Self::Name(_), Some(_)) => false,
        }
    }
}

fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_names_suffixes_ports_addresses_and_networks() {
        for (entries, host, port, expected) in [
            ("*", "anything.test", 443, true),
            ("bybit.com", "bybit.com", 443, true),
            ("bybit.com", "API.Bybit.com", 443, true),
            (".bybit.com", "bybit.com", 443, true),
            ("*.bybit.com", "api.bybit.com", 443, true),
            ("bybit.com", "notbybit.com", 443, false),
            ("bybit.com", "bybit.com.test", 443, false),
            ("a.test bybit.com,b.test", "bybit.com", 443, true),
            ("bybit.com:8443", "bybit.com", 443, false),
            ("bybit.com:443", "api.bybit.com", 443, true),
            ("10.1.2.3", "10.1.2.3", 80, true),
            ("10.1.2.3:81", "10.1.2.3", 80, false),
            ("10.0.0.0/8", "10.200.1.1", 80, true),
            ("10.0.0.0/8", "11.200.1.1", 80, false),
            ("10.0.0.0/8", "ten.test", 80, false),
            ("fd00::/8", "[fd00::1]", 80, true),
            ("[fd00::1]:80", "[fd00::1]", 80, true),
            ("fd00::1", "[fd00::2]", 80, false),
            ("", "bybit.com", 443, false),
            (" , ", "bybit.com", 443, false),
        ] {
            assert_eq!(Bypass::read(entries).contains(host, Some(port)), expected, "`{entries}` {host}:{port}");
        }
    }
}
