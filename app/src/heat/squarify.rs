//! Places rectangles of given areas in a larger one, as square as they can be.
//!
//! After Bruls, Huizing and van Wijk, *Squarified Treemaps* (2000): cells are laid along the shorter side of what is left, and a
//! row ends where one more would make its worst cell longer.

/// A rectangle; `x` and `y` are its corner nearest to the origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
}

/// One place for each area, in their order, which fill the frame in proportion. Best given largest first.
///
/// Areas have to be finite and above zero, and so has the frame; otherwise nothing has a place.
#[must_use]
pub fn squarify(areas: &[f64], frame: Rect) -> Vec<Rect> {
    let total: f64 = areas.iter().sum();
    let whole = frame.width * frame.height;
    let usable = |value: f64| value.is_finite() && value > 0.0;
    if !(usable(total) && usable(whole) && areas.iter().all(|area| usable(*area))) {
        return Vec::new();
    }
    let scaled: Vec<f64> = areas.iter().map(|area| area / total * whole).collect();
    let mut places = Vec::with_capacity(areas.len());
    let mut left = frame;
    let mut rest = scaled.as_slice();
    while !rest.is_empty() {
        let side = left.width.min(left.height);
        let mut taken = 1;
        while taken < rest.len() && longest(&rest[..=taken], side) <= longest(&rest[..taken], side) {
            taken += 1;
        }
        let (row, after) = rest.split_at(taken);
        left = lay(row, left, after.is_empty(), &mut places);
        rest = after;
    }
    places
}

/// The ratio of the sides of the longest cell of a row along `side`.
fn longest(row: &[f64], side: f64) -> f64 {
    let sum: f64 = row.iter().sum();
    let depth = sum / side;
    row.iter().map(|area| area / depth).map(|length| (length / depth).max(depth / length)).fold(0.0, f64::max)
}

/// Lays a row along the shorter side of what is left, and gives what is left then.
///
/// The last row takes all, and each row's last cell what remains of its side, so that rounding leaves no gap.
fn lay(row: &[f64], left: Rect, last: bool, places: &mut Vec<Rect>) -> Rect {
    let upright = left.width >= left.height;
    let (side, room) = if upright { (left.height, left.width) } else { (left.width, left.height) };
    let sum: f64 = row.iter().sum();
    let depth = if last { room } else { (sum / side).min(room) };
    let mut done = 0.0;
    for (place, area) in row.iter().enumerate() {
        let length = if place + 1 == row.len() { side - done } else { (area / sum * side).min(side - done) };
        places.push(if upright {
            Rect { x: left.x, y: left.y + done, width: depth, height: length }
        } else {
            Rect { x: left.x + done, y: left.y, width: length, height: depth }
        });
        done += length;
    }
    if upright {
        Rect { x: left.x + depth, width: left.width - depth, ..left }
    } else {
        Rect { y: left.y + depth, height: left.height - depth, ..left }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FRAME: Rect = Rect { x: 0.0, y: 0.0, width: 332.0, height: 320.0 };

    #[test]
    fn the_example_of_the_paper_comes_out_as_in_the_paper() {
        let frame = Rect { x: 0.0, y: 0.0, width: 6.0, height: 4.0 };
        let places = squarify(&[6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0], frame);
        assert_eq!(places[0], Rect { x: 0.0, y: 0.0, width: 3.0, height: 2.0 });
        assert_eq!(places[1], Rect { x: 0.0, y: 2.0, width: 3.0, height: 2.0 });
        assert!((places[2].width - 12.0 / 7.0).abs() < 1e-9 && (places[2].height - 7.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn what_has_no_area_has_no_place() {
        assert_eq!(squarify(&[], FRAME), []);
        assert_eq!(squarify(&[1.0, 0.0], FRAME), []);
        assert_eq!(squarify(&[1.0, f64::NAN], FRAME), []);
        assert_eq!(squarify(&[1.0], Rect { width: 0.0, ..FRAME }), []);
    }

    /// Turnovers of a market: over many powers of ten, largest first.
    fn turnovers() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(3.0..10.0f64, 1..80).prop_map(|powers| {
            let mut areas: Vec<f64> = powers.into_iter().map(|power| 10_f64.powf(power)).collect();
            areas.sort_by(|a, b| b.total_cmp(a));
            areas
        })
    }

    proptest! {
        #[test]
        fn areas_are_in_proportion(areas in turnovers()) {
            let places = squarify(&areas, FRAME);
            prop_assert_eq!(places.len(), areas.len());
            let total: f64 = areas.iter().sum();
            for (area, place) in areas.iter().zip(&places) {
                let expected = area / total * FRAME.width * FRAME.height;
                let found = place.width * place.height;
                prop_assert!((found - expected).abs() < 1e-6 * FRAME.width * FRAME.height, "{} for {}", found, expected);
            }
        }

        #[test]
        fn cells_lie_inside_the_frame_and_none_on_another(areas in turnovers()) {
            const SLACK: f64 = 1e-6;
            let places = squarify(&areas, FRAME);
            for (n, a) in places.iter().enumerate() {
                prop_assert!(a.width >= 0.0 && a.height >= 0.0);
                prop_assert!(a.x >= -SLACK && a.x + a.width <= FRAME.width + SLACK);
                prop_assert!(a.y >= -SLACK && a.y + a.height <= FRAME.height + SLACK);
                for b in &places[n + 1..] {
                    let across = (a.x + a.width).min(b.x + b.width) - a.x.max(b.x);
                    let down = (a.y + a.height).min(b.y + b.height) - a.y.max(b.y);
                    prop_assert!(across <= SLACK || down <= SLACK, "{:?} lies on {:?}", a, b);
                }
            }
        }
    }
}
