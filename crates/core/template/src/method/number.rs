//! Methods of numbers, of truth values and of characters, the static ones that templates reach through a
//! value (`$number.parseInt("12")`) included.

use super::{Failure, Found, unsupported};
use crate::number;
use crate::value::{Special, Value};

pub(super) fn call(value: &Value, name: &str, arguments: &[Value]) -> Found {
    let int = || number::to_int(value).unwrap_or_default();
    let long = || number::to_long(value).unwrap_or_default();
    Ok(match (name, arguments, value) {
        ("intValue", [], _) => Value::Int(int()),
        ("longValue", [], _) => Value::Long(long()),
        ("doubleValue", [], _) => Value::Double(number::to_double(value).unwrap_or(f64::NAN)),
        ("hashCode", [], Value::Int(it)) => Value::Int(*it),
        ("hashCode", [], Value::Long(it)) => Value::Int((*it ^ ((*it as u64) >> 32) as i64) as i32),
        ("isNaN", [], Value::Double(it)) => Value::Bool(it.is_nan()),
        ("isInfinite", [], Value::Double(it)) => Value::Bool(it.is_infinite()),
        ("isNaN", [Value::Double(it)], Value::Double(_)) => Value::Bool(it.is_nan()),
        ("isInfinite", [Value::Double(it)], Value::Double(_)) => Value::Bool(it.is_infinite()),
        ("isNaN" | "isInfinite", [Value::Int(_) | Value::Long(_)], Value::Double(_)) => {
            Value::Bool(false)
        }
        ("isNaN" | "isInfinite", [_, ..], Value::Double(_)) => return Err(not_so(name).into()),
        ("parseInt", [Value::Null], Value::Int(_))
        | ("parseLong", [Value::Null], Value::Long(_))
        | ("parseDouble", [Value::Null], Value::Double(_)) => return Err(not_so(name).into()),
        ("compareTo", [other], _) => order(value, other)?,
        ("parseInt", [Value::Text(text)], Value::Int(_))
        | ("valueOf", [Value::Text(text)], Value::Int(_)) => Value::Int(whole(name, text)?),
        ("parseLong", [Value::Text(text)], Value::Long(_))
        | ("valueOf", [Value::Text(text)], Value::Long(_)) => Value::Long(whole(name, text)?),
        ("parseDouble", [Value::Text(text)], Value::Double(_))
        | ("valueOf", [Value::Text(text)], Value::Double(_)) => Value::Double(double(name, text)?),
        ("max", [Value::Int(a), Value::Int(b)], Value::Int(_)) => Value::Int(*a.max(b)),
        ("min", [Value::Int(a), Value::Int(b)], Value::Int(_)) => Value::Int(*a.min(b)),
        ("sum", [Value::Int(a), Value::Int(b)], Value::Int(_)) => Value::Int(a.wrapping_add(*b)),
        (
            "floatValue"
            | "shortValue"
            | "byteValue"
            | "hashCode"
            | "describeConstable"
            | "resolveConstantDesc"
            | "toString"
            | "toHexString"
            | "toBinaryString"
            | "toOctalString"
            | "parseInt"
            | "parseLong"
            | "parseDouble"
            | "valueOf"
            | "decode"
            | "compare"
            | "signum"
            | "bitCount"
            | "reverse"
            | "reverseBytes"
            | "highestOneBit"
            | "lowestOneBit"
            | "numberOfLeadingZeros"
            | "numberOfTrailingZeros"
            | "rotateLeft"
            | "rotateRight"
            | "max"
            | "min"
            | "sum"
            | "getInteger"
            | "getLong"
            | "add"
            | "subtract"
            | "multiply"
            | "divide"
            | "pow"
            | "mod"
            | "negate"
            | "abs"
            | "setScale"
            | "scale"
            | "round"
            | "toBigInteger"
            | "toPlainString"
            | "toEngineeringString"
            | "stripTrailingZeros"
            | "doubleToLongBits"
            | "isFinite"
            | "parseUnsignedInt"
            | "toUnsignedString"
            | "toUnsignedLong"
            | "remainderUnsigned"
            | "divideUnsigned"
            | "compareUnsigned",
            [_, ..] | [],
            _,
        ) if known(value, name, arguments) => return unsupported(name, value),
        _ => return Err(Failure::Absent),
    })
}

/// Whether Java's class of the value has the method, as near as it matters for an error.
fn known(value: &Value, name: &str, arguments: &[Value]) -> bool {
    let long = matches!(value, Value::Special(Special::Big(_) | Special::Decimal(_)));
    match (name, arguments) {
        ("floatValue" | "shortValue" | "byteValue" | "hashCode", []) => true,
        (_, []) => long,
        ("parseInt" | "parseLong" | "parseDouble", [_]) => false,
        (_, _) => long || matches!(value, Value::Int(_) | Value::Long(_) | Value::Double(_)),
    }
}

/// Whether Java orders values of this class.
pub(super) fn has_order(value: &Value) -> bool {
    value.is_number()
        || matches!(
            value,
            Value::Text(_) | Value::Bool(_) | Value::Special(Special::Char(_))
        )
}

pub(super) fn comparable(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Special(a), Value::Special(b)) => {
            std::mem::discriminant(a) == std::mem::discriminant(b)
        }
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

fn order(a: &Value, b: &Value) -> Result<Value, String> {
    Ok(Value::Int(match (a, b) {
        (Value::Double(a), Value::Double(b)) => a.total_cmp(b) as i32,
        _ => number::compare(a, b)? as i32,
    }))
}

fn whole<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, String> {
    let parsed = text.parse().ok();
    parsed.ok_or_else(|| format!("{name}: `{}` is no whole number", start(text)))
}

fn double(name: &str, text: &str) -> Result<f64, String> {
    let trimmed = text.trim_matches(|c| c <= ' ');
    let letters = trimmed
        .bytes()
        .all(|it| it.is_ascii_digit() || b"+-.eE".contains(&it));
    let suffixed = trimmed
        .strip_suffix(['d', 'D', 'f', 'F'])
        .unwrap_or(trimmed);
    let special = match trimmed.trim_start_matches(['+', '-']) {
        "NaN" => Some(f64::NAN),
        "Infinity" if trimmed.starts_with('-') => Some(f64::NEG_INFINITY),
        "Infinity" => Some(f64::INFINITY),
        _ => None,
    };
    let parsed = if letters || suffixed != trimmed {
        suffixed.parse().ok()
    } else {
        None
    };
    special
        .or(parsed)
        .ok_or_else(|| format!("{name}: `{}` is no number", start(text)))
}

fn not_so(name: &str) -> String {
    format!("{name} doesn't take these arguments")
}

fn start(text: &str) -> String {
    text.chars().take(20).collect()
}

pub(super) fn on_bool(value: bool, name: &str, arguments: &[Value]) -> Found {
    Ok(match (name, arguments) {
        ("booleanValue", []) => Value::Bool(value),
        ("compareTo", [Value::Bool(other)]) => Value::Int(value.cmp(other) as i32),
        ("hashCode", []) => Value::Int(if value { 1231 } else { 1237 }),
        ("parseBoolean" | "valueOf", [Value::Text(text)]) => {
            Value::Bool(text.eq_ignore_ascii_case("true"))
        }
        ("parseBoolean" | "valueOf", [Value::Null]) => Value::Bool(false),
        ("toString", [Value::Bool(other)]) => Value::text(if *other { "true" } else { "false" }),
        ("toString", [_, ..]) => return Err(not_so(name).into()),
        ("logicalAnd", [Value::Bool(a), Value::Bool(b)]) => Value::Bool(*a && *b),
        ("logicalOr", [Value::Bool(a), Value::Bool(b)]) => Value::Bool(*a || *b),
        ("logicalXor", [Value::Bool(a), Value::Bool(b)]) => Value::Bool(a != b),
        _ => return Err(Failure::Absent),
    })
}

pub(super) fn on_char(unit: u16, name: &str, arguments: &[Value]) -> Found {
    Ok(match (name, arguments) {
        ("charValue", []) => Value::Special(Special::Char(unit)),
        ("hashCode", []) => Value::Int(i32::from(unit)),
        ("compareTo", [Value::Special(Special::Char(other))]) => {
            Value::Int(i32::from(unit) - i32::from(*other))
        }
        (_, [Value::Special(Special::Char(_))])
            if name.starts_with("is") || name.starts_with("to") =>
        {
            return unsupported(name, &Value::Special(Special::Char(unit)));
        }
        _ => return Err(Failure::Absent),
    })
}
