//! A call under way, and what it may build.

use crate::arithmetic;
use crate::bounds::{MAX_ITEMS, MAX_VALUE};
use crate::kind::Type;
use crate::value::{Room, Value};
use crate::world::World;
use rust_decimal::Decimal;
use std::sync::Arc;

/// A call under way: its arguments, and what it may see.
pub(crate) struct Call<'a> {
    pub(crate) arguments: &'a [Value],
    pub(crate) result: Type,
    pub(crate) world: &'a mut dyn World,
}

impl Call<'_> {
    pub(super) fn at(&self, index: usize) -> &Value {
        self.arguments.get(index).unwrap_or(&Value::NotSet)
    }

    pub(super) fn has(&self, index: usize) -> bool {
        !self.at(index).is_not_set()
    }

    pub(super) fn wrong<T>(&self, index: usize, wanted: &str) -> Result<T, String> {
        let shown = self.at(index).shown();
        Err(format!("argument {} is `{shown}`, not {wanted}", index + 1))
    }

    pub(super) fn text(&self, index: usize) -> Result<Arc<str>, String> {
        match self.at(index) {
            Value::String(text) | Value::Audio(text) | Value::Communication(text) => {
                Ok(text.clone())
            }
            _ => self.wrong(index, "a string"),
        }
    }

    pub(super) fn integer(&self, index: usize) -> Result<i64, String> {
        match self.at(index) {
            Value::Integer(number) => Ok(*number),
            _ => self.wrong(index, "an integer"),
        }
    }

    pub(super) fn decimal(&self, index: usize) -> Result<Decimal, String> {
        let number = self.at(index).number();
        number.map_or_else(|| self.wrong(index, "a number"), Ok)
    }

    /// Whether an argument is true; one that isn't there isn't.
    pub(super) fn flag(&self, index: usize) -> bool {
        *self.at(index) == Value::Boolean(true)
    }

    pub(super) fn date(&self, index: usize) -> Result<i64, String> {
        match self.at(index) {
            Value::DateTime(millis) => Ok(*millis),
            _ => self.wrong(index, "a date and time"),
        }
    }

    pub(super) fn duration(&self, index: usize) -> Result<i64, String> {
        match self.at(index) {
            Value::Duration(millis) => Ok(*millis),
            _ => self.wrong(index, "a duration"),
        }
    }

    pub(super) fn items(&self, index: usize) -> Result<&[Value], String> {
        match self.at(index) {
            Value::Collection(items) => Ok(items),
            _ => self.wrong(index, "a collection"),
        }
    }

    pub(super) fn json(&self, index: usize) -> Result<&serde_json::Value, String> {
        match self.at(index) {
            Value::Json(json) => Ok(json),
            _ => self.wrong(index, "JSON"),
        }
    }
}

/// The JSON of a value.
pub(super) fn bounded_json(value: &Value) -> Result<serde_json::Value, String> {
    room().take(value)?;
    Ok(value.to_json())
}

/// What a function may build. It is no deeper than what is read, so that JSON put together in many steps is
/// copied, printed and let go of within the stack, too.
pub(super) fn room() -> Room {
    Room {
        bytes: MAX_VALUE,
        levels: tollgate_json::MAX_DEPTH,
    }
}

/// How many there are.
pub(super) fn count(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(super) fn bounded_text(text: String) -> Result<Value, String> {
    arithmetic::bounded(text).map(Value::String)
}

pub(super) fn bounded_list(items: Vec<Value>) -> Result<Value, String> {
    if items.len() > MAX_ITEMS {
        return Err(format!("a collection of more than {MAX_ITEMS} items"));
    }
    let mut room = room();
    items.iter().try_for_each(|item| room.take(item))?;
    Ok(Value::collection(items))
}
