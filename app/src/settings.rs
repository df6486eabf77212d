//! What a reader chose for this browser: kept in one cookie, applied on the server before anything is painted.
//!
//! Pure: it reads and writes the cookie's value. What cannot be meant is left as if it had not been said, and named to whoever
//! asks, so that the log can tell of it; a page is never refused over it.

use crate::scores::SortBy;

/// The colours of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// As the device is set.
    System,
    /// Dark, always.
    Dark,
    /// Light, always.
    Light,
}

/// The colours of what rises and what falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// Up is green, down is red.
    GreenUp,
    /// Up is red, down is green, as in East Asia.
    RedUp,
    /// Up is blue, down is orange: told apart without seeing red or green.
    Blind,
}

/// One of a few that a reader can choose.
pub trait Choice: Copy + PartialEq + 'static {
    /// All of them, the first being what holds where nothing was chosen.
    const ALL: &'static [Self];
    /// The name of the choice in the cookie and in forms.
    const FIELD: &'static str;

    /// The name of this one in the cookie and in forms.
    fn as_str(self) -> &'static str;

    /// The name for people.
    fn label(self) -> &'static str;
}

impl Choice for Theme {
    const ALL: &'static [Self] = &[Self::System, Self::Dark, Self::Light];
    const FIELD: &'static str = "theme";

    fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::System => "As the device",
            Self::Dark => "Dark",
            Self::Light => "Light",
        }
    }
}

impl Choice for Colours {
    const ALL: &'static [Self] = &[Self::GreenUp, Self::RedUp, Self::Blind];
    const FIELD: &'static str = "colours";

    fn as_str(self) -> &'static str {
        match self {
            Self::GreenUp => "green-up",
            Self::RedUp => "red-up",
            Self::Blind => "blind",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::GreenUp => "Green up, red down",
            Self::RedUp => "Red up, green down",
            Self::Blind => "Blue up, orange down",
        }
    }
}

impl Choice for SortBy {
    const ALL: &'static [Self] = &Self::ALL;
    const FIELD: &'static str = "sort";

    fn as_str(self) -> &'static str {
        Self::as_str(self)
    }

    fn label(self) -> &'static str {
        Self::label(self)
    }
}

/// What a reader chose for this browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The colours of the page.
    pub theme: Theme,
    /// The colours of what rises and what falls.
    pub colours: Colours,
    /// By what the list of scores is sorted where its address does not say.
    pub sort: SortBy,
}

impl Settings {
    /// The cookie's name.
    pub const COOKIE: &'static str = "virtuoso";
    /// The most that is read of the cookie's value, in bytes.
    pub const MAX_LEN: usize = 256;

    /// What holds where nothing was chosen.
    pub const PLAIN: Self = Self { theme: Theme::System, colours: Colours::GreenUp, sort: SortBy::Score };

    /// Reads the value of the cookie, or the body of the form: `theme=dark&colours=blind`. What cannot be meant is told to
    /// `ignored`.
    #[must_use]
    pub fn read(text: &str, mut ignored: impl FnMut(&str)) -> Self {
        let mut settings = Self::PLAIN;
        if text.len() > Self::MAX_LEN {
            ignored("more than is ever written");
            return settings;
        }
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let known = match pair.split_once('=') {
                Some((Theme::FIELD, value)) => choose(&mut settings.theme, value),
                Some((Colours::FIELD, value)) => choose(&mut settings.colours, value),
                Some((SortBy::FIELD, value)) => choose(&mut settings.sort, value),
                _ => false,
            };
            if !known {
                ignored(pair);
            }
        }
        settings
    }

    /// The value of the cookie. Its characters need no escape.
    #[must_use]
    pub fn cookie(&self) -> String {
        let pair = |field: &str, value: &str| format!("{field}={value}");
        [
            pair(Theme::FIELD, self.theme.as_str()),
            pair(Colours::FIELD, self.colours.as_str()),
            pair(SortBy::FIELD, self.sort.as_str()),
        ]
        .join("&")
    }
}

/// The choice of a name, if there is one.
fn choose<C: Choice>(chosen: &mut C, name: &str) -> bool {
    let found = C::ALL.iter().find(|choice| choice.as_str() == name);
    if let Some(found) = found {
        *chosen = *found;
    }
    found.is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let mut ignored = Vec::new();
        let settings = Settings::read(text, |pair| ignored.push(pair.to_owned()));
        (settings, ignored)
    }

    #[test]
    fn every_choice_survives_the_cookie() {
        for theme in Theme::ALL {
            for colours in Colours::ALL {
                for sort in SortBy::ALL {
                    let settings = Settings { theme: *theme, colours: *colours, sort };
                    assert_eq!(read(&settings.cookie()), (settings, vec![]));
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_meant_is_named_and_changes_nothing_else() {
        let (settings, ignored) = read("theme=pink&colours=blind&tempo=fast&sort");
        assert_eq!(settings, Settings { colours: Colours::Blind, ..Settings::PLAIN });
        assert_eq!(ignored, ["theme=pink", "tempo=fast", "sort"]);
        assert_eq!(read(""), (Settings::PLAIN, vec![]));
    }

    proptest! {
        #[test]
        fn any_text_gives_settings_that_can_be_written(text in ".{0,400}") {
            let (settings, _) = read(&text);
            prop_assert!(settings.cookie().len() <= Settings::MAX_LEN);
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '=' | '&' | '-');
            prop_assert!(settings.cookie().chars().all(allowed));
        }
    }
}
