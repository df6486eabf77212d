//! Markup as text, for what is on a page many times.
//!
//! A browser parses the text of an element faster than a script builds each of its parts. A part that has a view as well writes the very
//! same markup; its test says so.

/// The content of an element, escaped.
#[derive(Debug, Default)]
pub(crate) struct Markup(String);

/// Names and values.
pub(crate) type Attributes<'a> = &'a [(&'static str, &'a str)];

impl Markup {
    /// Begins an element; [`close`](Self::close) ends it.
    pub(crate) fn open(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    pub(crate) fn close(&mut self, name: &'static str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// A whole element that holds nothing but a text.
    pub(crate) fn leaf(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) {
        self.open(name, attributes);
        self.text(text);
        self.close(name);
    }

    pub(crate) fn text(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                other => self.0.push(other),
            }
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// What a part writes is what its view is on the server, but that it leads on when it is touched: it takes no focus.
#[cfg(all(test, feature = "ssr"))]
pub(crate) fn assert_same(view: leptos::prelude::AnyView, write: impl FnOnce(&mut Markup)) {
    use leptos::prelude::RenderHtml as _;

    let mut markup = Markup::default();
    write(&mut markup);
    // Only hydration goes by these marks, and a part is hydrated as a whole.
    assert_eq!(markup.into_text(), view.to_html().replace("<!>", "").replace(" tabindex=\"0\"", ""));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_stands_in_it_is_never_taken_for_markup() {
        let mut markup = Markup::default();
        markup.open("td", &[("title", "\"><script>")]);
        markup.leaf("b", &[], "</b>&amp;");
        markup.close("td");
        let text = "<td title=\"&quot;&gt;&lt;script&gt;\"><b>&lt;/b&gt;&amp;amp;</b></td>";
        assert_eq!(markup.into_text(), text);
    }

    proptest! {
        #[test]
        fn any_text_is_one_text(text in any::<String>()) {
            let mut markup = Markup::default();
            markup.text(&text);
            let written = markup.into_text();
            prop_assert!(!written.contains(['<', '>', '"']));
            let read = written.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            prop_assert_eq!(read, text);
        }
    }
}
