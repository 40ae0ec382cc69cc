//! What a method or a property gives, or why it gives nothing.

use crate::value::Value;

/// What a method or a property of a value, or of a tool, gives.
pub(crate) type Found = Result<Value, Failure>;

/// Why a method or a property gives no value, not even null.
pub(crate) enum Failure {
    /// The value's class has no such method for these arguments, or no such property.
    Absent,
    /// The method or property is there, and fails.
    Fault(String),
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure::Fault(message)
    }
}

impl From<&str> for Failure {
    fn from(message: &str) -> Self {
        Failure::Fault(message.to_owned())
    }
}
