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
    pub fn hold_copy(&self, value: &Value) -> Result<usize, Exhausted> {
        let own = match value {
            Value::String(text) => VALUE + text.len(),
            // Kept as the text it was written as.
            Value::Number(number) => VALUE + number.as_str().len(),
            Value::Object(fields) => {
                let names = fields.keys().map(|name| VALUE + name.len());
                VALUE + TABLE + names.sum::<usize>()
            }
            Value::Array(_) | Value::Bool(_) | Value::Null => VALUE,
        };
        self.work(own)?;
        self.hold(own)?;
        let mut bytes = own;
        match value {
            Value::Array(items) => {
                for item in items {
                    bytes += self.hold_copy(item)?;
                }
            }
            Value::Object(fields) => {
                for field in fields.values() {
                    bytes += self.hold_copy(field)?;
                }
            }
            _ => {}
        }
        Ok(bytes)
    }
}
