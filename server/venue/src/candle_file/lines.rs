//! Lines of a file with their numbers, of a bounded length.
//!
//! A reader of comma-separated values would number the line behind a blank one wrongly, and keep a file without line
//! ends in memory as one line.

use std::io::{BufRead, BufReader, Read};

/// The longest line in bytes: some hundred columns.
pub(super) const LONGEST: u64 = 16_384;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why a line cannot be had.
#[derive(Debug)]
pub(super) enum BadLine {
    /// The bytes cannot be read.
    Io(std::io::Error),
    /// They are no line of text.
    Text(&'static str),
}

/// The lines of a file.
pub(super) struct Lines<R> {
    bytes: BufReader<R>,
    buffer: Vec<u8>,
    number: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(bytes: R) -> Self {
        Self { bytes: BufReader::new(bytes), buffer: Vec::new(), number: 0 }
    }

    /// The number of the line that was returned last, counted from 1.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// Returns the next line without its end, `None` behind the last.
    pub(super) fn next(&mut self) -> Result<Option<&str>, BadLine> {
        self.buffer.clear();
        let read = self.bytes.by_ref().take(LONGEST + 1).read_until(b'\n', &mut self.buffer).map_err(BadLine::Io)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let mut line = self.buffer.as_slice();
        if self.number == 1 {
            if line.starts_with(b"\xFF\xFE") || line.starts_with(b"\xFE\xFF") {
                return Err(BadLine::Text("the text is UTF-16: UTF-8 is expected"));
            }
            if line.starts_with(b"PK\x03\x04") {
                return Err(BadLine::Text("the file is a zip archive: plain text or gzip is expected"));
            }
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if self.buffer.len() as u64 > LONGEST {
            return Err(BadLine::Text("the line is longer than 16 KiB: one candle a line is expected"));
        }
        line = line.strip_suffix(b"\n").unwrap_or(line);
        line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.contains(&b'\r') {
            return Err(BadLine::Text("a lone carriage return: lines are expected to end in LF or CRLF"));
        }
        std::str::from_utf8(line).map(Some).map_err(|_| BadLine::Text("the line is not UTF-8 text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lines_and_strips_their_ends_and_the_byte_order_mark() {
        let mut lines = Lines::new(&b"\xEF\xBB\xBFa,b\r\n\n1,2\n3,4"[..]);
        for (number, text) in [(1, "a,b"), (2, ""), (3, "1,2"), (4, "3,4")] {
            assert_eq!(lines.next().unwrap(), Some(text));
            assert_eq!(lines.number(), number);
        }
        assert_eq!(lines.next().unwrap(), None);
    }

    #[test]
    fn refuses_what_is_no_line_of_text() {
        for (bytes, problem) in [
            (b"\xFF\xFEa\0".to_vec(), "UTF-16"),
            (b"PK\x03\x04\x14\0".to_vec(), "zip"),
            (vec![b'1'; 20_000], "16 KiB"),
            (b"a\rb\rc".to_vec(), "carriage return"),
            (b"a\xC3\n".to_vec(), "UTF-8"),
        ] {
            let mut lines = Lines::new(bytes.as_slice());
            let Err(BadLine::Text(said)) = lines.next() else { panic!("{problem} was read") };
            assert!(said.contains(problem), "{said}");
        }
    }
}
