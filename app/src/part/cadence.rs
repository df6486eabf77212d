//! How often figures are measured, and which of them are overdue: older than that allows beside a value that goes on.

use schema::UnixMs;

/// How often a figure is measured. A figure that is overdue is shown with its own age, on whatever card it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cadence {
    /// Sent by the exchange with every quote, a few times a second.
    Quote,
    /// Stated by the minute: funding.
    Minute,
    /// Fetched from the exchange every five minutes: open interest, its change, the account ratio.
    FiveMinutes,
    /// Made every ten minutes by an outside source: dominance and capitalisation.
    #[cfg_attr(not(feature = "ssr"), allow(dead_code, reason = "shown on pages that the server alone renders"))]
    TenMinutes,
    /// Made once a day: Fear & Greed.
    #[cfg_attr(not(feature = "ssr"), allow(dead_code, reason = "shown on pages that the server alone renders"))]
    Day,
}

impl Cadence {
    /// The age beyond which a figure is overdue, in milliseconds: some periods, so that one failed request is no news.
    pub(crate) const fn limit_ms(self) -> i64 {
        match self {
            Self::Quote => 30_000,
            Self::Minute => 3 * 60_000,
            Self::FiveMinutes => 15 * 60_000,
            Self::TenMinutes => 30 * 60_000,
            Self::Day => 26 * 3_600_000,
        }
    }

    /// Returns the time of a figure that is overdue; none where it is in time or not known.
    ///
    /// It is judged beside the newest input of the value that it is part of, `newest`. Where all of a value is old, its card states the age.
    pub(crate) fn overdue(self, as_of: Option<UnixMs>, newest: UnixMs) -> Option<UnixMs> {
        as_of.filter(|at| newest.0.saturating_sub(at.0) > self.limit_ms())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_overdue_by_its_own_cadence() {
        let newest = UnixMs(1_800_000_000_000);
        let old = |minutes: i64| Some(UnixMs(newest.0 - minutes * 60_000));
        assert_eq!(Cadence::Quote.overdue(old(1), newest), old(1));
        assert_eq!(Cadence::Minute.overdue(old(2), newest), None);
        assert_eq!(Cadence::FiveMinutes.overdue(old(15), newest), None);
        assert_eq!(Cadence::FiveMinutes.overdue(old(19), newest), old(19));
        assert_eq!(Cadence::TenMinutes.overdue(old(19), newest), None);
        assert_eq!(Cadence::Day.overdue(old(25 * 60), newest), None);
        assert_eq!(Cadence::Day.overdue(old(27 * 60), newest), old(27 * 60));
    }

    #[test]
    fn what_is_newer_than_its_card_or_unknown_is_not_overdue() {
        assert_eq!(Cadence::Quote.overdue(Some(UnixMs(5)), UnixMs(1)), None);
        assert_eq!(Cadence::Quote.overdue(None, UnixMs(1)), None);
    }
}
