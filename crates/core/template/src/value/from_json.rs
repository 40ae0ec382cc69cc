//! The values JSON stands for.

use super::{ListKind, MapKind, Special, Value};
use crate::number::{self, Decimal};
use serde_json::{Number, Value as Json};
use std::rc::Rc;
use std::sync::Arc;

/// A number with a fraction or an exponent keeps every digit where it is written with more.
const DOUBLE_LETTERS: usize = 18;

impl Value {
    /// The value a JSON document stands for, its numbers as the reference reads them: `Integer`, `Long` or
    /// `BigInteger` as they fit; with a fraction or an exponent `Double`, or `BigDecimal` if longer than 18
    /// characters. Lists and maps print as JSON.
    #[must_use]
    pub fn from_json(json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(it) => Value::Bool(*it),
            Json::Number(it) => number(it),
            Json::String(text) => Value::text(text),
            Json::Array(items) => {
                Value::of_list(ListKind::Json, items.iter().map(Value::from_json).collect())
            }
            Json::Object(fields) => {
                let fields = fields.iter();
                let entry =
                    |(name, value): (&String, &Json)| (Value::text(name), Value::from_json(value));
                Value::of_map(MapKind::Json, fields.map(entry).collect())
            }
        }
    }
}

fn number(number: &Number) -> Value {
    if let Some(whole) = number.as_i64() {
        return Value::whole(whole);
    }
    let text = number.to_string();
    if !text.contains(['.', 'e', 'E']) {
        return match number::big(&text) {
            Some(big) => Value::Special(Special::Big(Arc::new(big))),
            None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        };
    }
    if text.len() > DOUBLE_LETTERS
        && let Some(decimal) = Decimal::parse(&text)
    {
        return Value::Special(Special::Decimal(Rc::new(decimal)));
    }
    Value::Double(text.parse().unwrap_or(f64::NAN))
}
