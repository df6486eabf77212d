//! The signals that end a process in order, and the one that has it read its settings again.

/// Resolves when the process is asked to stop: by SIGINT, SIGTERM, or the end of its terminal (SIGHUP).
#[cfg(unix)]
pub(super) async fn stopped() {
    tokio::select! {
        () = received(Kind::interrupt()) => {}
        () = received(Kind::terminate()) => {}
        () = received(Kind::hangup()) => {}
    }
}

/// The same for a process that serves. Without a terminal, SIGHUP means `reload`, as services have it; where the terminal
/// of a person was closed, it ends the process like the others, so that what is to be kept is saved.
#[cfg(unix)]
pub(super) async fn stopped_or_reloaded(reload: impl Fn()) {
    use std::io::IsTerminal as _;
    if std::io::stdin().is_terminal() {
        return stopped().await;
    }
    let Ok(mut hangups) = tokio::signal::unix::signal(Kind::hangup()) else { return stopped().await };
    let stop = async {
        tokio::select! {
            () = received(Kind::interrupt()) => {}
            () = received(Kind::terminate()) => {}
        }
    };
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            Some(()) = hangups.recv() => reload(),
        }
    }
}

#[cfg(unix)]
use tokio::signal::unix::SignalKind as Kind;

/// Resolves when a signal arrives; never where it cannot be listened for.
#[cfg(unix)]
async fn received(kind: Kind) {
    match tokio::signal::unix::signal(kind) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

/// Resolves when the process is asked to stop.
#[cfg(not(unix))]
pub(super) async fn stopped() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The same: there is no signal to reload.
#[cfg(not(unix))]
pub(super) async fn stopped_or_reloaded(_: impl Fn()) {
    stopped().await;
}
