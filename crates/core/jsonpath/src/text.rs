//! The text of a path with a place in it.
//!
//! Places are counted in UTF-16 units, as the reference counts them: some of its rules depend on how many
//! units are left. A text has an end that can lie before its last unit; what follows the end can be looked at
//! but isn't part of the text any more.

use crate::CompileError;

/// A text, a place in it, and its end.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    units: &'a [u16],
    /// The place.
    pub(crate) at: usize,
    /// The place behind the last unit.
    pub(crate) end: usize,
    /// Units of the whole path before this text; below nought for a prefix that isn't written.
    origin: isize,
}

impl<'a> Text<'a> {
    pub(crate) fn new(units: &'a [u16], origin: isize) -> Text<'a> {
        Text {
            units,
            at: 0,
            end: units.len(),
            origin,
        }
    }

    /// The units of a part, and where it lies in the whole path.
    pub(crate) fn part(&self, from: usize, to: usize) -> (&'a [u16], isize) {
        let part = self.units.get(from..to).unwrap_or_default();
        (part, self.origin + from.cast_signed())
    }

    pub(crate) fn string(&self, from: usize, to: usize) -> String {
        String::from_utf16_lossy(self.part(from, to).0)
    }

    /// The character at a place; half a surrogate pair is no character that means anything.
    pub(crate) fn get(&self, at: usize) -> Result<char, CompileError> {
        let unit = self.units.get(at).copied();
        let unit = unit.ok_or_else(|| self.fault(at, "the path ends where more was expected"))?;
        Ok(char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    pub(crate) fn here(&self) -> Result<char, CompileError> {
        self.get(self.at)
    }

    /// Whether the place lies before the end.
    pub(crate) fn holds(&self, at: usize) -> bool {
        at < self.end
    }

    /// Whether the character at a place, before the end, is this one.
    pub(crate) fn is(&self, at: usize, wanted: char) -> bool {
        self.holds(at) && self.get(at) == Ok(wanted)
    }

    /// Whether nothing is left to be read. The reference leaves the very last unit unread here.
    pub(crate) fn is_done(&self) -> bool {
        self.at + 1 >= self.end
    }

    /// Skips blanks, but never the last unit.
    pub(crate) fn skip_blanks(&mut self) {
        while self.at + 1 < self.end && self.is(self.at, ' ') {
            self.at += 1;
        }
    }

    pub(crate) fn trim(&mut self) {
        self.skip_blanks();
        while self.at + 1 < self.end && self.is(self.end - 1, ' ') {
            self.end -= 1;
        }
    }

    /// The place of the next unit that is no blank, which can be the end.
    pub(crate) fn significant(&self, after: usize) -> usize {
        let mut at = after + 1;
        while self.is(at, ' ') {
            at += 1;
        }
        at
    }

    /// The last character before the place that is no blank.
    pub(crate) fn previous(&self, before: usize) -> Option<(usize, char)> {
        let at = (0..before).rev().find(|at| !self.is(*at, ' '))?;
        self.get(at).ok().map(|found| (at, found))
    }

    pub(crate) fn find(&self, from: usize, wanted: char) -> Option<usize> {
        (from..self.end).find(|at| self.is(*at, wanted))
    }

    /// The place of a character behind the place, without a backslash before it.
    pub(crate) fn unescaped(&self, after: usize, wanted: char) -> Option<usize> {
        let mut escaped = false;
        for at in after + 1..self.end {
            if escaped {
                escaped = false;
            } else if self.is(at, '\\') {
                escaped = true;
            } else if self.is(at, wanted) {
                return Some(at);
            }
        }
        None
    }

    /// The place of the bracket that closes the one at the place; texts in quotes, and patterns, are skipped.
    pub(crate) fn closing(
        &self,
        at: usize,
        open: char,
        close: char,
        patterns: bool,
    ) -> Result<Option<usize>, CompileError> {
        let (mut opened, mut at) = (1, at + 1);
        while self.holds(at) {
            if let Ok(quote @ ('\'' | '"')) = self.get(at) {
                let end = self.unescaped(at, quote);
                at = 1 + end.ok_or_else(|| self.fault(at, &format!("not closed by {quote}")))?;
            }
            if patterns && self.get(at)? == '/' {
                let end = self.unescaped(at, '/');
                at = 1 + end.ok_or_else(|| self.fault(at, "the pattern is not closed by /"))?;
            }
            let found = self.get(at)?;
            if found == open {
                opened += 1;
            }
            if found == close {
                opened -= 1;
                if opened == 0 {
                    return Ok(Some(at));
                }
            }
            at += 1;
        }
        Ok(None)
    }

    /// An error at a place.
    pub(crate) fn fault(&self, at: usize, message: &str) -> CompileError {
        let offset = self.origin + at.cast_signed();
        CompileError {
            offset: usize::try_from(offset).unwrap_or(0),
            message: message.to_owned(),
        }
    }

    /// An error here, which also says what stands here.
    pub(crate) fn expected(&self, expected: &str) -> CompileError {
        let found = match self.here() {
            Ok(found) if self.holds(self.at) => format!("found {found:?}"),
            _ => "the path ends".to_owned(),
        };
        self.fault(self.at, &format!("expected {expected}; {found}"))
    }
}

/// The number of a decimal digit of any script, as Java has them.
pub(crate) fn digit(letter: char) -> Option<u32> {
    /// The noughts of the scripts within 16 bits.
    const NOUGHTS: [u32; 37] = [
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
        0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
        0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0,
        0xff10,
    ];
    if letter.is_ascii() {
        return letter.to_digit(10);
    }
    let code = u32::from(letter);
    let nought = NOUGHTS.iter().rev().find(|nought| **nought <= code)?;
    Some(code - nought).filter(|digit| *digit < 10)
}

/// A text without the backslashes that stand before its characters; none for a `\u` without four hex digits.
pub(crate) fn unescape(text: &[u16]) -> Option<String> {
    let mut plain = Vec::with_capacity(text.len());
    let mut units = text.iter().copied();
    while let Some(unit) = units.next() {
        if unit != u16::from(b'\\') {
            plain.push(unit);
            continue;
        }
        let Some(escaped) = units.next() else {
            plain.push(unit);
            break;
        };
        plain.push(match u8::try_from(escaped) {
            Ok(b'b') => 8,
            Ok(b't') => 9,
            Ok(b'n') => 10,
            Ok(b'f') => 12,
            Ok(b'r') => 13,
            Ok(b'u') => {
                let four: Vec<u16> = units.by_ref().take(4).collect();
                if four.len() < 4 {
                    // What is left of a number is dropped with it.
                    break;
                }
                let digits = String::from_utf16_lossy(&four);
                let signed = digits.strip_prefix(['+', '-']).unwrap_or(&digits);
                let value = u16::from_str_radix(signed, 16).ok()?;
                if digits.starts_with('-') {
                    value.wrapping_neg()
                } else {
                    value
                }
            }
            _ => escaped,
        });
    }
    Some(String::from_utf16_lossy(&plain))
}
