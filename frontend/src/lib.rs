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

/// Room for the tool that takes the code apart. It lays the constants of each part out anew, and where that takes a byte more than
/// they had, it gives all of them to what every page loads: nine kilobytes, compressed. Nothing refers to this, so it is left out.
#[cfg(feature = "split")]
#[used]
static ROOM: [u8; 1024] = [1; 1024];
