//! Collections. Positions count from 0; a position past the end is an error.

use super::call::{Call, bounded_list, bounded_text};
use super::definition::Code;
use crate::compare::{compare, equal};
use crate::value::Value;
use std::cmp::Ordering;

pub(super) const CODE: &[(&str, Code)] = &[
    ("MakeList", |call| bounded_list(call.arguments.to_vec())),
    ("MakeEmptyList", |_| bounded_list(Vec::new())),
    ("Count", |call| {
        Ok(Value::Integer(call.items(0)?.len() as i64))
    }),
    ("IsEmpty", |call| {
        Ok(Value::Boolean(match call.at(0) {
            Value::Collection(items) => items.is_empty(),
            _ => call.text(0)?.is_empty(),
        }))
    }),
    ("GetAt", |call| {
        if let Value::Json(json) = call.at(0) {
            let at = usize::try_from(call.integer(1)?).ok();
            let item = json
                .as_array()
                .zip(at)
                .and_then(|(items, at)| items.get(at));
            return match item {
                Some(item) => Ok(Value::Json(std::sync::Arc::new(item.clone()))),
                None => Err("the JSON has no such item".to_owned()),
            };
        }
        let items = call.items(0)?;
        Ok(items[position(call, items.len())?].clone())
    }),
    ("First", |call| {
        Ok(call.items(0)?.first().cloned().unwrap_or_default())
    }),
    ("Last", |call| {
        Ok(call.items(0)?.last().cloned().unwrap_or_default())
    }),
    ("FindFirst", |call| {
        let found = call
            .items(0)?
            .iter()
            .position(|item| equal(item, call.at(1)));
        Ok(Value::Integer(found.map_or(-1, |at| at as i64)))
    }),
    ("FindLast", |call| {
        let found = call
            .items(0)?
            .iter()
            .rposition(|item| equal(item, call.at(1)));
        Ok(Value::Integer(found.map_or(-1, |at| at as i64)))
    }),
    ("FindAll", |call| {
        let items = call.items(0)?.iter().enumerate();
        let found = items.filter(|(_, item)| equal(item, call.at(1)));
        bounded_list(found.map(|(at, _)| Value::Integer(at as i64)).collect())
    }),
    ("AddItem", |call| {
        let items = call.items(0)?.iter().chain([call.at(1)]).cloned();
        bounded_list(items.collect())
    }),
    ("AddItems", |call| {
        let items = call.items(0)?.iter().chain(call.items(1)?).cloned();
        bounded_list(items.collect())
    }),
    ("SetAt", |call| {
        let mut items = call.items(0)?.to_vec();
        let at = position(call, items.len())?;
        items[at] = call.at(2).clone();
        bounded_list(items)
    }),
    ("Insert", |call| {
        let mut items = call.items(0)?.to_vec();
        let at = position(call, items.len() + 1)?;
        items.insert(at, call.at(2).clone());
        bounded_list(items)
    }),
    ("RemoveAt", |call| {
        let mut items = call.items(0)?.to_vec();
        let at = position(call, items.len())?;
        items.remove(at);
        bounded_list(items)
    }),
    ("RemoveItem", |call| {
        let mut items = call.items(0)?.to_vec();
        if let Some(at) = items.iter().position(|item| equal(item, call.at(1))) {
            items.remove(at);
        }
        bounded_list(items)
    }),
    ("Slice", |call| {
        let items = call.items(0)?;
        let bound = |number: i64| usize::try_from(number.max(0)).unwrap_or(0).min(items.len());
        let start = bound(call.integer(1)?);
        let end = bound(call.integer_or(2, i64::MAX)?);
        bounded_list(items[start..end.max(start)].to_vec())
    }),
    ("Reverse", |call| match call.at(0) {
        Value::Collection(items) => bounded_list(items.iter().rev().cloned().collect()),
        _ => bounded_text(call.text(0)?.chars().rev().collect()),
    }),
    ("Sort", |call| {
        let mut items = call.items(0)?.to_vec();
        let upwards = call.flag_or(1, true)?;
        let mut fault = None;
        items.sort_by(|left, right| {
            let order = compare(left, right).unwrap_or_else(|why| {
                fault = Some(why);
                Ordering::Equal
            });
            if upwards { order } else { order.reverse() }
        });
        match fault {
            Some(why) => Err(why),
            None => bounded_list(items),
        }
    }),
    ("Distinct", |call| {
        let mut kept: Vec<Value> = Vec::new();
        let items = call.items(0)?;
        if items.len() > MAX_COMPARED {
            return Err(format!("more than {MAX_COMPARED} items to compare"));
        }
        for item in items {
            if !kept.iter().any(|other| equal(other, item)) {
                kept.push(item.clone());
            }
        }
        bounded_list(kept)
    }),
];

/// Items that are compared each with each.
const MAX_COMPARED: usize = 2_000;

fn position(call: &Call<'_>, count: usize) -> Result<usize, String> {
    let at = call.integer(1)?;
    usize::try_from(at)
        .ok()
        .filter(|at| *at < count)
        .ok_or_else(|| {
            format!(
                "position {at} of a collection of {}",
                call.items(0).map_or(0, <[_]>::len)
            )
        })
}
