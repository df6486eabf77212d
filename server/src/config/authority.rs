//! A host with its port, as the headers `Host` and `Origin` and the setting `http.allowed_hosts` spell it.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

/// The longest name of a host, in bytes (RFC 1035).
const LONGEST: usize = 253;

/// A host, and a port where one was given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Authority {
    /// The host.
    pub host: Host,
    /// The port; none where the text named none.
    pub port: Option<u16>,
}

/// The host of an [`Authority`], in the one form that is compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// A name in lower case, without the dot of the root at its end.
    Name(String),
    /// An address; one of IPv4 inside IPv6 is that of IPv4.
    Ip(IpAddr),
}

impl Authority {
    /// Reads `host`, `host:port`, `1.2.3.4:port` or `[v6]:port`.
    ///
    /// Returns `None` for everything else, such as an address with a scheme, a user or a path, and for the short and the numeric
    /// forms of IPv4 addresses, which a browser never sends.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (inside, after) = rest.split_once(']')?;
                // The zone of a link-local address is of no meaning beyond the machine that sent it.
                let address = inside.split_once('%').map_or(inside, |(address, _)| address);
                let address: Ipv6Addr = address.parse().ok()?;
                (Host::Ip(IpAddr::V6(address).to_canonical()), after)
            }
            None => {
                let end = text.find(':').unwrap_or(text.len());
                let (host, after) = text.split_at(end);
                (Host::parse(host)?, after)
            }
        };
        let port = match port.strip_prefix(':') {
            // A colon without a port is the default port (RFC 3986, section 3.2.3).
            Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse().ok()?),
            Some(_) => return None,
            None if port.is_empty() => None,
            None => return None,
        };
        Some(Self { host, port })
    }

    /// Whether two are the same host and port, where a missing port is the default one of a scheme.
    #[must_use]
    pub fn is_same(&self, other: &Self, default_port: u16) -> bool {
        self.host == other.host && self.port.unwrap_or(default_port) == other.port.unwrap_or(default_port)
    }

    /// Whether this entry of a list of allowed hosts includes another: without a port it includes every port.
    #[must_use]
    pub fn includes(&self, other: &Self, default_port: u16) -> bool {
        self.host == other.host && self.port.is_none_or(|port| port == other.port.unwrap_or(default_port))
    }
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            // Without brackets only an address of IPv4 gets here: the port was cut off at the first colon.
            return Some(Self::Ip(address.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_label = |label: &str| !label.is_empty() && label.bytes().all(plain);
        // What ends in a number is an address to a browser, and this one is none (WHATWG URL, "ends in a number").
        let last = name.rsplit('.').next().unwrap_or_default();
        let numeric = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
        let sound = name.len() <= LONGEST && name.split('.').all(is_label) && !numeric;
        sound.then(|| Self::Name(name.to_ascii_lowercase()))
    }

    /// Whether it is this machine for every browser: `localhost`, a name below it, or an address of the loopback interface.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::Ip(address) => address.is_loopback(),
        }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Name(name) => f.write_str(name)?,
            Host::Ip(IpAddr::V4(address)) => write!(f, "{address}")?,
            Host::Ip(IpAddr::V6(address)) => write!(f, "[{address}]")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_and_addresses_with_and_without_a_port() {
        for (text, shown) in [
            ("Dash.Example.ORG.", "dash.example.org"),
            ("dash.example.org:8443", "dash.example.org:8443"),
            ("my_host", "my_host"),
            ("localhost:", "localhost"),
            ("127.0.0.1:3000", "127.0.0.1:3000"),
            ("[::1]:3000", "[::1]:3000"),
            ("[::ffff:127.0.0.1]", "127.0.0.1"),
            ("[fe80::1%eth0]:80", "[fe80::1]:80"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(Authority::parse(text).map(|found| found.to_string()).as_deref(), Some(shown), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_host_and_port() {
        let long = "x".repeat(300);
        for text in [
            "",
            ":3000",
            ".",
            "..",
            "a..b",
            "user@localhost",
            "localhost@evil.example",
            "localhost:3000@evil.example",
            "http://localhost",
            "localhost/",
            "localhost?",
            "localhost#",
            "localhost\\evil.example",
            "local host",
            " localhost",
            "localhost,evil.example",
            "localhost:+80",
            "localhost:80:80",
            "localhost:65536",
            "localhost:port",
            "::1",
            "[::1",
            "[::1]3000",
            "[localhost]",
            "[127.0.0.1]",
            "127.1",
            "2130706433",
            "0x7f000001",
            "127.0.0.0x1",
            "1.2.3.4.5",
            "bücher.example",
            "a%2eb",
            &long,
        ] {
            assert_eq!(Authority::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn knows_what_is_this_machine() {
        for text in ["localhost", "LOCALHOST.", "app.localhost:80", "127.0.0.1", "127.255.3.4", "[::1]"] {
            assert!(Authority::parse(text).unwrap().host.is_local(), "{text}");
        }
        for text in ["localhost.evil.example", "notlocalhost", "0.0.0.0", "[::]", "192.168.1.5", "127.0.0.1.nip.io"] {
            assert!(!Authority::parse(text).unwrap().host.is_local(), "{text}");
        }
    }

    #[test]
    fn a_missing_port_is_the_default_one_or_any() {
        let read = |text| Authority::parse(text).unwrap();
        assert!(read("a.example").is_same(&read("a.example:443"), 443) && !read("a").is_same(&read("a:80"), 443));
        assert!(read("a.example").includes(&read("a.example:8080"), 80));
        assert!(read("a.example:80").includes(&read("a.example"), 80));
        assert!(!read("a.example:81").includes(&read("a.example"), 80));
    }
}
