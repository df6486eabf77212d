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
    // The build names files by their content, and lists the names beside the program.
    let names = std::env::current_exe().ok().and_then(|exe| Some(exe.parent()?.join(options.hash_file.as_ref())));
    options.hash_files = names.as_ref().is_some_and(|names| names.is_file());
    let pages = std::path::Path::new(options.site_root.as_ref()).join(options.site_pkg_dir.as_ref());
    if !options.hash_files || !pages.is_dir() {
        tracing::warn!(folder = %pages.display(), "the page's files are missing, it will be bare: `make build` makes them");
    }
    options
}
