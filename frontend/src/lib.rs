//! The browser's entry point: hydrates the islands of the page.

// The islands are exports of `app`; without this line the linker would leave them out.
use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page once the module is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
