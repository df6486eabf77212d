//! Where the files are that a page loads. Server only.
//!
//! The framework would find out the parts of the code as well; but it asks the reactive owner that it finds on its thread, which may be
//! that of a page that is being made for another request.

use std::{collections::BTreeMap, sync::Arc};

use leptos::prelude::*;

/// Where the files are that a page loads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The folder above the one of the page's files, from the root: `.`, or `./edition-0123456789abcdef`.
    pub root: String,
    /// The name of the build that they are of; none while the build tool changes them.
    pub edition: Option<String>,
    /// What loads parts of the code, as a path from `root`; none where the code is one file.
    pub loader: Option<String>,
    /// The files of each part, as paths from `root`.
    pub parts: BTreeMap<String, Vec<String>>,
}

/// What the head says of the loader, for every page's script asks for it.
pub(crate) fn loader(files: &Files) -> AnyView {
    let href = files.loader.as_ref().map(|loader| format!("{}/{loader}", files.root));
    href.map(|href| view! { <link rel="modulepreload" href=href crossorigin="anonymous"/> }).into_any()
}

/// Asks for the files of a part together with the page that needs them. To be called with the reactive owner of the page.
pub(crate) fn ahead(part: &str) -> AnyView {
    let Some(files) = use_context::<Arc<Files>>() else { return ().into_any() };
    let files = files.parts.get(part).into_iter().flatten().map(|file| format!("{}/{file}", files.root));
    let links = files.map(|href| {
        view! { <link rel="preload" href=href r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/> }
            .into_any()
    });
    links.collect::<Vec<_>>().into_any()
}
