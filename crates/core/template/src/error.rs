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

pub(crate) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}
