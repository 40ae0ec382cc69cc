//! Values to JSON and back.

use super::{Entity, Money, Value, decimal};
use crate::kind::{Base, Kind, Type};
use crate::time;
use serde_json::{Map, Number, Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Value {
    /// JSON that is neither a list nor an object as a value of the language; any other value as it is.
    #[must_use]
    pub(crate) fn plain(self) -> Value {
        match &self {
            Value::Json(json) if !json.is_object() && !json.is_array() => {
                Value::from_json(json, Type::ANY).unwrap_or(self)
            }
            _ => self,
        }
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
            Value::DateTime(millis) => Json::String(time::write_date_time(*millis)),
            Value::Collection(items) => Json::Array(items.iter().map(Value::to_json).collect()),
            Value::Entity(entity) if entity.kind == Kind::ExternalContact => Json::Object(
                entity
                    .properties
                    .iter()
                    .map(|(name, value)| (name.clone(), value.to_json()))
                    .collect(),
            ),
            Value::Entity(entity) if entity.kind == Kind::PhoneNumber => {
                let text = ["e164", "uri"]
                    .iter()
                    .find_map(|name| entity.properties.get(*name));
                text.map_or(Json::Null, Value::to_json)
            }
            other => other
                .to_text()
                .map_or(Json::Null, |text| Json::String(text.to_string())),
        }
    }

    /// The JSON Schema of what [`Value::to_json`] makes of a value of this type, where it is set.
    #[must_use]
    pub fn json_schema(kind: Type) -> Json {
        if kind.collection {
            return json!({"type": "array", "items": Self::json_schema(kind.item())});
        }
        let word = match kind.base {
            Base::Any | Base::NotSet | Base::Json => return json!({}),
            Base::Integer => "integer",
            Base::Decimal => "number",
            Base::Boolean => "boolean",
            Base::Entity(Kind::ExternalContact) => "object",
            Base::String
            | Base::Currency
            | Base::DateTime
            | Base::Duration
            | Base::Audio
            | Base::Communication
            | Base::Entity(_) => "string",
        };
        json!({"type": word})
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
        let read = match (kind.base, json) {
            (Base::Json, any) => Some(Value::Json(Arc::new(any.clone()))),
            (Base::Entity(kind), Json::Object(object)) => return entity(kind, object),
            (base, Json::String(text)) => from_text(text, base),
            (base, Json::Number(number)) => from_number(number, base),
            (Base::Boolean | Base::Any | Base::NotSet, Json::Bool(flag)) => {
                Some(Value::Boolean(*flag))
            }
            (Base::String, Json::Bool(_)) => Some(Value::text(&json.to_string())),
            (Base::Any | Base::NotSet, any) => Some(Value::Json(Arc::new(any.clone()))),
            _ => None,
        };
        read.ok_or_else(|| format!("expected {kind}, not {json}"))
    }
}

fn from_text(text: &str, base: Base) -> Option<Value> {
    Some(match base {
        Base::String | Base::Any | Base::NotSet => Value::text(text),
        Base::Integer => Value::Integer(text.trim().parse().ok()?),
        Base::Decimal => Value::Decimal(decimal(text)?),
        Base::Currency => Value::Currency(Arc::new(Money::read(text)?)),
        Base::Boolean if text.eq_ignore_ascii_case("true") => Value::Boolean(true),
        Base::Boolean if text.eq_ignore_ascii_case("false") => Value::Boolean(false),
        Base::DateTime => Value::DateTime(time::read_date_time(text)?),
        Base::Duration => Value::Duration(time::read_duration(text)?),
        Base::Audio => Value::Audio(text.into()),
        Base::Communication => Value::Communication(text.into()),
        Base::Entity(kind) => Value::named(kind, text),
        Base::Boolean | Base::Json => return None,
    })
}

fn from_number(number: &Number, base: Base) -> Option<Value> {
    let text = number.to_string();
    Some(match base {
        Base::String => Value::text(&text),
        Base::Integer => Value::Integer(number.as_i64().or_else(|| whole(&text))?),
        Base::Decimal => Value::Decimal(decimal(&text)?),
        Base::Any | Base::NotSet => match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Decimal(decimal(&text)?),
        },
        _ => return None,
    })
}

/// A whole number that is written as a decimal, such as `4.0`.
fn whole(text: &str) -> Option<i64> {
    let decimal = decimal(text)?;
    let whole = decimal.fract().is_zero();
    whole.then(|| i64::try_from(decimal).ok())?
}

/// A thing by its properties; where a name is among them, it has what is known of a thing of this name.
fn entity(kind: Kind, object: &Map<String, Json>) -> Result<Value, String> {
    let mut properties = BTreeMap::new();
    if let Some(Json::String(name)) = object.get("name")
        && let Value::Entity(entity) = Value::named(kind, name)
    {
        properties = entity.properties.clone();
    }
    for (name, json) in object {
        let kind = kind.property(name).unwrap_or(Type::ANY);
        let value = Value::from_json(json, kind)?;
        properties.insert(name.to_lowercase(), value);
    }
    Ok(Value::Entity(Arc::new(Entity { kind, properties })))
}
