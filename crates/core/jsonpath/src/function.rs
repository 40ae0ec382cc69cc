//! The functions that may end a path.

use crate::ReadError;
use serde_json::{Number, Value};

/// A function of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Length,
    Min,
    Max,
    Avg,
    Sum,
}

impl Function {
    /// The names, for a message.
    pub(crate) const NAMES: &str = "length() size() min() max() avg() sum()";

    /// The function of that name, without the brackets.
    pub(crate) fn from_name(name: &str) -> Option<Function> {
        Some(match name {
            "length" | "size" => Function::Length,
            "min" => Function::Min,
            "max" => Function::Max,
            "avg" => Function::Avg,
            "sum" => Function::Sum,
            _ => return None,
        })
    }

    /// Applies it. A length of something that has none is null; an aggregate without numbers is not found.
    pub(crate) fn apply(self, value: &Value) -> Result<Value, ReadError> {
        if self == Function::Length {
            return Ok(match value {
                Value::Array(items) => Value::from(items.len()),
                Value::Object(members) => Value::from(members.len()),
                _ => Value::Null,
            });
        }
        let numbers: Vec<f64> = match value {
            Value::Array(items) => items.iter().filter_map(Value::as_f64).collect(),
            _ => Vec::new(),
        };
        if numbers.is_empty() {
            return Err(ReadError::NotFound("no numbers to aggregate".to_owned()));
        }
        let sum: f64 = numbers.iter().sum();
        let result = match self {
            Function::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Function::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Function::Avg => sum / numbers.len() as f64,
            Function::Sum | Function::Length => sum,
        };
        Ok(Number::from_f64(result).map_or(Value::Null, Value::Number))
    }
}
