//! The dashboard: pages, cards, islands and the live client.
//!
//! The server renders a page from the snapshot that a [`Source`] gives it; the browser hydrates the page's one island from
//! that very snapshot and then keeps it live over one stream.
//! It never asks a cache or an exchange, and it never shows a number that nobody measured: whoever shows a
//! [`schema::Reading`] or a [`schema::Figure`] matches on it.
//!
//! Read on in [`island`] for what a page is made of, in [`live`] for how it stays current, in [`format`](mod@format) for how
//! numbers become text, and in [`scores`] for how the list of symbols is put in order.

// The views of a page are one deep type.
#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
pub mod access;
#[cfg(feature = "ssr")]
pub mod alerts;
#[cfg(feature = "ssr")]
pub mod beta;
mod card;
#[cfg(feature = "ssr")]
pub mod chart;
pub mod decode;
#[cfg(feature = "ssr")]
pub mod files;
pub mod format;
mod frame;
#[cfg(feature = "ssr")]
pub mod heat;
pub mod island;
pub mod live;
mod part;
pub mod path;
pub mod scores;
#[cfg(feature = "ssr")]
pub mod settings;

pub mod watchlist;

#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
pub mod source;

#[cfg(feature = "ssr")]
pub use page::{
    AlertsPage, AlertsPageProps, BetaPage, BetaPageProps, GuidePage, GuidePageProps, LoginPage, LoginPageProps,
    LostPage, LostPageProps, MarketPage, MarketPageProps, SettingsPage, SettingsPageProps, SignalsPage,
    SignalsPageProps, SystemPage, SystemPageProps,
};
#[cfg(feature = "ssr")]
pub use shell::{App, SCRIPT, script, shell};
#[cfg(feature = "ssr")]
pub use source::{Answer, Source};
