//! The closed candles of one contract and timeframe.

use serde::{Deserialize, Serialize};

use crate::{Candle, Invalid, Name, Policy, Price, Schema, Symbol, Timeframe, UnixMs, Venue};

/// The closed candles of one contract and timeframe, as many as the process that watches the market keeps.
///
/// Columns instead of candles: the names of their fields would be most of it. They follow each other without a gap, so the end of the
/// newest says when each of them began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandleSeries {
    /// Where the data comes from.
    pub source: Venue,
    /// The contract.
    pub symbol: Symbol,
    /// How long each is.
    pub timeframe: Timeframe,
    /// The price increment, for display.
    pub tick: Price,
    /// The end of the newest; where there is none, the close that the series belongs to.
    pub until: UnixMs,
    /// First prices, oldest candle first, like all that follow.
    pub open: Vec<f64>,
    /// Highest prices.
    pub high: Vec<f64>,
    /// Lowest prices.
    pub low: Vec<f64>,
    /// Last prices.
    pub close: Vec<f64>,
    /// Traded, in base coin.
    pub volume: Vec<f64>,
    /// Traded, in quote currency.
    pub turnover: Vec<f64>,
    /// Volume delta of the newest: what takers bought minus what they sold, in base coin; none of a candle whose trades were not all
    /// received. Empty where it is not shown.
    pub deltas: Vec<Option<f64>>,
}

impl CandleSeries {
    /// A series of some candles, oldest first, which belongs to the close of a minute.
    ///
    /// # Errors
    ///
    /// [`Invalid`] where one does not follow on the one before it.
    pub fn of(
        (source, symbol, timeframe): (Venue, Symbol, Timeframe),
        tick: Price,
        closed_at: UnixMs,
        run: &[Candle],
        deltas: Vec<Option<f64>>,
    ) -> Result<Self, Invalid> {
        if let Some(gap) = run.windows(2).find(|pair| pair[1].start.0 - pair[0].start.0 != timeframe.ms()) {
            return Err(Invalid::new("open", format!("a gap after {}", gap[0].start.0)));
        }
        let column = |of: fn(&Candle) -> f64| run.iter().map(of).collect();
        Ok(Self {
            source,
            symbol,
            timeframe,
            tick,
            until: run.last().map_or(closed_at, |last| UnixMs(last.start.0 + timeframe.ms())),
            open: column(|candle| candle.open),
            high: column(|candle| candle.high),
            low: column(|candle| candle.low),
            close: column(|candle| candle.close),
            volume: column(|candle| candle.volume),
            turnover: column(|candle| candle.turnover),
            deltas,
        })
    }

    /// How many candles there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.close.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.close.is_empty()
    }

    /// The newest candles, oldest first, at most so many.
    #[must_use]
    pub fn newest(&self, most: usize) -> Vec<Candle> {
        let columns = self.open.iter().zip(&self.high).zip(&self.low).zip(&self.close).zip(&self.volume);
        let rows = columns.zip(&self.turnover).enumerate().skip(self.len().saturating_sub(most));
        rows.map(|(place, (((((open, high), low), close), volume), turnover))| Candle {
            start: self.start(place),
            open: *open,
            high: *high,
            low: *low,
            close: *close,
            volume: *volume,
            turnover: *turnover,
        })
        .collect()
    }

    /// Whether it holds every candle that had closed by a moment.
    #[must_use]
    pub const fn is_complete_at(&self, moment: UnixMs) -> bool {
        self.until.0 + self.timeframe.ms() > moment.0
    }

    fn start(&self, place: usize) -> UnixMs {
        let back = i64::try_from(self.len() - place).unwrap_or(i64::MAX);
        UnixMs(self.until.0.saturating_sub(back.saturating_mul(self.timeframe.ms())))
    }
}

impl Schema for CandleSeries {
    const NAME: Name = Name::new("market:candles");
    const VERSION: u16 = 1;
    const POLICY: Policy = Policy::secs(60, 90, 1_800);
    const KEPT_PER_PROCESS: Option<u64> = Some(64);
    type Scope = (Venue, Symbol, Timeframe);

    fn check(&self) -> Result<(), Invalid> {
        let columns = [&self.open, &self.high, &self.low, &self.volume, &self.turnover];
        if columns.iter().any(|column| column.len() != self.len()) || self.deltas.len() > self.len() {
            return Err(Invalid::new("open", "columns of different lengths"));
        }
        if self.deltas.iter().flatten().any(|delta| !delta.is_finite()) {
            return Err(Invalid::new("deltas", "a figure that is not finite"));
        }
        self.newest(self.len()).iter().try_for_each(Candle::check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candle(start: i64, close: f64) -> Candle {
        Candle { start: UnixMs(start), open: 1.0, high: 9.0, low: 0.5, close, volume: 2.0, turnover: 3.0 }
    }

    fn series(run: &[Candle]) -> Result<CandleSeries, Invalid> {
        let scope = (Venue::Sim, Symbol::new("BTCUSDT").unwrap(), Timeframe::M5);
        CandleSeries::of(scope, Price::new(0.1).unwrap(), UnixMs(7_200_000), run, Vec::new())
    }

    #[test]
    fn a_series_gives_its_candles_back() {
        let run: Vec<Candle> = (0..4).map(|n| candle(3_600_000 + n * 300_000, 1.0 + n as f64)).collect();
        let made = series(&run).unwrap();
        made.check().unwrap();
        assert_eq!((made.newest(10), made.newest(2)), (run.clone(), run[2..].to_vec()));
        assert_eq!(made.until, UnixMs(3_600_000 + 1_200_000));
        assert!(
            made.is_complete_at(UnixMs(made.until.0 + 299_999)) && !made.is_complete_at(UnixMs(made.until.0 + 300_000))
        );
    }

    #[test]
    fn a_contract_without_candles_has_an_empty_series() {
        let made = series(&[]).unwrap();
        made.check().unwrap();
        assert_eq!((made.is_empty(), made.until, made.newest(5)), (true, UnixMs(7_200_000), Vec::new()));
    }

    #[test]
    fn a_gap_and_columns_of_different_lengths_are_refused() {
        assert!(series(&[candle(0, 1.0), candle(600_000, 1.0)]).is_err());
        let mut made = series(&[candle(0, 1.0), candle(300_000, 1.0)]).unwrap();
        made.high.pop();
        assert!(made.check().is_err());
    }
}
