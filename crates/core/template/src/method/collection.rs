//! Methods of lists, of arrays (which Velocity wraps into lists), and of a map's keys and values.

use super::{lists, unsupported};
use crate::bounds::Meter;
use crate::found::{Failure, Found};
use crate::value::{List, ListKind, Value, changed, reaches};

/// Methods of Java's lists that templates don't get.
const UNSUPPORTED: &str = "\
    iterator listIterator stream parallelStream spliterator forEach removeIf replaceAll sort \
    toArray clone hashCode ensureCapacity trimToSize of copyOf appendElement merge writeJSONString \
    toJSONString toJSONStr";

pub(super) fn get(list: &List, index: &Value) -> Found {
    let (Value::Int(at), true) = (index, list.0.kind != ListKind::View) else {
        return Err(Failure::Absent);
    };
    let items = list.0.items.borrow();
    Ok(items[position(*at, items.len(), items.len())?].clone())
}

/// Replaces an item; the one before.
pub(super) fn set(
    holder: &Value,
    list: &List,
    at: i32,
    value: Value,
    meter: &mut Meter,
) -> Result<Value, String> {
    if list.0.kind == ListKind::Array && !matches!(value, Value::Text(_) | Value::Null) {
        return Err(format!("an array of texts can't hold {}", value.kind()));
    }
    fits(holder, &value, meter)?;
    let mut items = list.0.items.borrow_mut();
    let at = position(at, items.len(), items.len())?;
    Ok(std::mem::replace(&mut items[at], value))
}

pub(super) fn call(
    value: &Value,
    list: &List,
    name: &str,
    arguments: &[Value],
    meter: &mut Meter,
) -> Found {
    let kind = list.0.kind;
    let ordered = kind != ListKind::View;
    Ok(match (name, arguments) {
        ("size", []) => Value::count(list.0.items.borrow().len()),
        ("isEmpty", []) => Value::Bool(list.0.items.borrow().is_empty()),
        ("get", [index]) if ordered => return get(list, index),
        ("contains", [item]) => Value::Bool(place(list, item, meter)?.is_some()),
        ("indexOf", [item]) if ordered => at(place(list, item, meter)?),
        ("lastIndexOf", [item]) if ordered => {
            let items = list.0.items.borrow();
            let mut last = None;
            for (at, held) in items.iter().enumerate() {
                if held.same(item, meter)? {
                    last = Some(at);
                }
            }
            at(last)
        }
        ("containsAll", [Value::List(others)]) => {
            for item in others.0.items.borrow().iter() {
                if place(list, item, meter)?.is_none() {
                    return Ok(Value::Bool(false));
                }
            }
            Value::Bool(true)
        }
        ("set", [Value::Int(at), item]) if ordered => {
            return Ok(set(value, list, *at, item.clone(), meter)?);
        }
        ("add" | "addAll" | "remove" | "removeAll" | "retainAll" | "clear", _)
            if matches!(kind, ListKind::Array | ListKind::View | ListKind::Part) =>
        {
            let message = format!("{name}: this list can't grow or shrink");
            return Err(Failure::Fault(message));
        }
        ("subList", [Value::Int(from), Value::Int(to)]) if ordered => {
            let items = list.0.items.borrow();
            let range = usize::try_from(*from).ok().zip(usize::try_from(*to).ok());
            let part = range.and_then(|(from, to)| items.get(from..to));
            let part = part.ok_or_else(|| outside(*to, items.len()))?;
            meter.work(part.len())?;
            meter.grow(part.len() + 2)?;
            Value::of_list(ListKind::Part, part.to_vec())
        }
        _ => return changing(value, list, name, arguments, meter),
    })
}

fn changing(
    value: &Value,
    list: &List,
    name: &str,
    arguments: &[Value],
    meter: &mut Meter,
) -> Found {
    Ok(match (name, arguments) {
        ("add", [item]) => {
            fits(value, item, meter)?;
            meter.grow(1)?;
            list.0.items.borrow_mut().push(item.clone());
            changed(&list.0.changes);
            Value::Bool(true)
        }
        ("add", [Value::Int(at), item]) => {
            fits(value, item, meter)?;
            meter.grow(1)?;
            let mut items = list.0.items.borrow_mut();
            meter.work(items.len())?;
            let at = position(*at, items.len(), items.len() + 1)?;
            items.insert(at, item.clone());
            changed(&list.0.changes);
            Value::text("")
        }
        ("addAll", [Value::List(others)]) => Value::Bool(extend(value, list, others, meter)?),
        ("remove", [Value::Int(at)]) => {
            let mut items = list.0.items.borrow_mut();
            meter.work(items.len())?;
            let at = position(*at, items.len(), items.len())?;
            changed(&list.0.changes);
            items.remove(at)
        }
        ("remove", [item]) => match place(list, item, meter)? {
            Some(at) => {
                list.0.items.borrow_mut().remove(at);
                changed(&list.0.changes);
                Value::Bool(true)
            }
            None => Value::Bool(false),
        },
        ("removeAll" | "retainAll", [Value::List(others)]) => {
            Value::Bool(retain(list, others, name == "retainAll", meter)?)
        }
        ("clear", []) => {
            changed(&list.0.changes);
            let items = std::mem::take(&mut *list.0.items.borrow_mut());
            drop(Value::of_list(ListKind::Plain, items));
            Value::text("")
        }
        ("addAll", [Value::Int(_), Value::List(_)]) => return unsupported(name, value),
        ("containsAll" | "addAll" | "removeAll" | "retainAll", [Value::Null])
        | ("addAll", [Value::Int(_), Value::Null]) => {
            return Err(Failure::Fault(format!("{name} is given a null")));
        }
        _ if lists(UNSUPPORTED, name) => return unsupported(name, value),
        _ => return Err(Failure::Absent),
    })
}

/// Puts another list's items behind the list's; whether there are any.
fn extend(holder: &Value, list: &List, others: &List, meter: &mut Meter) -> Result<bool, String> {
    let count = others.0.items.borrow().len();
    meter.steps(u32::try_from(count).unwrap_or(u32::MAX))?;
    meter.grow(count)?;
    let added = others.0.items.borrow().clone();
    for item in &added {
        fits(holder, item, meter)?;
    }
    let grown = !added.is_empty();
    list.0.items.borrow_mut().extend(added);
    changed(&list.0.changes);
    Ok(grown)
}

/// Keeps the list's items that are among others, or those that aren't; whether any goes.
fn retain(list: &List, others: &List, among: bool, meter: &mut Meter) -> Result<bool, String> {
    let count = list.0.items.borrow().len();
    meter.work(count)?;
    meter.grow(2 * count)?;
    let held = list.0.items.borrow().clone();
    let mut kept = Vec::new();
    for item in &held {
        if place(others, item, meter)?.is_some() == among {
            kept.push(item.clone());
        }
    }
    let shrank = kept.len() != held.len();
    *list.0.items.borrow_mut() = kept;
    if shrank {
        changed(&list.0.changes);
    }
    Ok(shrank)
}

/// Refuses what would make the list hold itself, which nothing could print.
fn fits(holder: &Value, item: &Value, meter: &mut Meter) -> Result<(), String> {
    let (inside, looked) = reaches(item, holder);
    meter.steps(looked)?;
    if inside {
        return Err("a list can't be put into itself".to_owned());
    }
    Ok(())
}

fn place(list: &List, item: &Value, meter: &mut Meter) -> Result<Option<usize>, String> {
    let items = list.0.items.borrow();
    for (at, held) in items.iter().enumerate() {
        if item.same(held, meter)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

fn at(found: Option<usize>) -> Value {
    found.map_or(Value::Int(-1), Value::count)
}

/// An index below `end` into a list of `length` items.
fn position(index: i32, length: usize, end: usize) -> Result<usize, String> {
    let at = usize::try_from(index).ok().filter(|at| *at < end);
    at.ok_or_else(|| outside(index, length))
}

fn outside(at: i32, length: usize) -> String {
    format!("index {at} is outside a list of {length}")
}
