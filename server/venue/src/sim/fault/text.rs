//! Faults as text.

use std::{fmt, str::FromStr, time::Duration};

use schema::Symbol;

use super::{Fault, Silence, TimedFault};

/// A text that is no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no fault: {problem}")]
pub struct NoFault {
    text: String,
    problem: &'static str,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drop => f.write_str("drop"),
            Self::Forbidden => f.write_str("403"),
            Self::RateLimited => f.write_str("10006"),
            Self::Slow(by) => write!(f, "slow={}", Length(*by)),
            Self::Stale => f.write_str("stale"),
            Self::Gap => f.write_str("gap"),
            Self::Malformed => f.write_str("malformed"),
            Self::UnknownFields => f.write_str("unknown-fields"),
            Self::Duplicated => f.write_str("duplicate"),
            Self::Reordered => f.write_str("reorder"),
            Self::ClockSkew(ms) => {
                let sign = if *ms < 0 { "-" } else { "" };
                write!(f, "skew={sign}{}", Length(Duration::from_millis(ms.unsigned_abs())))
            }
            Self::Delisted(symbol) => write!(f, "delist={symbol}"),
            Self::Silent(kind) => write!(f, "silent={}", kind.name()),
        }
    }
}

impl FromStr for Fault {
    type Err = NoFault;

    fn from_str(text: &str) -> Result<Self, NoFault> {
        let wrong = |problem| NoFault { text: text.to_owned(), problem };
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let needed = || value.ok_or_else(|| wrong("it needs a value after `=`"));
        let fault = match name {
            "drop" => Self::Drop,
            "403" => Self::Forbidden,
            "10006" => Self::RateLimited,
            "stale" => Self::Stale,
            "gap" => Self::Gap,
            "malformed" => Self::Malformed,
            "unknown-fields" => Self::UnknownFields,
            "duplicate" => Self::Duplicated,
            "reorder" => Self::Reordered,
            "slow" => return Ok(Self::Slow(length(needed()?).map_err(wrong)?)),
            "skew" => {
                let value = needed()?;
                let (sign, value) = value.strip_prefix('-').map_or((1, value), |value| (-1, value));
                let ms =
                    i64::try_from(length(value).map_err(wrong)?.as_millis()).map_err(|_| wrong("it is too long"))?;
                return Ok(Self::ClockSkew(sign * ms));
            }
            "delist" => {
                return Symbol::new(needed()?).map(Self::Delisted).map_err(|_| wrong("that is not a symbol"));
            }
            "silent" => {
                let value = needed()?;
                let kind = Silence::ALL.into_iter().find(|kind| kind.name() == value);
                return kind.map(Self::Silent).ok_or_else(|| {
                    wrong("only `tickers`, `candles`, `trades`, `books` and `liquidations` can fall silent")
                });
            }
            _ => {
                return Err(wrong(
                    "known are drop, 403, 10006, slow=, stale, gap, malformed, unknown-fields, duplicate, reorder, \
                     skew=, delist= and silent=",
                ));
            }
        };
        if value.is_some() { Err(wrong("it takes no value")) } else { Ok(fault) }
    }
}

impl fmt::Display for TimedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.fault, Length(self.lasts))?;
        if self.after.is_zero() { Ok(()) } else { write!(f, "+{}", Length(self.after)) }
    }
}

impl FromStr for TimedFault {
    type Err = NoFault;

    fn from_str(text: &str) -> Result<Self, NoFault> {
        let wrong = |problem| NoFault { text: text.to_owned(), problem };
        let (fault, times) = text.split_once('@').ok_or_else(|| wrong("it needs a duration after `@`"))?;
        let (lasts, after) = times.split_once('+').map_or((times, None), |(lasts, after)| (lasts, Some(after)));
        let after = after.map(length).transpose().map_err(wrong)?.unwrap_or_default();
        Ok(Self { fault: fault.parse()?, lasts: length(lasts).map_err(wrong)?, after })
    }
}

/// A duration in its largest whole unit.
struct Length(Duration);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_millis();
        for (unit, name) in [(3_600_000, "h"), (60_000, "m"), (1_000, "s")] {
            if ms > 0 && ms.is_multiple_of(unit) {
                return write!(f, "{}{name}", ms / unit);
            }
        }
        write!(f, "{ms}ms")
    }
}

fn length(text: &str) -> Result<Duration, &'static str> {
    let wrong = "a duration is a whole number of ms, s, m or h";
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or(wrong)?;
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong),
    };
    let ms = number.parse::<u64>().map_err(|_| wrong)?.checked_mul(unit).ok_or(wrong)?;
    // A year is more than anybody waits, and less than any clock overflows at.
    if ms > 366 * 86_400_000 { Err("it is longer than a year") } else { Ok(Duration::from_millis(ms)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_as_it_is_written() {
        for text in [
            "drop@10s",
            "403@10m",
            "10006@1s",
            "slow=2s@1m",
            "slow=150ms@1500ms",
            "stale@10s+5m",
            "gap@1h",
            "malformed@3s",
            "unknown-fields@3s",
            "duplicate@3s",
            "reorder@3s",
            "skew=-90s@5m",
            "skew=1h@5m",
            "delist=XUSDT@1m",
            "silent=tickers@30s",
            "silent=liquidations@30s",
        ] {
            assert_eq!(text.parse::<TimedFault>().unwrap().to_string(), text);
        }
        let timed: TimedFault = "slow=2s@1m+3s".parse().unwrap();
        assert_eq!(timed.fault, Fault::Slow(Duration::from_secs(2)));
        assert_eq!((timed.lasts, timed.after), (Duration::from_secs(60), Duration::from_secs(3)));
    }

    #[test]
    fn what_is_no_fault_is_said_to_be_none_and_why() {
        for (text, problem) in [
            ("stale", "it needs a duration after `@`"),
            ("stale=5@1s", "it takes no value"),
            ("slow@1s", "it needs a value after `=`"),
            ("slow=fast@1s", "a duration is a whole number of ms, s, m or h"),
            ("stale@1.5s", "a duration is a whole number of ms, s, m or h"),
            ("stale@9999999h", "it is longer than a year"),
            ("delist=x\ty@1s", "that is not a symbol"),
        ] {
            let error = text.parse::<TimedFault>().unwrap_err();
            assert_eq!(error.problem, problem, "{text}");
        }
        assert!("earthquake@1s".parse::<TimedFault>().unwrap_err().to_string().contains("known are drop, 403"));
    }
}
