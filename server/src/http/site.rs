//! Where the built page lies.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use app::files::Files;
use leptos::config::{Env, LeptosOptions, get_configuration};

use super::edition::Edition;
use crate::config::Http;

/// The name that the build gives to the page's files.
const OUTPUT: &str = "virtuoso";

/// The built page.
#[derive(Clone)]
pub(crate) struct Site {
    /// What the page is made with.
    pub(crate) options: LeptosOptions,
    /// Where a page finds its files.
    pub(crate) files: Arc<Files>,
    /// What its files are; none where there are none, and while the build tool changes them.
    pub(crate) edition: Option<Edition>,
}

impl Site {
    /// Where the page's files lie.
    pub(crate) fn folder(&self) -> PathBuf {
        folder(&self.options)
    }
}

/// The page with the options of the build tool when it runs this process, else the configuration's.
pub(crate) fn site(http: &Http) -> Site {
    let options_of_leptos = std::env::var_os("LEPTOS_OUTPUT_NAME").and_then(|_| get_configuration(None).ok());
    let watched = options_of_leptos.is_some();
    let mut options = match options_of_leptos {
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
    let names = names.and_then(|names| std::fs::read_to_string(names).ok());
    options.hash_files = names.is_some();
    let pages = folder(&options);
    let built = pages.is_dir();
    if !options.hash_files || !built {
        tracing::warn!(folder = %pages.display(), "the page's files are missing, it will be bare: `make build` makes them");
    }
    let edition = if watched || !built { None } else { edition(&pages) };
    let root = edition.as_ref().map_or_else(|| ".".to_owned(), |edition| format!("./{edition}"));
    let names = names.unwrap_or_default();
    let loader = hash("split", &names).map(|hash| format!("{}/__wasm_split.{hash}.js", options.site_pkg_dir));
    let files =
        Files { root, edition: edition.as_ref().map(ToString::to_string), loader, parts: parts(&options, &names) };
    Site { options, files: Arc::new(files), edition }
}

fn folder(options: &LeptosOptions) -> PathBuf {
    Path::new(options.site_root.as_ref()).join(options.site_pkg_dir.as_ref())
}

fn edition(pages: &Path) -> Option<Edition> {
    Edition::of(pages).unwrap_or_else(|error| {
        tracing::warn!(folder = %pages.display(), %error, "the page's files cannot be read: no browser will keep them");
        None
    })
}

/// The files of each part of the code, which the build lists where it made any: `names` says under which name.
fn parts(options: &LeptosOptions, names: &str) -> BTreeMap<String, Vec<String>> {
    let Some(hash) = hash("manifest", names) else { return BTreeMap::new() };
    let list = folder(options).join(format!("__wasm_split_manifest.{hash}.json"));
    let read =
        || -> std::io::Result<BTreeMap<String, Vec<String>>> { Ok(serde_json::from_slice(&std::fs::read(&list)?)?) };
    let listed = read().unwrap_or_else(|error| {
        tracing::warn!(list = %list.display(), %error, "the parts of the page's code are not known: a browser asks for them late");
        BTreeMap::new()
    });
    let paths =
        |files: Vec<String>| files.into_iter().map(|file| format!("{}/{file}.wasm", options.site_pkg_dir)).collect();
    listed.into_iter().map(|(part, files)| (part, paths(files))).collect()
}

/// The hash in the name of a file.
fn hash<'n>(of: &str, names: &'n str) -> Option<&'n str> {
    names.lines().find_map(|line| line.strip_prefix(of)?.strip_prefix(": "))
}
