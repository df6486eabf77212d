//! `/settings`: what a reader can choose for this browser, in one form that needs no script.

use leptos::{prelude::*, tachys::html::InertElement};
use leptos_meta::Title;
use schema::{UnixMs, Zone, page::Frame};

use super::{awaited, still};
use crate::{
    access::Visitor,
    format,
    frame::tabs::Tab,
    path,
    scores::SortBy,
    settings::{Choice, Colours, MarketCard, MarketCards, Settings, Theme},
};

#[component]
pub(crate) fn SettingsRoute() -> impl IntoView {
    let settings = use_context::<Settings>().unwrap_or(Settings::PLAIN);
    let visitor = use_context::<Visitor>().unwrap_or(Visitor::Unasked);
    let page = awaited(Some(Tab::Settings), move |source| {
        let frame = source.frame();
        async move { view! { <SettingsPage frame=frame.await settings=settings visitor=visitor/> }.into_any() }
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
    /// Whose settings they are.
    visitor: Visitor,
) -> impl IntoView {
    let content = view! {
        <div class="page-title"><h1>"Settings"</h1></div>
        <form class="cards settings" method="post" action=path::SETTINGS.href()>
            {choices("Theme", settings.theme)}
            {choices("Colours of change", settings.colours)}
            {choices::<SortBy>("Scores are sorted by", settings.sort)}
            {choices("Updates", settings.saving)}
            {choices("The first page", settings.start)}
            {cards(settings.cards)}
            {clock(frame.now, settings.zone)}
            <p class="save">
                <button type="submit">"Save"</button>
                <span class="note">"Kept in a cookie of this browser for a year, and nowhere else."</span>
            </p>
        </form>
        {session(visitor)}
    };
    still(frame, content.into_any())
}

/// Which cards of the Market page are seen.
fn cards(seen: MarketCards) -> AnyView {
    let options = MarketCard::ALL.map(|card| {
        view! {
            <label class="option">
                <input type="checkbox" name=MarketCards::FIELD value=card.as_str() checked=seen.shows(card)/>
                <span>{card.label()}</span>
            </label>
        }
    });
    view! {
        <fieldset class="card">
            <legend>"Cards of the Market page"</legend>
            <input type="hidden" name=MarketCards::FIELD value=MarketCards::NOTHING/>
            <div class="options">{options.collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

/// The time zone of the page, with what each shows now.
fn clock(now: UnixMs, chosen: Zone) -> AnyView {
    let options: Vec<_> = Zone::all()
        .map(|zone| {
            view! {
                <option value=zone.ahead_min().to_string() selected=zone == chosen>
                    {format!("{zone}, now {}", format::minute(now, zone))}
                </option>
            }
        })
        .collect();
    view! {
        <fieldset class="card">
            <legend>"Time zone"</legend>
            <label class="option">
                <select name=Settings::ZONE aria-label="Time zone">{options}</select>
                <span class="note">"A fixed distance from UTC without daylight saving, named beside each time."</span>
            </label>
        </fieldset>
    }
    .into_any()
}

/// The way out of a login, or into one: nothing is saved without it.
fn session(visitor: Visitor) -> AnyView {
    match visitor {
        Visitor::Unasked => ().into_any(),
        Visitor::LoggedIn => view! {
            <form class="session" method="post" action=path::LOGOUT.href()>
                <button type="submit">"Log out"</button>
                <span class="note">"This browser is logged in."</span>
            </form>
        }
        .into_any(),
        Visitor::LoggedOut => view! {
            <p class="session">
                <a class="chip" href=path::login(path::SETTINGS.path())>"Log in"</a>
                <span class="note">"Settings are saved for readers who have logged in."</span>
            </p>
        }
        .into_any(),
    }
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

/// The theme as browsers receive it, for their own bars.
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
