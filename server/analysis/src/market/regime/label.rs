//! The labels of the table, each with the condition that leads to it.

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident $text:literal)+) => {
        /// A label of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Label {
            $($(#[$doc])* $name),+
        }

        impl Label {
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
    /// Strongly bullish, narrow.
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
