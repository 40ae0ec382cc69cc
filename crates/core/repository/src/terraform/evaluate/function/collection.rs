//! Functions of lists, sets and maps.

use super::{Outcome, mistake, number_of, text_of};
use crate::terraform::value::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Their names.
pub(super) const NAMES: &str = "alltrue anytrue coalesce coalescelist compact concat contains distinct element \
    flatten index keys length list lookup map merge one range reverse setunion slice sort sum tolist tomap toset \
    values zipmap";
/// Those that only move what is in a collection, so that a part that isn't known leaves the others known.
const KEEP_PARTS: &str = "coalesce concat element keys length lookup map list merge reverse slice tolist tomap values \
    zipmap";
/// Items of a list that `range` makes.
const MAX_RANGE: f64 = 10_000.0;

pub(super) fn function(name: &str, arguments: &[Value]) -> Option<Outcome> {
    if !NAMES.split_whitespace().any(|known| known == name) {
        return None;
    }
    let unknown = arguments.iter().find_map(Value::first_unknown);
    if let Some(unknown) = unknown
        && !KEEP_PARTS.split_whitespace().any(|keeps| keeps == name)
    {
        return Some(Ok(Value::Unknown(Rc::clone(unknown))));
    }
    Some(match name {
        "coalesce" | "coalescelist" => first_set(arguments),
        "lookup" | "keys" | "values" | "merge" | "zipmap" | "tomap" => of_maps(name, arguments),
        "length" => length(arguments),
        "range" => range(arguments),
        "list" | "map" => mistake("Terraform has this function no more; write [ … ] or { … }"),
        _ => of_lists(name, arguments),
    })
}

fn list(arguments: &[Value], at: usize) -> Result<&[Value], (String, String)> {
    match arguments.get(at) {
        Some(Value::List(items)) => Ok(items),
        Some(other) => mistake(format!("expected a list, found {}", other.what())),
        None => mistake("an argument is missing"),
    }
}

fn map(arguments: &[Value], at: usize) -> Result<&BTreeMap<String, Value>, (String, String)> {
    match arguments.get(at) {
        Some(Value::Map(entries)) => Ok(entries),
        Some(other) => mistake(format!("expected a map, found {}", other.what())),
        None => mistake("an argument is missing"),
    }
}

fn first_set(arguments: &[Value]) -> Outcome {
    let set = arguments.iter().find(|value| match value {
        Value::Null => false,
        Value::Text(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        _ => true,
    });
    set.map_or_else(
        || mistake("none of them has a value"),
        |value| Ok(value.clone()),
    )
}

fn length(arguments: &[Value]) -> Outcome {
    let length = match arguments.first() {
        Some(Value::List(items)) => items.len(),
        Some(Value::Map(entries)) => entries.len(),
        Some(Value::Text(text)) => text.chars().count(),
        _ => return mistake("expected a list, a map or a text"),
    };
    Ok(Value::number(length as f64))
}

fn range(arguments: &[Value]) -> Outcome {
    let number = |at| number_of(arguments, at);
    let (from, to, step) = match arguments.len() {
        0 | 1 => (0.0, number(0)?, 1.0),
        2 => (number(0)?, number(1)?, 1.0),
        _ => (number(0)?, number(1)?, number(2)?),
    };
    if step == 0.0 || ((to - from) / step) > MAX_RANGE {
        return mistake(format!("more than {MAX_RANGE} numbers"));
    }
    let count = ((to - from) / step).ceil().max(0.0) as usize;
    let numbers = (0..count).map(|at| Value::number(from + step * at as f64));
    Ok(Value::list(numbers))
}

fn of_maps(name: &str, arguments: &[Value]) -> Outcome {
    Ok(match name {
        "lookup" => {
            let key = text_of(arguments, 1)?;
            match (map(arguments, 0)?.get(&*key), arguments.get(2)) {
                (Some(found), _) => found.clone(),
                (None, Some(default)) => default.clone(),
                (None, None) => return mistake(format!("the map has no key `{key}`")),
            }
        }
        "keys" => {
            let keys = map(arguments, 0)?.keys();
            Value::list(keys.map(|key| Value::text(key.as_str())))
        }
        "values" => Value::list(map(arguments, 0)?.values().cloned()),
        "tomap" => Value::map(map(arguments, 0)?.clone()),
        "merge" => {
            let mut merged = BTreeMap::new();
            for (at, argument) in arguments.iter().enumerate() {
                if *argument != Value::Null {
                    merged.extend(map(arguments, at)?.clone());
                }
            }
            Value::map(merged)
        }
        _ => {
            let keys: Option<Vec<Rc<str>>> =
                list(arguments, 0)?.iter().map(Value::to_text).collect();
            let Some(keys) = keys else {
                return mistake("expected keys that are texts");
            };
            let keys = keys.into_iter().map(|key| key.to_string());
            Value::map(keys.zip(list(arguments, 1)?.iter().cloned()))
        }
    })
}

fn of_lists(name: &str, arguments: &[Value]) -> Outcome {
    let items = list(arguments, 0)?;
    let collected = |items: Vec<Value>| Ok(Value::list(items));
    match name {
        "concat" => collected(all_items(arguments)?),
        "setunion" => collected(distinct(&all_items(arguments)?)),
        "compact" => collected(items.iter().filter(|one| !is_empty(one)).cloned().collect()),
        "distinct" => collected(distinct(items)),
        "tolist" => collected(items.to_vec()),
        "toset" | "sort" => {
            let mut items = if name == "toset" {
                distinct(items)
            } else {
                items.to_vec()
            };
            items.sort_by_key(Value::to_text);
            collected(items)
        }
        "reverse" => collected(items.iter().rev().cloned().collect()),
        "flatten" => {
            let mut flat = Vec::new();
            flatten(items, &mut flat);
            collected(flat)
        }
        "slice" => {
            let (from, to) = (
                number_of(arguments, 1)? as usize,
                number_of(arguments, 2)? as usize,
            );
            match items.get(from..to) {
                Some(part) => collected(part.to_vec()),
                None => mistake("the list isn't that long"),
            }
        }
        _ => of_list(name, items, arguments),
    }
}

/// What one list has that is no list.
fn of_list(name: &str, items: &[Value], arguments: &[Value]) -> Outcome {
    match name {
        "contains" => {
            let wanted = arguments.get(1);
            Ok(Value::Bool(items.iter().any(|one| Some(one) == wanted)))
        }
        "index" => match items.iter().position(|one| Some(one) == arguments.get(1)) {
            Some(at) => Ok(Value::number(at as f64)),
            None => mistake("the list has no such item"),
        },
        "element" if items.is_empty() => mistake("the list is empty"),
        "element" => {
            let at = number_of(arguments, 1)? as usize % items.len();
            Ok(items[at].clone())
        }
        "sum" => {
            let numbers: Option<Vec<f64>> = items.iter().map(Value::to_number).collect();
            let sum = numbers.map(|numbers| Value::number(numbers.iter().sum()));
            sum.map_or_else(|| mistake("expected numbers"), Ok)
        }
        "one" => match items {
            [] => Ok(Value::Null),
            [only] => Ok(only.clone()),
            _ => mistake("the list has more than one item"),
        },
        _ => {
            let mut flags = items.iter().map(|item| item.to_bool().unwrap_or(false));
            Ok(Value::Bool(match name {
                "alltrue" => flags.all(|flag| flag),
                _ => flags.any(|flag| flag),
            }))
        }
    }
}

fn all_items(arguments: &[Value]) -> Result<Vec<Value>, (String, String)> {
    let mut all = Vec::new();
    for at in 0..arguments.len() {
        all.extend_from_slice(list(arguments, at)?);
    }
    Ok(all)
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Null) || matches!(value, Value::Text(text) if text.is_empty())
}

fn distinct(items: &[Value]) -> Vec<Value> {
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        if !kept.contains(item) {
            kept.push(item.clone());
        }
    }
    kept
}

fn flatten(items: &[Value], flat: &mut Vec<Value>) {
    for item in items {
        match item {
            Value::List(inner) => flatten(inner, flat),
            item => flat.push(item.clone()),
        }
    }
}
