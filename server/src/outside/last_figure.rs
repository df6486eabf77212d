//! The last figure of one source, and why it sent nothing since.

use std::time::Duration;

use schema::{Figure, UnixMs, Why};

/// The last figure of one source. A value outlives failures until it is too old; then the reason takes its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum LastFigure<T> {
    /// There was no value yet.
    Nothing(Why),
    /// There was one.
    Last {
        /// The newest.
        value: T,
        /// The source's own time of it.
        as_of: UnixMs,
        /// Why the source sent nothing since; none where it did.
        since: Option<Why>,
    },
}

impl<T: Clone> LastFigure<T> {
    /// Of a source that was not asked yet, or never will be.
    pub(super) const fn nothing(switched_on: bool) -> Self {
        Self::Nothing(if switched_on { Why::NotYet } else { Why::Off })
    }

    /// The source answered with a value and its time, or did not.
    pub(super) fn take(&mut self, last: Result<(T, UnixMs), Why>) {
        match (last, &mut *self) {
            (Ok((value, as_of)), _) => *self = Self::Last { value, as_of, since: None },
            (Err(why), Self::Nothing(reason)) => *reason = why,
            (Err(why), Self::Last { since, .. }) => *since = Some(why),
        }
    }

    /// The figure at `now`: the last value while it is no older than `keeps`, and after that what went wrong.
    pub(super) fn figure(&self, now: UnixMs, keeps: Duration) -> Figure<T> {
        match self {
            Self::Nothing(why) => Figure::Missing(why.clone()),
            Self::Last { value, as_of, since } => {
                let age = as_of.age(now);
                if age <= keeps {
                    return Figure::known(value.clone(), *as_of);
                }
                let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
                Figure::Missing(since.clone().unwrap_or(Why::TooOld { age_ms: ms(age), limit_ms: ms(keeps) }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEPS: Duration = Duration::from_secs(60);

    fn why(text: &str) -> Why {
        Why::Unreachable(text.to_owned())
    }

    #[test]
    fn a_source_that_never_answered_gives_its_latest_reason() {
        let mut last = LastFigure::<u8>::nothing(true);
        assert_eq!(last.figure(UnixMs(0), KEEPS), Figure::Missing(Why::NotYet));
        last.take(Err(why("a")));
        last.take(Err(why("b")));
        assert_eq!(last.figure(UnixMs(0), KEEPS), Figure::Missing(why("b")));
        last.take(Ok((7, UnixMs(5))));
        assert_eq!(last.figure(UnixMs(10), KEEPS), Figure::known(7, UnixMs(5)));
    }

    #[test]
    fn a_value_outlives_a_failure_until_it_is_too_old() {
        let mut last = LastFigure::nothing(true);
        last.take(Ok((7, UnixMs(1_000))));
        last.take(Err(why("gone")));
        assert_eq!(last.figure(UnixMs(61_000), KEEPS), Figure::known(7, UnixMs(1_000)));
        assert_eq!(last.figure(UnixMs(61_001), KEEPS), Figure::Missing(why("gone")));
        last.take(Ok((8, UnixMs(61_000))));
        assert_eq!(last.figure(UnixMs(61_001), KEEPS), Figure::known(8, UnixMs(61_000)));
    }

    #[test]
    fn a_source_that_answers_with_old_figures_is_called_too_old() {
        let mut last = LastFigure::nothing(true);
        last.take(Ok((7, UnixMs(0))));
        let too_old = Why::TooOld { age_ms: 90_000, limit_ms: 60_000 };
        assert_eq!(last.figure(UnixMs(90_000), KEEPS), Figure::Missing(too_old));
    }
}
