//! `$math`: velocity-tools' MathTool.
//!
//! It calculates with doubles and gives back an `Integer` where the result is whole, then a `Long`, else a
//! `Double`. Its `max` starts at the smallest positive double, so the greatest of negative numbers is
//! `4.9E-324`; that is how it is.

use super::text_of;
use crate::bounds::Meter;
use crate::found::{Failure, Found};
use crate::number::{self, print_double};
use crate::value::{ListKind, Value};

pub(super) fn random() -> Found {
    Err("random is not supported: a template gives the same for the same values".into())
}

pub(super) fn call(name: &str, arguments: &[Value], meter: &mut Meter) -> Found {
    match name {
        "random" | "getRandom" => random(),
        "add" | "sub" | "mul" | "div" | "max" | "min" => match arguments {
            // One array of texts is its items.
            [Value::List(list)] if list.0.kind == ListKind::Array => {
                many(name, &list.0.items.borrow(), meter)
            }
            [Value::Null] => Err(Failure::Fault(format!("{name} is given a null"))),
            _ => many(name, arguments, meter),
        },
        "getTotal" | "getAverage" => total_of(name, arguments, meter),
        _ => of_two(name, arguments, meter),
    }
}

/// `getTotal` and `getAverage`, as far as Java can decide which of its methods is meant.
fn total_of(name: &str, arguments: &[Value], meter: &mut Meter) -> Found {
    match arguments {
        [Value::List(list)] => total(name, &list.0.items.borrow(), meter),
        [] | [Value::Null | Value::Int(_) | Value::Long(_) | Value::Double(_)] => {
            Err(Failure::Absent)
        }
        [one] => total(name, std::slice::from_ref(one), meter),
        [Value::List(_), _] => {
            let message = format!("{name} of these values is not supported");
            Err(Failure::Fault(message))
        }
        [Value::Null, Value::Null | Value::Text(_)] => Err(Failure::Absent),
        many if many.iter().all(Value::is_number) => Err(Failure::Absent),
        many => total(name, many, meter),
    }
}

/// The methods of one number, and those of two.
fn of_two(name: &str, arguments: &[Value], meter: &mut Meter) -> Found {
    let mut numbers = [Value::Null, Value::Null];
    for (place, argument) in numbers.iter_mut().zip(arguments) {
        *place = to_number(argument, meter)?;
    }
    let used = &numbers[..arguments.len().min(2)];
    let known = matches!(
        (name, arguments.len()),
        (
            "abs" | "ceil" | "floor" | "round" | "toInteger" | "toDouble" | "toNumber",
            1
        ) | ("pow" | "idiv" | "mod" | "roundTo", 2)
    );
    if !known {
        return Err(Failure::Absent);
    }
    if used.iter().any(Value::is_null) {
        return Ok(Value::Null);
    }
    let [a, b] = &numbers;
    let (x, y) = (double(a), double(b));
    let int = |value: &Value| number::to_int(value).unwrap_or_default();
    Ok(match name {
        "pow" => matched(x.powf(y), &[a, b]),
        "abs" => matched(x.abs(), &[a]),
        "idiv" | "mod" if int(b) == 0 => Value::Null,
        "idiv" => Value::Int(int(a).wrapping_div(int(b))),
        "mod" => Value::Int(int(a).wrapping_rem(int(b))),
        "ceil" => Value::Int(x.ceil() as i32),
        "floor" => Value::Int(x.floor() as i32),
        "round" => Value::Int(x.round_ties_even() as i32),
        "roundTo" => Value::Double(round_to(int(a), y)),
        "toInteger" => Value::Int(int(a)),
        "toDouble" => Value::Double(x),
        _ => a.clone(),
    })
}

fn double(value: &Value) -> f64 {
    number::to_double(value).unwrap_or(f64::NAN)
}

fn many(name: &str, arguments: &[Value], meter: &mut Meter) -> Found {
    let mut result = match name {
        "mul" => 1.0,
        "max" => 5e-324,
        "min" => f64::MAX,
        _ => 0.0,
    };
    for (place, argument) in arguments.iter().enumerate() {
        let number = to_number(argument, meter)?;
        if number.is_null() {
            return Ok(Value::Null);
        }
        let number = double(&number);
        result = match name {
            "add" => result + number,
            "mul" => result * number,
            "sub" | "div" if place == 0 => number,
            "sub" => result - number,
            "div" if number == 0.0 => return Ok(Value::Null),
            "div" => result / number,
            "max" => greater(result, number),
            _ => -greater(-result, -number),
        };
    }
    Ok(matched(result, &[]))
}

/// `Math.max`: of a NaN it is NaN, and 0 is above -0.
fn greater(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else if a == b {
        if a.is_sign_negative() { b } else { a }
    } else if a > b {
        a
    } else {
        b
    }
}

fn total(name: &str, items: &[Value], meter: &mut Meter) -> Found {
    meter.work(items.len())?;
    let (mut sum, mut first) = (0.0, Value::Null);
    for item in items {
        let number = to_number(item, meter)?;
        if number.is_null() {
            return Ok(Value::Null);
        }
        sum += double(&number);
        if first.is_null() {
            first = number;
        }
    }
    let sum = matched(sum, &[&first]);
    if name == "getTotal" {
        return Ok(sum);
    }
    Ok(matched(double(&sum) / items.len() as f64, &[&sum]))
}

fn round_to(places: i32, value: f64) -> f64 {
    let mut delta = 10_i32;
    for _ in 1..places.min(64) {
        delta = delta.wrapping_mul(10);
    }
    let scaled = value * f64::from(delta);
    // Math.round: half up, to a long.
    let rounded = (scaled + 0.5).floor();
    let rounded = if scaled.fract() == 0.0 {
        scaled
    } else {
        rounded
    };
    (rounded as i64) as f64 / f64::from(delta)
}

/// The result in the class that fits it; a `Double` where one of the numbers shows a point.
fn matched(result: f64, from: &[&Value]) -> Value {
    let point = |value: &&Value| match value {
        Value::Double(it) => {
            let mut text = String::new();
            print_double(*it, &mut text);
            text.contains('.')
        }
        _ => false,
    };
    if result.round_ties_even() != result || from.iter().any(point) {
        Value::Double(result)
    } else if result > f64::from(i32::MAX) || result < f64::from(i32::MIN) {
        Value::Long(result as i64)
    } else {
        Value::Int(result as i32)
    }
}

/// A number, or the number a text starts with as Java's `NumberFormat` reads it; else null.
fn to_number(value: &Value, meter: &mut Meter) -> Result<Value, String> {
    if value.is_number() || value.is_null() {
        return Ok(value.clone());
    }
    let text = match value {
        Value::Text(text) => text.to_string(),
        other => text_of(other, meter)?,
    };
    meter.work(text.len())?;
    Ok(parse(&text))
}

/// `NumberFormat.getNumberInstance(Locale.US).parse`.
fn parse(text: &str) -> Value {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if rest.starts_with('∞') {
        return Value::Double(if negative {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        });
    }
    if text.starts_with("NaN") {
        return Value::Double(f64::NAN);
    }
    let Some((digits, point)) = digits_of(rest) else {
        return Value::Null;
    };
    let sign = if negative { "-" } else { "" };
    let number: f64 = format!("{sign}{digits}").parse().unwrap_or(f64::NAN);
    let whole = digits.trim_end_matches(['0']).trim_end_matches('.');
    let whole = if point { whole } else { digits.as_str() };
    if let (Ok(long), false) = (
        format!("{sign}{whole}").parse::<i64>(),
        number == 0.0 && negative,
    ) {
        return Value::Long(long);
    }
    if number.fract() == 0.0 && number.abs() < 9.2e18 && !(number == 0.0 && negative) {
        return Value::Long(number as i64);
    }
    Value::Double(number)
}

/// The digits that a text starts with, without what groups them, and with an exponent; and whether there is a
/// point among them.
fn digits_of(text: &str) -> Option<(String, bool)> {
    let mut digits = String::new();
    let mut point = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.peek().copied() {
        match c {
            '0'..='9' => digits.push(c),
            '.' if !point => {
                point = true;
                digits.push('.');
            }
            // What groups digits is passed over, wherever it stands.
            ',' if !point => {}
            _ => break,
        }
        rest.next();
    }
    if !digits.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if rest.peek() == Some(&'E') {
        rest.next();
        let mut exponent = String::new();
        if rest.peek() == Some(&'-') {
            rest.next();
            exponent.push('-');
        }
        exponent.extend(rest.take_while(char::is_ascii_digit).take(6));
        if exponent.ends_with(|c: char| c.is_ascii_digit()) {
            digits.push('E');
            digits.push_str(&exponent);
        }
    }
    Some((digits, point))
}
