//! `/login`: one field, which needs no script.
//!
//! It shows nothing of the market: who reads this page may not have logged in.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    access::{Refused, Visitor},
    frame::brand,
    path,
};

/// The place of what was wrong, for the field that it is about.
const REFUSED: &str = "login-refused";

#[component]
pub(crate) fn LoginRoute() -> impl IntoView {
    let visitor = use_context::<Visitor>().unwrap_or(Visitor::LoggedOut);
    let asked = use_query_map().get_untracked().get("next").unwrap_or_default();
    let (next, refused) = match use_context::<Refused>() {
        Some(Refused { next, why }) => (next, Some(why)),
        None => (asked, None),
    };
    view! { <Title text="Log in"/><LoginPage visitor=visitor next=next refused=refused/> }
}

/// The form that logs in, or the way on where there is nothing to do.
#[component]
pub fn LoginPage(
    /// Who reads it.
    visitor: Visitor,
    /// Where the login leads.
    next: String,
    /// Why the last token was not taken.
    refused: Option<String>,
) -> impl IntoView {
    let content = match visitor {
        Visitor::LoggedOut => form(next, refused),
        Visitor::LoggedIn => done("This browser is logged in."),
        Visitor::Unasked => done("No login required."),
    };
    view! {
        <header class="top">
            <div class="top-row">{brand()}</div>
        </header>
        <main id="main" class="login">{content}</main>
    }
}

fn form(next: String, refused: Option<String>) -> AnyView {
    let invalid = refused.is_some().then_some("true");
    let about = refused.is_some().then_some(REFUSED);
    let why = refused.map(|why| view! { <p class="refused" id=REFUSED role="alert">{why}</p> });
    view! {
        <form class="card" method="post" action=path::LOGIN.href()>
            <h1>"Log in"</h1>
            <label for="token">"Token"</label>
            <input
                id="token" name="token" type="password" autocomplete="current-password" required=true
                aria-invalid=invalid aria-describedby=about
            />
            {why}
            <input type="hidden" name="next" value=next/>
            <button type="submit">"Log in"</button>
            <p class="note">"Use the token from the server configuration. This browser then stays logged in for 30 days."</p>
        </form>
    }
    .into_any()
}

fn done(words: &'static str) -> AnyView {
    view! {
        <div class="card">
            <h1>"Log in"</h1>
            <p>{words}</p>
            <p class="ways"><a class="chip" href=path::MARKET.href()>"Market"</a></p>
        </div>
    }
    .into_any()
}
