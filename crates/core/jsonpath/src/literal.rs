//! JSON as an author wrote it in a path.
//!
//! The reference's reader (json-smart in its permissive mode) takes single quotes, texts without quotes, commas
//! too many, and whatever follows the first value. Where the text ends too early it gives nothing.

use crate::MAX_DEPTH;
use crate::number;
use serde_json::{Map, Value};

/// Reads a literal; none if it is no JSON even so.
pub(crate) fn read(units: &[u16]) -> Option<Value> {
    let mut reader = Reader {
        units,
        at: 0,
        depth: 0,
    };
    loop {
        match reader.here() {
            Some(' ' | '\t' | '\n' | '\r') => reader.at += 1,
            None => return Some(Value::String(String::new())),
            Some(_) => return reader.value(&[]),
        }
    }
}

struct Reader<'a> {
    units: &'a [u16],
    at: usize,
    depth: usize,
}

/// Ends the text, wherever it stands.
const END: u16 = 26;

impl Reader<'_> {
    fn unit(&self, at: usize) -> Option<u16> {
        self.units.get(at).copied().filter(|unit| *unit != END)
    }

    fn here(&self) -> Option<char> {
        let unit = self.unit(self.at)?;
        Some(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn skip_spaces(&mut self) {
        while self.here().is_some_and(|letter| letter <= ' ') {
            self.at += 1;
        }
    }

    /// A value, which ends before one of the characters, if it has no end of its own.
    fn value(&mut self, stops: &[char]) -> Option<Value> {
        loop {
            return match self.here()? {
                ' ' | '\t' | '\n' | '\r' => {
                    self.at += 1;
                    continue;
                }
                ':' | ']' | '}' => None,
                '{' => self.nested(Self::object),
                '[' => self.nested(Self::array),
                quote @ ('"' | '\'') => self.quoted(quote).map(Value::String),
                '-' | '0'..='9' => self.number(stops),
                _ => {
                    let start = self.at;
                    let word = self.bare(start, stops);
                    Some(match word.as_str() {
                        "null" => Value::Null,
                        "true" => Value::Bool(true),
                        "false" => Value::Bool(false),
                        // No number that JSON could hold.
                        "NaN" => return None,
                        _ => Value::String(word),
                    })
                }
            };
        }
    }

    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Option<Value>) -> Option<Value> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        loop {
            match self.here()? {
                ' ' | '\t' | '\n' | '\r' | ',' => self.at += 1,
                ']' => {
                    self.at += 1;
                    return Some(Value::Array(items));
                }
                ':' | '}' => return None,
                _ => items.push(self.value(&[',', ']'])?),
            }
        }
    }

    fn object(&mut self) -> Option<Value> {
        let mut members = Map::new();
        loop {
            let name = match self.here()? {
                ' ' | '\t' | '\n' | '\r' | ',' => {
                    self.at += 1;
                    continue;
                }
                ':' | '[' | ']' | '{' => return None,
                '}' => {
                    self.at += 1;
                    return Some(Value::Object(members));
                }
                quote @ ('"' | '\'') => self.quoted(quote)?,
                _ => {
                    let start = self.at;
                    self.bare(start, &[':'])
                }
            };
            self.skip_spaces();
            if self.here()? != ':' {
                return None;
            }
            self.at += 1;
            let value = self.value(&[',', '}'])?;
            members.insert(name, value);
            self.skip_spaces();
            match self.here()? {
                '}' => {
                    self.at += 1;
                    return Some(Value::Object(members));
                }
                ',' => self.at += 1,
                _ => return None,
            }
        }
    }

    /// A text without quotes, from a place up to what stops it, without the spaces around it.
    fn bare(&mut self, start: usize, stops: &[char]) -> String {
        while self.here().is_some_and(|letter| !stops.contains(&letter)) {
            self.at += 1;
        }
        self.trimmed(start)
    }

    /// What stands between a place and the current one, without the spaces around it.
    fn trimmed(&self, start: usize) -> String {
        let part = self.units.get(start..self.at).unwrap_or_default();
        let text = String::from_utf16_lossy(part);
        let inner = text.trim_matches(is_space);
        if inner.is_empty() {
            // Of nothing but spaces the last remains.
            return text.chars().last().map(String::from).unwrap_or_default();
        }
        inner.to_owned()
    }

    fn skip_digits(&mut self) {
        while self.here().is_some_and(|letter| letter.is_ascii_digit()) {
            self.at += 1;
        }
    }

    /// A number; a text if something follows that isn't part of one.
    fn number(&mut self, stops: &[char]) -> Option<Value> {
        let start = self.at;
        self.at += 1;
        self.skip_digits();
        let mut fraction = false;
        if self.here() == Some('.') {
            fraction = true;
            self.at += 1;
            self.skip_digits();
        }
        if let Some('e' | 'E') = self.here() {
            fraction = true;
            self.at += 1;
            match self.here() {
                Some('+' | '-' | '0'..='9') => {
                    self.at += 1;
                    self.skip_digits();
                }
                _ => return Some(Value::String(self.bare(start, stops))),
            }
        }
        self.skip_spaces();
        let ends = |letter: char| letter >= '~' || stops.contains(&letter);
        if !self.here().is_none_or(ends) {
            return Some(Value::String(self.bare(start, stops)));
        }
        let text = self.trimmed(start);
        if fraction {
            number::fraction(&text)
        } else {
            number::whole(&text)
        }
    }

    /// A text in quotes. Without a backslash in it everything is kept as it is; with one, control characters
    /// are dropped, and what a backslash stands before without a meaning.
    fn quoted(&mut self, quote: char) -> Option<String> {
        let start = self.at + 1;
        let wanted = quote as u16;
        let end = (start..self.units.len()).find(|at| self.units[*at] == wanted)?;
        if !self.units[start..end].contains(&u16::from(b'\\')) {
            self.at = end + 1;
            return Some(String::from_utf16_lossy(&self.units[start..end]));
        }
        let mut text = Vec::new();
        self.at = start;
        loop {
            let unit = self.unit(self.at)?;
            self.at += 1;
            match u8::try_from(unit) {
                Ok(b'\\') => {
                    let escaped = self.unit(self.at);
                    self.at += 1;
                    match u8::try_from(escaped?) {
                        Ok(b't') => text.push(9),
                        Ok(b'n') => text.push(10),
                        Ok(b'r') => text.push(13),
                        Ok(b'f') => text.push(12),
                        Ok(b'b') => text.push(8),
                        Ok(same @ (b'\\' | b'/' | b'\'' | b'"')) => text.push(u16::from(same)),
                        Ok(b'u') => text.push(self.hex(4)?),
                        Ok(b'x') => text.push(self.hex(2)?),
                        _ => {}
                    }
                }
                Ok(0..32 | 127) => {}
                _ if unit == wanted => return Some(String::from_utf16_lossy(&text)),
                _ => text.push(unit),
            }
        }
    }

    fn hex(&mut self, digits: usize) -> Option<u16> {
        let mut value = 0_u32;
        for _ in 0..digits {
            value = value * 16 + self.here()?.to_digit(16)?;
            self.at += 1;
        }
        u16::try_from(value).ok()
    }
}

/// What Java calls white space.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() && !matches!(letter, '\u{85}' | '\u{a0}' | '\u{2007}' | '\u{202f}')
        || matches!(letter, '\u{1c}'..='\u{1f}')
}
