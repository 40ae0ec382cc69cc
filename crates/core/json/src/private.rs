//! Keys by which `serde_json` speaks with itself, kept from its parser.
//!
//! A key is *private* if it is one or more `$` and then `serde_json::private::…`, however it is spelt. Each
//! one in the text gets a further `$` before it is parsed, and loses it afterwards. No parsed key then
//! begins with `$serde_json` after a single `$`, and since every private key has got exactly one `$`, taking
//! one away from those that have two or more gives back the text's own.

use crate::fault::{Fault, characters};
use serde_json::{Map, Value};
use std::borrow::Cow;

const NAME: &str = "serde_json::private::";

/// A text without private keys, and where they were.
pub(crate) struct Safe<'a> {
    original: &'a str,
    text: Cow<'a, str>,
    marks: Vec<usize>,
}

/// Whether a string's content, as it is spelt in a text, is a private key.
pub(crate) fn is_private(spelt: &[u8]) -> bool {
    // What nearly every string fails at.
    if !matches!(spelt.first(), Some(b'$' | b'\\')) {
        return false;
    }
    let mut letters = Letters(spelt).skip_while(|letter| *letter == b'$');
    let name = NAME.bytes().all(|wanted| letters.next() == Some(wanted));
    name && Letters(spelt).next() == Some(b'$')
}

/// The characters that a string's content stands for; 0 for one that no private key's beginning has.
struct Letters<'a>(&'a [u8]);

impl Iterator for Letters<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (letter, rest) = match self.0 {
            [] => return None,
            [b'\\', b'u', hex @ ..] if hex.len() >= 4 => (unit(&hex[..4]), &hex[4..]),
            [b'\\', _, rest @ ..] => (0, rest),
            [letter, rest @ ..] => (*letter, rest),
        };
        self.0 = rest;
        Some(letter)
    }
}

/// The ASCII character of four hexadecimal digits, or 0.
fn unit(hex: &[u8]) -> u8 {
    let digits = std::str::from_utf8(hex).unwrap_or_default();
    u8::from_str_radix(digits, 16)
        .ok()
        .filter(u8::is_ascii)
        .unwrap_or(0)
}

/// Gives each private key, whose content begins at one of these bytes, one more `$`.
pub(crate) fn mark(text: &str, marks: Vec<usize>) -> Safe<'_> {
    let safe = if marks.is_empty() {
        Cow::Borrowed(text)
    } else {
        let mut marked = String::with_capacity(text.len() + marks.len());
        let mut from = 0;
        for mark in &marks {
            marked.push_str(&text[from..*mark]);
            marked.push('$');
            from = *mark;
        }
        marked.push_str(&text[from..]);
        Cow::Owned(marked)
    };
    Safe {
        original: text,
        text: safe,
        marks,
    }
}

impl Safe<'_> {
    /// The text that may be parsed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The value that was parsed, with the original text's keys.
    pub(crate) fn unmark(&self, value: Value) -> Value {
        if self.marks.is_empty() {
            value
        } else {
            unmark(value)
        }
    }

    /// The place in the original text, in bytes, of a place in the marked text.
    pub(crate) fn origin(&self, byte: usize) -> usize {
        let mut marked = self.marks.iter().enumerate();
        byte - marked
            .position(|(before, mark)| mark + before >= byte)
            .unwrap_or(self.marks.len())
    }

    /// The parser's error, at its place in the original text.
    pub(crate) fn fault(&self, error: &serde_json::Error) -> Fault {
        let text = error.to_string();
        let (line, column) = (error.line(), error.column());
        let place = format!(" at line {line} column {column}");
        let message = text.strip_suffix(&place).unwrap_or(&text).to_owned();
        let lines = self.text.split('\n').take(line.saturating_sub(1));
        let start: usize = lines.map(|line| line.len() + 1).sum();
        let first = self.origin(start);
        let last = self.origin((start + column).min(self.text.len()));
        Fault {
            line: line.max(1),
            column: characters(&self.original.as_bytes()[first..last]),
            message,
        }
    }
}

fn unmark(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(unmark).collect()),
        Value::Object(fields) => {
            let own = |(key, value): (String, Value)| (own_key(key), unmark(value));
            Value::Object(fields.into_iter().map(own).collect::<Map<_, _>>())
        }
        scalar => scalar,
    }
}

fn own_key(key: String) -> String {
    match key.strip_prefix('$') {
        Some(rest) if is_marked(rest) => rest.to_owned(),
        _ => key,
    }
}

/// Whether a key without its first `$` is still a private one.
fn is_marked(rest: &str) -> bool {
    let name = rest.trim_start_matches('$');
    name.len() < rest.len() && name.starts_with(NAME)
}
