//! The cards. Each shows one schema in every state it can be in.

#[cfg(feature = "ssr")]
pub(crate) mod alerts;
#[cfg(feature = "ssr")]
pub(crate) mod beta_lines;
#[cfg(feature = "ssr")]
pub(crate) mod betas;
pub(crate) mod book;
pub(crate) mod breadth;
pub(crate) mod conditions;
pub(crate) mod confluence;
pub(crate) mod dimensions;
#[cfg(feature = "ssr")]
pub(crate) mod ended_ideas;
pub(crate) mod feed;
mod filters;
pub(crate) mod history;
#[cfg(feature = "ssr")]
pub(crate) mod ideas;
pub(crate) mod movers;
pub(crate) mod overview;
pub(crate) mod perps;
pub(crate) mod price_strip;
#[cfg(feature = "ssr")]
pub(crate) mod rules;
pub(crate) mod schemas;
pub(crate) mod score_list;
mod score_row;
pub(crate) mod servers;
mod shell;
pub(crate) mod streams;
pub(crate) mod tasks;

#[cfg(any(feature = "hydrate", feature = "ssr"))]
pub(crate) use shell::Note;
#[cfg(feature = "ssr")]
pub(crate) use shell::rendered_card;
pub(crate) use shell::{Look, card, plain_card, steady_card};
