//! What a reader chose for this browser: kept in one cookie, applied on the server before anything is painted.
//!
//! Pure: it reads and writes the cookie's value. What is invalid is ignored, and named to whoever
//! asks, so that the log can report it; a page is never refused over it.

mod cards;
mod choices;

use schema::Zone;

use crate::scores::SortBy;
pub use cards::{MarketCard, MarketCards};
pub use choices::{Choice, Colours, Saving, Start, Theme};

/// What a reader chose for this browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Settings {
    /// The colours of the page.
    pub theme: Theme,
    /// The colours of what rises and what falls.
    pub colours: Colours,
    /// By what the list of scores is sorted where its address does not say.
    pub sort: SortBy,
    /// The time zone of the page.
    pub zone: Zone,
    /// How changes come.
    pub saving: Saving,
    /// The page that opens first.
    pub start: Start,
    /// The cards of the Market page that are seen.
    pub cards: MarketCards,
}

impl Settings {
    /// The cookie's name.
    pub const COOKIE: &'static str = "virtuoso";
    /// The most that is read of the cookie's value, in bytes.
    pub const MAX_LEN: usize = 256;

    /// What holds where nothing was chosen.
    pub const PLAIN: Self = Self {
        theme: Theme::System,
        colours: Colours::GreenUp,
        sort: SortBy::Score,
        zone: Zone::UTC,
        saving: Saving::Off,
        start: Start::Market,
        cards: MarketCards::ALL,
    };

    /// The name of the clock in the cookie and in forms; its value is how many minutes it is ahead of UTC.
    pub const ZONE: &'static str = "zone";

    /// Reads the value of the cookie, or the body of the form: `theme=dark&colours=blind`. Invalid values are passed to
    /// `ignored`.
    #[must_use]
    pub fn read(text: &str, mut ignored: impl FnMut(&str)) -> Self {
        let mut settings = Self::PLAIN;
        let mut cards = None;
        if text.len() > Self::MAX_LEN {
            ignored("more than is ever written");
            return settings;
        }
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let known = match pair.split_once('=') {
                Some((Theme::FIELD, value)) => choose(&mut settings.theme, value),
                Some((Colours::FIELD, value)) => choose(&mut settings.colours, value),
                Some((SortBy::FIELD, value)) => choose(&mut settings.sort, value),
                Some((Saving::FIELD, value)) => choose(&mut settings.saving, value),
                Some((Start::FIELD, value)) => choose(&mut settings.start, value),
                Some((Self::ZONE, value)) => tell_by(&mut settings.zone, value),
                Some((MarketCards::FIELD, value)) => show(&mut cards, value),
                _ => false,
            };
            if !known {
                ignored(pair);
            }
        }
        settings.cards = cards.unwrap_or(MarketCards::ALL);
        settings
    }

    /// The value of the cookie. Its characters need no escape.
    #[must_use]
    pub fn cookie(&self) -> String {
        let pair = |field: &str, value: &str| format!("{field}={value}");
        let mut pairs = vec![
            pair(Theme::FIELD, self.theme.as_str()),
            pair(Colours::FIELD, self.colours.as_str()),
            pair(SortBy::FIELD, self.sort.as_str()),
            pair(Self::ZONE, &self.zone.ahead_min().to_string()),
            pair(Saving::FIELD, self.saving.as_str()),
            pair(Start::FIELD, self.start.as_str()),
            pair(MarketCards::FIELD, MarketCards::NOTHING),
        ];
        pairs.extend(self.cards.shown().map(|card| pair(MarketCards::FIELD, card.as_str())));
        pairs.join("&")
    }
}

/// Takes over a clock, if there is such a one.
fn tell_by(zone: &mut Zone, minutes: &str) -> bool {
    let found = minutes.parse().ok().and_then(|minutes| Zone::ahead(minutes).ok());
    if let Some(found) = found {
        *zone = found;
    }
    found.is_some()
}

/// Takes over one more card that is seen; the first to be named are those that are seen at all.
fn show(cards: &mut Option<MarketCards>, name: &str) -> bool {
    let before = cards.unwrap_or(MarketCards::NONE);
    let card = MarketCard::ALL.into_iter().find(|card| card.as_str() == name);
    let known = card.is_some() || name == MarketCards::NOTHING;
    if known {
        *cards = Some(card.map_or(before, |card| before.with(card)));
    }
    known
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
                    let settings = Settings { theme: *theme, colours: *colours, sort, ..Settings::PLAIN };
                    assert_eq!(read(&settings.cookie()), (settings, vec![]));
                }
            }
        }
        for zone in Zone::all() {
            for start in Start::ALL {
                let settings = Settings { zone, start: *start, saving: Saving::On, ..Settings::PLAIN };
                assert_eq!(read(&settings.cookie()), (settings, vec![]));
            }
        }
        for which in 0..32_u8 {
            let chosen = MarketCard::ALL.into_iter().filter(|card| which >> *card as u8 & 1 == 1);
            let settings = Settings { cards: chosen.fold(MarketCards::NONE, MarketCards::with), ..Settings::PLAIN };
            assert_eq!(read(&settings.cookie()), (settings, vec![]));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_named_and_changes_nothing_else() {
        let (settings, ignored) = read("theme=pink&colours=blind&tempo=fast&sort&zone=7&show=clouds");
        assert_eq!(settings, Settings { colours: Colours::Blind, ..Settings::PLAIN });
        assert_eq!(ignored, ["theme=pink", "tempo=fast", "sort", "zone=7", "show=clouds"]);
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
