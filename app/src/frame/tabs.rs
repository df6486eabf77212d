//! The bottom navigation: plain links to whole pages.

use leptos::prelude::*;

use crate::path;

/// A page of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Market,
    Scores,
    Signals,
    Beta,
}

impl Tab {
    const ALL: [Self; 4] = [Self::Market, Self::Scores, Self::Signals, Self::Beta];

    const fn label(self) -> &'static str {
        match self {
            Self::Market => "Market",
            Self::Scores => "Scores",
            Self::Signals => "Signals",
            Self::Beta => "Beta",
        }
    }

    const fn href(self) -> &'static str {
        match self {
            Self::Market => path::MARKET,
            Self::Scores => path::SCORES,
            Self::Signals => path::SIGNALS,
            Self::Beta => path::BETA,
        }
    }

    /// The outline of its icon, on a grid of 24.
    const fn icon(self) -> &'static str {
        match self {
            Self::Market => "M4 19V11M10 19V5M16 19v-6M21 19H3",
            Self::Scores => "M4 7h10M4 12h16M4 17h7",
            Self::Beta => "M3 19L21 5M6 11h.01M10 16h.01M13 8h.01M18 13h.01",
            Self::Signals => "M12 3v3M12 18v3M3 12h3M18 12h3M12 7.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9",
        }
    }
}

/// The navigation, with the page it stands on marked; none is marked on a page of no tab.
pub(crate) fn tabs(current: Option<Tab>) -> AnyView {
    let links: Vec<_> = Tab::ALL
        .into_iter()
        .map(|tab| {
            view! {
                <a href=tab.href() aria-current=(current == Some(tab)).then_some("page")>
                    <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=tab.icon()/></svg>
                    <span>{tab.label()}</span>
                </a>
            }
        })
        .collect();
    view! { <nav class="tabs" aria-label="Pages">{links}</nav> }.into_any()
}
