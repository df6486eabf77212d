//! The page's files, below a folder that is named after all of their contents.
//!
//! The build names each file after what it held before the others' names were written into it, so one name may stand for several
//! contents; a browser that keeps one of those for ever would mix two builds. Below this folder no file ever changes. What is asked
//! for below the folder of another build is not found: it would not fit the page that asks for it.

use std::{fmt, path::Path, sync::Arc};

use app::{SCRIPT, script};
use axum::{
    Router,
    http::{HeaderValue, header},
    middleware,
    response::Response,
    routing::get,
};
use tower_http::compression::CompressionLayer;
use xxhash_rust::xxh3::Xxh3;

use super::assets;

/// How the name of every edition begins.
const MARK: &str = "edition-";
/// Beside each file lies what it was compressed to.
const COMPRESSED: [&str; 2] = ["br", "gz"];
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// All files of the page together, by a hash of their names and contents: `edition-0123456789abcdef`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edition(Arc<str>);

impl Edition {
    /// That of a folder; none where it holds no file.
    pub(crate) fn of(folder: &Path) -> std::io::Result<Option<Self>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let file = entry?.path();
            let compressed = file.extension().is_some_and(|kind| COMPRESSED.iter().any(|known| kind == *known));
            if file.is_file() && !compressed {
                files.push(file);
            }
        }
        files.sort();
        let mut all = Xxh3::new();
        all.update(script().as_bytes());
        for file in &files {
            let content = std::fs::read(file)?;
            all.update(file.file_name().unwrap_or_default().as_encoded_bytes());
            // No file is taken for the end of another.
            all.update(&content.len().to_le_bytes());
            all.update(&content);
        }
        Ok((!files.is_empty()).then(|| Self(format!("{MARK}{:016x}", all.digest()).into())))
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a path is of a file of an edition, if of any.
pub(super) fn holds(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(|path| path.starts_with(MARK))
}

/// The files of a folder below that of their edition, compressed as they lie there, to be kept for ever.
pub(super) fn files<S: Clone + Send + Sync + 'static>(edition: &Edition, folder: &Path) -> Router<S> {
    let script = scripted(&format!("/{edition}"));
    Router::new()
        .nest_service(&format!("/{edition}/pkg"), assets::of(folder))
        .merge(script)
        .layer(middleware::map_response(keep))
}

/// The script of every page, in the folder of its files.
pub(super) fn scripted<S: Clone + Send + Sync + 'static>(folder: &str) -> Router<S> {
    let answer = async || ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], script());
    Router::new().route(&format!("{folder}/{SCRIPT}"), get(answer)).layer(CompressionLayer::new())
}

async fn keep(mut response: Response) -> Response {
    if response.status().is_success() {
        response.headers_mut().insert(header::CACHE_CONTROL, FOR_EVER);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        extract::Request,
        http::StatusCode,
    };
    use tower::ServiceExt as _;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> Option<Edition> {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        Edition::of(folder.path()).unwrap()
    }

    #[test]
    fn an_edition_is_its_names_and_contents_whatever_they_were_compressed_to() {
        let edition = folder(&[("a.js", "1"), ("b.wasm", "2")]);
        assert!(edition.is_some());
        assert_eq!(edition, folder(&[("b.wasm", "2"), ("a.js", "1"), ("a.js.br", "x"), ("b.wasm.gz", "y")]));
        for other in
            [&[("a.js", "1"), ("b.wasm", "3")], &[("a.js", "12"), ("b.wasm", "")], &[("a.js", "1"), ("c.wasm", "2")]]
        {
            assert_ne!(edition, folder(other));
        }
        assert_eq!(folder(&[]), None);
    }

    #[tokio::test]
    async fn files_of_an_edition_are_kept_for_ever_and_those_of_another_are_not_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.js"), "1").unwrap();
        let edition = Edition::of(folder.path()).unwrap().unwrap();
        let router = files::<()>(&edition, folder.path());
        let ask = async |path: String| {
            let request = Request::get(&path).body(Body::empty()).unwrap();
            assert!(holds(request.uri().path()), "{path}");
            let response = router.clone().oneshot(request).await.unwrap();
            let kept = response.headers().contains_key(header::CACHE_CONTROL);
            let status = response.status();
            (status, kept, to_bytes(response.into_body(), 10_000).await.unwrap())
        };
        assert_eq!(ask(format!("/{edition}/pkg/a.js")).await, (StatusCode::OK, true, "1".into()));
        assert_eq!(ask(format!("/{edition}/page.js")).await, (StatusCode::OK, true, script().into()));
        for path in [
            format!("/{edition}/pkg/b.js"),
            format!("/{edition}/pkg/"),
            "/edition-0/pkg/a.js".to_owned(),
            "/edition-0/page.js".to_owned(),
        ] {
            let (status, kept, _) = ask(path.clone()).await;
            assert_eq!((status, kept), (StatusCode::NOT_FOUND, false), "{path}");
        }
        assert!(!holds("/scores"));
    }
}
