//! The labels of the market's regime, each with the condition that leads to it.

use serde::{Deserialize, Serialize};

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident $text:literal)+) => {
        /// A label of the market's regime.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Label {
            $($(#[$doc])* #[serde(rename = $text)] $name),+
        }

        impl Label {
            /// Every label.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The label for people.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }
        }
    };
}

impl Label {
    /// The label as one word: `risk_on`.
    #[must_use]
    pub fn word(self) -> String {
        self.as_str().to_ascii_lowercase().replace([' ', '-'], "_")
    }

    /// The label that is written so for people.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|label| label.as_str() == text)
    }

    /// The label that is written so as one word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|label| label.word() == word)
    }
}

labels! {
    /// Bearish, dispersion high.
    VolatileSelloff "Volatile Selloff"
    /// Bullish, dispersion high.
    VolatileRally "Volatile Rally"
    /// Neutral, dispersion high.
    ChoppyWaters "Choppy Waters"
    /// Strongly bullish, broad, greed.
    EuphoricRally "Euphoric Rally"
    /// Strongly bullish, broad.
    BroadRally "Broad Rally"
    /// Mean score strongly bullish, narrow.
    SelectiveStrength "Selective Strength"
    /// Strongly bullish.
    BullishMomentum "Bullish Momentum"
    /// Bullish, broad, BTC dominance falling.
    AltSeason "Alt Season"
    /// Bullish, broad.
    RiskOn "Risk-On"
    /// Bullish, fear.
    AccumulationZone "Accumulation Zone"
    /// Bullish.
    MildUptrend "Mild Uptrend"
    /// Strongly bearish, narrow, extreme fear.
    Capitulation "Capitulation"
    /// Strongly bearish, narrow.
    BroadSelloff "Broad Selloff"
    /// Strongly bearish, BTC dominance rising.
    FlightToBtc "Flight to BTC"
    /// Strongly bearish.
    BearishMomentum "Bearish Momentum"
    /// Bearish, greed.
    DistributionZone "Distribution Zone"
    /// Bearish, narrow.
    RiskOff "Risk-Off"
    /// Bearish.
    MildDowntrend "Mild Downtrend"
    /// Neutral, dispersion elevated.
    ChoppyRange "Choppy Range"
    /// Neutral, broad, greed.
    ToppingFormation "Topping Formation"
    /// Neutral, narrow, fear.
    BottomingFormation "Bottoming Formation"
    /// Neutral, BTC dominance falling.
    AltAccumulation "Alt Accumulation"
    /// Neutral.
    Consolidation "Consolidation"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_found_by_its_text_and_by_its_word() {
        for label in Label::ALL.iter().copied() {
            assert_eq!((Label::of_text(label.as_str()), Label::of_word(&label.word())), (Some(label), Some(label)));
            assert!(label.word().bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", label.word());
            assert_eq!(serde_json::to_value(label).unwrap(), label.as_str());
        }
        assert_eq!((Label::RiskOn.word(), Label::FlightToBtc.word()), ("risk_on".into(), "flight_to_btc".into()));
        assert_eq!((Label::of_text("risk_on"), Label::of_word("Risk-On"), Label::of_word("")), (None, None, None));
    }
}
