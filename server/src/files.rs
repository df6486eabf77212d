//! How many connections the process can hold: each is an open file, and systems begin with few.

/// Raises the limit of open files as far as this process may.
///
/// # Errors
///
/// What the system says.
#[cfg(unix)]
pub fn raise_open_files() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current != maximum {
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    }
    Ok(())
}

/// Other systems set no such limit.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn raise_open_files() -> std::io::Result<()> {
    Ok(())
}
