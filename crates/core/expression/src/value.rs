//! Values while a workflow runs.
//!
//! A value is 24 bytes; what is longer lies behind a shared pointer, so that copying one between
//! variables copies no text. `NOT_SET` is a value of every type.

mod json;
mod phone;
mod size;

pub(crate) use size::Room;

use crate::kind::{Base, Kind, Type};
use crate::time;
use rust_decimal::{Decimal, RoundingStrategy};
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

/// An amount and its currency, either of which may be `NOT_SET`.
#[derive(Clone, PartialEq, Debug)]
pub struct Money {
    /// How much.
    pub amount: Option<Decimal>,
    /// ISO 4217 code, such as `EUR`.
    pub code: Option<String>,
}

impl Money {
    /// Whether another amount is of the same currency.
    ///
    /// # Errors
    /// It isn't; which they are.
    pub(crate) fn same_code(&self, other: &Money) -> Result<(), String> {
        if self.code == other.code {
            return Ok(());
        }
        let code = |money: &Money| money.code.clone().unwrap_or_else(|| "NOT_SET".into());
        Err(format!(
            "{} and {} are different money",
            code(self),
            code(other)
        ))
    }

    /// Reads an amount and a code as they are written: `10.50|EUR`; either may be left out.
    #[must_use]
    pub fn read(text: &str) -> Option<Money> {
        let (amount, code) = text.trim().split_once('|').unwrap_or((text.trim(), ""));
        let given = |part: &str| (!part.trim().is_empty()).then(|| part.trim().to_owned());
        let amount = match given(amount) {
            Some(amount) => Some(decimal(&amount)?),
            None => None,
        };
        Some(Money {
            amount,
            code: given(code),
        })
    }

    /// The amount and the code, with so many places behind the point, rounded.
    #[must_use]
    pub fn written(&self, places: u32) -> String {
        let amount = self
            .amount
            .map(|amount| rounded(amount, places).to_string());
        let code = self.code.as_deref().unwrap_or_default();
        format!("{}|{code}", amount.unwrap_or_default())
    }
}

/// A number with so many places behind the point, no more and no less; halves go away from zero.
pub(crate) fn rounded(number: Decimal, places: u32) -> Decimal {
    let mut number = number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    number.rescale(places);
    number
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
        if kind == Kind::PhoneNumber {
            return phone::value(name);
        }
        let id = match kind {
            Kind::EmailAddress => name.to_owned(),
            _ => made_id(&format!("{}:{name}", kind.word())),
        };
        let mut properties = BTreeMap::from([("id".to_owned(), Value::text(&id))]);
        if kind != Kind::EmailAddress {
            properties.insert("name".to_owned(), Value::text(name));
        }
        Value::Entity(Arc::new(Entity { kind, properties }))
    }

    /// The type of the value; of a collection, that of its items.
    pub(crate) fn kind(&self) -> Type {
        Type::one(match self {
            Value::NotSet => Base::NotSet,
            Value::String(_) => Base::String,
            Value::Integer(_) => Base::Integer,
            Value::Decimal(_) => Base::Decimal,
            Value::Currency(_) => Base::Currency,
            Value::Boolean(_) => Base::Boolean,
            Value::DateTime(_) => Base::DateTime,
            Value::Duration(_) => Base::Duration,
            Value::Json(_) => Base::Json,
            Value::Audio(_) => Base::Audio,
            Value::Communication(_) => Base::Communication,
            Value::Entity(entity) => Base::Entity(entity.kind),
            Value::Collection(items) => {
                let first = items.iter().find(|item| !item.is_not_set());
                return Type::many(first.map_or(Base::Any, |item| item.kind().base));
            }
        })
    }

    /// The number that it is; none of what is no number.
    pub(crate) fn number(&self) -> Option<Decimal> {
        match self {
            Value::Integer(number) => Some(Decimal::from(*number)),
            Value::Decimal(number) => Some(*number),
            _ => None,
        }
    }

    /// As a message shows it: its first characters.
    pub(crate) fn shown(&self) -> String {
        let text = self.to_text().unwrap_or_else(|| "NOT_SET".into());
        text.chars().take(60).collect()
    }

    /// Whether it is `NOT_SET`.
    #[must_use]
    pub fn is_not_set(&self) -> bool {
        matches!(self, Value::NotSet)
    }

    /// What is heard where it is played: a prompt is its name in brackets.
    #[must_use]
    pub fn heard(&self) -> Arc<str> {
        let text = self.to_text().unwrap_or_default();
        match self {
            Value::Entity(entity) if entity.kind == Kind::Prompt => {
                format!("[prompt {text}]").into()
            }
            _ => text,
        }
    }

    /// As `ToString` writes it; none for `NOT_SET`.
    #[must_use]
    pub fn to_text(&self) -> Option<Arc<str>> {
        Some(match self {
            Value::NotSet => return None,
            Value::String(text) | Value::Audio(text) | Value::Communication(text) => text.clone(),
            Value::Integer(number) => number.to_string().into(),
            Value::Decimal(number) => rounded(*number, number.scale().max(1)).to_string().into(),
            Value::Currency(money) => {
                let scale = money.amount.map_or(0, |amount| amount.scale());
                money.written(scale.max(2)).into()
            }
            Value::Boolean(flag) => if *flag { "true" } else { "false" }.into(),
            Value::DateTime(millis) => time::write_date_time_in_seconds(*millis).into(),
            Value::Duration(millis) => time::write_duration(*millis).into(),
            Value::Json(json) => match &**json {
                Json::String(text) => text.as_str().into(),
                Json::Null => return None,
                other => other.to_string().into(),
            },
            Value::Entity(entity) => {
                let first: &[&str] = match entity.kind {
                    Kind::PhoneNumber => &["uri"],
                    Kind::EmailAddress | Kind::ExternalContact => &["id"],
                    _ => &["name", "id"],
                };
                let found = first.iter().find_map(|key| entity.properties.get(*key));
                return found.and_then(Value::to_text);
            }
            Value::Collection(items) => {
                let texts = items.iter().map(|item| item.to_text().unwrap_or_default());
                texts.collect::<Vec<_>>().join("\n").into()
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
