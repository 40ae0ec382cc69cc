//! What is wrong with a text.

use std::fmt;

/// A text that isn't JSON or is nested too deep: what is wrong, and where. Shows nothing of the text itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line of the text, from 1.
    pub line: usize,
    /// Character of that line, from 1; 0 where the line has none.
    pub column: usize,
    /// What is wrong, without the place.
    pub message: String,
}

impl Fault {
    /// A fault at a byte of the text, which is the last one that could be read.
    pub(crate) fn at(text: &str, byte: usize, message: &str) -> Fault {
        let before = &text.as_bytes()[..text.len().min(byte + 1)];
        let line = before.iter().rposition(|byte| *byte == b'\n');
        let line = line.map_or(0, |at| at + 1);
        Fault {
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            column: characters(&before[line..]),
            message: message.to_owned(),
        }
    }

    /// A fault at the end of the text.
    pub(crate) fn at_end(text: &str, message: &str) -> Fault {
        Fault::at(text, text.len(), message)
    }

    pub(crate) fn too_deep(text: &str, byte: usize, levels: usize) -> Fault {
        let message = format!("it is nested deeper than {levels} levels");
        Fault::at(text, byte, &message)
    }
}

/// How many characters a piece of UTF-8 begins.
pub(crate) fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault {
            line,
            column,
            message,
        } = self;
        write!(f, "{message} at line {line} column {column}")
    }
}

impl std::error::Error for Fault {}
