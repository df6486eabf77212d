//! The pages: each asks the [`Source`] for its snapshot and hands it to its island. Server only.

#![allow(unreachable_pub, reason = "the macro makes public items in private places")]

mod alerts;
mod beta;
mod guide;
mod login;
mod market;
mod not_found;
mod scores;
mod settings;
mod signals;
mod symbol;
mod system;

use std::{future::Future, sync::Arc, time::Duration};

use leptos::prelude::*;
use schema::{Name, UnixMs, page::Frame, stream::Topic};

use crate::{
    frame::tabs::{Tab, more, tabs},
    island::{FrameIsland, RefreshedIsland},
    path,
    settings::Saving,
    source::Source,
};

pub(crate) use alerts::AlertsRoute;
pub use alerts::{AlertsPage, AlertsPageProps};
pub(crate) use beta::BetaRoute;
pub use beta::{BetaPage, BetaPageProps};
pub(crate) use guide::GuideRoute;
pub use guide::{GuidePage, GuidePageProps};
pub(crate) use login::LoginRoute;
pub use login::{LoginPage, LoginPageProps};
pub(crate) use market::MarketRoute;
pub use market::{MarketPage, MarketPageProps};
pub(crate) use not_found::NotFoundRoute;
pub use not_found::{LostPage, LostPageProps};
pub(crate) use scores::ScoresRoute;
pub(crate) use settings::SettingsRoute;
pub use settings::{SettingsPage, SettingsPageProps};
pub(crate) use settings::{attribute, bar_colours};
pub(crate) use signals::SignalsRoute;
pub use signals::{SignalsPage, SignalsPageProps};
pub(crate) use symbol::SymbolRoute;
pub(crate) use system::SystemRoute;
pub use system::{SystemPage, SystemPageProps};

/// A page that waits for its snapshot, with the navigation beneath it.
///
/// Where no source is in context, as when the routes are listed at the start, it says so instead.
fn awaited<F>(tab: Option<Tab>, snapshot: impl FnOnce(Arc<dyn Source>) -> F + Send + 'static) -> AnyView
where
    F: Future<Output = AnyView> + Send + 'static,
{
    let Some(source) = use_context::<Arc<dyn Source>>() else {
        return view! { <main><p class="absent">"This page has no source of data."</p></main> }.into_any();
    };
    let page = snapshot(source);
    view! {
        {more(tab)}
        <Suspense>{Suspend::new(page)}</Suspense>
        <footer class="foot">
            <a href=path::GUIDE.href()>"Guide: what each figure means"</a>
        </footer>
        {tabs(tab)}
    }
    .into_any()
}

/// A page whose content does not live, under a header that does.
fn still(frame: Frame, content: AnyView) -> AnyView {
    view! {
        <FrameIsland page=frame/>
        <main id="main" tabindex="-1">{content}</main>
    }
    .into_any()
}

/// By how much a value may be older than the tick that carries it: one is made each second.
const BEFORE_TICK: Duration = Duration::from_secs(2);

/// The time from which on content is to be asked for again, as its attribute says it.
fn again(frame: &Frame, after_ms: i64) -> String {
    let at = if frame.saving { when_told(frame) } else { UnixMs(frame.now.0 + after_ms) };
    at.0.to_string()
}

/// When a reader who saves data has received what comes after a page: before that it would be the same again, much later its figures
/// would be too old. Once that time is over, it is tried again as often as changes are sent.
fn when_told(frame: &Frame) -> UnixMs {
    let next_sent = frame.headline.as_ref().map(|held| held.as_of.plus(BEFORE_TICK + Saving::EVERY));
    next_sent.ok().filter(|next_sent| *next_sent > frame.now).unwrap_or(frame.now.plus(Saving::EVERY))
}

/// A page whose content is rendered here alone, and asked for again when one of `schemas` is written, or when the content
/// itself said that it would be time.
///
/// `oldest` is the time of the oldest value that the content shows. Cards of it are [`rendered_card`](crate::card::rendered_card)s,
/// ages in it those of `part::time`: they go on by themselves. What may change its place has an id.
fn refreshed(frame: Frame, schemas: &[Name], oldest: Option<UnixMs>, content: AnyView) -> AnyView {
    let topics = schemas.iter().map(|name| Topic::Changed(*name).to_string()).collect::<Vec<_>>();
    view! {
        <RefreshedIsland page=frame topics=topics oldest=oldest/>
        <main id="main" tabindex="-1">{content}</main>
    }
    .into_any()
}
