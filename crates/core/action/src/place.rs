//! Where a field stands in the file, so that an error can point at it.
//!
//! The file has been parsed by then, so the scan takes it for valid JSON; on a text that isn't, it answers
//! `None` or an approximate place, and never loops: each step consumes a byte.

/// A line and a column, from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The place of a byte.
pub(crate) fn of_byte(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Place {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

/// The byte at which the value of a field begins, or that of the nearest field around it that exists.
pub(crate) fn of_field(text: &str, path: &[&str]) -> usize {
    let mut at = blank(text, 0);
    for name in path {
        match member(text, at, name) {
            Some(value) => at = value,
            None => break,
        }
    }
    at
}

/// The place in the file of a character inside a text, given the byte at which the text's quote stands and
/// the character's place in the text it stands for (where `\n` begins a line).
pub(crate) fn inside_text(file: &str, quote: usize, inner: Place) -> Place {
    let mut now = Place { line: 1, column: 1 };
    let mut at = quote + 1;
    let bytes = file.as_bytes();
    while now < inner {
        let (letter, length) = match (bytes.get(at), bytes.get(at + 1)) {
            (None | Some(b'"'), _) => break,
            (Some(b'\\'), Some(b'n')) => ('\n', 2),
            (Some(b'\\'), Some(b'u')) => ('u', unicode_length(file, at)),
            (Some(b'\\'), _) => ('\\', 2),
            (Some(_), _) => match file.get(at..).and_then(|rest| rest.chars().next()) {
                Some(letter) => (letter, letter.len_utf8()),
                None => break,
            },
        };
        at += length;
        if letter == '\n' {
            now = Place {
                line: now.line + 1,
                column: 1,
            };
        } else {
            now.column += 1;
        }
    }
    of_byte(file, at)
}

/// `\uXXXX`, or two of them for a character beyond the first plane.
fn unicode_length(file: &str, at: usize) -> usize {
    let high = file.get(at + 2..at + 4).unwrap_or_default();
    let pair = matches!(
        high.to_ascii_lowercase().as_str(),
        "d8" | "d9" | "da" | "db"
    );
    if pair { 12 } else { 6 }
}

/// The byte at which the value of an object's last member of that name begins.
fn member(text: &str, object: usize, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    if bytes.get(object) != Some(&b'{') {
        return None;
    }
    let mut found = None;
    let mut at = blank(text, object + 1);
    while bytes.get(at) == Some(&b'"') {
        let end = skip(text, at);
        let key: Option<String> = text
            .get(at..end)
            .and_then(|quoted| tollgate_json::read_as(quoted).ok());
        let value = blank(text, blank(text, end) + 1);
        if key.as_deref() == Some(name) {
            found = Some(value);
        }
        at = blank(text, skip(text, value));
        if bytes.get(at) == Some(&b',') {
            at = blank(text, at + 1);
        }
    }
    found
}

/// The byte after white space.
fn blank(text: &str, mut at: usize) -> usize {
    while matches!(text.as_bytes().get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The byte after a value.
fn skip(text: &str, mut at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    loop {
        match bytes.get(at) {
            None => return at,
            Some(b'"') => at = skip_text(bytes, at),
            Some(b'{' | b'[') => {
                depth += 1;
                at += 1;
            }
            Some(b'}' | b']') if depth > 0 => {
                depth -= 1;
                at += 1;
            }
            Some(b',' | b'}' | b']') if depth == 0 => return at,
            Some(_) => {
                at += 1;
                continue;
            }
        }
        if depth == 0 {
            return at;
        }
    }
}

fn skip_text(bytes: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    loop {
        match bytes.get(at) {
            None => return at,
            Some(b'"') => return at + 1,
            Some(b'\\') => at += 2,
            Some(_) => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "{\n  \"a\": [1, {\"b\": 2}],\n  \"c\": {\n    \"d\": \"x\\ny\\u00e9z\"\n  }\n}\n";

    #[test]
    fn fields_are_found() {
        let at = |path: &[&str]| of_byte(FILE, of_field(FILE, path));
        assert_eq!(at(&["a"]), Place { line: 2, column: 8 });
        assert_eq!(
            at(&["c", "d"]),
            Place {
                line: 4,
                column: 10
            }
        );
        assert_eq!(at(&["c", "missing"]), Place { line: 3, column: 8 });
        assert_eq!(at(&[]), Place { line: 1, column: 1 });
    }

    #[test]
    fn a_place_inside_a_text_is_one_in_the_file() {
        let quote = of_field(FILE, &["c", "d"]);
        let inner = |line, column| inside_text(FILE, quote, Place { line, column });
        assert_eq!(
            inner(1, 1),
            Place {
                line: 4,
                column: 11
            }
        );
        assert_eq!(
            inner(2, 1),
            Place {
                line: 4,
                column: 14
            }
        );
        assert_eq!(
            inner(2, 3),
            Place {
                line: 4,
                column: 21
            }
        );
        assert_eq!(
            inner(9, 9),
            Place {
                line: 4,
                column: 22
            }
        );
    }
}
