//! Values while a workflow runs.
//!
//! A value is 24 bytes; what is longer lies behind a shared pointer, so that copying one between
//! variables copies no text. `NOT_SET` is a value of every type.

use crate::kind::{Base, Kind, Type};
use crate::time;
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value of the expression language.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Value {
    /// Nothing was ever assigned.
    #[default]
    NotSet,
    /// A text.
    String(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// A decimal number, of 28 digits.
    Decimal(Decimal),
    /// An amount of money.
    Currency(Arc<Money>),
    /// Yes or no.
    Boolean(bool),
    /// Milliseconds since 1970, UTC.
    DateTime(i64),
    /// Milliseconds.
    Duration(i64),
    /// A JSON document.
    Json(Arc<Json>),
    /// What would be heard, written out.
    Audio(Arc<str>),
    /// What a bot would say or write.
    Communication(Arc<str>),
    /// A queue, user, contact and so on.
    Entity(Arc<Entity>),
    /// Several values of one type.
    Collection(Arc<Vec<Value>>),
}

/// An amount and its currency.
#[derive(Clone, PartialEq, Debug)]
pub struct Money {
    /// How much.
    pub amount: Decimal,
    /// ISO 4217 code, such as `EUR`.
    pub code: String,
}

/// Something that has a name or an id outside of the workflow.
#[derive(Clone, PartialEq, Debug)]
pub struct Entity {
    /// Of which kind.
    pub kind: Kind,
    /// Its properties, by their lower-case name.
    pub properties: BTreeMap<String, Value>,
}

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

    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Value {
        Value::String(Arc::from(text))
    }

    /// A collection of these items.
    #[must_use]
    pub fn collection(items: Vec<Value>) -> Value {
        Value::Collection(Arc::new(items))
    }

    /// A thing known by its name; its id is made of it, always the same, since the file has none.
    #[must_use]
    pub fn named(kind: Kind, name: &str) -> Value {
        let mut properties = BTreeMap::new();
        if kind == Kind::PhoneNumber {
            return Value::phone(name);
        }
        if kind == Kind::EmailAddress {
            properties.insert("address".to_owned(), Value::text(name));
        }
        properties.insert("name".to_owned(), Value::text(name));
        let id = made_id(&format!("{}:{name}", kind.word()));
        properties.insert("id".to_owned(), Value::text(&id));
        Value::Entity(Arc::new(Entity { kind, properties }))
    }

    /// A telephone number; `tel:` and punctuation are taken off.
    #[must_use]
    pub fn phone(text: &str) -> Value {
        let bare = text.trim();
        let bare = bare.strip_prefix("tel:").unwrap_or(bare);
        let digits: String = bare.chars().filter(char::is_ascii_digit).collect();
        if digits.is_empty() {
            return Value::NotSet;
        }
        let e164 = format!("+{digits}");
        let properties = [
            ("e164", e164.as_str()),
            ("dialable", &e164),
            ("display", bare),
        ];
        Value::Entity(Arc::new(Entity {
            kind: Kind::PhoneNumber,
            properties: properties
                .into_iter()
                .map(|(name, text)| (name.to_owned(), Value::text(text)))
                .collect(),
        }))
    }

    /// Whether it is `NOT_SET`.
    #[must_use]
    pub fn is_not_set(&self) -> bool {
        matches!(self, Value::NotSet)
    }

    /// As `ToString` writes it; none for `NOT_SET`.
    #[must_use]
    pub fn to_text(&self) -> Option<Arc<str>> {
        Some(match self {
            Value::NotSet => return None,
            Value::String(text) | Value::Audio(text) | Value::Communication(text) => text.clone(),
            Value::Integer(number) => number.to_string().into(),
            Value::Decimal(number) => number.normalize().to_string().into(),
            Value::Currency(money) => format!("{} {}", money.amount, money.code).into(),
            Value::Boolean(flag) => if *flag { "true" } else { "false" }.into(),
            Value::DateTime(millis) => time::write_date_time(*millis).into(),
            Value::Duration(millis) => time::write_duration(*millis).into(),
            Value::Json(json) => match &**json {
                Json::String(text) => text.as_str().into(),
                Json::Null => return None,
                other => other.to_string().into(),
            },
            Value::Entity(entity) => {
                let first = ["e164", "name", "address", "id"];
                let found = first.iter().find_map(|key| entity.properties.get(*key));
                return found.and_then(Value::to_text);
            }
            Value::Collection(items) => {
                let texts: Vec<_> = items.iter().filter_map(Value::to_text).collect();
                texts.join(", ").into()
            }
        })
    }

    /// As JSON: what a data action is given.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Value::NotSet => Json::Null,
            Value::Integer(number) => Json::from(*number),
            Value::Decimal(number) => {
                let text = number.normalize().to_string();
                text.parse::<serde_json::Number>()
                    .map_or(Json::Null, Json::Number)
            }
            Value::Boolean(flag) => Json::Bool(*flag),
            Value::Json(json) => (**json).clone(),
            Value::Collection(items) => Json::Array(items.iter().map(Value::to_json).collect()),
            Value::Entity(entity) if entity.kind == Kind::ExternalContact => Json::Object(
                entity
                    .properties
                    .iter()
                    .map(|(name, value)| (name.clone(), value.to_json()))
                    .collect(),
            ),
            other => other
                .to_text()
                .map_or(Json::Null, |text| Json::String(text.to_string())),
        }
    }

    /// A JSON value read as a type: what a data action answered, or an input.
    ///
    /// # Errors
    /// What was expected, where it doesn't fit.
    pub fn from_json(json: &Json, kind: Type) -> Result<Value, String> {
        if json.is_null() {
            return Ok(Value::NotSet);
        }
        if kind.collection {
            let Json::Array(items) = json else {
                return Err(format!("expected a list of {}, not {json}", kind.item()));
            };
            let items = items.iter().map(|item| Value::from_json(item, kind.item()));
            return Ok(Value::collection(items.collect::<Result<_, _>>()?));
        }
        let wrong = || format!("expected {kind}, not {json}");
        Ok(match (kind.base, json) {
            (Base::Json, other) => Value::Json(Arc::new(other.clone())),
            (Base::String, Json::String(text)) => Value::text(text),
            (Base::String, Json::Number(_) | Json::Bool(_)) => Value::text(&json.to_string()),
            (Base::Integer, Json::Number(number)) => {
                let whole = number.as_i64().or_else(|| {
                    let decimal = decimal(&number.to_string())?;
                    decimal
                        .fract()
                        .is_zero()
                        .then(|| i64::try_from(decimal).ok())?
                });
                Value::Integer(whole.ok_or_else(wrong)?)
            }
            (Base::Integer, Json::String(text)) => {
                Value::Integer(text.trim().parse().map_err(|_| wrong())?)
            }
            (Base::Decimal, Json::Number(number)) => {
                Value::Decimal(decimal(&number.to_string()).ok_or_else(wrong)?)
            }
            (Base::Decimal, Json::String(text)) => Value::Decimal(decimal(text).ok_or_else(wrong)?),
            (Base::Currency, Json::String(text)) => {
                let (amount, code) = text.trim().split_once(' ').ok_or_else(wrong)?;
                Value::Currency(Arc::new(Money {
                    amount: decimal(amount).ok_or_else(wrong)?,
                    code: code.trim().to_owned(),
                }))
            }
            (Base::Boolean, Json::Bool(flag)) => Value::Boolean(*flag),
            (Base::Boolean, Json::String(text)) if text.eq_ignore_ascii_case("true") => {
                Value::Boolean(true)
            }
            (Base::Boolean, Json::String(text)) if text.eq_ignore_ascii_case("false") => {
                Value::Boolean(false)
            }
            (Base::DateTime, Json::String(text)) => {
                Value::DateTime(time::read_date_time(text).ok_or_else(wrong)?)
            }
            (Base::Duration, Json::String(text)) => {
                Value::Duration(time::read_duration(text).ok_or_else(wrong)?)
            }
            (Base::Audio, Json::String(text)) => Value::Audio(text.as_str().into()),
            (Base::Communication, Json::String(text)) => Value::Communication(text.as_str().into()),
            (Base::Entity(kind), Json::String(text)) => Value::named(kind, text),
            (Base::Entity(kind), Json::Object(object)) => {
                let mut properties = BTreeMap::new();
                if let Some(Json::String(name)) = object.get("name")
                    && let Value::Entity(entity) = Value::named(kind, name)
                {
                    properties = entity.properties.clone();
                }
                for (name, json) in object {
                    let base = kind.property(name).map_or(Base::Any, |(_, base)| base);
                    let value = Value::from_json(json, Type::one(base))?;
                    properties.insert(name.to_lowercase(), value);
                }
                Value::Entity(Arc::new(Entity { kind, properties }))
            }
            (Base::Any | Base::NotSet, Json::String(text)) => Value::text(text),
            (Base::Any | Base::NotSet, Json::Bool(flag)) => Value::Boolean(*flag),
            (Base::Any | Base::NotSet, Json::Number(number)) => match number.as_i64() {
                Some(whole) => Value::Integer(whole),
                None => Value::Decimal(decimal(&number.to_string()).ok_or_else(wrong)?),
            },
            (Base::Any | Base::NotSet, other) => Value::Json(Arc::new(other.clone())),
            _ => return Err(wrong()),
        })
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

    /// The same for JSON.
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

/// A decimal number, also in scientific notation.
#[must_use]
pub fn decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| Decimal::from_scientific(text).ok())
}

/// An id in the platform's form, always the same for the same text.
pub(crate) fn made_id(text: &str) -> String {
    let hash = |mut state: u64| {
        for byte in text.bytes() {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        state
    };
    uuid(hash(0xcbf2_9ce4_8422_2325), hash(0x9e37_79b9_7f4a_7c15))
}

/// 128 bits written as a UUID of version 4.
pub(crate) fn uuid(high: u64, low: u64) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
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
