//! The forms that make a rule. Server only.

use leptos::prelude::*;
use schema::{
    Direction,
    overview::Label,
    rule::{Rule, Side, Watched},
};

use crate::path;

pub(super) fn forms(count: usize) -> AnyView {
    if count >= Rule::MOST {
        return view! { <p class="note">{format!("{count} rules are as many as there may be.")}</p> }.into_any();
    }
    // Amounts have a form of their own: no level of theirs is below zero, and they are written with a unit.
    let figures = Watched::ALL.into_iter().filter(|figure| *figure != Watched::Liquidated1h);
    let figures = figures.map(|figure| view! { <option value=figure.as_str()>{figure.label()}</option> });
    let sides = Side::ALL.map(|side| view! { <option value=side.as_str()>{side.as_str()}</option> });
    let ways = [Direction::Long, Direction::Short, Direction::Neutral]
        .map(|way| view! { <option value=way.label().to_lowercase()>{way.label()}</option> });
    let regimes = Label::ALL.iter().map(|label| view! { <option value=label.word()>{label.as_str()}</option> });
    view! {
        <form id="new-crossing" class="new-rule" method="post" action=path::RULES.href() aria-label="A figure crosses a level">
            {symbol()}
            <label><span>"Figure"</span><select name="figure">{figures.collect_view()}</select></label>
            <label><span>"Is"</span><select name="side">{sides.collect_view()}</select></label>
            <label>
                <span>"Level"</span>
                // No number keypad: that of iOS has no minus.
                <input
                    name="level"
                    type="text"
                    inputmode="text"
                    // The server reads what people write, such as 0,05 or −10, and states what it expects where it cannot.
                    pattern=".*[0-9].*"
                    title="A number such as -0.05 or 12.5"
                    maxlength="24"
                    autocapitalize="off"
                    autocomplete="off"
                    spellcheck="false"
                    required=true
                />
            </label>
            <button type="submit">"Add"</button>
        </form>
        <form id="new-liquidated" class="new-rule" method="post" action=path::RULES.href() aria-label="Liquidations exceed an amount">
            <input type="hidden" name="figure" value=Watched::Liquidated1h.as_str()/>
            <input type="hidden" name="side" value=Side::Above.as_str()/>
            {symbol()}
            <label>
                <span>{Watched::Liquidated1h.label()}" above"</span>
                <input
                    name="level"
                    placeholder="500k"
                    pattern=".*[0-9].*"
                    title="An amount such as 500k or 1.5M"
                    maxlength="24"
                    autocapitalize="off"
                    autocomplete="off"
                    spellcheck="false"
                    required=true
                />
            </label>
            <button type="submit">"Add"</button>
        </form>
        <form id="new-turn" class="new-rule" method="post" action=path::RULES.href() aria-label="A symbol turns">
            {symbol()}
            <label><span>"Turns"</span><select name="turns">{ways.collect_view()}</select></label>
            <button type="submit">"Add"</button>
        </form>
        <form id="new-regime" class="new-rule" method="post" action=path::RULES.href() aria-label="The market turns">
            <input type="hidden" name="symbol" value="market"/>
            <label><span>"The market turns"</span><select name="turns">{regimes.collect_view()}</select></label>
            <button type="submit">"Add"</button>
        </form>
    }
    .into_any()
}

fn symbol() -> AnyView {
    view! {
        <label>
            <span>"Symbol or “any”"</span>
            <input
                name="symbol"
                value="any"
                maxlength="24"
                autocapitalize="characters"
                autocomplete="off"
                spellcheck="false"
                required=true
            />
        </label>
    }
    .into_any()
}
