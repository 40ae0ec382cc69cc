//! What is wrong with a template, and where.

use std::fmt;

/// A template that can't be parsed or rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Line in the template, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What was found and what was expected.
    pub message: String,
    /// The piece of the template at that place.
    pub snippet: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Error {
            line,
            column,
            message,
            snippet,
        } = self;
        write!(f, "line {line}, column {column}: {message}, at `{snippet}`")
    }
}

impl std::error::Error for Error {}

/// An error before its place is looked up: the byte of the template, and the message.
pub(crate) type Fault = (usize, String);

pub(crate) fn at(text: &str, (offset, message): Fault) -> Error {
    let (line, column) = place(text, offset);
    let rest = text.get(offset..).unwrap_or_default();
    let snippet = rest
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(40)
        .collect();
    Error {
        line,
        column,
        message,
        snippet,
    }
}

fn place(text: &str, offset: usize) -> (usize, usize) {
    Places::new(text).of(offset)
}

/// Finds lines and columns; fast for offsets that grow.
pub(crate) struct Places<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
    column: usize,
}

impl<'a> Places<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            line: 1,
            column: 1,
        }
    }

    /// Line and column of a byte, both from 1.
    pub(crate) fn of(&mut self, offset: usize) -> (usize, usize) {
        if offset < self.offset {
            *self = Places::new(self.text);
        }
        let passed = self.text.get(self.offset..offset).unwrap_or_default();
        for c in passed.chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.offset += passed.len();
        (self.line, self.column)
    }
}
