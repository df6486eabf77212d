//! The direction and the result of an idea.

use schema::{Direction, ideas::IdeaSide};

use super::figure::Text;
use crate::format;

/// Returns the direction of a side.
pub(crate) const fn pointing(side: IdeaSide) -> Direction {
    match side {
        IdeaSide::Long => Direction::Long,
        IdeaSide::Short => Direction::Short,
    }
}

/// Returns a multiple of R with its sign: `+0.42 R`.
pub(crate) fn multiple(r: f64) -> Text {
    Text::change(format!("{} R", format::signed(r, 2)))
}
