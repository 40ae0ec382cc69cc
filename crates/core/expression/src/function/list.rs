//! Collections. Positions count from 0; a position past the end is an error.

use super::call::{Call, bounded_list, count};
use super::definition::Code;
use crate::compare::equal;
use crate::value::Value;
use std::sync::Arc;

pub(super) const CODE: &[(&str, Code)] = &[
    ("AddItem", |call| {
        let items = call.items(0)?.iter().chain(&call.arguments[1..]);
        bounded_list(items.cloned().collect())
    }),
    ("AddItemAt", |call| {
        let mut items = call.items(0)?.to_vec();
        let at = position(call, 1, items.len() + 1)?;
        items.splice(at..at, call.arguments[2..].iter().cloned());
        bounded_list(items)
    }),
    ("AreEqual", |call| {
        // True or false in front of texts says whether their case is ignored.
        let (ignoring, values) = match call.arguments {
            [Value::Boolean(flag), rest @ ..] if !matches!(rest[0], Value::Boolean(_)) => {
                (*flag, rest)
            }
            all => (false, all),
        };
        let values: Vec<Value> = match ignoring {
            true => values.iter().map(lower).collect(),
            false => values.to_vec(),
        };
        let same = values.windows(2).all(|pair| equal(&pair[0], &pair[1]));
        Ok(Value::Boolean(same))
    }),
    ("Count", |call| Ok(count(call.items(0)?.len()))),
    ("Find", |call| {
        bounded_list(places(call)?.map(Value::Integer).collect())
    }),
    ("FindFirst", |call| {
        Ok(Value::Integer(places(call)?.next().unwrap_or(-1)))
    }),
    ("GetAt", |call| {
        if let Value::Json(json) = call.at(0) {
            let at = usize::try_from(call.integer(1)?).ok();
            let items = json.as_array().zip(at);
            let item = items.and_then(|(items, at)| items.get(at));
            let item = item.ok_or("the JSON has no such item")?;
            return Ok(Value::Json(Arc::new(item.clone())));
        }
        let items = call.items(0)?;
        Ok(items[position(call, 1, items.len())?].clone())
    }),
    ("MakeEmptyList", |_| bounded_list(Vec::new())),
    ("MakeList", |call| bounded_list(call.arguments.to_vec())),
    ("RemoveDups", |call| {
        let mut kept: Vec<Value> = Vec::new();
        for item in call.items(0)? {
            if !kept.iter().any(|other| equal(other, item)) {
                kept.push(item.clone());
            }
        }
        bounded_list(kept)
    }),
    ("RemoveItem", |call| {
        let gone = |item: &Value| call.arguments[1..].iter().any(|gone| equal(gone, item));
        let kept = call.items(0)?.iter().filter(|item| !gone(item));
        bounded_list(kept.cloned().collect())
    }),
    ("RemoveItemAt", |call| {
        let items = call.items(0)?;
        let gone = 1..call.arguments.len();
        let gone: Vec<usize> = gone
            .map(|index| position(call, index, items.len()))
            .collect::<Result<_, _>>()?;
        let kept = items.iter().enumerate();
        let kept = kept.filter(|(at, _)| !gone.contains(at));
        bounded_list(kept.map(|(_, item)| item.clone()).collect())
    }),
    ("ReplaceItem", |call| replaced(call, usize::MAX)),
    ("ReplaceItemAt", |call| {
        let mut items = call.items(0)?.to_vec();
        let at = position(call, 1, items.len())?;
        items[at] = call.at(2).clone();
        bounded_list(items)
    }),
    ("ReplaceItemFirst", |call| replaced(call, 1)),
];

/// Every place of the second argument in the first.
fn places(call: &Call<'_>) -> Result<impl Iterator<Item = i64>, String> {
    let wanted = call.at(1);
    let items = call.items(0)?.iter().zip(0_i64..);
    Ok(items
        .filter(move |(item, _)| equal(item, wanted))
        .map(|(_, at)| at))
}

/// The collection with the first so many items that are the second argument made the third.
fn replaced(call: &Call<'_>, most: usize) -> Result<Value, String> {
    let mut items = call.items(0)?.to_vec();
    let found = items.iter_mut().filter(|item| equal(item, call.at(1)));
    found.take(most).for_each(|item| *item = call.at(2).clone());
    bounded_list(items)
}

fn lower(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::text(&text.to_lowercase()),
        Value::Collection(items) => Value::collection(items.iter().map(lower).collect()),
        other => other.clone(),
    }
}

/// The position that an argument gives, if it is below a bound.
fn position(call: &Call<'_>, index: usize, bound: usize) -> Result<usize, String> {
    let at = call.integer(index)?;
    let found = usize::try_from(at).ok().filter(|at| *at < bound);
    found.ok_or_else(|| {
        let count = call.items(0).map_or(0, <[_]>::len);
        format!("position {at} of a collection of {count}")
    })
}
