//! Methods of numbers, of truth values and of characters, the static ones that templates reach through a
//! value (`$number.parseInt("12")`) included.

use super::unsupported;
use crate::found::{Failure, Found};
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
        ("hashCode", [], Value::Long(it)) => Value::Int(folded(*it)),
        ("hashCode", [], Value::Double(it)) => Value::Int(hash(*it)),
        // Java's static methods take a shorter number for a longer one.
        ("hashCode", [Value::Int(it)], Value::Int(_)) => Value::Int(*it),
        ("hashCode", [Value::Int(_) | Value::Long(_)], Value::Long(_)) => {
            Value::Int(folded(number::to_long(&arguments[0]).unwrap_or_default()))
        }
        ("hashCode", [Value::Int(_) | Value::Long(_) | Value::Double(_)], Value::Double(_)) => {
            Value::Int(hash(number::to_double(&arguments[0]).unwrap_or_default()))
        }
        ("toString", [Value::Int(it)], Value::Int(_)) => Value::text(&it.to_string()),
        ("toString", [Value::Int(_) | Value::Long(_)], Value::Long(_)) => Value::text(
            &number::to_long(&arguments[0])
                .unwrap_or_default()
                .to_string(),
        ),
        ("toString", [Value::Int(_) | Value::Long(_) | Value::Double(_)], Value::Double(_)) => {
            let mut text = String::new();
            number::print_double(
                number::to_double(&arguments[0]).unwrap_or_default(),
                &mut text,
            );
            Value::text(&text)
        }
        ("toString", [Value::Int(it), Value::Int(radix)], Value::Int(_)) => {
            Value::text(&in_radix(i64::from(*it), *radix))
        }
        ("toString", [Value::Int(_) | Value::Long(_), Value::Int(radix)], Value::Long(_)) => {
            let long = number::to_long(&arguments[0]).unwrap_or_default();
            Value::text(&in_radix(long, *radix))
        }
        // Without arguments each is there too, and Java finds that one.
        ("toString" | "hashCode", [_, ..], Value::Int(_) | Value::Long(_) | Value::Double(_)) => {
            return Err(not_so(name).into());
        }
        ("parseInt", [Value::Text(text), Value::Int(radix)], Value::Int(_)) => {
            Value::Int(from_radix(name, text, *radix, i32::from_str_radix)?)
        }
        ("parseLong", [Value::Text(text), Value::Int(radix)], Value::Long(_)) => {
            Value::Long(from_radix(name, text, *radix, i64::from_str_radix)?)
        }
        ("parseInt", [Value::Null, Value::Int(_)], Value::Int(_))
        | ("parseLong", [Value::Null, Value::Int(_)], Value::Long(_)) => {
            return Err(not_so(name).into());
        }
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
        ("parseInt" | "parseLong" | "parseDouble", [_] | [_, _] | [_, _, _]) => false,
        // What only the longer classes have.
        (
            "add"
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
            | "stripTrailingZeros",
            _,
        ) => long,
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

/// `Long.hashCode`.
fn folded(long: i64) -> i32 {
    (long ^ ((long as u64) >> 32) as i64) as i32
}

/// `Double.hashCode`.
fn hash(double: f64) -> i32 {
    let double = if double.is_nan() { f64::NAN } else { double };
    folded(double.to_bits() as i64)
}

/// Digits in a radix, which is 10 where Java knows no such.
fn in_radix(number: i64, radix: i32) -> String {
    let radix = u32::try_from(radix).ok().filter(|it| (2..=36).contains(it));
    let radix = radix.unwrap_or(10);
    let mut rest = number.unsigned_abs();
    let mut digits = Vec::new();
    while rest > 0 || digits.is_empty() {
        let digit = u32::try_from(rest % u64::from(radix)).unwrap_or_default();
        digits.extend(char::from_digit(digit, radix));
        rest /= u64::from(radix);
    }
    if number < 0 {
        digits.push('-');
    }
    digits.iter().rev().collect()
}

fn from_radix<T>(
    name: &str,
    text: &str,
    radix: i32,
    parse: fn(&str, u32) -> Result<T, std::num::ParseIntError>,
) -> Result<T, String> {
    let radix = u32::try_from(radix).ok().filter(|it| (2..=36).contains(it));
    let parsed = radix.and_then(|radix| parse(text, radix).ok());
    parsed.ok_or_else(|| format!("{name}: `{}` is no whole number", start(text)))
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
