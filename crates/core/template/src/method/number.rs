//! Methods of numbers, of truth values and of characters, the static ones that templates reach through a
//! value (`$number.parseInt("12")`) included.

use super::{lists, unsupported};
use crate::found::{Failure, Found};
use crate::number;
use crate::value::{Special, Value};

/// Methods of all numbers that templates don't get, as near as it matters for an error.
const UNSUPPORTED: &str = "\
    floatValue shortValue byteValue hashCode describeConstable resolveConstantDesc toString \
    toHexString toBinaryString toOctalString parseInt parseLong parseDouble valueOf decode compare \
    signum bitCount reverse reverseBytes highestOneBit lowestOneBit numberOfLeadingZeros \
    numberOfTrailingZeros rotateLeft rotateRight max min sum getInteger getLong doubleToLongBits \
    isFinite parseUnsignedInt toUnsignedString toUnsignedLong remainderUnsigned divideUnsigned \
    compareUnsigned";
/// Those that only a `BigInteger` or a `BigDecimal` has.
const UNSUPPORTED_OF_BIG: &str = "\
    add subtract multiply divide pow mod negate abs setScale scale round toBigInteger \
    toPlainString toEngineeringString stripTrailingZeros";

pub(super) fn call(value: &Value, name: &str, arguments: &[Value]) -> Found {
    let found = match value {
        Value::Int(int) => of_int(*int, name, arguments)?,
        Value::Long(long) => of_long(*long, name, arguments)?,
        Value::Double(double) => of_double(*double, name, arguments)?,
        _ => None,
    };
    if let Some(found) = found {
        return Ok(found);
    }
    Ok(match (name, arguments) {
        ("intValue", []) => Value::Int(number::to_int(value).unwrap_or_default()),
        ("longValue", []) => Value::Long(number::to_long(value).unwrap_or_default()),
        ("doubleValue", []) => Value::Double(number::to_double(value).unwrap_or(f64::NAN)),
        ("compareTo", [other]) => order(value, other)?,
        _ if is_known(value, name, arguments) => return unsupported(name, value),
        _ => return Err(Failure::Absent),
    })
}

/// `Integer`'s own methods.
fn of_int(int: i32, name: &str, arguments: &[Value]) -> Result<Option<Value>, String> {
    Ok(Some(match (name, arguments) {
        ("hashCode", []) => Value::Int(int),
        ("hashCode", [Value::Int(given)]) => Value::Int(*given),
        ("toString", [Value::Int(given)]) => Value::text(&given.to_string()),
        ("toString", [Value::Int(given), Value::Int(radix)]) => {
            Value::text(&in_radix(i64::from(*given), *radix))
        }
        ("parseInt" | "valueOf", [Value::Text(text)]) => Value::Int(whole(name, text)?),
        ("parseInt", [Value::Text(text), Value::Int(radix)]) => {
            Value::Int(from_radix(name, text, *radix, i32::from_str_radix)?)
        }
        ("max", [Value::Int(a), Value::Int(b)]) => Value::Int(*a.max(b)),
        ("min", [Value::Int(a), Value::Int(b)]) => Value::Int(*a.min(b)),
        ("sum", [Value::Int(a), Value::Int(b)]) => Value::Int(a.wrapping_add(*b)),
        // `hashCode` and `toString` are there without arguments too, and Java finds those.
        ("hashCode" | "toString", [_, ..])
        | ("parseInt", [Value::Null] | [Value::Null, Value::Int(_)]) => return Err(not_so(name)),
        _ => return Ok(None),
    }))
}

/// `Long`'s own methods; the static ones take an `Integer` for a `Long`.
fn of_long(long: i64, name: &str, arguments: &[Value]) -> Result<Option<Value>, String> {
    let given = arguments.first().and_then(number::long);
    Ok(Some(match (name, arguments, given) {
        ("hashCode", [], _) => Value::Int(folded(long)),
        ("hashCode", [_], Some(given)) => Value::Int(folded(given)),
        ("toString", [_], Some(given)) => Value::text(&given.to_string()),
        ("toString", [_, Value::Int(radix)], Some(given)) => Value::text(&in_radix(given, *radix)),
        ("parseLong" | "valueOf", [Value::Text(text)], _) => Value::Long(whole(name, text)?),
        ("parseLong", [Value::Text(text), Value::Int(radix)], _) => {
            Value::Long(from_radix(name, text, *radix, i64::from_str_radix)?)
        }
        ("hashCode" | "toString", [_, ..], _)
        | ("parseLong", [Value::Null] | [Value::Null, Value::Int(_)], _) => {
            return Err(not_so(name));
        }
        _ => return Ok(None),
    }))
}

/// `Double`'s own methods; the static ones take an `Integer` and a `Long` for a `Double`.
fn of_double(double: f64, name: &str, arguments: &[Value]) -> Result<Option<Value>, String> {
    let given = match arguments {
        [given @ (Value::Int(_) | Value::Long(_) | Value::Double(_))] => number::to_double(given),
        _ => None,
    };
    Ok(Some(match (name, arguments, given) {
        ("hashCode", [], _) => Value::Int(hash(double)),
        ("hashCode", _, Some(given)) => Value::Int(hash(given)),
        ("toString", _, Some(given)) => {
            let mut text = String::new();
            number::print_double(given, &mut text);
            Value::text(&text)
        }
        ("isNaN", [], _) => Value::Bool(double.is_nan()),
        ("isNaN", _, Some(given)) => Value::Bool(given.is_nan()),
        ("isInfinite", [], _) => Value::Bool(double.is_infinite()),
        ("isInfinite", _, Some(given)) => Value::Bool(given.is_infinite()),
        ("parseDouble" | "valueOf", [Value::Text(text)], _) => {
            Value::Double(parsed_double(name, text)?)
        }
        ("hashCode" | "toString" | "isNaN" | "isInfinite", [_, ..], _)
        | ("parseDouble", [Value::Null], _) => return Err(not_so(name)),
        _ => return Ok(None),
    }))
}

/// Whether Java's class of the value has the method, as near as it matters for an error.
fn is_known(value: &Value, name: &str, arguments: &[Value]) -> bool {
    let big = matches!(value, Value::Special(Special::Big(_) | Special::Decimal(_)));
    let of_big = || big && lists(UNSUPPORTED_OF_BIG, name);
    match (name, arguments) {
        ("floatValue" | "shortValue" | "byteValue" | "hashCode", []) => true,
        (_, []) => big && lists(UNSUPPORTED, name) || of_big(),
        ("parseInt" | "parseLong" | "parseDouble", [_] | [_, _] | [_, _, _]) => false,
        _ => lists(UNSUPPORTED, name) || of_big(),
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

fn parsed_double(name: &str, text: &str) -> Result<f64, String> {
    let trimmed = text.trim_matches(|c| c <= ' ');
    let letters = trimmed
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
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
