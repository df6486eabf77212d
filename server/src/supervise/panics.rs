//! Where panics are logged: through tracing like everything else, once each, with their place and task.

use std::{any::Any, panic::PanicHookInfo};

tokio::task_local! {
    /// The name of the supervised task that is running.
    pub(super) static NAME: &'static str;
}

/// Logs every panic of the process through tracing instead of to bare standard error.
pub(crate) fn log_panics() {
    std::panic::set_hook(Box::new(log));
}

fn log(panic: &PanicHookInfo<'_>) {
    let at = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let message = message(panic.payload());
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    match NAME.try_with(|name| *name) {
        Ok(task) => tracing::error!(task, at, thread, message, "panicked"),
        Err(_) => tracing::error!(at, thread, message, "panicked"),
    }
}

/// The text that a panic carries.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    match payload.downcast_ref::<&'static str>() {
        Some(text) => (*text).to_owned(),
        None => payload.downcast_ref::<String>().cloned().unwrap_or_else(|| "without a message".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use cache::Clock;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::supervise::{Job, Policy, Supervisor};

    /// Keeps what is logged.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_panic_is_logged_once_with_its_message_its_place_and_its_task() {
        let (lines, before) = (Lines::default(), std::panic::take_hook());
        let kept = lines.clone();
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || kept.clone()).finish();
        let _log = tracing::subscriber::set_default(log);
        log_panics();
        let supervisor = Supervisor::new(Clock::System, CancellationToken::new());
        supervisor.spawn(Job { name: "tested", what: "" }, Policy::Once, || async { panic!("no such row") });
        while !lines.text().contains("will be started again") {
            tokio::task::yield_now().await;
        }
        supervisor.end().await;
        std::panic::set_hook(before);
        let text = lines.text();
        assert_eq!(text.matches("no such row").count(), 1, "{text}");
        let line = text.lines().find(|line| line.contains("no such row")).unwrap();
        assert!(line.contains("ERROR") && line.contains("task=\"tested\""), "{line}");
        assert!(line.contains(&format!("{}:", file!())), "{line}");
    }
}
