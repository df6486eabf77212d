//! Writes JSON straight into text.
//!
//! A frame of the stream is small and made thousands of times a second from whole numbers that have to appear as
//! decimal strings; writing it directly saves a text per field.

use std::fmt::Write as _;

use super::fixed::{Step, write_fixed};

/// An object or array being written; [`end`](Self::end) closes it.
pub(crate) struct Json<'a> {
    out: &'a mut String,
    close: char,
    empty: bool,
}

impl<'a> Json<'a> {
    /// Begins an object.
    pub(crate) fn object(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, close: '}', empty: true }
    }

    /// Begins an array.
    pub(crate) fn array(out: &'a mut String) -> Self {
        out.push('[');
        Self { out, close: ']', empty: true }
    }

    fn comma(&mut self) -> &mut String {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        self.out
    }

    fn key(&mut self, name: &str) -> &mut String {
        let out = self.comma();
        out.push('"');
        out.push_str(name);
        out.push_str("\":");
        out
    }

    /// The next element of an array, written by the caller.
    pub(crate) fn element(&mut self) -> &mut String {
        self.comma()
    }

    /// A member whose value the caller writes.
    pub(crate) fn member(&mut self, name: &str) -> &mut String {
        self.key(name)
    }

    /// A string without control characters: names and decimals of the exchange's own making, and symbols.
    pub(crate) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        if value.contains(['"', '\\']) {
            return self.foreign(name, value);
        }
        let out = self.key(name);
        out.push('"');
        out.push_str(value);
        out.push('"');
        self
    }

    /// A string that may hold anything.
    pub(crate) fn foreign(&mut self, name: &str, value: &str) -> &mut Self {
        let text = serde_json::Value::from(value).to_string();
        self.key(name).push_str(&text);
        self
    }

    /// A number.
    pub(crate) fn number(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Self {
        // Writing to a String cannot fail.
        let _ = write!(self.key(name), "{value}");
        self
    }

    /// A whole number as a string.
    pub(crate) fn digits(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Self {
        let _ = write!(self.key(name), "\"{value}\"");
        self
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.key(name).push_str(if value { "true" } else { "false" });
        self
    }

    /// A count of steps as a decimal string.
    pub(crate) fn steps(&mut self, name: &str, step: Step, count: impl Into<i128>) -> &mut Self {
        quoted_steps(self.key(name), step, count);
        self
    }

    /// A whole number of 10^−`scale` as a decimal string.
    pub(crate) fn decimal(&mut self, name: &str, value: i128, scale: u8) -> &mut Self {
        let out = self.key(name);
        out.push('"');
        write_fixed(value, scale, out);
        out.push('"');
        self
    }

    /// Closes it.
    pub(crate) fn end(self) {
        self.out.push(self.close);
    }
}

/// Writes a count of steps as a decimal string.
pub(crate) fn quoted_steps(out: &mut String, step: Step, count: impl Into<i128>) {
    out.push('"');
    step.write(count, out);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json() {
        let mut out = String::new();
        let mut object = Json::object(&mut out);
        object.text("a", "x").number("b", 7).digits("c", 8).flag("d", true).steps("e", Step::power(-2), 125);
        object.decimal("f", -5, 1).foreign("g", "say \"no\"\n");
        let mut array = Json::array(object.member("h"));
        array.element().push('1');
        array.element().push('2');
        array.end();
        object.end();
        let value: serde_json::Value = serde_json::from_str(&out).unwrap();
        let expected = serde_json::json!({
            "a": "x", "b": 7, "c": "8", "d": true, "e": "1.25", "f": "-0.5", "g": "say \"no\"\n", "h": [1, 2],
        });
        assert_eq!(value, expected);
    }
}
