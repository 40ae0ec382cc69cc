//! Which values are equal, and which comes first.

use crate::kind::Kind;
use crate::value::{Entity, Value};
use std::cmp::Ordering;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Whether two values are equal. `NOT_SET` is equal to itself only; an integer to the decimal of its worth.
pub(crate) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Entity(l), Value::Entity(r)) => l.kind == r.kind && same_thing(l, r),
        (Value::Collection(l), Value::Collection(r)) => {
            l.len() == r.len() && l.iter().zip(r.iter()).all(|(l, r)| equal(l, r))
        }
        (Value::Json(l), Value::String(r)) | (Value::String(r), Value::Json(l)) => {
            l.as_str() == Some(r)
        }
        _ => match (left.number(), right.number()) {
            (Some(l), Some(r)) => l == r,
            _ => left == right,
        },
    }
}

fn same_thing(left: &Entity, right: &Entity) -> bool {
    if left.kind == Kind::PhoneNumber {
        return Value::phone_identity(left) == Value::phone_identity(right);
    }
    let id = |entity: &Entity| entity.properties.get("id").cloned();
    id(left).is_some() && id(left) == id(right)
}

/// The order of two values of one type.
///
/// # Errors
/// They have none.
pub(crate) fn compare(left: &Value, right: &Value) -> Result<Ordering, String> {
    if let (Some(l), Some(r)) = (left.number(), right.number()) {
        return Ok(l.cmp(&r));
    }
    match (left, right) {
        (Value::Duration(l), Value::Duration(r)) | (Value::DateTime(l), Value::DateTime(r)) => {
            Ok(l.cmp(r))
        }
        (Value::Currency(l), Value::Currency(r)) if l.code == r.code => {
            match (l.amount, r.amount) {
                (Some(l), Some(r)) => Ok(l.cmp(&r)),
                _ => Err("an amount is NOT_SET".to_owned()),
            }
        }
        (Value::Currency(_), Value::Currency(_)) => {
            Err("amounts of different money can't be compared".to_owned())
        }
        (Value::String(l), Value::String(r)) => Ok(compare_texts(l, r)),
        _ => Err("these two values can't be compared".to_owned()),
    }
}

/// The order of two texts: as in a dictionary, by letters first; where these are alike, marks such as accents
/// tell, and then capitals, which come behind. What is no letter stands where Unicode has it.
pub(crate) fn compare_texts(left: &str, right: &str) -> Ordering {
    let letters = |text: &str| {
        let letters = text.nfd().filter(|letter| !is_combining_mark(*letter));
        letters.flat_map(char::to_lowercase).collect::<Vec<_>>()
    };
    let marked = |text: &str| text.nfd().flat_map(char::to_lowercase).collect::<Vec<_>>();
    let capitals = |text: &str| text.chars().map(char::is_uppercase).collect::<Vec<_>>();
    let alike = letters(left).cmp(&letters(right));
    let alike = alike.then_with(|| marked(left).cmp(&marked(right)));
    alike.then_with(|| capitals(left).cmp(&capitals(right)))
}
