//! What a reader can choose one of.

use std::time::Duration;

use crate::{frame::tabs::Tab, path::Place, scores::SortBy};

/// The colours of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Theme {
    /// As the device is set.
    System,
    /// Dark, always.
    Dark,
    /// Light, always.
    Light,
}

/// The colours of what rises and what falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colours {
    /// Up is green, down is red.
    GreenUp,
    /// Up is red, down is green, as in East Asia.
    RedUp,
    /// Up is blue, down is orange: distinguishable without seeing red or green.
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

/// Whether changes come as they happen, or together every few seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Saving {
    /// As they happen, four times a second at most.
    Off,
    /// Every five seconds, and the size of the stream is shown.
    On,
}

impl Saving {
    /// How often a reader who saves data receives changes.
    pub const EVERY: Duration = Duration::from_secs(5);
}

impl Choice for Saving {
    const ALL: &'static [Self] = &[Self::Off, Self::On];
    const FIELD: &'static str = "saving";

    fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Off => "Live",
            Self::On => "Every 5 s, to save data",
        }
    }
}

/// The page that opens first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// The Market page.
    Market,
    /// The Scores page.
    Scores,
    /// The Signals page.
    Signals,
    /// The Beta page.
    Beta,
    /// The Alerts page.
    Alerts,
}

impl Start {
    /// Where it is.
    #[must_use]
    pub const fn place(self) -> Place {
        self.tab().place()
    }

    const fn tab(self) -> Tab {
        match self {
            Self::Market => Tab::Market,
            Self::Scores => Tab::Scores,
            Self::Signals => Tab::Signals,
            Self::Beta => Tab::Beta,
            Self::Alerts => Tab::Alerts,
        }
    }
}

impl Choice for Start {
    const ALL: &'static [Self] = &[Self::Market, Self::Scores, Self::Signals, Self::Beta, Self::Alerts];
    const FIELD: &'static str = "start";

    fn as_str(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Scores => "scores",
            Self::Signals => "signals",
            Self::Beta => "beta",
            Self::Alerts => "alerts",
        }
    }

    fn label(self) -> &'static str {
        self.tab().label()
    }
}
