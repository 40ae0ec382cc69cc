//! Being set, choices, conversions, JSON, communications, and things of the platform by their names.

use super::call::{Call, bounded_json, bounded_list};
use super::definition::Code;
use crate::arithmetic::{bounded, in_integers, joined};
use crate::kind::{Base, Kind};
use crate::value::{Entity, Value, decimal};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Nesting of JSON, as the platform allows it.
const MAX_JSON_DEPTH: usize = 50;

pub(super) const CODE: &[(&str, Code)] = &[
    ("EmailAddressDomainPart", |call| Ok(email_part(call, 1))),
    ("EmailAddressLocalPart", |call| Ok(email_part(call, 0))),
    ("FindEmergencyGroup", named),
    ("FindGroupById", named),
    ("FindLanguageSkill", named),
    ("FindQueue", named),
    ("FindQueueById", named),
    ("FindQueueEstimatedWaitTime", nothing),
    ("FindSkill", named),
    ("FindUser", named),
    ("FindUserById", named),
    ("FindWrapUpCode", named),
    ("GetQueueEstimatedWaitTime", nothing),
    // The checker makes a choice of it that doesn't evaluate the other value.
    ("If", |call| {
        let chosen = if call.flag(0) { 1 } else { 2 };
        Ok(call.at(chosen).clone())
    }),
    ("IsNotSetOrEmpty", |call| {
        Ok(Value::Boolean(match call.at(0) {
            Value::NotSet => true,
            Value::Collection(items) => items.is_empty(),
            Value::String(text) => text.is_empty(),
            Value::Currency(money) => money.amount.is_none(),
            Value::Json(json) => json.is_null() || **json == Json::String(String::new()),
            _ => false,
        }))
    }),
    ("IsSet", |call| Ok(Value::Boolean(call.has(0)))),
    ("JsonParse", |call| {
        let text = call.text(0)?;
        let json = tollgate_json::read_within(&text, MAX_JSON_DEPTH)
            .map_err(|fault| format!("not JSON: {fault}"))?;
        Ok(Value::Json(Arc::new(json)))
    }),
    ("MakeAgentScorePair", |call| {
        Ok(pair(call, call.at(0), call.at(1)))
    }),
    ("MakeCommunication", |call| communication(call.arguments)),
    ("MakeEmailAddress", |call| {
        let Value::Entity(entity) = Value::named(Kind::EmailAddress, &call.text(0)?) else {
            return Ok(Value::NotSet);
        };
        let mut entity = (*entity).clone();
        if call.has(1) {
            entity
                .properties
                .insert("name".to_owned(), call.at(1).clone());
        }
        Ok(Value::Entity(Arc::new(entity)))
    }),
    ("MakeListAgentScorePair", |call| {
        let (users, scores) = (call.items(0)?, call.items(1)?);
        if users.len() != scores.len() {
            return Err(format!("{} users and {} scores", users.len(), scores.len()));
        }
        let pairs = users.iter().zip(scores);
        bounded_list(pairs.map(|(user, score)| pair(call, user, score)).collect())
    }),
    ("MakePhoneNumber", named),
    ("MakeTimeslot", |call| {
        Ok(thing(
            call,
            [("dateTime", call.at(0)), ("duration", call.at(1))],
        ))
    }),
    ("ResolveSlot", |call| Ok(call.at(0).clone())),
    ("ToBool", |call| {
        let text = match call.at(0).clone().plain() {
            Value::Integer(number) => return Ok(Value::Boolean(number != 0)),
            Value::Decimal(number) => return Ok(Value::Boolean(!number.is_zero())),
            Value::String(text) => text.trim().to_lowercase(),
            value @ (Value::NotSet | Value::Boolean(_)) => return Ok(value),
            _ => return call.wrong(0, "true or false"),
        };
        match text.as_str() {
            "true" | "t" | "1" => Ok(Value::Boolean(true)),
            "false" | "f" | "0" => Ok(Value::Boolean(false)),
            _ => call.wrong(0, "true or false"),
        }
    }),
    ("ToCommunication", |call| {
        // A date in words, where a way to say it is named.
        match (call.at(0), call.arguments.len()) {
            (Value::DateTime(millis), 2) => {
                let text = super::audio::date_in_words(*millis, call.at(1))?;
                Ok(Value::Communication(text.into()))
            }
            (value, _) => communication(std::slice::from_ref(value)),
        }
    }),
    ("ToCommunicationSsml", |call| communication(call.arguments)),
    ("ToCommunicationTTS", |call| communication(call.arguments)),
    ("ToDecimal", |call| match call.at(0).clone().plain() {
        Value::Boolean(flag) => Ok(Value::Decimal(Decimal::new(i64::from(flag) * 10, 1))),
        Value::Currency(money) => Ok(money.amount.map_or(Value::NotSet, Value::Decimal)),
        Value::Integer(number) => Ok(Value::Decimal(number.into())),
        Value::String(text) if text.trim().is_empty() => Ok(Value::NotSet),
        Value::String(text) => match decimal(&text) {
            Some(number) => Ok(Value::Decimal(number)),
            None => call.wrong(0, "a number"),
        },
        value @ (Value::NotSet | Value::Decimal(_)) => Ok(value),
        _ => call.wrong(0, "a number"),
    }),
    ("ToGroup", named),
    ("ToInt", |call| {
        let number = match call.at(0).clone().plain() {
            Value::Boolean(flag) => Some(i64::from(flag)),
            Value::Decimal(number) => number.trunc().to_i64(),
            Value::Integer(number) | Value::Duration(number) => Some(number),
            Value::NotSet => return Ok(Value::NotSet),
            Value::String(text) if text.trim().is_empty() => return Ok(Value::NotSet),
            Value::String(text) => decimal(&text).and_then(|number| number.trunc().to_i64()),
            _ => None,
        };
        match number {
            Some(number) => in_integers(number).map(Value::Integer),
            None => call.wrong(0, "a number"),
        }
    }),
    ("ToJson", |call| {
        Ok(Value::Json(Arc::new(bounded_json(call.at(0))?)))
    }),
    ("ToJsonCollection", |call| match call.json(0)? {
        Json::Array(items) => {
            let items = items.iter().map(|item| Value::Json(Arc::new(item.clone())));
            bounded_list(items.collect())
        }
        _ => call.wrong(0, "a JSON list"),
    }),
    ("ToLanguageSkill", named),
    ("ToPhoneNumber", named),
    ("ToQueue", named),
    ("ToScheduleGroup", named),
    ("ToSkill", named),
    ("ToUser", named),
    ("ToWrapupCode", named),
];

/// A thing by its name or id, of the kind that the call gives; none without a name.
fn named(call: &mut Call<'_>) -> Result<Value, String> {
    Ok(match (call.result.base, call.at(0)) {
        (Base::Entity(kind), Value::String(name)) if !name.trim().is_empty() => {
            Value::named(kind, name)
        }
        (_, Value::String(_)) => Value::NotSet,
        (_, value) => value.clone(),
    })
}

/// What only the platform knows.
fn nothing(_: &mut Call<'_>) -> Result<Value, String> {
    Ok(Value::NotSet)
}

/// A thing of the kind that the call gives, with these properties, whose names are ours: no source tells them.
fn thing<const N: usize>(call: &Call<'_>, properties: [(&str, &Value); N]) -> Value {
    let Base::Entity(kind) = call.result.base else {
        return Value::NotSet;
    };
    let each = |(name, value): (&str, &Value)| (name.to_lowercase(), value.clone());
    let properties: BTreeMap<_, _> = properties.into_iter().map(each).collect();
    Value::Entity(Arc::new(Entity { kind, properties }))
}

fn pair(call: &Call<'_>, user: &Value, score: &Value) -> Value {
    thing(call, [("agent", user), ("score", score)])
}

/// What stands before or behind the last `@`; none without one.
fn email_part(call: &Call<'_>, part: usize) -> Value {
    let text = call.at(0).to_text().unwrap_or_default();
    match text.rsplit_once('@') {
        Some((local, domain)) => Value::text([local, domain][part.min(1)]),
        None => Value::NotSet,
    }
}

fn communication(parts: &[Value]) -> Result<Value, String> {
    let texts = parts.iter().filter_map(Value::to_text);
    let Some(text) = texts.reduce(|all, text| joined(&all, &text).into()) else {
        return Ok(Value::NotSet);
    };
    bounded(text.to_string()).map(Value::Communication)
}
