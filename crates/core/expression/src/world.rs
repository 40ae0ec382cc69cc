//! What an expression may ask while it is evaluated.

use crate::value::Value;

/// What an expression sees while it is evaluated: variables, the time, chance; and what it may cost.
pub trait World {
    /// The value of the variable in a slot.
    fn variable(&self, slot: u32) -> Value;
    /// The value of a built-in variable, by its lower-case name.
    fn builtin(&self, name: &str) -> Value;
    /// Milliseconds since 1970, UTC.
    fn wall(&self) -> i64;
    /// 64 bits by chance.
    fn random(&mut self) -> u64;
    /// Asks to do so much work: one for a part of an expression, one for 64 bytes of a text or a value of a
    /// list or of JSON that a function is given.
    ///
    /// # Errors
    /// No work is left; the evaluation ends with this text.
    fn work(&mut self, amount: u64) -> Result<(), String>;
}
