//! `/guide`: what each figure means. Nothing of it is loaded as code: it is rendered here, under a header that lives.

mod words;

use leptos::prelude::*;
use leptos_meta::Title;
use schema::page::Frame;

use super::{awaited, still};
use crate::{
    format,
    frame::tabs::Tab,
    source::{Guide, GuideDimension, GuideMeasure, GuideTerm},
};

#[component]
pub(crate) fn GuideRoute() -> impl IntoView {
    let page = awaited(Some(Tab::Guide), |source| {
        let (guide, frame) = (source.guide(), source.frame());
        async move { view! { <GuidePage frame=frame.await guide=guide/> }.into_any() }
    });
    view! { <Title text="Guide"/>{page} }
}

/// The Guide: how to read a figure, the words of the cards, and every measure behind a score.
#[component]
pub fn GuidePage(
    /// The frame's snapshot.
    frame: Frame,
    /// The measures.
    guide: Guide,
) -> impl IntoView {
    let Guide { dimensions, timeframes, conditions } = guide;
    let note = format!(
        "Measures of candles are made for four timeframes, which share their weight: {timeframes}. What is missing \
         counts as 0: it pulls a score towards 50."
    );
    let content = view! {
        <div class="page-title"><h1>"Guide"</h1></div>
        <div class="cards guide">
            {terms("reading", "Reading a figure", words::READING)}
            {terms("score", "The score", words::SCORE)}
            {terms("market", "The market", words::MARKET)}
            {terms("beta", "Beta to Bitcoin", words::BETA)}
            {terms("contract", "One contract", words::CONTRACT)}
            {terms("rules", "Rules of alerts", words::RULES)}
            {terms("conditions", "Conditions: how far a score is to be trusted", &conditions)}
            <h2 class="guide-part">"Where a score comes from"</h2>
            <p class="guide-note">{note}</p>
            {dimensions.iter().map(dimension).collect_view()}
        </div>
    };
    still(frame, content.into_any())
}

fn terms(id: &'static str, title: &'static str, terms: &[GuideTerm]) -> AnyView {
    let heading = format!("{id}-heading");
    view! {
        <section class="card" aria-labelledby=heading>
            <div class="card-head"><h2 id=heading.clone()>{title}</h2></div>
            <dl class="terms">
                {terms
                    .iter()
                    .map(|term| view! { <div id=term.id><dt>{term.label}</dt><dd>{term.about}</dd></div> })
                    .collect_view()}
            </dl>
        </section>
    }
    .into_any()
}

fn dimension(chapter: &GuideDimension) -> AnyView {
    let heading = format!("{}-heading", chapter.dimension.as_str());
    view! {
        <section class="card" aria-labelledby=heading>
            <div class="card-head">
                <h2 id=heading.clone()>{chapter.dimension.label()}</h2>
                <p class="age">{format!("{} of the score", percent(chapter.weight))}</p>
            </div>
            <dl class="terms">{chapter.measures.iter().map(measure).collect_view()}</dl>
        </section>
    }
    .into_any()
}

fn measure(measure: &GuideMeasure) -> AnyView {
    let GuideMeasure { term, inputs, figure, weight } = measure;
    view! {
        <div id=term.id>
            <dt>{term.label}<span class="n">{percent(*weight)}</span></dt>
            <dd>{term.about}</dd>
            <dd class="note">{format!("From {inputs}. Raw figure: {figure}.")}</dd>
        </div>
    }
    .into_any()
}

fn percent(share: f64) -> String {
    format::percent(share * 100.0, 0)
}
