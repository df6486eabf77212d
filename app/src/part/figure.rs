//! One figure, known or missing with its reason.

use leptos::prelude::*;
use schema::{Direction, Figure, Pct, Price, Why};

use super::{HIDDEN, markup::Markup};
use crate::format;

/// Which colour a figure has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Up,
    Down,
}

impl Tone {
    /// By the sign of what is shown: a change that rounds to zero has no colour.
    pub(crate) fn of_text(text: &str) -> Self {
        match text.chars().next() {
            Some('+') => Self::Up,
            Some(format::MINUS) => Self::Down,
            _ => Self::Plain,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "n",
            Self::Up => "n up",
            Self::Down => "n down",
        }
    }
}

/// What is shown of a known figure.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// The value in full where `text` shortens it.
    pub(crate) full: Option<String>,
    pub(crate) tone: Tone,
}

impl Text {
    pub(crate) const fn plain(text: String) -> Self {
        Self { text, full: None, tone: Tone::Plain }
    }

    /// A signed text, coloured by its sign.
    pub(crate) fn change(text: String) -> Self {
        Self { tone: Tone::of_text(&text), text, full: None }
    }

    /// A change in percent.
    pub(crate) fn pct(pct: Pct) -> Self {
        Self::change(format!("{}%", format::signed(pct.get(), 2)))
    }

    /// A price by its increment; one that counts its zeros carries its full value.
    pub(crate) fn price(price: Price, tick: Price) -> Self {
        let (text, full) = (format::price(price, tick), format::full_price(price, tick));
        Self { full: (text != full).then_some(full), text, tone: Tone::Plain }
    }

    /// A view that shows what it shortens when it is touched, as the style sheet has it. In a link it has to be written, for
    /// nothing in a link takes the focus.
    pub(crate) fn view(self) -> AnyView {
        let class = self.tone.class();
        match self.full {
            None => view! { <span class=class>{self.text}</span> }.into_any(),
            Some(full) => view! {
                <span class=class title=full tabindex="0">
                    <span aria-hidden="true">{self.text}</span>
                    <span class=HIDDEN>{full.clone()}</span>
                </span>
            }
            .into_any(),
        }
    }
}

impl Text {
    /// Writes the same for what leads on when it is touched.
    pub(crate) fn write(&self, to: &mut Markup) {
        let class = self.tone.class();
        match &self.full {
            None => to.leaf("span", &[("class", class)], &self.text),
            Some(full) => {
                to.open("span", &[("title", full), ("class", class)]);
                to.leaf("span", &[("aria-hidden", "true")], &self.text);
                to.leaf("span", &[("class", HIDDEN)], full);
                to.close("span");
            }
        }
    }
}

/// A dash, with the reason on hover and for screen readers.
pub(crate) fn missing(why: &Why) -> AnyView {
    dash(&why.to_string())
}

/// A dash with a reason in words, which it shows when it is touched. In a link it has to be written.
pub(crate) fn dash(reason: &str) -> AnyView {
    view! {
        <span class="missing" title=reason.to_owned() tabindex="0">
            <span aria-hidden="true">"—"</span>
            <span class=HIDDEN>{format!("missing: {reason}")}</span>
        </span>
    }
    .into_any()
}

/// Writes [`dash`].
pub(crate) fn write_dash(to: &mut Markup, reason: &str) {
    to.open("span", &[("title", reason), ("class", "missing")]);
    to.leaf("span", &[("aria-hidden", "true")], "—");
    to.open("span", &[("class", HIDDEN)]);
    to.text("missing: ");
    to.text(reason);
    to.close("span");
    to.close("span");
}

/// Writes [`figure`].
pub(crate) fn write_figure<T>(to: &mut Markup, figure: &Figure<T>, show: impl FnOnce(&T) -> Text) {
    match figure {
        Figure::Known { value, .. } => show(value).write(to),
        Figure::Missing(why) => write_dash(to, &why.to_string()),
    }
}

/// A figure where room is short: a dash stands for a missing one.
pub(crate) fn figure<T>(figure: &Figure<T>, show: impl FnOnce(&T) -> Text) -> AnyView {
    match figure {
        Figure::Known { value, .. } => show(value).view(),
        Figure::Missing(why) => missing(why),
    }
}

/// A figure with its name, for a grid of them: a missing one shows its reason beneath.
pub(crate) fn stat<T>(label: &'static str, value: &Figure<T>, show: impl FnOnce(&T) -> Text) -> AnyView {
    stat_aged(label, value, None, show)
}

/// The same with its age beside its name, where it is overdue.
pub(crate) fn stat_aged<T>(
    label: &'static str,
    value: &Figure<T>,
    ago: Option<AnyView>,
    show: impl FnOnce(&T) -> Text,
) -> AnyView {
    match value {
        Figure::Known { value, .. } => stat_with(label, ago, show(value).view(), None::<String>),
        Figure::Missing(why) => missing_stat(label, why),
    }
}

/// A named figure that is missing, with its reason beneath.
pub(crate) fn missing_stat(label: &'static str, why: &Why) -> AnyView {
    stat_of(label, dash_alone(), Some(why.to_string()))
}

/// A named figure that is always known.
pub(crate) fn plain_stat(label: &'static str, text: String) -> AnyView {
    stat_of(label, Text::plain(text).view(), None::<String>)
}

/// A named figure with a note beneath it.
pub(crate) fn stat_of(label: &'static str, shown: AnyView, note: Option<impl IntoView + 'static>) -> AnyView {
    stat_with(label, None, shown, note)
}

/// A named figure with its age beside its name, where it is overdue, and a note beneath it.
pub(crate) fn stat_with(
    label: &'static str,
    ago: Option<AnyView>,
    shown: AnyView,
    note: Option<impl IntoView + 'static>,
) -> AnyView {
    let class = if ago.is_some() { "stat overdue" } else { "stat" };
    view! {
        <div class=class>
            <dt>{label}{ago}</dt>
            <dd>{shown}</dd>
            {note.map(|note| view! { <dd class="note">{note}</dd> }.into_any())}
        </div>
    }
    .into_any()
}

/// A dash with its reason beside it in words.
pub(crate) fn dash_alone() -> AnyView {
    view! { <span class="missing" aria-hidden="true">"—"</span> }.into_any()
}

/// The word of a direction, in its colour.
pub(crate) fn direction(direction: Direction) -> AnyView {
    view! { <span class=format!("direction {}", direction_class(direction))>{direction.label()}</span> }.into_any()
}

/// Writes [`direction`].
pub(crate) fn write_direction(to: &mut Markup, direction: Direction) {
    to.leaf("span", &[("class", &format!("direction {}", direction_class(direction)))], direction.label());
}

/// The class that colours a direction.
pub(crate) const fn direction_class(direction: Direction) -> &'static str {
    match direction {
        Direction::Long => "long",
        Direction::Neutral => "neutral",
        Direction::Short => "short",
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::part::markup::assert_same;

    #[test]
    fn what_is_written_is_what_is_viewed() {
        for text in [
            Text::plain("—".to_owned()),
            Text::change("+1.20%".to_owned()),
            Text { text: "0.0₅123".to_owned(), full: Some("0.00000123".to_owned()), tone: Tone::Down },
        ] {
            assert_same(text.clone().view(), |to| text.write(to));
        }
        assert_same(dash("a <b> & c"), |to| write_dash(to, "a <b> & c"));
        for one in [Direction::Long, Direction::Neutral, Direction::Short] {
            assert_same(direction(one), |to| write_direction(to, one));
        }
    }

    #[test]
    fn what_is_shortened_or_missing_can_be_touched_unless_it_is_written() {
        let short = Text { text: "0.0₅123".to_owned(), full: Some("0.00000123".to_owned()), tone: Tone::Plain };
        let touched = |view: AnyView| view.to_html().contains(" tabindex=\"0\"");
        assert!(touched(short.clone().view()) && touched(dash("too few bars")));
        assert!(!touched(Text::plain("1.23".to_owned()).view()));
        let mut written = Markup::default();
        short.write(&mut written);
        write_dash(&mut written, "too few bars");
        assert!(!written.into_text().contains("tabindex"));
    }
}
