//! Being set, conversions, JSON, audio, communications, and references to things by name.

use super::call::{Call, bounded_json, bounded_list, bounded_text, room};
use super::definition::{Function, seeing, strict};
use crate::kind::{Kind, Type};
use crate::value::{Money, Value, decimal, uuid};
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;
use std::sync::Arc;

/// Nesting of JSON, as the platform allows it.
const MAX_JSON_DEPTH: usize = 50;

macro_rules! reference {
    ($name:literal, $signature:literal, $kind:expr) => {
        strict($name, &[$signature], "the one of this name or id", |call| {
            Ok(Value::named($kind, &call.text(0)?))
        })
    };
}

pub(super) const FUNCTIONS: &[Function] = &[
    seeing(
        "IsSet",
        &["any -> boolean", "[any] -> boolean"],
        "whether it has a value",
        |call| Ok(Value::Boolean(call.has(0))),
    ),
    seeing(
        "IsNotSet",
        &["any -> boolean", "[any] -> boolean"],
        "whether it has none",
        |call| Ok(Value::Boolean(!call.has(0))),
    ),
    seeing(
        "IsNotSetOrEmpty",
        &["any -> boolean", "[any] -> boolean"],
        "whether it has no value, or an empty one",
        |call| {
            Ok(Value::Boolean(match call.at(0) {
                Value::NotSet => true,
                Value::Collection(items) => items.is_empty(),
                Value::String(text) => text.is_empty(),
                Value::Json(json) => json.is_null() || **json == Json::String(String::new()),
                _ => false,
            }))
        },
    ),
    strict(
        "ToInt",
        &[
            "string -> integer",
            "decimal -> integer",
            "json -> integer",
            "boolean -> integer",
        ],
        "a whole number; a fraction is cut off",
        |call| {
            let number = match call.at(0) {
                Value::Boolean(flag) => Some(i64::from(*flag)),
                Value::Integer(number) => Some(*number),
                value => value
                    .to_text()
                    .and_then(|text| decimal(&text)?.trunc().to_i64()),
            };
            number.map_or_else(|| call.wrong(0, "a number"), |n| Ok(Value::Integer(n)))
        },
    ),
    strict(
        "ToDecimal",
        &["string -> decimal", "decimal -> decimal", "json -> decimal"],
        "a decimal number",
        |call| {
            let number = call.at(0).to_text().and_then(|text| decimal(&text));
            number.map_or_else(|| call.wrong(0, "a number"), |n| Ok(Value::Decimal(n)))
        },
    ),
    strict(
        "ToBool",
        &[
            "string -> boolean",
            "integer -> boolean",
            "json -> boolean",
            "boolean -> boolean",
        ],
        "true or false; of numbers, 0 is false",
        |call| match call.at(0) {
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
        },
    ),
    strict(
        "ToCurrency",
        &["decimal, string -> currency"],
        "an amount of a currency, by its code",
        |call| {
            Ok(Value::Currency(Arc::new(Money {
                amount: call.decimal(0)?,
                code: call.text(1)?.to_uppercase(),
            })))
        },
    ),
    seeing(
        "MakeUUID",
        &["-> string"],
        "an id drawn from the run's seed",
        |call| {
            let (high, low) = (call.world.random(), call.world.random());
            Ok(Value::text(&uuid(high, low)))
        },
    ),
    strict(
        "JsonParse",
        &["string -> json"],
        "the JSON in a text",
        |call| {
            let text = call.text(0)?;
            let json = tollgate_json::read_within(&text, MAX_JSON_DEPTH)
                .map_err(|fault| format!("not JSON: {fault}"))?;
            Ok(Value::Json(Arc::new(json)))
        },
    ),
    strict(
        "ToJson",
        &["any -> json", "[any] -> json"],
        "as JSON",
        |call| Ok(Value::Json(Arc::new(bounded_json(call.at(0))?))),
    ),
    strict(
        "JsonStringify",
        &["json -> string"],
        "the text of JSON",
        |call| bounded_text(call.json(0)?.to_string()),
    ),
    strict(
        "GetJsonObjectProperty",
        &["json, string -> json"],
        "a property by its name, or NOT_SET",
        |call| {
            let inner = call
                .json(0)?
                .get(&*call.text(1)?)
                .filter(|json| !json.is_null());
            Ok(inner.map_or(Value::NotSet, |json| Value::Json(Arc::new(json.clone()))))
        },
    ),
    strict(
        "SetJsonObjectProperty",
        &["json, string, any -> json"],
        "with a property set",
        |call| {
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
        },
    ),
    strict(
        "GetJsonObjectPropertyNames",
        &["json -> [string]"],
        "the names in it",
        |call| match call.json(0)? {
            Json::Object(object) => {
                bounded_list(object.keys().map(|key| Value::text(key)).collect())
            }
            _ => call.wrong(0, "a JSON object"),
        },
    ),
    strict(
        "JsonToStringCollection",
        &["json -> [string]"],
        "a JSON list's items",
        |call| {
            let json = Json::Array(call.json(0)?.as_array().cloned().unwrap_or_default());
            Value::from_json(&json, Type::many(crate::kind::Base::String))
        },
    ),
    strict("ToAudio", &["any -> audio"], "read out", |call| {
        Ok(Value::Audio(call.at(0).to_text().unwrap_or_default()))
    }),
    strict(
        "ToAudioTTS",
        &["string -> audio"],
        "a text read out",
        |call| Ok(Value::Audio(call.text(0)?)),
    ),
    strict(
        "ToAudioBlank",
        &["integer -> audio"],
        "silence of so many ms",
        |call| {
            Ok(Value::Audio(
                format!("[silence {} ms]", call.integer(0)?).into(),
            ))
        },
    ),
    strict(
        "ToAudioNumber",
        &["decimal -> audio"],
        "a number read out",
        |call| Ok(Value::Audio(call.at(0).to_text().unwrap_or_default())),
    ),
    strict(
        "ToAudioDateTime",
        &["dateTime -> audio"],
        "a date and time read out",
        |call| Ok(Value::Audio(call.at(0).to_text().unwrap_or_default())),
    ),
    strict(
        "AudioPlaybackOptions",
        &["audio, boolean -> audio"],
        "the same audio; the second tells whether it may be interrupted",
        |call| Ok(call.at(0).clone()),
    ),
    strict(
        "FindPrompt",
        &["string -> prompt"],
        "the prompt of this name",
        |call| Ok(Value::named(Kind::Prompt, &call.text(0)?)),
    ),
    seeing(
        "MakeCommunication",
        &[
            "string... -> communication",
            "communication... -> communication",
        ],
        "what a bot says or writes",
        communication,
    ),
    seeing(
        "ToCommunication",
        &["any -> communication"],
        "what a bot says or writes",
        communication,
    ),
    strict(
        "ToPhoneNumber",
        &["string -> phoneNumber"],
        "a telephone number",
        |call| Ok(Value::phone(&call.text(0)?)),
    ),
    reference!("ToQueue", "string -> queue", Kind::Queue),
    reference!("FindQueue", "string -> queue", Kind::Queue),
    reference!("ToUser", "string -> user", Kind::User),
    reference!("FindUser", "string -> user", Kind::User),
    reference!("ToGroup", "string -> group", Kind::Group),
    reference!("FindGroup", "string -> group", Kind::Group),
    reference!("ToSkill", "string -> skill", Kind::Skill),
    reference!("FindSkill", "string -> skill", Kind::Skill),
    reference!(
        "ToLanguageSkill",
        "string -> languageSkill",
        Kind::LanguageSkill
    ),
    reference!(
        "FindLanguageSkill",
        "string -> languageSkill",
        Kind::LanguageSkill
    ),
    reference!("ToSchedule", "string -> schedule", Kind::Schedule),
    reference!("FindSchedule", "string -> schedule", Kind::Schedule),
    reference!(
        "ToScheduleGroup",
        "string -> scheduleGroup",
        Kind::ScheduleGroup
    ),
    reference!(
        "FindScheduleGroup",
        "string -> scheduleGroup",
        Kind::ScheduleGroup
    ),
    reference!(
        "ToEmergencyGroup",
        "string -> emergencyGroup",
        Kind::EmergencyGroup
    ),
    reference!(
        "FindEmergencyGroup",
        "string -> emergencyGroup",
        Kind::EmergencyGroup
    ),
    reference!(
        "ToEmailAddress",
        "string -> emailAddress",
        Kind::EmailAddress
    ),
    reference!("ToWrapupCode", "string -> wrapupCode", Kind::WrapUpCode),
];

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
