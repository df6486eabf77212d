//! Code that only one page loads. Browser only, and only where the build takes it apart (`make build`).
//!
//! What an island with a part of its own needs and no other page does is a file of its own, which its page names. Built by
//! `cargo leptos watch` all is in one file, and nothing here is needed.

use std::{future::Future, time::Duration};

use leptos::{prelude::*, task::spawn_local, wasm_split::SplitLoaderError};
use web_sys::HtmlElement;

use crate::live::{backoff, client::dispatch};

/// Loads an island's part and wakes the island; asks again where the file does not come, later each time.
///
/// Until then the page stays as the server made it, and says that it is a snapshot.
pub(super) fn load<F>(element: HtmlElement, wake: fn(HtmlElement) -> F, attempt: u32)
where
    F: Future<Output = Result<(), SplitLoaderError>> + 'static,
{
    spawn_local(async move {
        // The loader itself logs the reason to the console.
        if wake(element.clone()).await.is_err() {
            // A server of another build has no such file: the page's script looks whether that is so.
            dispatch("unloaded");
            let wait = backoff::wait_ms(attempt, js_sys::Math::random());
            set_timeout(
                move || load(element, wake, attempt.saturating_add(1)),
                Duration::from_secs_f64(wait / 1_000.0),
            );
        }
    });
}
