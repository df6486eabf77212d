//! Where the built page lies.

use leptos::config::{Env, LeptosOptions, get_configuration};

use crate::config::Http;

/// The name that the build gives to the page's files.
const OUTPUT: &str = "virtuoso";

/// Options of the page: those of the build tool when it runs this process, else the configuration's.
pub(crate) fn options(http: &Http) -> LeptosOptions {
    let told = std::env::var_os("LEPTOS_OUTPUT_NAME").and_then(|_| get_configuration(None).ok());
    let mut options = match told {
        Some(found) => found.leptos_options,
        None => LeptosOptions::builder()
            .output_name(OUTPUT)
            .site_root(http.site_root.to_string_lossy().into_owned())
            .site_pkg_dir("pkg")
            .env(Env::PROD)
            .site_addr(http.addr)
            .build(),
    };
    // The build names files by their content; the names are in a file beside the program.
    options.hash_files = true;
    let pages = std::path::Path::new(options.site_root.as_ref()).join(options.site_pkg_dir.as_ref());
    if !pages.is_dir() {
        tracing::warn!(folder = %pages.display(), "the page's files are missing: build them with `make build`");
    }
    options
}
