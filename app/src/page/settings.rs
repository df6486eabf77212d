//! `/settings`: what a reader can choose for this browser, in one form that needs no script.

use leptos::{prelude::*, tachys::html::InertElement};
use leptos_meta::Title;
use schema::page::Frame;

use super::{awaited, still};
use crate::{
    frame::tabs::Tab,
    path,
    scores::SortBy,
    settings::{Choice, Colours, Settings, Theme},
};

#[component]
pub(crate) fn SettingsRoute() -> impl IntoView {
    let settings = use_context::<Settings>().unwrap_or(Settings::PLAIN);
    let page = awaited(Some(Tab::Settings), move |source| {
        let frame = source.frame();
        async move { view! { <SettingsPage frame=frame.await settings=settings/> }.into_any() }
    });
    view! { <Title text="Settings"/>{page} }
}

/// The form with all that can be chosen.
#[component]
pub fn SettingsPage(
    /// The frame's snapshot.
    frame: Frame,
    /// What is chosen now.
    settings: Settings,
) -> impl IntoView {
    let content = view! {
        <div class="page-title"><h1>"Settings"</h1></div>
        <form class="cards settings" method="post" action=path::SETTINGS>
            {choices("Theme", settings.theme)}
            {choices("Colours of change", settings.colours)}
            {choices::<SortBy>("Scores are sorted by", settings.sort)}
            <p class="save">
                <button type="submit">"Save"</button>
                <span class="note">"Kept in a cookie of this browser for a year, and nowhere else."</span>
            </p>
        </form>
    };
    still(frame, content.into_any())
}

fn choices<C: Choice>(title: &'static str, chosen: C) -> AnyView {
    let options: Vec<_> = C::ALL.iter().map(|choice| option(*choice, *choice == chosen)).collect();
    view! {
        <fieldset class="card">
            <legend>{title}</legend>
            <div class="options">{options}</div>
        </fieldset>
    }
    .into_any()
}

fn option<C: Choice>(choice: C, chosen: bool) -> AnyView {
    view! {
        <label class="option">
            <input type="radio" name=C::FIELD value=choice.as_str() checked=chosen/>
            <span>{choice.label()}</span>
            {sample::<C>(choice)}
        </label>
    }
    .into_any()
}

/// How a choice of colours looks.
fn sample<C: Choice>(choice: C) -> AnyView {
    if C::FIELD != Colours::FIELD {
        return ().into_any();
    }
    view! {
        <span class="sample" data-colours=choice.as_str() aria-hidden="true">
            <span class="n up">"+1.20%"</span>
            <span class="n down">"−0.80%"</span>
        </span>
    }
    .into_any()
}

/// The attribute of the document for a choice; none for what holds where nothing was chosen.
pub(crate) fn attribute<C: Choice>(choice: C) -> Option<&'static str> {
    (C::ALL.first() != Some(&choice)).then(|| choice.as_str())
}

/// What browsers are told of the theme, for their own bars.
pub(crate) fn bar_colours(theme: Theme) -> AnyView {
    // The views of the framework know no `media` of a `meta`.
    InertElement::new(match theme {
        Theme::System => concat!(
            r##"<meta name="color-scheme" content="dark light">"##,
            r##"<meta name="theme-color" media="(prefers-color-scheme: light)" content="#fffaf0">"##,
            r##"<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0b0d10">"##,
        ),
        Theme::Dark => r##"<meta name="color-scheme" content="dark"><meta name="theme-color" content="#0b0d10">"##,
        Theme::Light => r##"<meta name="color-scheme" content="light"><meta name="theme-color" content="#fffaf0">"##,
    })
    .into_any()
}
