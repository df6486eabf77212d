//! The cards. Each shows one schema in every state it can be in.

#[cfg(feature = "ssr")]
pub(crate) mod alerts;
#[cfg(feature = "ssr")]
pub(crate) mod beta_lines;
#[cfg(feature = "ssr")]
pub(crate) mod betas;
pub(crate) mod book;
#[cfg(feature = "ssr")]
pub(crate) mod breadth;
pub(crate) mod conditions;
pub(crate) mod confluence;
#[cfg(feature = "ssr")]
pub(crate) mod contracts;
pub(crate) mod dimensions;
#[cfg(feature = "ssr")]
pub(crate) mod ended_ideas;
#[cfg(feature = "ssr")]
pub(crate) mod feed;
mod filters;
pub(crate) mod history;
#[cfg(feature = "ssr")]
pub(crate) mod ideas;
pub(crate) mod key_levels;
#[cfg(feature = "ssr")]
pub(crate) mod movers;
#[cfg(feature = "ssr")]
mod new_rule;
#[cfg(feature = "ssr")]
pub(crate) mod overview;
#[cfg(feature = "ssr")]
pub(crate) mod perps;
pub(crate) mod price_strip;
#[cfg(feature = "ssr")]
pub(crate) mod rules;
#[cfg(feature = "ssr")]
pub(crate) mod schemas;
pub(crate) mod score_list;
mod score_row;
#[cfg(feature = "ssr")]
pub(crate) mod servers;
mod shell;
#[cfg(feature = "ssr")]
pub(crate) mod streams;
#[cfg(feature = "ssr")]
pub(crate) mod tasks;
#[cfg(feature = "ssr")]
mod tested;

pub(crate) use shell::{Look, card, steady_card};
#[cfg(feature = "ssr")]
pub(crate) use shell::{rendered_card, rendered_plain_card};
