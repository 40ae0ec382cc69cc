//! Rows out of JSON: a list of objects, or objects one after the other.

use crate::fault::Fault;
use crate::schema::Schema;
use crate::{FileRow, MAX_ROW_BYTES};
use serde_json::Value;

/// Levels of a row: none of its values has any.
const LEVELS: usize = 4;

/// Reads rows out of a JSON file that is there as a whole.
pub struct JsonRows<'a> {
    schema: &'a Schema,
    rest: &'a str,
    line: u64,
    is_list: bool,
    /// Whether no row was read yet: in a list a comma stands before each but the first.
    is_first: bool,
    is_over: bool,
}

impl<'a> JsonRows<'a> {
    /// Reads rows of this schema.
    #[must_use]
    pub fn new(schema: &'a Schema, text: &'a str) -> Self {
        let mut rows = Self {
            schema,
            rest: text,
            line: 1,
            is_list: false,
            is_first: true,
            is_over: false,
        };
        rows.is_list = rows.eat('[');
        rows
    }

    /// Whether a file that begins so is JSON.
    #[must_use]
    pub fn is_json(begin: &[u8]) -> bool {
        let first = begin.iter().find(|byte| !byte.is_ascii_whitespace());
        matches!(first, Some(b'[' | b'{'))
    }

    /// The next row, or what is wrong with it; none at the end.
    ///
    /// # Errors
    /// The file is no JSON from here on; nothing more can be read then.
    pub fn next_row(&mut self) -> Result<Option<Result<FileRow, Fault>>, Fault> {
        if self.is_over || self.is_end()? {
            return Ok(None);
        }
        let line = self.line;
        let wrong = |why: String| Fault::new(line, why);
        let (value, end) = tollgate_json::read_first(self.rest, LEVELS)
            .map_err(|fault| wrong(format!("not JSON: {fault}")))?;
        self.go(end);
        if end > MAX_ROW_BYTES {
            return Ok(Some(Err(wrong(format!(
                "the row has more than {MAX_ROW_BYTES} bytes."
            )))));
        }
        let Value::Object(given) = value else {
            return Ok(Some(Err(wrong("expected an object.".into()))));
        };
        let row = self.schema.row(given);
        let row = row.map(|row| FileRow { line, row });
        Ok(Some(row.map_err(|fault| Fault::of_row(line, fault))))
    }

    /// Whether nothing more follows; otherwise the next value begins here.
    fn is_end(&mut self) -> Result<bool, Fault> {
        self.skip();
        if self.is_list {
            let is_first = std::mem::replace(&mut self.is_first, false);
            if self.eat(']') {
                self.is_over = true;
                self.skip();
                return match self.rest.is_empty() {
                    true => Ok(true),
                    false => Err(Fault::new(self.line, "something follows the list.")),
                };
            }
            if !is_first && !self.eat(',') {
                return Err(Fault::new(
                    self.line,
                    "expected a comma, or the end of the list.",
                ));
            }
            self.skip();
            return Ok(false);
        }
        Ok(self.rest.is_empty())
    }

    fn skip(&mut self) {
        let text = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.go(self.rest.len() - text.len());
    }

    /// Goes on behind this character, if it is the next but for spaces.
    fn eat(&mut self, wanted: char) -> bool {
        self.skip();
        let is_there = self.rest.starts_with(wanted);
        if is_there {
            self.go(wanted.len_utf8());
        }
        is_there
    }

    fn go(&mut self, bytes: usize) {
        let (gone, rest) = self.rest.split_at(bytes);
        self.line += gone.bytes().filter(|byte| *byte == b'\n').count() as u64;
        self.rest = rest;
    }
}
