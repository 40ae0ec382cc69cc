//! One text, or the begin of one.

use serde_json::Value;
use std::io::{self, Write};
use tollgate_driver::Redactor;

/// Bytes of one text that are kept until they are struck.
pub(super) const EXCERPT: usize = 48 * 1024;
/// Bytes of all texts of one trace that are kept.
pub(super) const TRACE: usize = 1024 * 1024;
/// The text that stands in the place of a secret.
pub(super) const STRUCK: &str = "[redacted]";
/// What stands in the place of what a secure action made.
pub(super) const WITHHELD: &str = "[withheld: the action is secure]";
/// Characters of one text that are shown.
const SHOWN: usize = 16 * 1024;

/// A text as it came, or its begin. It isn't shown before it is struck.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: String,
    /// Bytes of the whole text, where they are known.
    pub(super) bytes: Option<usize>,
    pub(super) whole: bool,
}

impl Excerpt {
    pub(super) fn new(text: &str, room: &mut usize) -> Self {
        let mut end = text.len().min(EXCERPT).min(*room);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        *room -= end;
        let whole = end == text.len();
        // The redactor knows by the mark that a secret may have been cut here.
        let mark = if whole { "" } else { "…" };
        Self {
            text: format!("{}{mark}", &text[..end]),
            bytes: Some(text.len()),
            whole,
        }
    }

    pub(super) fn of_json(value: &Value, room: &mut usize) -> Self {
        let mut begin = Begin(Vec::new());
        let whole = serde_json::to_writer(&mut begin, value).is_ok();
        let text = String::from_utf8_lossy(&begin.0);
        let kept = Self::new(&text, room);
        Self {
            bytes: kept.bytes.filter(|_| whole),
            whole: kept.whole && whole,
            ..kept
        }
    }

    pub(super) fn show(&self, redactor: &Redactor) -> String {
        let struck = redactor.strike(&self.text);
        let begin = match struck.char_indices().nth(SHOWN) {
            None if self.whole => return struck.into_owned(),
            None => &*struck,
            Some((end, _)) => &struck[..end],
        };
        let begin = begin.trim_end_matches('…');
        match self.bytes {
            Some(bytes) => format!("{begin}… [cut: {bytes} bytes in all]"),
            None => format!("{begin}… [cut]"),
        }
    }

    /// The value that the text says, where it is whole; else the text.
    pub(super) fn show_json(&self, redactor: &Redactor) -> Value {
        let shown = self.show(redactor);
        tollgate_json::read(&shown).unwrap_or(Value::String(shown))
    }
}

/// Takes the begin of what is written.
struct Begin(Vec<u8>);

impl Write for Begin {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = EXCERPT + 1 - self.0.len();
        let taken = bytes.len().min(room);
        self.0.extend_from_slice(&bytes[..taken]);
        if taken < bytes.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
