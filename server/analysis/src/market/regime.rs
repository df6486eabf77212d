//! What the market does now, by one table; every label comes with the rule and the numbers that chose it.

use std::fmt::Write as _;

use schema::{
    Figure, Pct, Score, UnixMs, Why,
    overview::{Label, Regime},
};

use super::enough;

/// Closed bars that a new label must hold before it is shown.
const BARS_TO_CHANGE: u32 = 3;
/// A mean score from here on is strongly bullish.
const STRONG: f64 = 58.0;

/// What the table reads. What is `None` matches no condition; it is never assumed neutral.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegimeInput {
    /// Mean score of the scored symbols.
    pub mean_score: Option<Score>,
    /// Symbols with a score, which the mean is made of.
    pub scored: u32,
    /// Symbols that are watched.
    pub universe: u32,
    /// Advancers ÷ (advancers + decliners) over 24 h, in percent.
    pub percent_advancing: Option<Pct>,
    /// Standard deviation of the 24 h changes over symbols, in percent.
    pub dispersion: Option<Pct>,
    /// Change of BTC over 24 h, in percent; shown in the reason, not part of a rule.
    pub btc_change_24h: Option<Pct>,
    /// Change of Bitcoin's dominance over 24 h, in percent points.
    pub btc_dominance_change: Option<f64>,
    /// The Fear & Greed index.
    pub fear_greed: Option<Score>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    StrongBullish,
    Bullish,
    Neutral,
    Bearish,
    StrongBearish,
}

impl Class {
    /// Bullish from a mean score of 53, strongly from 58 with at least half of the symbols advancing; bearish mirrored.
    fn of(mean: f64, advancing: Option<f64>) -> Self {
        if mean >= STRONG && advancing.is_some_and(|pct| pct >= 50.0) {
            Self::StrongBullish
        } else if mean >= 53.0 {
            Self::Bullish
        } else if mean <= 42.0 && advancing.is_some_and(|pct| pct <= 50.0) {
            Self::StrongBearish
        } else if mean <= 47.0 {
            Self::Bearish
        } else {
            Self::Neutral
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::StrongBullish => "strongly bullish",
            Self::Bullish => "bullish",
            Self::Neutral => "neutral",
            Self::Bearish => "bearish",
            Self::StrongBearish => "strongly bearish",
        }
    }
}

/// Reads the table: the label, and a sentence with its rule and its numbers.
///
/// # Errors
///
/// Without a mean score there is no direction and no label, and none of fewer symbols than [`enough`].
pub fn classify(input: &RegimeInput) -> Result<(Label, String), Why> {
    enough(input.scored, input.universe)?;
    let mean = input.mean_score.ok_or(Why::NotYet)?.get();
    let advancing = input.percent_advancing.map(Pct::get);
    let class = Class::of(mean, advancing);
    let is = |value: Option<f64>, test: fn(f64) -> bool| value.is_some_and(test);
    let dispersion = input.dispersion.map(Pct::get);
    let mood = input.fear_greed.map(Score::get);
    let dominance = input.btc_dominance_change;
    let high = is(dispersion, |pct| pct > 15.0);
    let elevated = is(dispersion, |pct| pct > 8.0);
    let broad = is(advancing, |pct| pct >= 60.0);
    let narrow = is(advancing, |pct| pct <= 30.0);
    // The publisher's classes: extreme fear up to 24, fear up to 46, greed from 54.
    let greed = is(mood, |value| value >= 54.0);
    let fear = is(mood, |value| value <= 46.0);
    let extreme_fear = is(mood, |value| value <= 24.0);
    let falling = is(dominance, |points| points <= -0.2);
    let rising = is(dominance, |points| points >= 0.2);

    let first = |rules: &[(bool, &'static str, Label)], (otherwise, label): (&'static str, Label)| {
        rules.iter().find(|rule| rule.0).map_or((otherwise, label), |rule| (rule.1, rule.2))
    };
    let (rule, label) = match class {
        Class::StrongBearish | Class::Bearish if high => ("dispersion high", Label::VolatileSelloff),
        Class::StrongBullish | Class::Bullish if high => ("dispersion high", Label::VolatileRally),
        Class::Neutral if high => ("dispersion high", Label::ChoppyWaters),
        Class::StrongBullish => first(
            &[(broad && greed, "broad, greed", Label::EuphoricRally), (broad, "broad", Label::BroadRally)],
            ("no further condition", Label::BullishMomentum),
        ),
        Class::Bullish => first(
            &[
                (narrow && mean >= STRONG, "narrow, mean score strong", Label::SelectiveStrength),
                (broad && falling, "broad, BTC dominance falling", Label::AltSeason),
                (broad, "broad", Label::RiskOn),
                (fear, "fear", Label::AccumulationZone),
            ],
            ("no further condition", Label::MildUptrend),
        ),
        Class::StrongBearish => first(
            &[
                (narrow && extreme_fear, "narrow, extreme fear", Label::Capitulation),
                (narrow, "narrow", Label::BroadSelloff),
                (rising, "BTC dominance rising", Label::FlightToBtc),
            ],
            ("no further condition", Label::BearishMomentum),
        ),
        Class::Bearish => first(
            &[(greed, "greed", Label::DistributionZone), (narrow, "narrow", Label::RiskOff)],
            ("no further condition", Label::MildDowntrend),
        ),
        Class::Neutral => first(
            &[
                (elevated, "dispersion elevated", Label::ChoppyRange),
                (broad && greed, "broad, greed", Label::ToppingFormation),
                (narrow && fear, "narrow, fear", Label::BottomingFormation),
                (falling, "BTC dominance falling", Label::AltAccumulation),
            ],
            ("no further condition", Label::Consolidation),
        ),
    };
    Ok((label, reason(class, rule, mean, input)))
}

fn reason(class: Class, rule: &str, mean: f64, input: &RegimeInput) -> String {
    let mut text = format!("{}, {rule}: mean score {mean:.1} of {} contracts", class.word(), input.scored);
    let mut unknown = Vec::new();
    let mut state = |name: &'static str, value: Option<String>| match value {
        // Writing to a string cannot fail.
        Some(value) => drop(write!(text, ", {name} {value}")),
        None => unknown.push(name),
    };
    state("advancing", input.percent_advancing.map(|pct| format!("{:.0}%", pct.get())));
    state("dispersion", input.dispersion.map(|pct| format!("{:.1}%", pct.get())));
    state("BTC 24 h", input.btc_change_24h.map(|pct| minus(&format!("{:+.1}%", pct.get()))));
    state("BTC dominance 24 h", input.btc_dominance_change.map(|points| minus(&format!("{points:+.2} points"))));
    state("Fear & Greed", input.fear_greed.map(|value| format!("{:.0}", value.get())));
    if !unknown.is_empty() {
        text.push_str("; not known: ");
        text.push_str(&unknown.join(", "));
    }
    text.push('.');
    text
}

/// A number with the sign that all figures have.
fn minus(text: &str) -> String {
    text.replace('-', "−")
}

/// The label that is shown, and the one that may follow it.
#[derive(Debug, Clone, PartialEq)]
pub struct RegimeState {
    shown: Option<(Label, String)>,
    rival: Option<(Label, u32)>,
}

impl RegimeState {
    /// No label yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { shown: None, rival: None }
    }

    /// Takes in one more closed bar and returns the label to show.
    ///
    /// Another label is shown only once it came out three bars in a row; until then the shown one keeps its last reason.
    /// Where there is no mean score, the label is missing and the count starts again.
    pub fn next(&mut self, input: &RegimeInput, as_of: UnixMs) -> Figure<Regime> {
        let (label, reason) = match classify(input) {
            Ok(found) => found,
            Err(why) => {
                *self = Self::new();
                return Figure::Missing(why);
            }
        };
        let holds = match &self.shown {
            Some((shown, _)) if *shown != label => {
                let bars = match self.rival {
                    Some((rival, bars)) if rival == label => bars + 1,
                    _ => 1,
                };
                self.rival = Some((label, bars));
                bars < BARS_TO_CHANGE
            }
            _ => false,
        };
        if !holds {
            self.shown = Some((label, reason));
            self.rival = None;
        }
        match &self.shown {
            Some((label, reason)) => {
                Figure::known(Regime { label: label.as_str().to_owned(), reason: reason.clone() }, as_of)
            }
            None => Figure::Missing(Why::NotYet),
        }
    }
}

impl Default for RegimeState {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNKNOWN: RegimeInput = RegimeInput {
        mean_score: None,
        scored: 0,
        universe: 600,
        percent_advancing: None,
        dispersion: None,
        btc_change_24h: None,
        btc_dominance_change: None,
        fear_greed: None,
    };

    fn input(mean: f64, advancing: f64, dispersion: f64, dominance: f64, mood: f64) -> RegimeInput {
        RegimeInput {
            mean_score: Some(Score::new(mean).unwrap()),
            scored: 500,
            universe: 600,
            percent_advancing: Some(Pct::new(advancing).unwrap()),
            dispersion: Some(Pct::new(dispersion).unwrap()),
            btc_change_24h: Some(Pct::new(1.0).unwrap()),
            btc_dominance_change: Some(dominance),
            fear_greed: Some(Score::new(mood).unwrap()),
        }
    }

    #[test]
    fn every_row_of_the_table_is_reached() {
        let rows = [
            (input(40.0, 20.0, 16.0, 0.0, 50.0), Label::VolatileSelloff),
            (input(60.0, 80.0, 16.0, 0.0, 50.0), Label::VolatileRally),
            (input(50.0, 50.0, 16.0, 0.0, 50.0), Label::ChoppyWaters),
            (input(60.0, 70.0, 5.0, 0.0, 80.0), Label::EuphoricRally),
            (input(60.0, 70.0, 5.0, 0.0, 50.0), Label::BroadRally),
            (input(60.0, 55.0, 5.0, 0.0, 50.0), Label::BullishMomentum),
            (input(60.0, 25.0, 5.0, 0.0, 50.0), Label::SelectiveStrength),
            (input(55.0, 70.0, 5.0, -1.0, 50.0), Label::AltSeason),
            (input(55.0, 70.0, 5.0, 0.0, 50.0), Label::RiskOn),
            (input(55.0, 50.0, 5.0, 0.0, 30.0), Label::AccumulationZone),
            (input(55.0, 50.0, 5.0, 0.0, 50.0), Label::MildUptrend),
            (input(40.0, 20.0, 5.0, 0.0, 10.0), Label::Capitulation),
            (input(40.0, 20.0, 5.0, 0.0, 50.0), Label::BroadSelloff),
            (input(40.0, 40.0, 5.0, 1.0, 50.0), Label::FlightToBtc),
            (input(40.0, 40.0, 5.0, 0.0, 50.0), Label::BearishMomentum),
            (input(45.0, 40.0, 5.0, 0.0, 70.0), Label::DistributionZone),
            (input(45.0, 20.0, 5.0, 0.0, 50.0), Label::RiskOff),
            (input(45.0, 40.0, 5.0, 0.0, 50.0), Label::MildDowntrend),
            (input(50.0, 50.0, 9.0, 0.0, 50.0), Label::ChoppyRange),
            (input(50.0, 70.0, 5.0, 0.0, 70.0), Label::ToppingFormation),
            (input(50.0, 20.0, 5.0, 0.0, 30.0), Label::BottomingFormation),
            (input(50.0, 50.0, 5.0, -1.0, 50.0), Label::AltAccumulation),
            (input(50.0, 50.0, 5.0, 0.0, 50.0), Label::Consolidation),
        ];
        for (input, label) in rows {
            assert_eq!(classify(&input).unwrap().0, label, "{input:?}");
        }
        let reached: Vec<Label> = rows.iter().map(|(_, label)| *label).collect();
        assert!(
            Label::ALL.iter().all(|label| reached.contains(label)),
            "a rule on a label that never comes would wait for ever"
        );
    }

    #[test]
    fn an_unknown_input_matches_no_rule_and_is_named() {
        let input = RegimeInput { mean_score: Some(Score::new(60.0).unwrap()), scored: 412, ..UNKNOWN };
        let (label, reason) = classify(&input).unwrap();
        assert_eq!(label, Label::MildUptrend);
        assert_eq!(
            reason,
            "bullish, no further condition: mean score 60.0 of 412 contracts; not known: advancing, dispersion, BTC 24 h, \
             BTC dominance 24 h, Fear & Greed."
        );
        assert_eq!(classify(&UNKNOWN), Err(Why::NotYet));
    }

    #[test]
    fn the_score_of_one_contract_makes_no_regime() {
        let first = RegimeInput { scored: 1, ..input(61.3, 70.0, 5.0, 0.0, 50.0) };
        assert_eq!(classify(&first), Err(Why::TooFewSamples { have: 1, need: 60 }));
        let mut state = RegimeState::new();
        assert_eq!(state.next(&first, UnixMs(0)), Figure::Missing(Why::TooFewSamples { have: 1, need: 60 }));
        let enough = RegimeInput { scored: 60, ..first };
        assert!(state.next(&enough, UnixMs(0)).value().is_some());
    }

    #[test]
    fn a_new_label_must_hold_for_three_bars() {
        let (calm, rally) = (input(50.0, 50.0, 5.0, 0.0, 50.0), input(60.0, 70.0, 5.0, 0.0, 50.0));
        let mut state = RegimeState::new();
        let mut label = |input: &RegimeInput| state.next(input, UnixMs(0)).value().map(|regime| regime.label.clone());
        let shown: Vec<_> = [calm, rally, rally, calm, rally, rally, rally].iter().filter_map(&mut label).collect();
        let (c, r) = ("Consolidation", "Broad Rally");
        assert_eq!(shown, [c, c, c, c, c, c, r]);
        assert_eq!(label(&UNKNOWN), None);
        assert_eq!(label(&rally).as_deref(), Some(r));
    }
}
