//! What of a list is in sight, so that it is drawn first. Browser only.

use leptos::prelude::*;

/// The rows of the list.
const ROWS: &str = ".rows tbody tr";

/// Of the list that is made next, draws what will be in sight, and the rest once that has been painted: a tap is answered sooner.
///
/// `drawn` is how many rows are drawn. Where there is no row yet, all are drawn at once. To be called before anything is changed, while
/// the place of each row is known and need not be found.
pub(crate) fn first_in_sight(drawn: RwSignal<usize>) {
    let Some(rows) = in_sight() else { return };
    // The present list is left alone.
    drawn.update_untracked(|drawn| *drawn = rows);
    // The frame is painted between the two.
    request_animation_frame(move || request_animation_frame(move || drawn.set(usize::MAX)));
}

/// How many rows, from the first one, reach to the lower edge of the window and one beyond, if they are as high as the first.
fn in_sight() -> Option<usize> {
    let first = document().query_selector(ROWS).ok()??.get_bounding_client_rect();
    let window_height = window().inner_height().ok()?.as_f64()?;
    let rows = (window_height - first.top()) / first.height();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few rows; a cast of what is none is 0"
    )]
    rows.is_finite().then(|| rows.ceil() as usize + 1)
}
