//! Methods of maps, and of `$foreach`.

use super::{lists, unsupported};
use crate::bounds::Meter;
use crate::found::{Failure, Found};
use crate::value::{Entry, ListKind, Scope, Special, Value, changed, reaches};
use std::cell::RefCell;
use std::rc::Rc;

/// Methods of Java's maps that templates don't get.
const UNSUPPORTED: &str = "\
    forEach replaceAll compute computeIfAbsent computeIfPresent merge clone hashCode entry of \
    ofEntries copyOf appendField getAsString getAsNumber toJSONString writeJSONString writeJSON \
    escape";

pub(crate) type Entries = [(Value, Value)];

pub(super) fn lookup(entries: &Entries, name: &str, meter: &mut Meter) -> Found {
    meter.work(entries.len())?;
    Ok(named(entries, name).map_or(Value::Null, Value::clone))
}

/// What a map has under a name.
pub(crate) fn named<'a>(entries: &'a Entries, name: &str) -> Option<&'a Value> {
    let found = entries
        .iter()
        .find(|(key, _)| matches!(key, Value::Text(key) if **key == *name));
    found.map(|(_, value)| value)
}

pub(super) fn get(entries: &Entries, key: &Value, meter: &mut Meter) -> Found {
    let at = place(entries, key, meter)?;
    Ok(at.map_or(Value::Null, |at| entries[at].1.clone()))
}

fn place(entries: &Entries, key: &Value, meter: &mut Meter) -> Result<Option<usize>, String> {
    meter.work(entries.len())?;
    for (at, (held, _)) in entries.iter().enumerate() {
        let same = match (held, key) {
            (Value::Text(held), Value::Text(key)) => held == key,
            (Value::Text(_), _) | (_, Value::Text(_)) => false,
            (held, key) => held.same(key, meter)?,
        };
        if same {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn cell(holder: &Value) -> Option<&RefCell<Vec<(Value, Value)>>> {
    match holder {
        Value::Map(map) => Some(&map.0.entries),
        Value::Special(Special::Scope(scope)) => Some(&scope.storage),
        _ => None,
    }
}

/// Puts a value under a key; the one before, or null.
pub(super) fn put(holder: &Value, key: Value, value: Value, meter: &mut Meter) -> Found {
    for inside in [&key, &value] {
        let (found, looked) = reaches(inside, holder);
        meter.steps(looked)?;
        if found {
            return Err("a map can't be put into itself".into());
        }
    }
    let Some(entries) = cell(holder) else {
        return Ok(Value::Null);
    };
    let before = replace(&mut entries.borrow_mut(), key, value, meter)?;
    Ok(before.unwrap_or_else(|| {
        note_change(holder);
        Value::Null
    }))
}

/// Puts a value under a key among entries; the one before, if the key is there.
pub(crate) fn replace(
    entries: &mut Vec<(Value, Value)>,
    key: Value,
    value: Value,
    meter: &mut Meter,
) -> Result<Option<Value>, String> {
    Ok(match place(entries, &key, meter)? {
        Some(at) => Some(std::mem::replace(&mut entries[at].1, value)),
        None => {
            meter.grow(2)?;
            entries.push((key, value));
            None
        }
    })
}

fn note_change(holder: &Value) {
    if let Value::Map(map) = holder {
        changed(&map.0.changes);
    }
}

pub(super) fn call(holder: &Value, name: &str, arguments: &[Value], meter: &mut Meter) -> Found {
    if let Some(found) = scope_call(holder, name, arguments) {
        return Ok(found);
    }
    let Some(cell) = cell(holder) else {
        return Err(Failure::Absent);
    };
    let entries = cell.borrow();
    Ok(match (name, arguments) {
        ("size", []) => Value::count(entries.len()),
        ("isEmpty", []) => Value::Bool(entries.is_empty()),
        ("get", [key]) => match holder {
            Value::Special(Special::Scope(scope)) => return scope_get(scope, key, meter),
            _ => return get(&entries, key, meter),
        },
        ("getOrDefault", [key, default]) => match place(&entries, key, meter)? {
            Some(at) => entries[at].1.clone(),
            None => default.clone(),
        },
        ("containsKey", [key]) => Value::Bool(place(&entries, key, meter)?.is_some()),
        ("containsValue", [value]) => {
            for (_, held) in entries.iter() {
                if value.same(held, meter)? {
                    return Ok(Value::Bool(true));
                }
            }
            Value::Bool(false)
        }
        ("keySet" | "values" | "entrySet", []) => {
            meter.work(entries.len())?;
            let slots = if name == "entrySet" { 4 } else { 1 };
            meter.grow(slots * entries.len() + 2)?;
            let item = |(key, value): &(Value, Value)| match name {
                "keySet" => key.clone(),
                "values" => value.clone(),
                _ => Value::Special(Special::Entry(Rc::new(Entry {
                    key: key.clone(),
                    value: value.clone(),
                }))),
            };
            Value::of_list(ListKind::View, entries.iter().map(item).collect())
        }
        _ => {
            drop(entries);
            return changing(holder, cell, name, arguments, meter);
        }
    })
}

fn changing(
    holder: &Value,
    cell: &RefCell<Vec<(Value, Value)>>,
    name: &str,
    arguments: &[Value],
    meter: &mut Meter,
) -> Found {
    Ok(match (name, arguments) {
        ("put", [key, value]) => return put(holder, key.clone(), value.clone(), meter),
        ("putIfAbsent", [key, value]) => {
            let held = get(&cell.borrow(), key, meter)?;
            if held.is_null() {
                put(holder, key.clone(), value.clone(), meter)?;
            }
            held
        }
        ("putAll", [Value::Map(other)]) => {
            let count = other.0.entries.borrow().len();
            meter.work(count)?;
            meter.grow(2 * count)?;
            let added = other.0.entries.borrow().clone();
            for (key, value) in added {
                put(holder, key, value, meter)?;
            }
            Value::text("")
        }
        ("remove", [key]) => {
            let at = place(&cell.borrow(), key, meter)?;
            at.map_or(Value::Null, |at| {
                note_change(holder);
                cell.borrow_mut().remove(at).1
            })
        }
        ("remove", [key, value]) => {
            let Some(at) = place(&cell.borrow(), key, meter)? else {
                return Ok(Value::Bool(false));
            };
            let same = cell.borrow()[at].1.same(value, meter)?;
            if same {
                note_change(holder);
                cell.borrow_mut().remove(at);
            }
            Value::Bool(same)
        }
        ("replace", [key, value]) => {
            if place(&cell.borrow(), key, meter)?.is_some() {
                return put(holder, key.clone(), value.clone(), meter);
            }
            Value::Null
        }
        ("clear", []) => {
            note_change(holder);
            let entries = std::mem::take(&mut *cell.borrow_mut());
            drop(Value::of_map(crate::value::MapKind::Plain, entries));
            Value::text("")
        }
        ("putAll", [Value::Null]) => return Err("putAll is given a null".into()),
        _ if lists(UNSUPPORTED, name) => return unsupported(name, holder),
        _ => return Err(Failure::Absent),
    })
}

/// A loop's own properties, then what the template put into it or into a loop around it.
pub(super) fn scope_property(scope: &Rc<Scope>, name: &str, meter: &mut Meter) -> Found {
    if let Some(found) = of_scope(scope, &decapitalised(name)) {
        return Ok(found);
    }
    scope_get(scope, &Value::text(name), meter)
}

fn of_scope(scope: &Rc<Scope>, name: &str) -> Option<Value> {
    let value = |scope: &Rc<Scope>| Value::Special(Special::Scope(scope.clone()));
    Some(match name {
        "index" => Value::Int(scope.index.get()),
        "count" => Value::Int(scope.index.get().saturating_add(1)),
        "hasNext" => Value::Bool(scope.has_next.get()),
        "first" => Value::Bool(scope.index.get() < 1),
        "last" => Value::Bool(!scope.has_next.get()),
        "parent" => scope.parent.as_ref().map_or(Value::Null, value),
        "topmost" => {
            let mut top = scope;
            while let Some(parent) = &top.parent {
                top = parent;
            }
            value(top)
        }
        "replaced" => {
            let mut scope = scope;
            while let (true, Some(parent)) = (scope.replaced.is_null(), &scope.parent) {
                scope = parent;
            }
            scope.replaced.clone()
        }
        _ => return None,
    })
}

fn scope_call(holder: &Value, name: &str, arguments: &[Value]) -> Option<Value> {
    let (Value::Special(Special::Scope(scope)), []) = (holder, arguments) else {
        return None;
    };
    match name {
        "hasNext" | "isFirst" | "isLast" => {}
        _ if name.starts_with("get") => {}
        _ => return None,
    }
    let bare = name.trim_start_matches("get").trim_start_matches("is");
    of_scope(scope, &decapitalised(bare))
}

fn decapitalised(name: &str) -> String {
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

pub(super) fn scope_get(scope: &Rc<Scope>, key: &Value, meter: &mut Meter) -> Found {
    let mut scope = scope;
    loop {
        let stored = scope.storage.borrow();
        if let Some(at) = place(&stored, key, meter)? {
            return Ok(stored[at].1.clone());
        }
        drop(stored);
        match &scope.parent {
            Some(parent) => scope = parent,
            None => return Ok(Value::Null),
        }
    }
}
