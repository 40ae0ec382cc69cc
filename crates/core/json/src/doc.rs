//! An object read field by field: each mistake is told with the field's name.

use crate::Fault;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// A JSON object. A field that is null counts as one that isn't there.
#[derive(Clone, Debug)]
pub struct Doc(Map<String, Value>);

/// What an object is not. Shows no value of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DocError {
    /// The text is no JSON.
    NotJson(Fault),
    /// The text's value is of this kind, and no object.
    NotAnObject(&'static str),
    /// A text that is needed isn't there, or is blank.
    Missing(String),
    /// A field has a value of another kind.
    Unexpected {
        /// The field's name.
        field: String,
        /// What it has to be.
        wanted: String,
        /// The kind of its value.
        found: &'static str,
    },
}

impl fmt::Display for DocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(fault) => write!(f, "is not JSON: {fault}"),
            Self::NotAnObject(found) => write!(f, "must be a JSON object, found {found}"),
            Self::Missing(field) => write!(f, "{field}: missing or empty; give a text"),
            Self::Unexpected {
                field,
                wanted,
                found,
            } => write!(f, "{field}: expected {wanted}, found {found}"),
        }
    }
}

impl std::error::Error for DocError {}

impl From<Map<String, Value>> for Doc {
    fn from(fields: Map<String, Value>) -> Self {
        Self(fields)
    }
}

impl Doc {
    /// The object that a text says.
    ///
    /// # Errors
    /// It says another value, or none.
    pub fn parse(text: &str) -> Result<Self, DocError> {
        match crate::read(text) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(other) => Err(DocError::NotAnObject(kind(&other))),
            Err(fault) => Err(DocError::NotJson(fault)),
        }
    }

    /// The object as a value.
    #[must_use]
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// A field that is there and not null.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// The fields, by name.
    pub fn fields(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }

    /// A text.
    ///
    /// # Errors
    /// The field is no text.
    pub fn text(&self, name: &str) -> Result<Option<String>, DocError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(unexpected(name, "a text", other)),
        }
    }

    /// A text that must be there and not blank.
    ///
    /// # Errors
    /// There is none.
    pub fn required(&self, name: &str) -> Result<String, DocError> {
        match self.text(name)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            _ => Err(DocError::Missing(name.to_owned())),
        }
    }

    /// True or false.
    ///
    /// # Errors
    /// The field is neither.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, DocError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => Err(unexpected(name, "true or false", other)),
        }
    }

    /// A whole number from `low` to `high`.
    ///
    /// # Errors
    /// The field is none, or one beyond the bounds.
    pub fn whole(&self, name: &str, low: i64, high: i64) -> Result<Option<i64>, DocError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let number = value.as_i64().filter(|it| (low..=high).contains(it));
        number.map(Some).ok_or_else(|| {
            let wanted = format!("a whole number from {low} to {high}");
            unexpected(name, &wanted, value)
        })
    }

    /// An object.
    ///
    /// # Errors
    /// The field is none.
    pub fn object(&self, name: &str) -> Result<Option<Doc>, DocError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Doc(fields.clone()))),
            Some(other) => Err(unexpected(name, "an object", other)),
        }
    }

    /// An object of texts.
    ///
    /// # Errors
    /// The field is no object, or one of its fields is no text.
    pub fn texts(&self, name: &str) -> Result<Option<BTreeMap<String, String>>, DocError> {
        let Some(Doc(fields)) = self.object(name)? else {
            return Ok(None);
        };
        let read = |(key, value): (String, Value)| match value {
            Value::String(text) => Ok((key, text)),
            other => Err(unexpected(&format!("{name}.{key}"), "a text", &other)),
        };
        let texts = fields.into_iter().map(read);
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// A list of texts.
    ///
    /// # Errors
    /// The field is no list, or one of its items is no text.
    pub fn list(&self, name: &str) -> Result<Option<Vec<String>>, DocError> {
        let wrong = |found: &Value| unexpected(name, "a list of texts", found);
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let items = value.as_array().ok_or_else(|| wrong(value))?;
        let read = |item: &Value| match item {
            Value::String(text) => Ok(text.clone()),
            other => Err(wrong(other)),
        };
        items.iter().map(read).collect::<Result<_, _>>().map(Some)
    }
}

fn unexpected(field: &str, wanted: &str, found: &Value) -> DocError {
    DocError::Unexpected {
        field: field.to_owned(),
        wanted: wanted.to_owned(),
        found: kind(found),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number out of range or of another kind",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_name_their_field() {
        let doc =
            Doc::parse(r#"{"name": 7, "version": "1", "empty": " ", "nothing": null}"#).unwrap();
        let message = |error: DocError| error.to_string();
        assert!(message(doc.text("name").unwrap_err()).contains("name: expected a text"));
        let version = doc.whole("version", 0, i64::MAX);
        assert!(message(version.unwrap_err()).contains("version: expected a whole number"));
        assert!(message(doc.required("empty").unwrap_err()).contains("empty: missing"));
        assert_eq!(doc.text("nothing").unwrap(), None);
        assert!(message(Doc::parse("[]").unwrap_err()).contains("a list"));
    }
}
