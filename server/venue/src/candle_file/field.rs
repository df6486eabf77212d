//! The fields of a line.

/// Splits a line at `separator` outside of quotes; blanks around a field and the quotes of a whole field are dropped.
pub(super) fn split(line: &str, separator: char) -> Result<Vec<&str>, &'static str> {
    let (mut fields, mut begin, mut quoted) = (Vec::with_capacity(8), 0, false);
    for (place, character) in line.char_indices() {
        if character == '"' {
            quoted = !quoted;
        } else if character == separator && !quoted {
            fields.push(bare(&line[begin..place]));
            begin = place + character.len_utf8();
        }
    }
    if quoted {
        return Err("a quoted field does not end on its line");
    }
    fields.push(bare(&line[begin..]));
    Ok(fields)
}

fn bare(field: &str) -> &str {
    let field = field.trim();
    field.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).map_or(field, str::trim)
}

/// The separator of a header: the one of comma, semicolon and tab that it has most of.
pub(super) fn separator(header: &str) -> char {
    let count = |separator| header.matches(separator).count();
    [',', ';', '\t'].into_iter().rev().max_by_key(|&separator| count(separator)).unwrap_or(',')
}

/// A field as a message shows it: short, and without characters that would disturb a terminal.
pub(super) fn shown(field: &str) -> String {
    const MOST: usize = 40;
    let short: String = field.chars().take(MOST).flat_map(char::escape_debug).collect();
    if field.chars().nth(MOST).is_some() { format!("`{short}…`") } else { format!("`{short}`") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_the_separator_outside_of_quotes() {
        assert_eq!(split("1, 2 ,\"3\"", ',').unwrap(), ["1", "2", "3"]);
        assert_eq!(split("\"1,5\",2", ',').unwrap(), ["1,5", "2"]);
        assert_eq!(split("1;2,5", ';').unwrap(), ["1", "2,5"]);
        assert_eq!(split("", ',').unwrap(), [""]);
        assert!(split("\"1,2", ',').is_err());
    }

    #[test]
    fn finds_the_separator_of_a_header() {
        assert_eq!(separator("open,high"), ',');
        assert_eq!(separator("open;high;low"), ';');
        assert_eq!(separator("open\thigh"), '\t');
        assert_eq!(separator("open"), ',');
    }

    #[test]
    fn shows_a_long_or_strange_field_safely() {
        assert_eq!(shown("x\u{1b}[2J"), "`x\\u{1b}[2J`");
        assert_eq!(shown(&"9".repeat(50)), format!("`{}…`", "9".repeat(40)));
    }
}
