//! Literal values by type.

use crate::yaml::{Kind as Shape, Node};
use std::sync::Arc;
use tollgate_expression::time;
use tollgate_expression::{Base, Kind, Type};
use tollgate_expression::{Money, Value, decimal};

/// Units of a literal duration, in milliseconds.
const UNITS: [(&str, i64); 7] = [
    ("ms", 1),
    ("milliseconds", 1),
    ("seconds", 1000),
    ("minutes", 60_000),
    ("hours", 3_600_000),
    ("days", 86_400_000),
    ("weeks", 604_800_000),
];

/// A literal of a type; else what was expected.
pub(super) fn literal(node: &Node, wanted: Type) -> Result<Value, String> {
    if node.is_null() {
        return Ok(match wanted {
            Type::STRING => Value::text(""),
            _ => Value::NotSet,
        });
    }
    if wanted.collection {
        let Shape::List(items) = &node.kind else {
            return Err(format!("a list of {}", wanted.item()));
        };
        let items = items.iter().map(|item| literal(item, wanted.item()));
        return Ok(Value::collection(items.collect::<Result<_, _>>()?));
    }
    let text = node.text();
    let read = match (wanted.base, text) {
        (Base::String, Some(text)) => Some(Value::text(text)),
        (Base::Audio, Some(text)) => Some(Value::Audio(text.into())),
        (Base::Audio, None) => node
            .text_of("name")
            .map(|name| Value::Audio(format!("[prompt {name}]").into())),
        (Base::Communication, Some(text)) => Some(Value::Communication(text.into())),
        (Base::Integer, Some(text)) => text.parse().ok().map(Value::Integer),
        (Base::Decimal, Some(text)) => decimal(text).map(Value::Decimal),
        (Base::Boolean, Some(_)) => node.boolean().map(Value::Boolean),
        (Base::DateTime, Some(text)) => time::read_date_time(text).map(Value::DateTime),
        (Base::Duration, Some(text)) => time::read_duration(text).map(Value::Duration),
        (Base::Duration, None) => duration(node).map(Value::Duration),
        (Base::Currency, None) => money(node),
        (Base::Json, Some(text)) => tollgate_json::read(text)
            .ok()
            .map(|j| Value::Json(Arc::new(j))),
        (Base::Json, None) => Some(Value::Json(Arc::new(node.to_json()))),
        (Base::Entity(kind), Some(text)) => Some(Value::named(kind, text)),
        (Base::Entity(kind), None) => entity(node, kind),
        (Base::Any | Base::NotSet, _) => match duration(node) {
            Some(millis) => Some(Value::Duration(millis)),
            None => Value::from_json(&node.to_json(), Type::ANY).ok(),
        },
        _ => None,
    };
    read.ok_or_else(|| match wanted.base {
        Base::Duration => "a duration, as {minutes: 5} or PT5M".to_owned(),
        Base::DateTime => "a date and time, as 2026-01-31T23:59:59Z".to_owned(),
        Base::Boolean => "true or false".to_owned(),
        Base::Currency => "an amount and a code".to_owned(),
        Base::Entity(kind) => format!("{}, as {{name: …}}", kind.word()),
        _ => wanted.to_string(),
    })
}

fn entity(node: &Node, kind: Kind) -> Option<Value> {
    let json = node.to_json();
    let mut names = json.as_object()?.keys();
    let known = names.any(|name| kind.property(name).is_some());
    known.then(|| Value::from_json(&json, Type::entity(kind)).ok())?
}

fn duration(node: &Node) -> Option<i64> {
    let entries = node.entries();
    if entries.is_empty() {
        return None;
    }
    entries.iter().try_fold(0_i64, |total, entry| {
        let (_, unit) = UNITS.iter().find(|(word, _)| *word == entry.key)?;
        let count: i64 = entry.value.text()?.parse().ok()?;
        total.checked_add(count.checked_mul(*unit)?)
    })
}

fn money(node: &Node) -> Option<Value> {
    Some(Value::Currency(Arc::new(Money {
        amount: Some(decimal(node.get("amount")?.text()?)?),
        code: Some(node.get("code")?.text()?.to_uppercase()),
    })))
}
