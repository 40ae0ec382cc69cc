//! Java's methods and properties on values. What isn't known has no value, as in Velocity.

use crate::value::whole_number;
use crate::{Value, java, tool};
use regex::Regex;

type Found = Result<Value, String>;

pub(crate) fn property(value: &Value, name: &str) -> Value {
    match value {
        Value::Map(fields) => {
            let fields = fields.borrow();
            let found = fields.iter().find(|(key, _)| key == name);
            found.map_or(Value::Null, |(_, value)| value.clone())
        }
        Value::Text(text) if name == "empty" => Value::Bool(text.is_empty()),
        Value::List(items) if name == "empty" => Value::Bool(items.borrow().is_empty()),
        Value::Tool(tool) => tool::property(tool, name),
        _ => Value::Null,
    }
}

pub(crate) fn index(value: &Value, index: &Value) -> Found {
    match value {
        Value::List(items) => {
            let items = items.borrow();
            let Some(at) = index.whole() else {
                return Ok(Value::Null);
            };
            let from_end = if at < 0 { items.len() as i64 } else { 0 };
            let place = usize::try_from(at + from_end).ok();
            let found = place.and_then(|place| items.get(place)).cloned();
            found.ok_or_else(|| format!("index {at} is outside the list of {}", items.len()))
        }
        Value::Map(_) => Ok(property(value, &index.print())),
        _ => Ok(Value::Null),
    }
}

/// `#set` on a property or an index.
pub(crate) fn put(holder: &Value, key: &Value, value: Value) -> Result<(), String> {
    match holder {
        Value::Map(fields) => {
            let (key, mut fields) = (key.print(), fields.borrow_mut());
            match fields.iter_mut().find(|(name, _)| *name == key) {
                Some((_, held)) => *held = value,
                None => fields.push((key, value)),
            }
            Ok(())
        }
        Value::List(items) => {
            let mut items = items.borrow_mut();
            let length = items.len();
            let place = key.whole().and_then(|at| usize::try_from(at).ok());
            match place.and_then(|place| items.get_mut(place)) {
                Some(held) => *held = value,
                None => {
                    return Err(format!(
                        "index {} is outside the list of {length}",
                        key.print()
                    ));
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Calls a method; a text it would build has at most `most` bytes.
pub(crate) fn call(value: &Value, name: &str, arguments: &[Value], most: usize) -> Found {
    if let ("toString", []) = (name, arguments) {
        return Ok(Value::text(&value.print()));
    }
    if let ("equals", [other]) = (name, arguments) {
        let same = std::mem::discriminant(value) == std::mem::discriminant(other);
        return Ok(Value::Bool(same && value.equals(other)));
    }
    match value {
        Value::Text(text) => on_text(text, name, arguments, most),
        Value::List(_) => on_list(value, name, arguments),
        Value::Map(_) => on_map(value, name, arguments),
        Value::Tool(tool) => tool::call(tool, name, arguments),
        Value::Int(_) | Value::Long(_) | Value::Double(_) => Ok(on_number(value, name)),
        Value::Null | Value::Bool(_) => Ok(Value::Null),
    }
}

fn on_text(text: &str, name: &str, arguments: &[Value], most: usize) -> Found {
    let whole = |value: &Value| value.whole();
    Ok(match (name, arguments) {
        ("length", []) => whole_number(java::length(text) as i64),
        ("isEmpty", []) => Value::Bool(text.is_empty()),
        ("trim", []) => Value::text(text.trim_matches(|c| c <= ' ')),
        ("toLowerCase", []) => Value::text(&text.to_lowercase()),
        ("toUpperCase", []) => Value::text(&text.to_uppercase()),
        ("contains", [Value::Text(part)]) => Value::Bool(text.contains(&**part)),
        ("startsWith", [Value::Text(part)]) => Value::Bool(text.starts_with(&**part)),
        ("endsWith", [Value::Text(part)]) => Value::Bool(text.ends_with(&**part)),
        ("equalsIgnoreCase", [Value::Text(other)]) => {
            Value::Bool(text.to_lowercase() == other.to_lowercase())
        }
        ("indexOf", [Value::Text(part)]) => whole_number(java::index_of(text, text.find(&**part))),
        ("lastIndexOf", [Value::Text(part)]) => {
            whole_number(java::index_of(text, text.rfind(&**part)))
        }
        ("concat", [Value::Text(other)]) => Value::text(&format!("{text}{other}")),
        ("charAt", [at]) if whole(at).is_some() => {
            let at = whole(at).unwrap_or_default();
            let found = java::substring(text, at, at.checked_add(1));
            Value::text(&found.ok_or_else(|| out_of_range(text))?)
        }
        ("substring", [from]) if whole(from).is_some() => {
            let found = java::substring(text, whole(from).unwrap_or_default(), None);
            Value::text(&found.ok_or_else(|| out_of_range(text))?)
        }
        ("substring", [from, to]) if whole(from).is_some() && whole(to).is_some() => {
            let found = java::substring(text, whole(from).unwrap_or_default(), whole(to));
            Value::text(&found.ok_or_else(|| out_of_range(text))?)
        }
        ("replace", [Value::Text(from), Value::Text(to)]) => {
            let found = text.matches(&**from).count();
            if text.len() + found * to.len() > most {
                return Err(format!("replace would build more than {most} bytes"));
            }
            Value::text(&text.replace(&**from, to))
        }
        ("matches", [Value::Text(pattern)]) => {
            Value::Bool(compile(&format!("^(?:{pattern})$"))?.is_match(text))
        }
        ("replaceAll", [Value::Text(pattern), Value::Text(to)]) => {
            replace(text, pattern, to, 0, most)?
        }
        ("replaceFirst", [Value::Text(pattern), Value::Text(to)]) => {
            replace(text, pattern, to, 1, most)?
        }
        ("split", [Value::Text(pattern)]) => split(text, pattern)?,
        ("hashCode", []) => {
            let hash = text.encode_utf16().fold(0_i32, |hash, unit| {
                hash.wrapping_mul(31).wrapping_add(i32::from(unit))
            });
            Value::Int(hash)
        }
        _ => Value::Null,
    })
}

fn on_list(value: &Value, name: &str, arguments: &[Value]) -> Found {
    let Value::List(items) = value else {
        return Ok(Value::Null);
    };
    Ok(match (name, arguments) {
        ("size", []) => whole_number(items.borrow().len() as i64),
        ("isEmpty", []) => Value::Bool(items.borrow().is_empty()),
        // Unlike in brackets, a negative place doesn't count from the end.
        ("get", [at]) if at.whole().is_some_and(|at| at < 0) => {
            return Err(format!("index {} is outside the list", at.print()));
        }
        ("get", [at]) => return index(value, at),
        ("contains", [item]) => Value::Bool(items.borrow().iter().any(|it| it.equals(item))),
        ("indexOf", [item]) => {
            let found = items.borrow().iter().position(|it| it.equals(item));
            whole_number(found.map_or(-1, |at| at as i64))
        }
        ("add", [item]) => {
            if holds_itself(item, value) {
                return Err("a list can't be put into itself".to_owned());
            }
            items.borrow_mut().push(item.clone());
            Value::Bool(true)
        }
        ("set", [at, item]) => {
            let before = index(value, at)?;
            put(value, at, item.clone())?;
            before
        }
        ("remove", [at]) => match at.whole().and_then(|at| usize::try_from(at).ok()) {
            Some(at) if at < items.borrow().len() => items.borrow_mut().remove(at),
            _ => Value::Bool(false),
        },
        ("clear", []) => {
            items.borrow_mut().clear();
            Value::Null
        }
        _ => Value::Null,
    })
}

fn on_map(value: &Value, name: &str, arguments: &[Value]) -> Found {
    let Value::Map(fields) = value else {
        return Ok(Value::Null);
    };
    Ok(match (name, arguments) {
        ("size", []) => whole_number(fields.borrow().len() as i64),
        ("isEmpty", []) => Value::Bool(fields.borrow().is_empty()),
        ("get", [key]) => property(value, &key.print()),
        ("containsKey", [key]) => {
            let key = key.print();
            Value::Bool(fields.borrow().iter().any(|(name, _)| *name == key))
        }
        ("containsValue", [item]) => {
            Value::Bool(fields.borrow().iter().any(|(_, it)| it.equals(item)))
        }
        ("keySet", []) => {
            let fields = fields.borrow();
            Value::list(fields.iter().map(|(name, _)| Value::text(name)).collect())
        }
        ("values", []) => Value::list(fields.borrow().iter().map(|(_, it)| it.clone()).collect()),
        ("entrySet", []) => {
            let fields = fields.borrow();
            let entry = |(name, value): &(String, Value)| {
                Value::map(vec![
                    ("key".to_owned(), Value::text(name)),
                    ("value".to_owned(), value.clone()),
                ])
            };
            Value::list(fields.iter().map(entry).collect())
        }
        ("put", [key, item]) => {
            if holds_itself(item, value) {
                return Err("a map can't be put into itself".to_owned());
            }
            let before = property(value, &key.print());
            put(value, key, item.clone())?;
            before
        }
        ("remove", [key]) => {
            let (key, mut fields) = (key.print(), fields.borrow_mut());
            match fields.iter().position(|(name, _)| *name == key) {
                Some(at) => fields.remove(at).1,
                None => Value::Null,
            }
        }
        // An entry of an entry set.
        ("getKey", []) => property(value, "key"),
        ("getValue", []) => property(value, "value"),
        _ => Value::Null,
    })
}

fn on_number(value: &Value, name: &str) -> Value {
    let number = value.number().unwrap_or_default();
    match name {
        "intValue" => Value::Int(value.whole().map_or(number as i32, |it| it as i32)),
        "longValue" => Value::Long(value.whole().unwrap_or(number as i64)),
        "doubleValue" => Value::Double(number),
        _ => Value::Null,
    }
}

/// Whether putting `item` into `holder` would make a ring, which printing would never end.
fn holds_itself(item: &Value, holder: &Value) -> bool {
    match (item, holder) {
        (Value::List(a), Value::List(b)) if std::rc::Rc::ptr_eq(a, b) => true,
        (Value::Map(a), Value::Map(b)) if std::rc::Rc::ptr_eq(a, b) => true,
        (Value::List(items), _) => items.borrow().iter().any(|it| holds_itself(it, holder)),
        (Value::Map(fields), _) => fields
            .borrow()
            .iter()
            .any(|(_, it)| holds_itself(it, holder)),
        _ => false,
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|_| {
        format!("the pattern `{pattern}` can't be used: look-around and back-references are not supported")
    })
}

/// `replaceAll` and `replaceFirst`: `$1` is a group, `\x` is x.
fn replace(text: &str, pattern: &str, to: &str, limit: usize, most: usize) -> Found {
    let pattern = compile(pattern)?;
    let (mut out, mut last) = (String::new(), 0);
    let found = pattern.captures_iter(text);
    for captures in found.take(if limit == 0 { usize::MAX } else { limit }) {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        out.push_str(&text[last..whole.start()]);
        last = whole.end();
        let mut rest = to.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\\' => out.extend(rest.next()),
                '$' => {
                    let group = rest.next().and_then(|c| c.to_digit(10));
                    let group =
                        group.ok_or("a `$` in the replacement is not followed by a group")?;
                    if group as usize >= captures.len() {
                        return Err(format!("the pattern has no group {group}"));
                    }
                    out.push_str(captures.get(group as usize).map_or("", |it| it.as_str()));
                }
                _ => out.push(c),
            }
        }
        if out.len() > most {
            return Err(format!("replaceAll would build more than {most} bytes"));
        }
    }
    out.push_str(&text[last..]);
    Ok(Value::text(&out))
}

/// `String.split`: empty texts at the end are left out, and one that an empty match makes at the start.
fn split(text: &str, pattern: &str) -> Found {
    let pattern = compile(pattern)?;
    let (mut parts, mut last) = (Vec::new(), 0);
    for found in pattern.find_iter(text) {
        if found.end() == 0 || found.is_empty() && found.start() == text.len() {
            continue;
        }
        parts.push(&text[last..found.start()]);
        last = found.end();
    }
    parts.push(&text[last..]);
    while parts.len() > 1 && parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    Ok(Value::list(parts.into_iter().map(Value::text).collect()))
}

fn out_of_range(text: &str) -> String {
    format!("outside the text of {} characters", java::length(text))
}
