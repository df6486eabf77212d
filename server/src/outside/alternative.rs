//! Alternative.me's `/fng/`: the Fear & Greed index of one day.
//!
//! Shape, units and rules: <https://alternative.me/crypto/fear-and-greed-index/#api>. Numbers are sent as text; the
//! newest entry comes first and alone states how many seconds it is until the next. Whoever shows the index names the
//! source right beside it.

use std::time::Duration;

use schema::{Invalid, Score, UnixMs, overview::FearGreed};
use serde::Deserialize;

use super::{AskError, source_time};

/// What is asked for.
pub(crate) const PATH: &str = "/fng/";
/// An index is shown for this long after its day began: the day itself, and one on which a new one failed to appear.
pub(crate) const KEEPS: Duration = Duration::from_secs(48 * 3_600);
/// The longest label that is believed to be one.
const LABEL_MAX_BYTES: usize = 32;
/// The source is asked at most this often, however soon it says that there will be news.
const NEXT_MIN_SECS: i64 = 3_600;
/// And at least this often, however late it says so.
const NEXT_MAX_SECS: i64 = 86_400;

/// An index, and when there will be another.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FearGreedAnswer {
    /// The newest index; its date is the beginning of its day.
    pub(crate) index: FearGreed,
    /// How long it is until it is worth to ask again: an hour to a day, and an hour where the source does not say.
    pub(crate) next_in: Duration,
}

#[derive(Debug, Deserialize)]
struct Answer {
    data: Vec<Entry>,
    metadata: Metadata,
}

#[derive(Debug, Deserialize)]
struct Entry {
    value: String,
    value_classification: String,
    /// Seconds since 1970.
    timestamp: String,
    /// Seconds.
    time_until_update: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    error: Option<String>,
}

/// Reads an answer that arrived at `now`.
///
/// # Errors
///
/// [`AskError::Reported`] where the source says that it failed, [`AskError::Undecodable`] for another shape,
/// [`AskError::Impossible`] for no index at all, a value outside 0 to 100, a label that is none, or a time that is none
/// or lies in the future.
pub(crate) fn read(body: &[u8], now: UnixMs) -> Result<FearGreedAnswer, AskError> {
    let Answer { data, metadata } = serde_json::from_slice(body)?;
    if let Some(error) = metadata.error {
        return Err(AskError::Reported(error));
    }
    let newest = data.into_iter().next().ok_or_else(|| Invalid::new("data", "holds no index"))?;
    let value = newest.value.parse().ok().and_then(|value| Score::new(value).ok());
    let value = value.ok_or_else(|| Invalid::new("value", format!("`{}` is not 0 to 100", newest.value)))?;
    let label = newest.value_classification;
    if label.trim().is_empty() || label.len() > LABEL_MAX_BYTES {
        return Err(Invalid::new("value_classification", format!("`{label}` is no label")).into());
    }
    let seconds = newest.timestamp.parse::<i64>();
    let seconds = seconds.map_err(|_| Invalid::new("timestamp", format!("`{}` is no time", newest.timestamp)))?;
    let date = source_time("timestamp", seconds, now)?;
    // Not a figure that is shown: where it is nonsense, the source is merely asked as often as it may be.
    let next = newest.time_until_update.and_then(|text| text.parse::<i64>().ok()).unwrap_or(NEXT_MIN_SECS);
    let next_in = Duration::from_secs(next.clamp(NEXT_MIN_SECS, NEXT_MAX_SECS).unsigned_abs());
    Ok(FearGreedAnswer { index: FearGreed { value, label, date }, next_in })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// 21 November 2026, 01:51:36 UTC.
    const NOW: UnixMs = UnixMs(1_795_225_896_000);

    /// An answer of the documented shape.
    fn answer() -> Value {
        json!({
            "name": "Fear and Greed Index",
            "data": [
                {
                    "value": "38",
                    "value_classification": "Fear",
                    "timestamp": "1795219200",
                    "time_until_update": "79704",
                },
                { "value": "41", "value_classification": "Fear", "timestamp": "1795132800" },
            ],
            "metadata": { "error": null },
        })
    }

    fn read(answer: &Value) -> Result<FearGreedAnswer, AskError> {
        super::read(answer.to_string().as_bytes(), NOW)
    }

    fn with(field: &str, value: Value) -> Value {
        let mut answer = answer();
        answer["data"][0][field] = value;
        answer
    }

    #[test]
    fn the_documented_answer_gives_the_newest_index() {
        let index =
            FearGreed { value: Score::new(38.0).unwrap(), label: "Fear".to_owned(), date: UnixMs(1_795_219_200_000) };
        assert_eq!(read(&answer()).unwrap(), FearGreedAnswer { index, next_in: Duration::from_secs(79_704) });
    }

    #[test]
    fn fields_that_nobody_documented_change_nothing() {
        let mut more = answer();
        more["version"] = json!(2);
        more["data"][0]["trend"] = json!(["up"]);
        more["metadata"]["warning"] = json!("be careful");
        assert_eq!(read(&more).unwrap(), read(&answer()).unwrap());
    }

    #[test]
    fn both_ends_of_the_scale_are_values() {
        for (text, value) in [("0", 0.0), ("100", 100.0)] {
            assert_eq!(read(&with("value", json!(text))).unwrap().index.value.get(), value);
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_name_of_the_field() {
        let mut none = answer();
        none["data"] = json!([]);
        let mut answers = vec![(none, "data")];
        for (field, value) in [
            ("value", "101"),
            ("value", "-1"),
            ("value", "NaN"),
            ("value", ""),
            ("value", "fear"),
            ("value_classification", " "),
            ("value_classification", "a label that goes on and on and on"),
            ("timestamp", "0"),
            ("timestamp", "21-11-2026"),
            ("timestamp", "1795232000"),
            ("timestamp", "1795219200000"),
        ] {
            answers.push((with(field, json!(value)), field));
        }
        for (answer, field) in answers {
            match read(&answer) {
                Err(AskError::Impossible(invalid)) => assert_eq!(invalid.field, field, "{answer}"),
                other => panic!("{answer}: {other:?}"),
            }
        }
    }

    #[test]
    fn another_shape_is_refused_and_an_error_of_the_source_is_told() {
        let mut shapes = vec![json!({}), json!([]), json!({ "data": [] })];
        for (field, value) in [("value", json!(38)), ("value", Value::Null), ("timestamp", json!(1_795_219_200))] {
            shapes.push(with(field, value));
        }
        let mut lacking = answer();
        lacking["data"][0].as_object_mut().unwrap().remove("value_classification");
        shapes.push(lacking);
        for shape in shapes {
            assert!(matches!(read(&shape), Err(AskError::Undecodable(_))), "{shape}");
        }
        let mut failed = answer();
        failed["metadata"]["error"] = json!("Invalid format");
        assert!(matches!(read(&failed), Err(AskError::Reported(error)) if error == "Invalid format"));
    }

    #[test]
    fn the_next_question_waits_for_the_next_index_an_hour_to_a_day() {
        let next = |value| read(&with("time_until_update", value)).unwrap().next_in.as_secs();
        assert_eq!(next(json!("7200")), 7_200);
        assert_eq!(next(json!("30")), 3_600);
        assert_eq!(next(json!("-1750000000")), 3_600);
        assert_eq!(next(json!("999999999")), 86_400);
        assert_eq!(next(json!("soon")), 3_600);
        assert_eq!(next(Value::Null), 3_600);
    }

    proptest! {
        #[test]
        fn whatever_is_told_only_an_index_that_can_be_comes_through(
            value in "-?[0-9]{1,3}(\\.[0-9])?|.{0,4}",
            label in ".{0,40}",
            timestamp in "-?[0-9]{1,20}|179[45][0-9]{6}|.{0,4}",
            until in "-?[0-9]{1,20}|.{0,4}",
        ) {
            let answer = json!({
                "data": [{
                    "value": value, "value_classification": label, "timestamp": timestamp, "time_until_update": until,
                }],
                "metadata": { "error": null },
            });
            if let Ok(FearGreedAnswer { index, next_in }) = read(&answer) {
                prop_assert!((0.0..=100.0).contains(&index.value.get()) && !index.label.trim().is_empty());
                prop_assert!(index.date.0 > 0 && index.date <= NOW.plus(super::super::AHEAD));
                prop_assert!((3_600..=86_400).contains(&next_in.as_secs()));
            }
        }

        #[test]
        fn any_bytes_are_read_without_harm(body in prop::collection::vec(any::<u8>(), 0..256)) {
            prop_assert!(super::read(&body, NOW).is_err());
        }
    }
}
