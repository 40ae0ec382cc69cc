//! What JSON costs: to read it, to copy it, to keep it.

use crate::{Exhausted, Meter};
use serde_json::Value;

/// Bytes of a value in memory, beside the text that it holds.
const VALUE: usize = 112;
/// Bytes of an object's table.
const TABLE: usize = 256;
/// Bytes of text read in one step.
const READ_PER_STEP: u64 = 8;

impl Meter {
    /// Asks to read a text as JSON and to keep what it says. Gives the bytes that are held for it, by the
    /// most that a text of its marks can take: each comma, colon or bracket brings one value at the most.
    ///
    /// # Errors
    /// It isn't to be read.
    pub fn hold_document(&self, text: &str) -> Result<usize, Exhausted> {
        let (mut values, mut tables) = (1, 0);
        for byte in text.bytes() {
            values += usize::from(matches!(byte, b',' | b':' | b'[' | b'{'));
            tables += usize::from(byte == b'{');
        }
        let steps = 1 + text.len() as u64 / READ_PER_STEP;
        self.piece(steps, steps)?;
        let bytes = values * VALUE + tables * TABLE + text.len();
        self.hold(bytes)?;
        Ok(bytes)
    }

    /// Asks to keep a copy of a value, and for the steps of making it. Gives the bytes held for it.
    ///
    /// # Errors
    /// It isn't to be made.
    #[inline]
    pub fn hold_copy(&self, value: &Value) -> Result<usize, Exhausted> {
        match value {
            Value::String(text) => self.copied(VALUE + text.len()),
            // Kept as the text it was written as.
            Value::Number(number) => self.copied(VALUE + number.as_str().len()),
            Value::Bool(_) | Value::Null => self.copied(VALUE),
            Value::Array(_) | Value::Object(_) => self.hold_container(value),
        }
    }

    /// Asks to keep a copy of so many bytes, and for the steps of making it.
    #[inline]
    fn copied(&self, bytes: usize) -> Result<usize, Exhausted> {
        self.work(bytes)?;
        self.hold(bytes)?;
        Ok(bytes)
    }

    fn hold_container(&self, value: &Value) -> Result<usize, Exhausted> {
        match value {
            Value::Array(items) => {
                let mut bytes = self.copied(VALUE)?;
                for item in items {
                    bytes += self.hold_copy(item)?;
                }
                Ok(bytes)
            }
            Value::Object(fields) => {
                let names = fields.keys().map(|name| VALUE + name.len());
                let mut bytes = self.copied(VALUE + TABLE + names.sum::<usize>())?;
                for field in fields.values() {
                    bytes += self.hold_copy(field)?;
                }
                Ok(bytes)
            }
            leaf => self.hold_copy(leaf),
        }
    }
}
