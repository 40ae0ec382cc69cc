//! Values while a workflow runs.
//!
//! A value is 24 bytes; what is longer lies behind a shared pointer, so that copying one between
//! variables copies no text. `NOT_SET` is a value of every type.

mod json;
mod size;

pub(crate) use size::Room;

use crate::kind::Kind;
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
