//! Being set, conversions, JSON, audio, communications, and references to things by name.

use super::call::{Call, bounded_json, bounded_list, bounded_text, room};
use super::definition::Code;
use crate::kind::{Base, Type};
use crate::value::{Money, Value, decimal, uuid};
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;
use std::sync::Arc;

/// Nesting of JSON, as the platform allows it.
const MAX_JSON_DEPTH: usize = 50;

pub(super) const CODE: &[(&str, Code)] = &[
    ("IsSet", |call| Ok(Value::Boolean(call.has(0)))),
    ("IsNotSet", |call| Ok(Value::Boolean(!call.has(0)))),
    ("IsNotSetOrEmpty", |call| {
        Ok(Value::Boolean(match call.at(0) {
            Value::NotSet => true,
            Value::Collection(items) => items.is_empty(),
            Value::String(text) => text.is_empty(),
            Value::Json(json) => json.is_null() || **json == Json::String(String::new()),
            _ => false,
        }))
    }),
    ("ToInt", |call| {
        let number = match call.at(0) {
            Value::Boolean(flag) => Some(i64::from(*flag)),
            Value::Integer(number) => Some(*number),
            value => value
                .to_text()
                .and_then(|text| decimal(&text)?.trunc().to_i64()),
        };
        number.map_or_else(|| call.wrong(0, "a number"), |n| Ok(Value::Integer(n)))
    }),
    ("ToDecimal", |call| {
        let number = call.at(0).to_text().and_then(|text| decimal(&text));
        number.map_or_else(|| call.wrong(0, "a number"), |n| Ok(Value::Decimal(n)))
    }),
    ("ToBool", |call| match call.at(0) {
        Value::Boolean(flag) => Ok(Value::Boolean(*flag)),
        Value::Integer(number) => Ok(Value::Boolean(*number != 0)),
        value => match value
            .to_text()
            .unwrap_or_default()
            .trim()
            .to_lowercase()
            .as_str()
        {
            "true" | "yes" | "1" => Ok(Value::Boolean(true)),
            "false" | "no" | "0" => Ok(Value::Boolean(false)),
            _ => call.wrong(0, "true or false"),
        },
    }),
    ("ToCurrency", |call| {
        Ok(Value::Currency(Arc::new(Money {
            amount: call.decimal(0)?,
            code: call.text(1)?.to_uppercase(),
        })))
    }),
    ("MakeUUID", |call| {
        let (high, low) = (call.world.random(), call.world.random());
        Ok(Value::text(&uuid(high, low)))
    }),
    ("JsonParse", |call| {
        let text = call.text(0)?;
        let json = tollgate_json::read_within(&text, MAX_JSON_DEPTH)
            .map_err(|fault| format!("not JSON: {fault}"))?;
        Ok(Value::Json(Arc::new(json)))
    }),
    ("ToJson", |call| {
        Ok(Value::Json(Arc::new(bounded_json(call.at(0))?)))
    }),
    ("JsonStringify", |call| {
        bounded_text(call.json(0)?.to_string())
    }),
    ("GetJsonObjectProperty", |call| {
        let inner = call
            .json(0)?
            .get(&*call.text(1)?)
            .filter(|json| !json.is_null());
        Ok(inner.map_or(Value::NotSet, |json| Value::Json(Arc::new(json.clone()))))
    }),
    ("SetJsonObjectProperty", |call| {
        let mut room = room();
        room.take_json(call.json(0)?)?;
        room.levels -= 1;
        room.take(call.at(2))?;
        let mut json = call.json(0)?.clone();
        let Json::Object(object) = &mut json else {
            return call.wrong(0, "a JSON object");
        };
        object.insert(call.text(1)?.to_string(), call.at(2).to_json());
        Ok(Value::Json(Arc::new(json)))
    }),
    ("GetJsonObjectPropertyNames", |call| match call.json(0)? {
        Json::Object(object) => bounded_list(object.keys().map(|key| Value::text(key)).collect()),
        _ => call.wrong(0, "a JSON object"),
    }),
    ("JsonToStringCollection", |call| {
        let json = Json::Array(call.json(0)?.as_array().cloned().unwrap_or_default());
        Value::from_json(&json, Type::many(Base::String))
    }),
    ("ToAudio", audio),
    ("ToAudioTTS", |call| Ok(Value::Audio(call.text(0)?))),
    ("ToAudioBlank", |call| {
        Ok(Value::Audio(
            format!("[silence {} ms]", call.integer(0)?).into(),
        ))
    }),
    ("ToAudioNumber", audio),
    ("ToAudioDateTime", audio),
    ("AudioPlaybackOptions", |call| Ok(call.at(0).clone())),
    ("FindPrompt", named),
    ("MakeCommunication", communication),
    ("ToCommunication", communication),
    ("ToPhoneNumber", |call| Ok(Value::phone(&call.text(0)?))),
    ("ToQueue", named),
    ("FindQueue", named),
    ("ToUser", named),
    ("FindUser", named),
    ("ToGroup", named),
    ("FindGroup", named),
    ("ToSkill", named),
    ("FindSkill", named),
    ("ToLanguageSkill", named),
    ("FindLanguageSkill", named),
    ("ToSchedule", named),
    ("FindSchedule", named),
    ("ToScheduleGroup", named),
    ("FindScheduleGroup", named),
    ("ToEmergencyGroup", named),
    ("FindEmergencyGroup", named),
    ("ToEmailAddress", named),
    ("ToWrapupCode", named),
];

/// A thing by its name or id, of the kind that the signature gives.
fn named(call: &mut Call<'_>) -> Result<Value, String> {
    match call.result.base {
        Base::Entity(kind) => Ok(Value::named(kind, &call.text(0)?)),
        _ => call.wrong(0, "the name of a thing"),
    }
}

fn audio(call: &mut Call<'_>) -> Result<Value, String> {
    Ok(Value::Audio(call.at(0).to_text().unwrap_or_default()))
}

fn communication(call: &mut Call<'_>) -> Result<Value, String> {
    let texts: Vec<_> = call.arguments.iter().filter_map(Value::to_text).collect();
    if texts.is_empty() {
        return Ok(Value::NotSet);
    }
    match bounded_text(texts.join(" "))? {
        Value::String(text) => Ok(Value::Communication(text)),
        other => Ok(other),
    }
}
