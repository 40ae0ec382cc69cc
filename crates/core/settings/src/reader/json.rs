//! Tables whose names and values are the file's own choice, as JSON.

use super::Section;
use crate::findings::Placed;
use serde_json::{Number, Value};
use toml::de::DeValue;

impl Section<'_, '_> {
    /// Each field of a table whose names are the file's own choice, with its value as JSON.
    pub fn named_values(&self) -> Vec<(String, Placed<Value>)> {
        self.any_name.set(true);
        let mut values = Vec::new();
        for (key, value) in self.table {
            let (name, at) = (key.get_ref().as_ref(), value.span().start);
            let field = self.path_of(name);
            self.findings.note(field.clone(), at);
            match json(value.get_ref()) {
                Some(value) => values.push((name.to_owned(), Placed { value, at, field })),
                None => {
                    let what =
                        "a value that JSON has: a text, a number, true or false, a list or a table";
                    self.expected::<()>(name, value, what);
                }
            }
        }
        values
    }
}

/// The same value as JSON; none of a date, and of a number that JSON doesn't have.
fn json(value: &DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::String(text.as_ref().to_owned()),
        DeValue::Integer(number) => {
            let digits = number.as_str().replace('_', "");
            i64::from_str_radix(&digits, number.radix()).ok()?.into()
        }
        DeValue::Float(number) => {
            let number = number.as_str().replace('_', "").parse().ok()?;
            Value::Number(Number::from_f64(number)?)
        }
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(_) => return None,
        DeValue::Array(items) => {
            let items = items.iter().map(|item| json(item.get_ref()));
            Value::Array(items.collect::<Option<_>>()?)
        }
        DeValue::Table(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                Some((name.get_ref().as_ref().to_owned(), json(value.get_ref())?))
            });
            Value::Object(fields.collect::<Option<_>>()?)
        }
    })
}
