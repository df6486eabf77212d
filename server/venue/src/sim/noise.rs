//! Seeded chance.
//!
//! SplitMix64 (Steele, Lea and Flood, 2014) rather than a cipher: a market of 600 contracts draws tens of millions of
//! numbers while it starts, and nothing here guards a secret. Each contract draws from a stream of its own, so that
//! contracts can be made in parallel and in any order.

/// A stream of pseudo-random numbers.
#[derive(Debug, Clone)]
pub(crate) struct Noise(u64);

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The finaliser of SplitMix64: spreads every bit of the input over the whole output.
pub(crate) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

impl Noise {
    /// The stream with this number under this seed.
    pub(crate) const fn new(seed: u64, stream: u64) -> Self {
        Self(mix(seed.wrapping_add(GOLDEN)) ^ mix(stream.wrapping_mul(GOLDEN).wrapping_add(1)))
    }

    /// 64 random bits.
    pub(crate) const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// Evenly from 0 (included) to 1 (excluded).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Evenly from `low` to `high`.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Whether something of this probability happens.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A whole number from 0 to `n`, excluded; 0 when `n` is not above 0.
    pub(crate) fn below(&mut self, n: i64) -> i64 {
        whole((self.unit() * n.max(0) as f64).floor())
    }

    /// Nearly normal with mean 0 and deviation 1, never beyond 3.47: the sum of four uniform numbers cut from one
    /// draw, which is what makes a long history cheap.
    pub(crate) fn normal(&mut self) -> f64 {
        let bits = self.bits();
        let sum = (bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48);
        (sum as f64 / 65_535.0 - 2.0) * 1.732_050_807_568_877_2
    }

    /// Above 0 with mean 1; the larger `spread`, the heavier the tail.
    pub(crate) fn skewed(&mut self, spread: f64) -> f64 {
        (spread * self.normal() - 0.5 * spread * spread).exp()
    }

    /// How many events of mean number `mean` happen (Knuth's method); for means that are not large.
    pub(crate) fn count(&mut self, mean: f64) -> u32 {
        let floor = (-mean).exp();
        let mut product = self.unit();
        let mut events = 0;
        while product > floor {
            product *= self.unit();
            events += 1;
        }
        events
    }
}

/// The nearest whole number; the ends of the range for what lies beyond, 0 for what is no number.
#[expect(clippy::cast_possible_truncation, reason = "a float cast saturates, which is what is meant")]
pub(crate) const fn whole(value: f64) -> i64 {
    value.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_repeats_itself_and_no_other() {
        let draw = |seed, stream| {
            let mut noise = Noise::new(seed, stream);
            (0..4).map(|_| noise.bits()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, 2), draw(1, 2));
        assert_ne!(draw(1, 2), draw(1, 3));
        assert_ne!(draw(1, 2), draw(2, 2));
    }

    #[test]
    fn the_moments_are_as_promised() {
        let mut noise = Noise::new(7, 0);
        let n = 100_000;
        let normals: Vec<f64> = (0..n).map(|_| noise.normal()).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(n);
        let variance = normals.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.02, "{mean}");
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
        let skewed = (0..n).map(|_| noise.skewed(0.8)).sum::<f64>() / f64::from(n);
        assert!((skewed - 1.0).abs() < 0.05, "{skewed}");
        let events = (0..n).map(|_| f64::from(noise.count(0.4))).sum::<f64>() / f64::from(n);
        assert!((events - 0.4).abs() < 0.02, "{events}");
    }

    #[test]
    fn whole_numbers_stay_below_their_limit() {
        let mut noise = Noise::new(3, 9);
        assert!((0..1_000).map(|_| noise.below(5)).all(|n| (0..5).contains(&n)));
        assert_eq!(noise.below(0), 0);
    }
}
