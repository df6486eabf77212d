//! The variables that Kubernetes puts into every container of a namespace for each Service in it.
//!
//! For a Service named `virtuoso`, or `virtuoso-web`, they begin like the settings of this program:
//! `VIRTUOSO_SERVICE_HOST=10.0.0.1`, `VIRTUOSO_PORT=tcp://10.0.0.1:3000`, `VIRTUOSO_WEB_PORT_3000_TCP_ADDR=10.0.0.1`. They are no
//! settings and nobody misspelled them, so they are passed over, by name and value.

use std::net::IpAddr;

use super::ENV_PREFIX;

/// The protocols of a Service.
const PROTOCOLS: [&str; 3] = ["tcp", "udp", "sctp"];

/// Whether Kubernetes injects a variable of this name with such a value.
pub(crate) fn injects(name: &str, value: &str) -> bool {
    let Some(rest) = name.strip_prefix(ENV_PREFIX) else { return false };
    let parts: Vec<&str> = rest.split('_').collect();
    (0..parts.len()).any(|at| of_service(&parts[at..], value))
}

/// Whether this is what follows the name of a Service.
fn of_service(parts: &[&str], value: &str) -> bool {
    match parts {
        ["SERVICE", "HOST"] => is_ip(value),
        // The port, and each port that has a name.
        ["SERVICE", "PORT", ..] => is_port(value),
        ["PORT"] => is_address(value),
        ["PORT", port, protocol] if is_port(port) && is_protocol(protocol) => is_address(value),
        ["PORT", port, protocol, "PROTO"] if is_port(port) && is_protocol(protocol) => is_protocol(value),
        ["PORT", port, protocol, "PORT"] if is_port(port) && is_protocol(protocol) => is_port(value),
        ["PORT", port, protocol, "ADDR"] if is_port(port) && is_protocol(protocol) => is_ip(value),
        _ => false,
    }
}

fn is_ip(text: &str) -> bool {
    // A Service without an address of its own.
    text == "None" || text.parse::<IpAddr>().is_ok()
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

fn is_protocol(text: &str) -> bool {
    PROTOCOLS.iter().any(|protocol| protocol.eq_ignore_ascii_case(text))
}

/// Whether it is an address such as `tcp://10.0.0.1:3000`.
fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(protocol, rest)| is_protocol(protocol) && rest.rsplit_once(':').is_some())
}

/// Logs which variables were passed over.
pub(crate) fn log_passed_over(variables: impl Iterator<Item = (String, String)>) {
    for (name, _) in variables.filter(|(name, value)| injects(name, value)) {
        tracing::debug!(name, "a variable of a Kubernetes Service, no setting");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    const INJECTED: [(&str, &str); 11] = [
        ("VIRTUOSO_SERVICE_HOST", "10.96.0.17"),
        ("VIRTUOSO_SERVICE_PORT", "3000"),
        ("VIRTUOSO_SERVICE_PORT_HTTP", "3000"),
        ("VIRTUOSO_PORT", "tcp://10.96.0.17:3000"),
        ("VIRTUOSO_PORT_3000_TCP", "tcp://10.96.0.17:3000"),
        ("VIRTUOSO_PORT_3000_TCP_PROTO", "tcp"),
        ("VIRTUOSO_PORT_3000_TCP_PORT", "3000"),
        ("VIRTUOSO_PORT_3000_TCP_ADDR", "10.96.0.17"),
        ("VIRTUOSO_WEB_SERVICE_HOST", "fd00::17"),
        ("VIRTUOSO_WEB_PORT", "tcp://[fd00::17]:3000"),
        ("VIRTUOSO_HTTP_PORT", "tcp://10.96.0.18:80"),
    ];

    #[test]
    fn the_variables_of_a_kubernetes_service_are_no_settings() {
        let before = Settings::defaults().unwrap();
        let mut settings = before.clone();
        settings.read_env(INJECTED.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter()).unwrap();
        assert_eq!(settings, before);
    }

    #[test]
    fn other_unknown_variables_are_still_refused() {
        for (name, value) in [
            ("VIRTUOSO_HTTP_PORT", "3000"),
            ("VIRTUOSO_PORT", "3000"),
            ("VIRTUOSO_SERVICE_HOST", "my-host"),
            ("VIRTUOSO_SERVICE", "10.0.0.1"),
            ("VIRTUOSO_PORT_HTTP_TCP", "tcp://10.0.0.1:80"),
            ("VIRTUOSO_SERVICE_PORT", "http"),
        ] {
            assert!(!injects(name, value), "{name}={value}");
            let mut settings = Settings::defaults().unwrap();
            assert!(settings.read_env([(name.to_owned(), value.to_owned())].into_iter()).is_err(), "{name}={value}");
        }
    }

    #[test]
    fn no_setting_is_taken_for_a_variable_of_kubernetes() {
        for (key, setting) in Settings::defaults().unwrap().iter() {
            let value = setting.value.as_str().map_or_else(|| setting.value.to_string(), str::to_owned);
            assert!(!injects(&super::super::settings::env_name(key), &value), "{key}");
        }
    }
}
