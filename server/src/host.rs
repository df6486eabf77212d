//! The name of this machine.

/// The name that the system gives this machine, or the one of the environment, or `host`.
pub(crate) fn name() -> String {
    let named = |name: String| Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    system().and_then(named).or_else(|| named(std::env::var("HOSTNAME").ok()?)).unwrap_or_else(|| "host".to_owned())
}

#[cfg(unix)]
fn system() -> Option<String> {
    Some(rustix::system::uname().nodename().to_string_lossy().into_owned())
}

#[cfg(not(unix))]
fn system() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn names_the_machine_without_an_exported_variable() {
        let expected = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        assert_eq!(super::name(), expected.trim());
    }
}
