//! The document around every page, and the list of pages. Server only.

#![allow(unreachable_pub, reason = "the macro makes public items in private places")]

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    location::{RequestUrl, Url},
    path as route,
};

use crate::{
    files::{Files, loader},
    page::{
        AlertsRoute, BetaRoute, GuideRoute, LoginRoute, MarketRoute, NotFoundRoute, ScoresRoute, SettingsRoute,
        SignalsRoute, SymbolRoute, SystemRoute, attribute, bar_colours,
    },
    path,
    settings::Settings,
};

const DESCRIPTION: &str =
    "Crypto perpetual futures, scored from six directions; every figure live, dated or missing with its reason.";

/// The whole document, in the colours that its reader chose.
pub fn shell(options: LeptosOptions, files: Arc<Files>) -> impl IntoView {
    let settings = use_context::<Settings>().unwrap_or(Settings::PLAIN);
    provide_context(Arc::clone(&files));
    // An address that cannot be read is of no page.
    let asked = use_context::<RequestUrl>().and_then(|url| url.parse().ok()).unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-edition=files.edition.clone() data-theme=attribute(settings.theme) data-colours=attribute(settings.colours)>
            <head>
                <meta charset="utf-8"/>
                // Before every address, because they are relative to it.
                {base(asked.path())}
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"/>
                <meta name="description" content=DESCRIPTION/>
                {bar_colours(settings.theme)}
                <meta name="mobile-web-app-capable" content="yes"/>
                <meta name="format-detection" content="telephone=no"/>
                <link rel="icon" href=path::ICON.href() type="image/svg+xml"/>
                <link rel="apple-touch-icon" href=path::TOUCH_ICON.href()/>
                <link rel="manifest" href=path::MANIFEST.href()/>
                <HashedStylesheet options=options.clone() id="leptos" root=files.root.clone()/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options=options islands=true root=files.root.clone()/>
                {loader(&files)}
                // Browsers have it where the connection is private, and on the machine itself.
                <script nonce=use_nonce()>{keep_pictures()}</script>
                <script type="module" src=format!("{}/{SCRIPT}", files.root)></script>
                <MetaTags/>
            </head>
            <body>
                <a class="skip" href=content(&asked)>"Skip to content"</a>
                <App/>
                {bars(&asked)}
            </body>
        </html>
    }
}

/// Where the root is, on a page that does not lie there.
fn base(path: &str) -> Option<impl IntoView + use<>> {
    let root = path::to_root(path);
    (!root.is_empty()).then(|| view! { <base href=root/> })
}

/// The way past the header to the content of the page that was asked for.
fn content(asked: &Url) -> String {
    if path::to_root(asked.path()).is_empty() {
        return "#main".to_owned();
    }
    // A page that says where its root is links to itself from there.
    let question = if asked.search().is_empty() { "" } else { "?" };
    format!(".{}{question}{}#main", asked.path(), asked.search())
}

/// Has the browser keep the last picture of each page, once it has shown this one, and ask for the page of a tab that is touched.
/// To look at the alerts is to have seen them, so they are not asked for before they are opened.
fn keep_pictures() -> String {
    format!(
        "addEventListener('load',()=>navigator.serviceWorker?.register('{}'));\
         addEventListener('pointerdown',({{target}})=>{{const a=target.closest?.('.tabs a:not([aria-current],[href={}])');\
         if(a)navigator.serviceWorker?.controller?.postMessage(a.href)}});",
        path::WORKER,
        path::ALERTS.href(),
    )
}

/// The name of what a page does beside its WebAssembly, in the folder of its files. It is a file, for a page is fetched often.
pub const SCRIPT: &str = "page.js";

/// What is in it: its source without the comments.
#[must_use]
pub fn script() -> String {
    let lines = include_str!("shell/page.js").lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .fold(String::new(), |script, line| script + line + "\n")
}

/// What a page may have to say of itself, above the tabs: that its login ended, that the server is of another build, or that its code
/// did not load. Its style shows each when it is so.
fn bars(asked: &Url) -> impl IntoView + use<> {
    let question = if asked.search().is_empty() { "" } else { "?" };
    let login = path::login(&format!("{}{question}{}", asked.path(), asked.search()));
    view! {
        <div class="bars" role="status">
            <p class="bar signed-out">"Signed out. "<a href=login>"Log in"</a></p>
            <p class="bar outdated">"Updated. "<button type="button">"Reload"</button></p>
            <p class="bar unloaded">"Not live: a part of this page did not load. "<button type="button">"Reload"</button></p>
        </div>
    }
}

/// The list of pages.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=|page: String| if page.is_empty() { "Virtuoso".to_owned() } else { format!("{page} · Virtuoso") }/>
        <Router>
            <Routes fallback=NotFoundRoute>
                <Route path=route!("/") view=MarketRoute ssr=SsrMode::Async/>
                <Route path=route!("/mobile") view=MarketRoute ssr=SsrMode::Async/>
                <Route path=route!("/scores") view=ScoresRoute ssr=SsrMode::Async/>
                <Route path=route!("/signals") view=SignalsRoute ssr=SsrMode::Async/>
                <Route path=route!("/symbol/:symbol") view=SymbolRoute ssr=SsrMode::Async/>
                <Route path=route!("/beta") view=BetaRoute ssr=SsrMode::Async/>
                <Route path=route!("/alerts") view=AlertsRoute ssr=SsrMode::Async/>
                <Route path=route!("/system") view=SystemRoute ssr=SsrMode::Async/>
                <Route path=route!("/guide") view=GuideRoute ssr=SsrMode::Async/>
                <Route path=route!("/settings") view=SettingsRoute ssr=SsrMode::Async/>
                <Route path=route!("/login") view=LoginRoute ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}
