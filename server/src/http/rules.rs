//! `POST /alerts/rules` and `POST /alerts/rules/remove`: what the forms of the Alerts page send.
//!
//! Both lead back to the page, which says what is in force, or why nothing was changed.

use std::sync::Arc;

use app::{
    alerts::{Query, Refused},
    path::{self, Place},
};
use axum::{
    Form,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use schema::{MarketUniverse, rule::Rule};
use serde::Deserialize;

use super::{redirect::redirect, state::AppState};
use crate::{
    chain::chain,
    rules::{
        Rules, Unchanged,
        listed::{self, NotListed},
    },
};

/// The form of a new rule: a figure with its side and level, or the way a symbol turns.
#[derive(Debug, Deserialize)]
pub(crate) struct NewRule {
    symbol: String,
    figure: Option<String>,
    side: Option<String>,
    level: Option<String>,
    turns: Option<String>,
}

impl NewRule {
    /// The rule in its words, as they were sent.
    fn words(&self) -> String {
        let symbol = match self.symbol.trim() {
            "" => "any",
            symbol => symbol,
        };
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        match &self.turns {
            Some(way) => format!("{symbol} turns {way}"),
            None => format!("{symbol} {} {} {}", word(&self.figure), word(&self.side), word(&self.level)),
        }
    }
}

/// The form that removes a rule.
#[derive(Debug, Deserialize)]
pub(crate) struct OldRule {
    rule: String,
}

/// `POST /alerts/rules`.
pub(crate) async fn add(State(state): State<AppState>, Form(new): Form<NewRule>) -> Response {
    if state.rules.is_none() {
        return redirect(path::RULES.path(), Refused::NotHere.address());
    }
    let words = new.words();
    let rule = match words.parse::<Rule>() {
        Ok(rule) => rule,
        Err(error) => {
            tracing::debug!(%error, "a rule that cannot be read is refused");
            return redirect(path::RULES.path(), &Query::refusing(&words));
        }
    };
    // Before the first list of the exchange a symbol is taken as it is written; the page shows whether it is listed.
    let universe = state.cache.peek::<MarketUniverse>(&()).await;
    let resolved = universe.map_or(Ok(rule), |universe| listed::resolve(rule, &universe.value));
    match resolved {
        Ok(rule) => change(&state, path::RULES, &rule.to_string(), Rules::add).await,
        Err(NotListed { nearest, .. }) => redirect(path::RULES.path(), &Query::proposing(&nearest)),
    }
}

/// `POST /alerts/rules/remove`.
pub(crate) async fn remove(State(state): State<AppState>, Form(old): Form<OldRule>) -> Response {
    change(&state, path::RULE_REMOVED, &old.rule, Rules::remove).await
}

async fn change(
    state: &AppState,
    from: Place,
    words: &str,
    change: fn(&Rules, Rule) -> Result<(), Unchanged>,
) -> Response {
    let refused = match (&state.rules, words.parse::<Rule>()) {
        (None, _) => Some(Refused::NotHere),
        (Some(_), Err(error)) => {
            tracing::debug!(%error, "a rule that cannot be read is refused");
            Some(Refused::NotARule)
        }
        (Some(rules), Ok(rule)) => {
            let rules = Arc::clone(rules);
            match tokio::task::spawn_blocking(move || change(&rules, rule)).await {
                Ok(Ok(())) => None,
                Ok(Err(Unchanged::Twice)) => Some(Refused::Twice),
                Ok(Err(Unchanged::Full)) => Some(Refused::Full),
                Ok(Err(Unchanged::File(error))) => {
                    tracing::warn!(error = chain(&error), "the rules were not changed");
                    Some(Refused::File)
                }
                Err(error) => {
                    tracing::error!(%error, "changing the rules ended without a result");
                    return StatusCode::INTERNAL_SERVER_ERROR.into_response();
                }
            }
        }
    };
    let place = refused.map_or_else(|| format!("{}#rules", path::ALERTS), |refused| refused.address().to_owned());
    redirect(from.path(), &place)
}
