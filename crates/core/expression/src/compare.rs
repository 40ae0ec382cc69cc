//! Which values are equal, and which comes first.

use crate::value::{Value, decimal};
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::sync::Arc;

/// Values that arithmetic and comparison treat alike.
enum Pair {
    Integers(i64, i64),
    Decimals(Decimal, Decimal),
    Texts(Arc<str>, Arc<str>),
}

pub(crate) fn number(value: &Value) -> Option<Decimal> {
    match value {
        Value::Integer(number) => Some(Decimal::from(*number)),
        Value::Decimal(number) => Some(*number),
        Value::Json(json) => json.as_number().and_then(|n| decimal(&n.to_string())),
        _ => None,
    }
}

fn pair(left: &Value, right: &Value) -> Option<Pair> {
    if let (Value::Integer(l), Value::Integer(r)) = (left, right) {
        return Some(Pair::Integers(*l, *r));
    }
    if let (Some(l), Some(r)) = (number(left), number(right)) {
        return Some(Pair::Decimals(l, r));
    }
    match (left, right) {
        (Value::Duration(l), Value::Duration(r)) | (Value::DateTime(l), Value::DateTime(r)) => {
            Some(Pair::Integers(*l, *r))
        }
        (Value::Currency(l), Value::Currency(r)) if l.code == r.code => {
            Some(Pair::Decimals(l.amount, r.amount))
        }
        (Value::Currency(_), _) | (_, Value::Currency(_)) => None,
        (Value::String(_) | Value::Json(_), Value::String(_) | Value::Json(_)) => {
            Some(Pair::Texts(left.to_text()?, right.to_text()?))
        }
        _ => None,
    }
}

pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Entity(l), Value::Entity(r)) => {
            let same = |key| {
                l.properties
                    .get(key)
                    .is_some_and(|value| Some(value) == r.properties.get(key))
            };
            l.kind == r.kind && (same("id") || same("e164") || same("address"))
        }
        (Value::Collection(l), Value::Collection(r)) => {
            l.len() == r.len() && l.iter().zip(r.iter()).all(|(l, r)| equal(l, r))
        }
        _ => match pair(left, right) {
            Some(Pair::Decimals(l, r)) => l == r,
            Some(Pair::Texts(l, r)) => l == r,
            _ => left == right,
        },
    }
}

pub(crate) fn compare(left: &Value, right: &Value) -> Result<Ordering, String> {
    match pair(left, right) {
        Some(Pair::Integers(l, r)) => Ok(l.cmp(&r)),
        Some(Pair::Decimals(l, r)) => Ok(l.cmp(&r)),
        Some(Pair::Texts(l, r)) => Ok(l.cmp(&r)),
        None => Err("these two values can't be compared".to_owned()),
    }
}
