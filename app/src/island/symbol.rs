//! The page of one symbol.

use leptos::prelude::*;
use schema::{Symbol, page::SymbolPage, stream::Topic};

use crate::{
    card::{
        book::book, conditions::conditions, confluence::confluence, dimensions::dimensions, history::history,
        key_levels::key_levels, price_strip::price_strip,
    },
    frame::framed,
    island::hole,
    live::{Opened, Store, connect, reader, refresh},
    path,
};

island!(
    /// The page of one symbol: price, score, and the score taken apart.
    SymbolIsland(
        /// The page's snapshot.
        page: SymbolPage,
        /// Whether the reader watches it.
        watched: bool,
    ) => symbol, in symbol_part
);

fn symbol(page: SymbolPage, watched: bool) -> AnyView {
    let found = RwSignal::new(page.breakdown);
    let opened = Opened { symbol: page.symbol, breakdown: found };
    let store = Store::new(&page.frame).beside(opened);
    let topics = [Topic::Breakdown(page.symbol)];
    connect(store, &topics, Some(reader(opened)), page.frame.now, Some(page.frame.stamp));
    refresh(store);
    let title = view! {
        <div class="page-title">
            <a class="back" href=path::SCORES.href()>"‹ All scores"</a>
            <h1>{page.symbol.to_string()}</h1>
            {star(page.symbol, watched)}
        </div>
    };
    let cards = view! {
        <div class="cards one-symbol">
            {price_strip(store, found)}
            {hole()}
            {confluence(store, found)}
            {dimensions(store, found)}
            {history(store, found)}
            {key_levels(store, found)}
            {book(store, found)}
            {conditions(store, found)}
        </div>
    };
    framed(store, title.into_any(), cards.into_any())
}

/// A form, so that it works before and without any script; it leads back to the page.
fn star(symbol: Symbol, watched: bool) -> AnyView {
    let (mark, label, to) = if watched { ("★", "Watched", "off") } else { ("☆", "Watch", "on") };
    view! {
        <form class="watch" method="post" action=path::WATCH.href()>
            <input type="hidden" name="symbol" value=symbol.to_string()/>
            <button class="chip" type="submit" name="watch" value=to aria-pressed=watched.to_string()>
                <span aria-hidden="true">{mark}</span>
                {format!(" {label}")}
            </button>
        </form>
    }
    .into_any()
}
