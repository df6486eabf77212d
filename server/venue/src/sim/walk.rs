//! What a price does: a random walk through changing moods, drawn back weakly to where it began.
//!
//! A contract's logarithmic price is its own walk plus beta times the walk that the whole market shares. A mood lasts
//! from minutes to hours and sets drift and volatility: quiet times, ordinary ones, rises, falls and bursts.

use super::noise::Noise;

/// A mean reversion of twenty days keeps prices near their catalogue value without bending an intraday trend.
const REVERSION_PER_MINUTE: f64 = 1.0 / (20.0 * 1_440.0);

/// A stretch of time in which a price behaves alike.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mood {
    /// Drift per minute, in deviations.
    drift: f64,
    /// Deviation, as a multiple of the usual one.
    volatility: f64,
    /// Trading, as a multiple of the usual.
    activity: f64,
    minutes_left: f64,
}

impl Mood {
    fn draw(noise: &mut Noise) -> Self {
        let roll = noise.unit();
        let sign = if noise.chance(0.5) { 1.0 } else { -1.0 };
        if roll < 0.30 {
            Self { drift: 0.0, volatility: 0.5, activity: 0.5, minutes_left: noise.between(30.0, 360.0) }
        } else if roll < 0.60 {
            let drift = 0.015 * noise.normal();
            Self { drift, volatility: 1.0, activity: 1.0, minutes_left: noise.between(30.0, 300.0) }
        } else if roll < 0.94 {
            let drift = sign * noise.between(0.03, 0.10);
            Self { drift, volatility: 1.1, activity: 1.4, minutes_left: noise.between(60.0, 480.0) }
        } else {
            let drift = sign * noise.between(0.05, 0.20);
            Self { drift, volatility: 2.8, activity: 3.0, minutes_left: noise.between(5.0, 30.0) }
        }
    }
}

/// A random walk of a logarithmic price around zero.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    /// Its place.
    pub(crate) level: f64,
    /// The usual deviation of a minute.
    sigma: f64,
    mood: Mood,
}

impl Walk {
    /// A walk that begins at `level` with this deviation per minute.
    pub(crate) fn new(level: f64, sigma: f64, noise: &mut Noise) -> Self {
        Self { level, sigma, mood: Mood::draw(noise) }
    }

    /// Walks on for a time; a mood that has ended changes first.
    pub(crate) fn advance(&mut self, minutes: f64, noise: &mut Noise) {
        if self.mood.minutes_left <= 0.0 {
            self.mood = Mood::draw(noise);
        }
        self.mood.minutes_left -= minutes;
        let drift = self.mood.drift * self.sigma - REVERSION_PER_MINUTE * self.level;
        self.level += drift * minutes + self.deviation() * minutes.sqrt() * noise.normal();
    }

    /// The drift of the present mood, per minute.
    pub(crate) fn drift(&self) -> f64 {
        self.mood.drift * self.sigma
    }

    /// The deviation of a minute in the present mood.
    pub(crate) fn deviation(&self) -> f64 {
        self.mood.volatility * self.sigma
    }

    /// How much is traded in the present mood, as a multiple of the usual.
    pub(crate) const fn activity(&self) -> f64 {
        self.mood.activity
    }
}

/// What the whole market shares at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tide {
    /// The level of the common walk.
    pub(crate) level: f64,
    /// Its drift per minute.
    pub(crate) drift: f64,
    /// Its deviation of a minute.
    pub(crate) deviation: f64,
    /// Trading, as a multiple of the usual.
    pub(crate) activity: f64,
}

impl From<&Walk> for Tide {
    fn from(walk: &Walk) -> Self {
        Self { level: walk.level, drift: walk.drift(), deviation: walk.deviation(), activity: walk.activity() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_has_quiet_times_and_bursts_and_stays_within_reason() {
        let mut noise = Noise::new(5, 1);
        let mut walk = Walk::new(0.0, 0.0007, &mut noise);
        let (mut quiet, mut burst, mut farthest) = (0, 0, 0.0_f64);
        for _ in 0..60 * 1_440 {
            walk.advance(1.0, &mut noise);
            quiet += u32::from(walk.activity() < 0.9);
            burst += u32::from(walk.activity() > 2.0);
            farthest = farthest.max(walk.level.abs());
        }
        assert!(quiet > 5_000, "{quiet} quiet minutes of 86,400");
        assert!((50..20_000).contains(&burst), "{burst} minutes of bursts");
        assert!((0.02..1.5).contains(&farthest), "{farthest}");
    }
}
