//! What a request carries, for the page that is rendered for it.

use axum::http::request::Parts;
use leptos::prelude::{provide_context, use_context};

/// Provides what the request carries of a type to the page that is being rendered. Called with the reactive owner of the request.
pub(super) fn hand_on<T: Clone + Send + Sync + 'static>() {
    if let Some(carried) = use_context::<Parts>().and_then(|request| request.extensions.get::<T>().cloned()) {
        provide_context(carried);
    }
}
