//! Java's methods and properties on values.
//!
//! Velocity finds a method by its name and the classes of its arguments: an `int` takes an `Integer` and
//! nothing else, an object takes anything, null included. What isn't found is told apart from what is found
//! and gives null ([`Failure::Absent`]), because strict references refuse the one and not the other; what is
//! found and throws is an error. A name that Java knows and this doesn't is an error as well
//! ([`unsupported`]).

mod collection;
mod map;
mod number;
mod text;
mod units;

pub(crate) use map::{named, replace};

use crate::bounds::Meter;
use crate::found::{Failure, Found};
use crate::node::Method;
use crate::tool;
use crate::value::{ListKind, Special, Value, print};

/// `$value.name`.
pub(crate) fn property(value: &Value, name: &str, meter: &mut Meter) -> Found {
    Ok(match value {
        Value::Map(map) => return map::lookup(&map.0.entries.borrow(), name, meter),
        Value::Text(text) => match name {
            "empty" | "Empty" => Value::Bool(text.is_empty()),
            "blank" | "Blank" => Value::Bool(text.chars().all(units::is_java_white)),
            "bytes" | "Bytes" => return unsupported(name, value),
            _ => return Err(Failure::Absent),
        },
        Value::List(list) if list.0.kind != ListKind::Array => match name {
            "empty" | "Empty" => Value::Bool(list.0.items.borrow().is_empty()),
            _ => return Err(Failure::Absent),
        },
        Value::Double(double) => match name {
            "infinite" | "Infinite" => Value::Bool(double.is_infinite()),
            "naN" | "NaN" => Value::Bool(double.is_nan()),
            _ => return Err(Failure::Absent),
        },
        Value::Special(Special::Entry(entry)) => match name {
            "key" | "Key" => entry.key.clone(),
            "value" | "Value" => entry.value.clone(),
            _ => return Err(Failure::Absent),
        },
        Value::Special(Special::Scope(scope)) => return map::scope_property(scope, name, meter),
        Value::Special(Special::Tool(tool)) => return tool::property(*tool, name),
        _ => return Err(Failure::Absent),
    })
}

/// `$value[index]`: a `get`, with a negative number counted from the end.
pub(crate) fn index(value: &Value, index: &Value, meter: &mut Meter) -> Found {
    let index = from_end(value, index)?;
    match value {
        Value::List(list) => collection::get(list, &index),
        Value::Map(map) => map::get(&map.0.entries.borrow(), &index, meter),
        Value::Special(Special::Scope(scope)) => map::scope_get(scope, &index, meter),
        _ => Err(Failure::Absent),
    }
}

fn from_end(value: &Value, index: &Value) -> Result<Value, String> {
    let Value::Int(at @ ..=-1) = index else {
        return Ok(index.clone());
    };
    let size = match value {
        Value::List(list) => list.0.items.borrow().len(),
        Value::Map(map) => map.0.entries.borrow().len(),
        Value::Special(Special::Scope(scope)) => scope.storage.borrow().len(),
        _ => return Err(format!("{} has no end to count {at} from", value.kind())),
    };
    let size = i32::try_from(size).unwrap_or(i32::MAX);
    Ok(Value::Int(size.wrapping_add(*at)))
}

/// `#set($holder.name = …)`.
pub(crate) fn set_property(
    holder: &Value,
    name: &str,
    value: Value,
    meter: &mut Meter,
) -> Result<(), Failure> {
    match holder {
        Value::Map(_) | Value::Special(Special::Scope(_)) => {
            map::put(holder, Value::text(name), value, meter)?;
            Ok(())
        }
        Value::Special(Special::Entry(_)) if matches!(name, "value" | "Value") => {
            unsupported("setValue", holder).map(|_| ())
        }
        _ => Err(Failure::Absent),
    }
}

/// `#set($holder[index] = …)`.
pub(crate) fn set_index(
    holder: &Value,
    index: &Value,
    value: Value,
    meter: &mut Meter,
) -> Result<(), Failure> {
    let index = from_end(holder, index)?;
    match (holder, &index) {
        (Value::List(list), Value::Int(at)) if list.0.kind != ListKind::View => {
            collection::set(holder, list, *at, value, meter)?;
            Ok(())
        }
        (Value::Map(_) | Value::Special(Special::Scope(_)), _) => {
            map::put(holder, index, value, meter)?;
            Ok(())
        }
        _ => Err(Failure::Absent),
    }
}

/// `$value.name(arguments)`.
pub(crate) fn call(
    value: &Value,
    method: &Method,
    arguments: &[Value],
    meter: &mut Meter,
) -> Found {
    let name = &*method.name;
    match (name, arguments, value) {
        (_, _, Value::Special(Special::Tool(tool))) => {
            return tool::call(*tool, name, arguments, meter);
        }
        ("toString", [], Value::Text(text)) => return Ok(Value::Text(text.clone())),
        ("toString", [], _) => return Ok(printed(value, meter)?),
        ("equals", [other], _) => return Ok(Value::Bool(value.same(other, meter)?)),
        ("compareTo", [other], _)
            if number::has_order(value) && !number::comparable(value, other) =>
        {
            let (one, other) = (value.kind(), other.kind());
            let message = format!("compareTo: {one} can't be compared with {other}");
            return Err(Failure::Fault(message));
        }
        _ => {}
    }
    if !arguments.is_empty() && takes_nothing(value, name) {
        return Err(Failure::Fault(format!("{name} takes no arguments")));
    }
    match value {
        Value::Text(text) => text::call(text, method, arguments, meter),
        Value::List(list) => collection::call(value, list, name, arguments, meter),
        Value::Map(_) | Value::Special(Special::Scope(_)) => {
            map::call(value, name, arguments, meter)
        }
        Value::Special(Special::Entry(entry)) => Ok(match (name, arguments) {
            ("getKey", []) => entry.key.clone(),
            ("getValue", []) => entry.value.clone(),
            ("setValue" | "hashCode", _) => return unsupported(name, value),
            _ => return Err(Failure::Absent),
        }),
        Value::Special(Special::Char(unit)) => number::on_char(*unit, name, arguments),
        Value::Bool(it) => number::on_bool(*it, name, arguments),
        Value::Null => Err(Failure::Absent),
        _ => number::call(value, name, arguments),
    }
}

/// Whether the method exists without arguments only: Velocity finds it all the same, and Java refuses it.
fn takes_nothing(value: &Value, name: &str) -> bool {
    if matches!(name, "hashCode" | "toString" | "getClass") {
        return !value.is_number()
            && !matches!(value, Value::Bool(_) | Value::Special(Special::Char(_)));
    }
    match value {
        Value::Text(_) => matches!(
            name,
            "length"
                | "isEmpty"
                | "isBlank"
                | "trim"
                | "strip"
                | "stripLeading"
                | "stripTrailing"
                | "toLowerCase"
                | "toUpperCase"
                | "intern"
                | "toCharArray"
                | "chars"
                | "codePoints"
                | "lines"
        ),
        Value::List(list) if list.0.kind == ListKind::Array => {
            matches!(name, "size" | "isEmpty" | "clear")
        }
        Value::List(_) => matches!(name, "size" | "isEmpty" | "clear" | "iterator" | "clone"),
        Value::Map(_) => matches!(
            name,
            "size" | "isEmpty" | "clear" | "keySet" | "values" | "entrySet" | "clone"
        ),
        Value::Special(Special::Entry(_)) => matches!(name, "getKey" | "getValue"),
        Value::Bool(_) => name == "booleanValue",
        _ => {
            matches!(
                name,
                "intValue" | "longValue" | "doubleValue" | "floatValue"
            ) && value.is_number()
        }
    }
}

pub(crate) fn printed(value: &Value, meter: &mut Meter) -> Result<Value, String> {
    let mut text = String::new();
    print(value, &mut text, meter)?;
    meter.build(text.len())?;
    Ok(Value::Text(text.into()))
}

/// Java has this method, but templates don't get it.
pub(crate) fn unsupported(name: &str, value: &Value) -> Found {
    let message = format!("{name} of {} is not supported", value.kind());
    Err(Failure::Fault(message))
}

/// Whether a name is one of `names`, which have blanks between them.
fn lists(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|listed| listed == name)
}
