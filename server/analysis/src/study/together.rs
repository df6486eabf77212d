//! How columns go together: Pearson correlations over all bars by running sums, and what they leave independent.

use super::known::{Known, NotEnough};

/// The fewest bars with both columns of which a correlation is made.
const MIN_PAIRS: u64 = 30;

/// Sums over the bars that have both columns of a pair.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: u64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Sums {
    fn add(&mut self, x: f64, y: f64) {
        self.n += 1;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }

    fn correlation(&self) -> Known<Correlation> {
        if self.n < MIN_PAIRS {
            return Err(NotEnough::FewPairs { n: self.n });
        }
        let n = self.n as f64;
        let (xx, yy) = (self.xx - self.x * self.x / n, self.yy - self.y * self.y / n);
        // What is left of a column that does not vary is rounding.
        if xx <= 1e-12 * self.xx || yy <= 1e-12 * self.yy {
            return Err(NotEnough::Constant);
        }
        let r = (self.xy - self.x * self.y / n) / (xx * yy).sqrt();
        Ok(Correlation { r: r.clamp(-1.0, 1.0), n: self.n })
    }
}

/// A correlation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// Pearson's coefficient.
    pub r: f64,
    /// Bars with both columns.
    pub n: u64,
}

/// Correlations of all pairs of columns, pairwise complete. It holds 48 bytes a pair, however many bars there are.
#[derive(Debug, Clone)]
pub struct Together {
    columns: usize,
    sums: Vec<Sums>,
}

impl Together {
    pub(super) fn new(columns: usize) -> Self {
        Self { columns, sums: vec![Sums::default(); columns * (columns + 1) / 2] }
    }

    /// Adds a bar; `values` in the order of the columns, less their centres.
    pub(super) fn add(&mut self, values: impl Fn(usize) -> Option<f64>) {
        let known: Vec<(usize, f64)> = (0..self.columns).filter_map(|place| Some((place, values(place)?))).collect();
        for (later, (b, y)) in known.iter().enumerate() {
            for (a, x) in &known[..=later] {
                self.sums[b * (b + 1) / 2 + a].add(*x, *y);
            }
        }
    }

    /// Returns the correlation of two columns.
    ///
    /// # Errors
    ///
    /// The reason where too few bars have both, or one does not vary.
    pub fn correlation(&self, a: usize, b: usize) -> Known<Correlation> {
        let (a, b) = (a.min(b), a.max(b));
        self.sums[b * (b + 1) / 2 + a].correlation()
    }

    /// Returns the effective number of independent columns among some: the participation ratio (Σλ)²/Σλ² of the
    /// eigenvalues of their correlation matrix R, which is k²/‖R‖²_F, because Σλ is the trace k and Σλ² that of R².
    ///
    /// # Errors
    ///
    /// The reason where the correlation of any two is not known, or there is no column.
    pub fn effective_number(&self, columns: &[usize]) -> Known<f64> {
        let mut squares = 0.0;
        for a in columns {
            for b in columns {
                squares += self.correlation(*a, *b)?.r.powi(2);
            }
        }
        let k = columns.len() as f64;
        if columns.is_empty() { Err(NotEnough::NoValue) } else { Ok(k * k / squares) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(bars: impl Iterator<Item = [Option<f64>; 3]>) -> Together {
        let mut all = Together::new(3);
        bars.for_each(|bar| all.add(|place| bar[place]));
        all
    }

    #[test]
    fn two_copies_and_an_independent_column_count_as_nine_fifths() {
        // Signs that repeat every 2 and every 4 bars are orthogonal: ‖R‖² = 5 for k = 3.
        let sign = |on: bool| if on { 1.0 } else { -1.0 };
        let all = filled((0..40).map(|n| [Some(sign(n % 2 == 0)), Some(sign(n % 2 == 0)), Some(sign(n % 4 < 2))]));
        assert!((all.effective_number(&[0, 1, 2]).unwrap() - 1.8).abs() < 1e-12);
        assert!((all.effective_number(&[0, 2]).unwrap() - 2.0).abs() < 1e-12);
        assert_eq!(all.effective_number(&[]), Err(NotEnough::NoValue));
    }

    #[test]
    fn counts_the_bars_that_have_both_columns() {
        let all = filled((0..40).map(|n| [Some(f64::from(n)), (n < 35).then(|| -f64::from(n)), None]));
        let found = all.correlation(1, 0).unwrap();
        assert_eq!(found.n, 35);
        assert!((found.r + 1.0).abs() < 1e-12);
        assert_eq!(all.correlation(0, 2), Err(NotEnough::FewPairs { n: 0 }));
        assert_eq!(filled((0..40).map(|_| [Some(0.7); 3])).correlation(0, 1), Err(NotEnough::Constant));
    }
}
