//! Values of Terraform's expressions. One may be unknown: known only when it is deployed, or not worked out
//! here. What is made of an unknown value is unknown too, and never an error.

use serde_json::{Number, Value as Json};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::rc::Rc;

/// Items of one value, those within its items included. Without it a few lines of `locals` that double a list
/// would make one that nobody can walk through.
const MAX_ITEMS: usize = 200_000;
/// Bytes of a text that count as an item.
const TEXT_ITEM: usize = 64;

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    Unknown(Rc<Unknown>),
    Null,
    Bool(bool),
    Number(Number),
    Text(Rc<str>),
    List(Rc<Collection<Vec<Value>>>),
    Map(Rc<Collection<BTreeMap<String, Value>>>),
}

/// A list, set or map, counted.
#[derive(PartialEq, Debug)]
pub(super) struct Collection<T> {
    inner: T,
    /// Items, those within items included.
    size: usize,
    /// The first unknown part of it.
    unknown: Option<Rc<Unknown>>,
}

impl<T> Deref for Collection<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

/// Why a value isn't known.
#[derive(PartialEq, Debug)]
pub(super) struct Unknown {
    /// What isn't known, and why: `var.prefix has no default`.
    pub(super) why: String,
    /// The type of the integration, where the value is an integration's id.
    pub(super) integration_type: Option<String>,
    /// Whether a mistake is the reason, which is told where it is.
    pub(super) told: bool,
}

impl Value {
    pub(super) fn unknown(why: impl Into<String>) -> Value {
        Value::Unknown(Rc::new(Unknown {
            why: why.into(),
            integration_type: None,
            told: false,
        }))
    }

    /// The value of what has a mistake that is told.
    pub(super) fn mistaken(why: String) -> Value {
        Value::Unknown(Rc::new(Unknown {
            why,
            integration_type: None,
            told: true,
        }))
    }

    pub(super) fn text(text: impl Into<Rc<str>>) -> Value {
        Value::Text(text.into())
    }

    pub(super) fn number(number: f64) -> Value {
        let whole = number.fract() == 0.0 && number.abs() < 9e15;
        let number = if whole {
            Some(Number::from(number as i64))
        } else {
            Number::from_f64(number)
        };
        number.map_or_else(|| Value::unknown("a number that is none"), Value::Number)
    }

    pub(super) fn list(items: impl IntoIterator<Item = Value>) -> Value {
        let inner: Vec<Value> = items.into_iter().collect();
        match counted(inner.iter()) {
            Ok((size, unknown)) => Value::List(Rc::new(Collection {
                inner,
                size,
                unknown,
            })),
            Err(unknown) => unknown,
        }
    }

    pub(super) fn map(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
        let inner: BTreeMap<String, Value> = entries.into_iter().collect();
        match counted(inner.values()) {
            Ok((size, unknown)) => Value::Map(Rc::new(Collection {
                inner,
                size,
                unknown,
            })),
            Err(unknown) => unknown,
        }
    }

    /// Items, those within items included; a long text counts as several.
    pub(super) fn size(&self) -> usize {
        match self {
            Value::List(items) => items.size,
            Value::Map(entries) => entries.size,
            Value::Text(text) => text.len() / TEXT_ITEM + 1,
            _ => 1,
        }
    }

    /// What the value is, for a message.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Value::Unknown(_) => "something unknown",
            Value::Null => "null",
            Value::Bool(_) => "a bool",
            Value::Number(_) => "a number",
            Value::Text(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The value as a text, as Terraform converts it; none for what has no text.
    pub(super) fn to_text(&self) -> Option<Rc<str>> {
        match self {
            Value::Text(text) => Some(Rc::clone(text)),
            Value::Bool(flag) => Some(flag.to_string().into()),
            Value::Number(number) => Some(number.to_string().into()),
            _ => None,
        }
    }

    pub(super) fn to_number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => number.as_f64(),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub(super) fn to_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(flag) => Some(*flag),
            Value::Text(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The first unknown part of it.
    pub(super) fn first_unknown(&self) -> Option<&Rc<Unknown>> {
        match self {
            Value::Unknown(unknown) => Some(unknown),
            Value::List(items) => items.unknown.as_ref(),
            Value::Map(entries) => entries.unknown.as_ref(),
            _ => None,
        }
    }

    /// The value as JSON.
    ///
    /// # Errors
    /// A part of it is unknown: that part.
    pub(super) fn to_json(&self) -> Result<Json, Value> {
        Ok(match self {
            Value::Unknown(_) => return Err(self.clone()),
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::Bool(*flag),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Text(text) => Json::String(text.to_string()),
            Value::List(list) => {
                let all: Result<_, _> = list.iter().map(Value::to_json).collect();
                Json::Array(all?)
            }
            Value::Map(entries) => {
                let entries = entries.iter();
                let all = entries.map(|(key, value)| Ok((key.clone(), value.to_json()?)));
                Json::Object(all.collect::<Result<_, Value>>()?)
            }
        })
    }

    pub(super) fn from_json(json: &Json) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(flag) => Value::Bool(*flag),
            Json::Number(number) => Value::Number(number.clone()),
            Json::String(text) => Value::text(text.as_str()),
            Json::Array(items) => Value::list(items.iter().map(Value::from_json)),
            Json::Object(entries) => Value::map(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), Value::from_json(value))),
            ),
        }
    }
}

/// What is known of a collection's items: how many there are, those within items included, and the first unknown
/// part.
///
/// # Errors
/// There are too many: an unknown value.
fn counted<'v>(
    values: impl Iterator<Item = &'v Value> + Clone,
) -> Result<(usize, Option<Rc<Unknown>>), Value> {
    let size = values.clone().map(Value::size).sum::<usize>() + 1;
    if size > MAX_ITEMS {
        return Err(Value::unknown(format!(
            "a value of more than {MAX_ITEMS} items"
        )));
    }
    let unknown = values.into_iter().find_map(Value::first_unknown);
    Ok((size, unknown.cloned()))
}
