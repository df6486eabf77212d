//! The navigation, at the bottom and behind the gear in the head: plain links to whole pages.

use leptos::prelude::*;

use crate::{
    alerts::Unseen,
    path::{self, Place},
};

/// The outline of a gear, on a grid of 24.
const GEAR: &str = concat!(
    "M10.3 5L10.4 2.5H13.6L13.7 5L15.7 5.8L17.5 4.2L19.8 6.5L18.2 8.3L19 10.3L21.5 10.4V13.6L19 13.7L18.2 15.7L19.8 17.5L17.5 19.8",
    "L15.7 18.2L13.7 19L13.6 21.5H10.4L10.3 19L8.3 18.2L6.5 19.8L4.2 17.5L5.8 15.7L5 13.7L2.5 13.6V10.4L5 10.3L5.8 8.3L4.2 6.5L6.5 4.2",
    "L8.3 5.8Z",
    "M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6"
);

/// A page that navigation leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tab {
    Market,
    Scores,
    Signals,
    Beta,
    Alerts,
    System,
    Guide,
    Settings,
}

impl Tab {
    /// Those at the bottom.
    const TABS: [Self; 5] = [Self::Market, Self::Scores, Self::Signals, Self::Beta, Self::Alerts];
    /// Those behind the gear in the head.
    const MORE: [Self; 3] = [Self::System, Self::Guide, Self::Settings];

    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Market => "Market",
            Self::Scores => "Scores",
            Self::Signals => "Signals",
            Self::Beta => "Beta",
            Self::Alerts => "Alerts",
            Self::System => "System",
            Self::Guide => "Guide",
            Self::Settings => "Settings",
        }
    }

    pub(crate) const fn place(self) -> Place {
        match self {
            Self::Market => path::MARKET,
            Self::Scores => path::SCORES,
            Self::Signals => path::SIGNALS,
            Self::Beta => path::BETA,
            Self::Alerts => path::ALERTS,
            Self::System => path::SYSTEM,
            Self::Guide => path::GUIDE,
            Self::Settings => path::SETTINGS,
        }
    }

    /// The outline of its icon, on a grid of 24.
    const fn icon(self) -> &'static str {
        match self {
            Self::Market => "M4 19V11M10 19V5M16 19v-6M21 19H3",
            Self::Scores => "M4 7h10M4 12h16M4 17h7",
            Self::Signals => "M12 3v3M12 18v3M3 12h3M18 12h3M12 7.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9",
            Self::Beta => "M3 19L21 5M6 11h.01M10 16h.01M13 8h.01M18 13h.01",
            Self::Alerts => "M6 16V11a6 6 0 0 1 12 0v5l1.5 2.5h-15zM10 21h4",
            Self::System => "M3 12h4l2.5-7 5 14 2.5-7h4",
            Self::Guide => "M5 4h14v16H5zM9 9h6M9 13h6",
            Self::Settings => GEAR,
        }
    }
}

/// The navigation at the bottom, with the current page marked; none is marked on a page of no tab.
pub(crate) fn tabs(current: Option<Tab>) -> AnyView {
    let links = Tab::TABS.map(|tab| link(tab, current)).collect_view();
    view! { <nav class="tabs" aria-label="Pages">{links}</nav> }.into_any()
}

/// The pages of no tab, behind a gear in the corner of the head.
pub(crate) fn more(current: Option<Tab>) -> AnyView {
    let links = Tab::MORE.map(|tab| view! { <li>{link(tab, current)}</li> }).collect_view();
    view! {
        <nav class="more" aria-label="More">
            <details>
                <summary aria-label="More">{icon(GEAR)}</summary>
                <ol>{links}</ol>
            </details>
        </nav>
    }
    .into_any()
}

fn link(tab: Tab, current: Option<Tab>) -> AnyView {
    let unseen = use_context::<Unseen>().filter(|_| tab == Tab::Alerts).and_then(Unseen::label);
    // Always there: the page's script rewrites it when an alert comes.
    let badge = (tab == Tab::Alerts).then(|| {
        let new = unseen.map(|number| view! { {number}<span class="vh">" new"</span> });
        view! { <span class="badge n">{new}</span> }
    });
    view! {
        <a href=tab.place().href() aria-current=(current == Some(tab)).then_some("page")>
            {icon(tab.icon())}
            <span>{tab.label()}</span>
            {badge}
        </a>
    }
    .into_any()
}

fn icon(outline: &'static str) -> AnyView {
    view! { <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=outline/></svg> }.into_any()
}
