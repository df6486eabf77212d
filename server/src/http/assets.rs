//! The files of the pages: what the build wrote for the browser, and icons.
//!
//! They are sent without the page framework's own handler for files. That one takes the reactive owner it finds on its thread,
//! which may be that of a page that is being made for another request: a file then left with that page's status.

use std::path::Path;

use axum::handler::{Handler, HandlerService};
use tower_http::services::ServeDir;

/// Sends the files of a folder, compressed as they lie there.
pub(super) fn of(folder: impl AsRef<Path>) -> ServeDir {
    ServeDir::new(folder).append_index_html_on_directories(false).precompressed_br().precompressed_gzip()
}

/// Sends a file of a folder, and asks a page about every other path.
///
/// A path with another method than GET and HEAD is the page's too.
pub(super) fn or_page<H, T>(folder: &str, page: H) -> ServeDir<HandlerService<H, T, ()>>
where
    H: Handler<T, ()>,
{
    of(folder).fallback(page.with_state(())).call_fallback_on_method_not_allowed(true)
}
