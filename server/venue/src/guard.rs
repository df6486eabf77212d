//! Panics that must not end what keeps a connection up.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

/// There from the beginning, or the first panic would be no increase.
pub(crate) fn announce() {
    metrics::counter!("task_panics_total", "task" => "stream").increment(0);
}

/// Runs a part of what keeps a connection up.
///
/// # Errors
///
/// A panic in it, in plain words; it is counted.
pub(crate) async fn guarded<T>(part: impl Future<Output = T>) -> Result<T, String> {
    AssertUnwindSafe(part).catch_unwind().await.map_err(|payload| {
        metrics::counter!("task_panics_total", "task" => "stream").increment(1);
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        format!("a defect of this program ({})", text.unwrap_or("without a message"))
    })
}
