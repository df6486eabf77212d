//! Which column of a file is what, by its header.

use super::{
    field::{separator, shown, split},
    time,
};

/// Names of the column with the beginning of a candle, the one that is taken first first.
const TIME: &[&str] = &[
    "timestamp",
    "open_time",
    "ts_ms",
    "time",
    "datetime",
    "date",
    "start_time",
    "start",
    "opentime",
    "ts",
    "unix",
    "t",
];
const TURNOVER: &[&str] = &["turnover", "quote_volume", "quote_asset_volume", "quotevolume", "volume_quote"];
/// What takers bought, in the unit of the volume.
const TAKER_BUY: &[&str] = &[
    "taker_buy_volume",
    "taker_buy_base_volume",
    "taker_buy_base_asset_volume",
    "taker_base_volume",
    "taker_buy_base",
    "taker_buy",
];

/// Where the columns are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) separator: char,
    /// How many columns there are.
    pub(super) count: usize,
    pub(super) time: usize,
    /// Open, high, low and close.
    pub(super) prices: [usize; 4],
    pub(super) volume: usize,
    pub(super) turnover: Option<usize>,
    pub(super) taker_buy: Option<usize>,
    /// Whether the volume is in the quote currency: in files with `open_time` and no column of turnover.
    pub(super) volume_is_quote: bool,
}

impl Columns {
    /// Finds the columns in a header, in any order and in upper or lower case; others are ignored.
    pub(super) fn find(header: &str) -> Result<Self, String> {
        let separator = separator(header);
        let fields = split(header, separator)?;
        let first = fields.first().copied().unwrap_or("");
        if time::parse(first).is_ok() || first.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(format!(
                "{} is no column: the first line is expected to name the columns, such as timestamp,open,high,low,close,volume",
                shown(first)
            ));
        }
        let names: Vec<String> = fields.into_iter().map(plain).collect();
        let place = |known: &[&str]| -> Result<Option<usize>, String> {
            for name in known {
                let mut places = names.iter().enumerate().filter(|(_, column)| column == name).map(|(place, _)| place);
                if let Some(place) = places.next() {
                    return places.next().map_or(Ok(Some(place)), |_| Err(format!("the header has `{name}` twice")));
                }
            }
            Ok(None)
        };
        let need = |known: &[&str]| {
            place(known)?.ok_or_else(|| format!("the header has no column `{}`; it has {}", known[0], listed(&names)))
        };
        let time = place(TIME)?.ok_or_else(|| {
            format!("the header has no column of times ({}); it has {}", TIME[..6].join(", "), listed(&names))
        })?;
        let turnover = place(TURNOVER)?;
        Ok(Self {
            separator,
            count: names.len(),
            time,
            prices: [need(&["open", "o"])?, need(&["high", "h"])?, need(&["low", "l"])?, need(&["close", "c"])?],
            volume: need(&["volume", "vol", "v", "base_volume"])?,
            turnover,
            taker_buy: place(TAKER_BUY)?,
            volume_is_quote: place(&["open_time"])?.is_some() && turnover.is_none(),
        })
    }
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace([' ', '-'], "_")
}

fn listed(names: &[String]) -> String {
    const MOST: usize = 12;
    let some: Vec<String> = names.iter().take(MOST).map(|name| shown(name)).collect();
    some.join(", ") + if names.len() > MOST { " and more" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_columns_in_any_order_and_case() {
        let found = Columns::find("Close;Open Time;\"HIGH\";low;Open;VOLUME;quote-volume;trades").unwrap();
        assert_eq!((found.separator, found.count, found.time), (';', 8, 1));
        assert_eq!((found.prices, found.volume, found.turnover), ([4, 2, 3, 0], 5, Some(6)));
        assert!(!found.volume_is_quote && found.taker_buy.is_none());
        let head = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore";
        assert_eq!(Columns::find(head).unwrap().taker_buy, Some(9), "as Binance publishes them");
        assert!(Columns::find("open_time,open,high,low,close,volume").unwrap().volume_is_quote);
        assert_eq!(Columns::find("t,o,h,l,c,v").unwrap().prices, [1, 2, 3, 4]);
    }

    #[test]
    fn names_what_a_header_lacks() {
        for (header, problem) in [
            ("time,open", "the header has no column `high`; it has `time`, `open`"),
            ("open,high,low,close,volume", "the header has no column of times (timestamp, open_time, ts_ms,"),
            ("timestamp,open,open,high,low,close,volume", "the header has `open` twice"),
            (
                "1764547200,2.0,2.0,2.0,2.0,1",
                "`1764547200` is no column: the first line is expected to name the columns",
            ),
            ("timestamp,open,high,low,close", "the header has no column `volume`"),
            ("", "the header has no column of times"),
        ] {
            let said = Columns::find(header).unwrap_err();
            assert!(said.contains(problem), "{header}: {said}");
        }
    }
}
