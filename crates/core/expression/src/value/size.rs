//! What a value takes: work to look through it, memory to hold it, room while it is built.

use super::Value;
use serde_json::Value as Json;

impl Value {
    /// The work of looking through it: one for each value in it and for 64 bytes of text.
    pub(crate) fn weight(&self) -> u64 {
        let text = |text: &str| 1 + text.len() as u64 / 64;
        match self {
            Value::String(it) | Value::Audio(it) | Value::Communication(it) => text(it),
            Value::Json(json) => json_weight(json),
            Value::Collection(items) => 1 + items.iter().map(Value::weight).sum::<u64>(),
            Value::Entity(entity) => 1 + entity.properties.len() as u64,
            _ => 1,
        }
    }

    /// Bytes behind the pointers of this value, an estimate for bounds and reports.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        match self {
            Value::String(text) | Value::Audio(text) | Value::Communication(text) => {
                text.len() + 16
            }
            Value::Json(json) => json_bytes(json),
            Value::Currency(_) => 64,
            Value::Entity(entity) => entity
                .properties
                .iter()
                .map(|(name, value)| name.len() + 48 + value.heap_bytes())
                .sum(),
            Value::Collection(items) => items
                .iter()
                .map(|item| size_of::<Value>() + item.heap_bytes())
                .sum(),
            _ => 0,
        }
    }
}

/// What a value that is being built may still have.
pub(crate) struct Room {
    /// Bytes, as [`Value::heap_bytes`] counts them.
    pub(crate) bytes: usize,
    /// Levels of lists and objects within each other.
    pub(crate) levels: usize,
}

impl Room {
    /// Takes the room for a value, before it is copied into what is built. Ends where the room does, however
    /// large the value is.
    ///
    /// # Errors
    /// There isn't so much.
    pub(crate) fn take(&mut self, value: &Value) -> Result<(), String> {
        match value {
            Value::Json(json) => self.take_json(json),
            Value::Collection(items) => self.inside(items.iter(), |room, item| {
                room.take_bytes(size_of::<Value>())?;
                room.take(item)
            }),
            Value::Entity(entity) => self.inside(&entity.properties, |room, (name, value)| {
                room.take_bytes(name.len() + 48)?;
                room.take(value)
            }),
            other => self.take_bytes(other.heap_bytes()),
        }
    }

    /// Takes the room of JSON with all that is in it.
    ///
    /// # Errors
    /// There isn't so much.
    pub(crate) fn take_json(&mut self, json: &Json) -> Result<(), String> {
        self.take_bytes(32)?;
        match json {
            Json::String(text) => self.take_bytes(text.len()),
            Json::Array(items) => self.inside(items, Room::take_json),
            Json::Object(object) => self.inside(object, |room, (key, value)| {
                room.take_bytes(key.len() + 24)?;
                room.take_json(value)
            }),
            _ => Ok(()),
        }
    }

    /// Takes the room for what lies one level deeper.
    fn inside<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Room, T) -> Result<(), String>,
    ) -> Result<(), String> {
        let levels = self.levels.checked_sub(1);
        self.levels = levels.ok_or("JSON nested too deeply; take a part out of it first")?;
        items.into_iter().try_for_each(|item| each(self, item))?;
        self.levels += 1;
        Ok(())
    }

    fn take_bytes(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.ok_or("a value that is too large; keep less in it")?;
        Ok(())
    }
}

fn json_bytes(json: &Json) -> usize {
    32 + match json {
        Json::String(text) => text.len(),
        Json::Array(items) => items.iter().map(json_bytes).sum(),
        Json::Object(object) => object
            .iter()
            .map(|(key, value)| key.len() + 24 + json_bytes(value))
            .sum(),
        _ => 0,
    }
}

fn json_weight(json: &Json) -> u64 {
    1 + match json {
        Json::String(text) => text.len() as u64 / 64,
        Json::Number(number) => number.as_str().len() as u64 / 64,
        Json::Array(items) => items.iter().map(json_weight).sum(),
        Json::Object(fields) => fields
            .iter()
            .map(|(name, value)| name.len() as u64 / 64 + json_weight(value))
            .sum(),
        Json::Null | Json::Bool(_) => 0,
    }
}
