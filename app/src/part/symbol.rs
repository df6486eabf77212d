//! A symbol's name.

#[cfg(feature = "ssr")]
use leptos::prelude::*;
use schema::Symbol;

use super::markup::Markup;

/// The coin in full weight and the quote currency quietly behind it: it is the same for nearly all.
#[cfg(feature = "ssr")]
pub(crate) fn symbol(symbol: &Symbol) -> AnyView {
    let (coin, quote) = parts(symbol);
    view! { <span class="symbol">{coin.to_owned()}{quote.map(|quote| view! { <small>{quote}</small> })}</span> }
        .into_any()
}

/// Writes [`symbol`].
pub(crate) fn write_symbol(to: &mut Markup, symbol: &Symbol) {
    let (coin, quote) = parts(symbol);
    to.open("span", &[("class", "symbol")]);
    to.text(coin);
    if let Some(quote) = quote {
        to.leaf("small", &[], quote);
    }
    to.close("span");
}

fn parts(symbol: &Symbol) -> (&str, Option<&'static str>) {
    let text = symbol.as_str();
    match text.strip_suffix("USDT") {
        Some(coin) if !coin.is_empty() => (coin, Some("USDT")),
        _ => (text, None),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::part::markup::assert_same;

    #[test]
    fn what_is_written_is_what_is_viewed() {
        for name in ["BTCUSDT", "ETHPERP", "USDT"] {
            let one = Symbol::new(name).unwrap();
            assert_same(symbol(&one), |to| write_symbol(to, &one));
        }
    }
}
