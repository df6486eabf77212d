//! Which cards of the Market page a reader sees.

/// A card of the Market page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarketCard {
    /// The market in one look.
    Overview,
    /// How many symbols take part.
    Breadth,
    /// What positions cost, and who holds them.
    Perps,
    /// What moves most.
    Movers,
    /// The most traded symbols as a map.
    Heat,
}

impl MarketCard {
    /// Every card, in the order of the page.
    pub const ALL: [Self; 5] = [Self::Overview, Self::Breadth, Self::Perps, Self::Movers, Self::Heat];

    /// Its name in the cookie and in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Breadth => "breadth",
            Self::Perps => "perps",
            Self::Movers => "movers",
            Self::Heat => "heat",
        }
    }

    /// Its name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Breadth => "Breadth",
            Self::Perps => "Perps pulse",
            Self::Movers => "Movers",
            Self::Heat => "Heat map",
        }
    }
}

/// The cards of the Market page that a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MarketCards([bool; MarketCard::ALL.len()]);

impl MarketCards {
    /// All of them.
    pub const ALL: Self = Self([true; MarketCard::ALL.len()]);
    /// None of them.
    pub const NONE: Self = Self([false; MarketCard::ALL.len()]);

    /// The name of the choice in the cookie and in forms: once for each card that is seen.
    pub const FIELD: &'static str = "show";
    /// The value for no card, so that a form without any differs from one that does not ask.
    pub const NOTHING: &'static str = "none";

    /// Whether a card is seen.
    #[must_use]
    pub const fn shows(self, card: MarketCard) -> bool {
        self.0[card as usize]
    }

    /// The same with a card that is seen.
    #[must_use]
    pub const fn with(mut self, card: MarketCard) -> Self {
        self.0[card as usize] = true;
        self
    }

    /// Those that are seen, in the order of the page.
    pub fn shown(self) -> impl Iterator<Item = MarketCard> {
        MarketCard::ALL.into_iter().filter(move |card| self.shows(*card))
    }
}
