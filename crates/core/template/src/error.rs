//! What is wrong with a template, and where.
//!
//! A place is counted as Velocity counts it, because its words hold places: columns are UTF-16 units, a tab
//! reaches to the next column that 8 divides, and `\r\n`, `\r` or `\n` ends a line. A text in double quotes
//! is a template of its own, in which Velocity counts anew and then adds where the quote stands; so a place
//! names the text it lies in.

use std::fmt;

/// A template that can't be parsed or rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Line in the template, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What was found and what was expected. What strict references refuse is told in Velocity's words,
    /// which hold the place, as in `Variable $x has not been set at successTemplate[line 1, column 11]`.
    pub message: String,
    /// The piece of the template at that place.
    pub snippet: String,
    /// What strict references refuse; none where the fault is one for every template.
    pub refused: Option<Refused>,
}

/// What strict references refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The name that the reference starts with; none where what is refused is no reference.
    pub name: Option<String>,
    /// Why the reference or value is refused.
    pub why: Why,
}

/// Why strict references refuse a reference or a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nothing has set the name.
    Unset,
    /// The value is null.
    Null,
    /// The value is not of the kind that is needed: it lacks the property or method, is no list to loop
    /// over, or no number to compare.
    Kind,
    /// A macro that isn't there.
    Macro,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Error {
            line,
            column,
            message,
            snippet,
            ..
        } = self;
        write!(f, "line {line}, column {column}: {message}, at `{snippet}`")
    }
}

impl std::error::Error for Error {}

/// An error while one text is parsed: the byte of that text, and the message.
pub(crate) type Fault = (usize, String);

/// A byte of one of a template's texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Which text: 0 is the template itself.
    pub(crate) text: u32,
    pub(crate) offset: u32,
}

/// A text that is parsed as a template: the template itself, or one in double quotes in another text.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) text: String,
    /// Where its opening quote stands; of no meaning for the template itself.
    pub(crate) quote: Place,
}

/// The error of a fault in the template itself.
pub(crate) fn at(text: &str, (offset, message): Fault) -> Error {
    let (line, column) = Cursor::default().of(text, offset);
    Error {
        line,
        column,
        message,
        snippet: snippet(text, offset),
        refused: None,
    }
}

/// The error of a fault in any of a template's texts.
pub(crate) fn within(sources: &[Source], place: Place, message: String) -> Error {
    let (line, column) = Places::new(sources).of(place);
    let source = sources.get(place.text as usize);
    let text = source.map_or("", |source| source.text.as_str());
    Error {
        line,
        column,
        message,
        snippet: snippet(text, place.offset as usize),
        refused: None,
    }
}

fn snippet(text: &str, offset: usize) -> String {
    let rest = text.get(offset..).unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default();
    line.chars().take(40).collect()
}

/// Finds lines and columns in a template's texts; fast for places that follow each other.
pub(crate) struct Places<'a> {
    sources: &'a [Source],
    /// One for each text.
    cursors: Vec<Cursor>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(sources: &'a [Source]) -> Self {
        let cursors = vec![Cursor::default(); sources.len()];
        Self { sources, cursors }
    }

    /// Line and column, both from 1.
    pub(crate) fn of(&mut self, mut place: Place) -> (usize, usize) {
        let (mut lines, mut columns, mut first_line) = (0, 0, true);
        loop {
            let at = place.text as usize;
            let (Some(source), Some(cursor)) = (self.sources.get(at), self.cursors.get_mut(at))
            else {
                return (1 + lines, 1 + columns);
            };
            let (line, column) = cursor.of(&source.text, place.offset as usize);
            lines += line - 1;
            // What stands before the quote counts only for what is on the quote's line.
            if first_line {
                columns += column;
                first_line = line == 1;
            }
            // A quote lies in a text that was begun before its own.
            if at == 0 || source.quote.text >= place.text {
                return (1 + lines, columns);
            }
            place = source.quote;
        }
    }
}

/// A place in one text, that moves forward.
#[derive(Debug, Clone)]
struct Cursor {
    offset: usize,
    line: usize,
    /// The column of the last character; 0 before the first.
    column: usize,
    last: char,
}

impl Default for Cursor {
    fn default() -> Self {
        Self {
            offset: 0,
            line: 1,
            column: 0,
            last: ' ',
        }
    }
}

impl Cursor {
    /// Line and column of a byte, both from 1.
    fn of(&mut self, text: &str, offset: usize) -> (usize, usize) {
        if offset < self.offset {
            *self = Cursor::default();
        }
        let passed = text.get(self.offset..offset).unwrap_or_default();
        passed.chars().for_each(|c| self.pass(c));
        self.offset += passed.len();
        let next = text.get(self.offset..).and_then(|rest| rest.chars().next());
        let mut there = self.clone();
        // The first unit of a character beyond the basic plane is where the character begins.
        there.pass(next.filter(|c| c.len_utf16() == 1).unwrap_or(' '));
        (there.line, there.column)
    }

    fn pass(&mut self, c: char) {
        if self.last == '\n' || (self.last == '\r' && c != '\n') {
            self.line += 1;
            self.column = 0;
        }
        self.column += c.len_utf16();
        if c == '\t' {
            self.column = (self.column - 1) / 8 * 8 + 8;
        }
        self.last = c;
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, Places, Source};

    #[test]
    fn places_are_counted_as_velocity_counts_them() {
        let text = "é😀\t\"b\n  \"\"c\"\"\"\r\n\rz";
        let inner = "b\n  \"c\" ";
        let offset =
            |text: &str, piece: &str| u32::try_from(text.find(piece).unwrap_or(0)).unwrap_or(0);
        let quote = Place {
            text: 0,
            offset: offset(text, "\""),
        };
        let source = |text: &str| Source {
            text: text.to_owned(),
            quote,
        };
        let nested = Source {
            text: "c ".to_owned(),
            quote: Place {
                text: 1,
                offset: offset(inner, "\""),
            },
        };
        let sources = [source(text), source(inner), nested];
        let mut places = Places::new(&sources);
        for ((text, offset), expected) in [
            ((0, 0), (1, 1)),
            ((0, 2), (1, 2)),
            ((0, offset(text, "\"")), (1, 9)),
            ((0, offset(text, "z")), (4, 1)),
            ((1, 0), (1, 10)),
            ((1, 2), (2, 1)),
            ((2, 0), (2, 4)),
        ] {
            assert_eq!(
                places.of(Place { text, offset }),
                expected,
                "{text} {offset}"
            );
        }
    }
}
