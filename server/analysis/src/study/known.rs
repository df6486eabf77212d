//! A figure, or the reason why the record does not support one.

use thiserror::Error;

/// A measured figure, or why there is none.
pub type Known<T> = Result<T, NotEnough>;

/// Why the record does not support a figure. It is a value of its own, never a zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotEnough {
    /// No window of this horizon has both a start and an end on record.
    #[error("not enough data: no complete window of this horizon")]
    NoWindow,
    /// In every complete window too few instruments had the value and the return.
    #[error("not enough data: at most {most} instruments in a window, {needed} are needed")]
    FewMembers {
        /// The most instruments with both in any window.
        most: usize,
        /// The least that a window needs.
        needed: usize,
    },
    /// The value or the return was the same for all instruments in every window.
    #[error("not enough data: nothing varies between instruments")]
    Constant,
    /// An interval by days needs more of them.
    #[error("not enough data: {days} days, an interval needs {needed}")]
    FewDays {
        /// Days with at least one window.
        days: usize,
        /// The least that an interval needs.
        needed: usize,
    },
    /// Fewer bars than a correlation needs had both columns.
    #[error("not enough data: {n} bars with both columns")]
    FewPairs {
        /// Bars with both columns.
        n: u64,
    },
    /// No bar had this column.
    #[error("not enough data: no bar with this column")]
    NoValue,
}
