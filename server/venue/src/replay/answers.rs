//! The recorded answers over HTTP: for each path and query the last one before the replay's clock.

use std::collections::HashMap;

use schema::UnixMs;

/// An answer, packed: of six hundred contracts they take as many MiB unpacked as tens of them packed.
#[derive(Debug, Clone)]
struct Answer {
    at: UnixMs,
    status: u16,
    headers: Vec<(String, String)>,
    packed: Vec<u8>,
    bytes: usize,
}

/// An answer as it is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// The last answer to each question.
#[derive(Debug, Default)]
pub(super) struct Answers(HashMap<String, Answer>);

/// The beginnings of paths whose answers are of one moment: the next message has to continue them.
const OF_THE_MOMENT: [&str; 3] = ["/v5/market/recent-trade?", "/fapi/v1/aggTrades?", "/fapi/v1/depth?"];
/// How old such an answer may be.
const MOMENT_MS: i64 = 30_000;

impl Answers {
    /// More questions than a recording of a whole venue holds; later ones are not answered.
    const CAPACITY: usize = 65_536;

    /// Takes the place of an older answer.
    pub(super) fn put(
        &mut self,
        at: UnixMs,
        path: String,
        status: u16,
        headers: Vec<(String, String)>,
        body: &str,
    ) -> std::io::Result<()> {
        if self.0.len() < Self::CAPACITY || self.0.contains_key(&path) {
            let packed = zstd::bulk::compress(body.as_bytes(), 1)?;
            self.0.insert(path, Answer { at, status, headers, packed, bytes: body.len() });
        }
        Ok(())
    }

    /// The answer to a question at this time of the recording.
    pub(super) fn find(&self, path: &str, now: UnixMs) -> Option<std::io::Result<Given>> {
        let answer = self.0.get(path)?;
        let passing = OF_THE_MOMENT.iter().any(|beginning| path.starts_with(beginning));
        if passing && now.0.saturating_sub(answer.at.0) > MOMENT_MS {
            return None;
        }
        let given = |body| Given { status: answer.status, headers: answer.headers.clone(), body };
        Some(zstd::bulk::decompress(&answer.packed, answer.bytes).map(given))
    }

    /// Forgets every answer.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_answer_counts_and_one_of_a_moment_does_not_outlive_it() {
        let mut answers = Answers::default();
        let (tickers, trades) = ("/v5/market/tickers?category=linear", "/v5/market/recent-trade?category=linear");
        for (at, body) in [(1, "old"), (2, "new")] {
            for path in [tickers, trades] {
                answers.put(UnixMs(at), path.to_owned(), 200, Vec::new(), body).unwrap();
            }
        }
        let body = |path: &str, now| answers.find(path, UnixMs(now)).map(|given| given.unwrap().body);
        assert_eq!(body(tickers, 9_000_000), Some(b"new".to_vec()));
        assert_eq!(body(trades, MOMENT_MS), Some(b"new".to_vec()));
        assert_eq!(body(trades, MOMENT_MS + 3), None, "what was traded since would be missing");
        assert_eq!(body("/v5/market/tickers", 2), None, "another question");
    }
}
