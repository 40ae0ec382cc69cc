//! `String`'s methods. Places are counted in UTF-16 units, as Java does.

use super::units::{
    character, compare, folded, ignoring_case, index_from, is_java_white, last_from, length, place,
    substring,
};
use super::{lists, unsupported};
use crate::bounds::Meter;
use crate::found::{Failure, Found};
use crate::node::Method;
use crate::pattern::{self, Pattern};
use crate::value::{ListKind, Special, Value};
use std::sync::Arc;

/// Methods of `String` that need what a template has no use for, or can't be bounded.
const UNSUPPORTED: &str = "\
    getBytes toCharArray chars codePoints lines format formatted intern join valueOf copyValueOf \
    regionMatches getChars contentEquals transform describeConstable resolveConstantDesc \
    translateEscapes stripIndent indent codePointBefore codePointCount offsetByCodePoints \
    splitWithDelimiters";

pub(super) fn call(text: &str, method: &Method, arguments: &[Value], meter: &mut Meter) -> Found {
    let given: usize = arguments.iter().map(Value::text_bytes).sum();
    meter.work(text.len() + given)?;
    let name = &*method.name;
    if let ("matches" | "split", [Value::Text(first)])
    | ("split", [Value::Text(first), Value::Int(_)])
    | ("replaceFirst" | "replaceAll", [Value::Text(first), Value::Text(_) | Value::Null]) =
        (name, arguments)
    {
        let pattern = compiled(method, first, meter)?;
        return with_pattern(text, name, &pattern, arguments, meter);
    }
    let found = match examined(text, name, arguments) {
        None => derived(text, name, arguments, meter)?,
        found => found,
    };
    match found {
        Some(found) => Ok(found),
        None if lists(UNSUPPORTED, name) => unsupported(name, &Value::text("")),
        None if takes_text(name, arguments) => Err(given_null(name)),
        None => Err(Failure::Absent),
    }
}

/// Whether there is a null where the method would have taken a text.
fn takes_text(name: &str, arguments: &[Value]) -> bool {
    match arguments {
        [Value::Null] => lists(
            "concat contains startsWith endsWith indexOf lastIndexOf split matches compareTo \
             compareToIgnoreCase",
            name,
        ),
        [Value::Null, Value::Int(_)] => lists("startsWith indexOf lastIndexOf split", name),
        [Value::Null, Value::Null | Value::Text(_)] | [Value::Text(_), Value::Null] => {
            lists("replace replaceAll replaceFirst", name)
        }
        _ => false,
    }
}

fn given_null(name: &str) -> Failure {
    Failure::Fault(format!("{name} is given a null"))
}

/// What a text is found to be, to have or to be beside another.
fn examined(text: &str, name: &str, arguments: &[Value]) -> Option<Value> {
    Some(match (name, arguments) {
        ("length", []) => Value::count(length(text)),
        ("isEmpty", []) => Value::Bool(text.is_empty()),
        ("isBlank", []) => Value::Bool(text.chars().all(is_java_white)),
        ("contains", [Value::Text(part)]) => Value::Bool(text.contains(&**part)),
        ("startsWith", [Value::Text(part)]) => Value::Bool(text.starts_with(&**part)),
        ("startsWith", [Value::Text(part), Value::Int(from)]) => {
            let rest = substring(text, *from, None);
            Value::Bool(rest.is_some_and(|rest| rest.starts_with(&**part)))
        }
        ("endsWith", [Value::Text(part)]) => Value::Bool(text.ends_with(&**part)),
        ("equalsIgnoreCase", [Value::Text(other)]) => {
            Value::Bool(ignoring_case(text, other).is_eq())
        }
        ("equalsIgnoreCase", [Value::Null]) => Value::Bool(false),
        ("compareTo", [Value::Text(other)]) => Value::Int(compare(text, other)),
        ("compareToIgnoreCase", [Value::Text(other)]) => {
            Value::Int(compare(&folded(text), &folded(other)))
        }
        ("indexOf", [Value::Text(part)]) => place(text, text.find(&**part)),
        ("indexOf", [Value::Text(part), Value::Int(from)]) => index_from(text, part, *from),
        ("indexOf", [Value::Int(c)]) => index_from(text, &character(*c), 0),
        ("indexOf", [Value::Int(c), Value::Int(from)]) => index_from(text, &character(*c), *from),
        ("lastIndexOf", [Value::Text(part)]) => place(text, text.rfind(&**part)),
        ("lastIndexOf", [Value::Text(part), Value::Int(from)]) => last_from(text, part, *from),
        ("lastIndexOf", [Value::Int(c)]) => last_from(text, &character(*c), i32::MAX),
        ("lastIndexOf", [Value::Int(c), Value::Int(from)]) => {
            last_from(text, &character(*c), *from)
        }
        ("hashCode", []) => Value::Int(text.encode_utf16().fold(0_i32, |hash, unit| {
            hash.wrapping_mul(31).wrapping_add(i32::from(unit))
        })),
        _ => return None,
    })
}

/// A text that is made of another, or a character of it.
fn derived(
    text: &str,
    name: &str,
    arguments: &[Value],
    meter: &mut Meter,
) -> Result<Option<Value>, String> {
    let out_of_range = || format!("{name} looks outside a text of {} characters", length(text));
    let part = |from, to| substring(text, from, to).ok_or_else(out_of_range);
    Ok(Some(match (name, arguments) {
        ("trim", []) => built(text.trim_matches(|c| c <= ' '), meter)?,
        ("strip", []) => built(text.trim_matches(is_java_white), meter)?,
        ("stripLeading", []) => built(text.trim_start_matches(is_java_white), meter)?,
        ("stripTrailing", []) => built(text.trim_end_matches(is_java_white), meter)?,
        ("toLowerCase", []) => built(&text.to_lowercase(), meter)?,
        ("toUpperCase", []) => built(&text.to_uppercase(), meter)?,
        ("concat", [Value::Text(other)]) => {
            meter.build(text.len() + other.len())?;
            Value::text(&format!("{text}{other}"))
        }
        ("charAt", [Value::Int(at)]) => {
            let at = usize::try_from(*at).ok();
            let unit = at.and_then(|at| text.encode_utf16().nth(at));
            Value::Special(Special::Char(unit.ok_or_else(out_of_range)?))
        }
        ("codePointAt", [Value::Int(at)]) => {
            let c = part(*at, None)?.chars().next().ok_or_else(out_of_range)?;
            Value::whole(i64::from(u32::from(c)))
        }
        ("substring", [Value::Int(from)]) => built(&part(*from, None)?, meter)?,
        ("substring" | "subSequence", [Value::Int(from), Value::Int(to)]) => {
            built(&part(*from, Some(*to))?, meter)?
        }
        ("replace", [Value::Text(from), Value::Text(to)]) => replaced(text, from, to, meter)?,
        (
            "replace",
            [
                Value::Special(Special::Char(from)),
                Value::Special(Special::Char(to)),
            ],
        ) => {
            let units = text.encode_utf16();
            let units = units.map(|unit| if unit == *from { *to } else { unit });
            built(
                &String::from_utf16_lossy(&units.collect::<Vec<u16>>()),
                meter,
            )?
        }
        ("repeat", [Value::Int(times)]) => {
            let times = usize::try_from(*times).map_err(|_| "repeat is given a number below 0")?;
            meter.build(text.len().saturating_mul(times))?;
            Value::text(&text.repeat(times))
        }
        _ => return Ok(None),
    }))
}

fn with_pattern(
    text: &str,
    name: &str,
    pattern: &Pattern,
    arguments: &[Value],
    meter: &mut Meter,
) -> Found {
    match (name, arguments) {
        ("matches", [_]) => Ok(Value::Bool(pattern.matches(text, meter)?)),
        ("replaceAll" | "replaceFirst", [_, Value::Text(to)]) => {
            let out = pattern.replace(text, to, name == "replaceAll", meter)?;
            Ok(Value::Text(out.into()))
        }
        // Java looks at the replacement only once there is something to replace.
        ("replaceAll", [_, Value::Null]) if !pattern.finds(text, meter)? => Ok(built(text, meter)?),
        ("replaceAll" | "replaceFirst", [_, Value::Null]) => Err(given_null(name)),
        ("split", [_]) => Ok(split(text, pattern, 0, meter)?),
        ("split", [_, Value::Int(limit)]) => Ok(split(text, pattern, *limit, meter)?),
        _ => Err(Failure::Absent),
    }
}

fn split(text: &str, pattern: &Pattern, limit: i32, meter: &mut Meter) -> Result<Value, String> {
    let parts = pattern.split(text, limit, meter)?;
    meter.build(text.len())?;
    meter.grow(2 * parts.len() + 2)?;
    Ok(Value::of_list(
        ListKind::Array,
        parts.into_iter().map(Value::text).collect(),
    ))
}

/// The pattern, compiled once where the template gives it as a constant.
fn compiled(method: &Method, text: &str, meter: &mut Meter) -> Result<Arc<Pattern>, String> {
    let constant = matches!(
        method.arguments.first(),
        Some(crate::node::Expression::Constant(_))
    );
    if let Some(pattern) = method.pattern.get() {
        return Ok(pattern.clone());
    }
    let pattern = Arc::new(pattern::compile(text, meter)?);
    if constant {
        return Ok(method.pattern.get_or_init(|| pattern).clone());
    }
    Ok(pattern)
}

/// Bytes to be copied that one match of `replace` counts for.
const WORK_OF_A_MATCH: usize = 32;

fn built(text: &str, meter: &mut Meter) -> Result<Value, String> {
    meter.build(text.len())?;
    Ok(Value::text(text))
}

fn replaced(text: &str, from: &str, to: &str, meter: &mut Meter) -> Result<Value, String> {
    let found = text.matches(from).count();
    meter.work(found * WORK_OF_A_MATCH)?;
    meter
        .build((text.len() + found.saturating_mul(to.len())).saturating_sub(found * from.len()))?;
    Ok(Value::text(&text.replace(from, to)))
}
