//! A symbol's name.

use leptos::prelude::*;
use schema::Symbol;

/// The coin in full weight and the quote currency quietly behind it: it is the same for nearly all.
pub(crate) fn symbol(symbol: &Symbol) -> AnyView {
    let text = symbol.as_str();
    let (coin, quote) = match text.strip_suffix("USDT") {
        Some(coin) if !coin.is_empty() => (coin, "USDT"),
        _ => (text, ""),
    };
    view! { <span class="symbol">{coin.to_owned()}<small>{quote}</small></span> }.into_any()
}
