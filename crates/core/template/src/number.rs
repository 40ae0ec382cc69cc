//! Java's numbers: how they are calculated with, compared and printed.
//!
//! Whole numbers become longer when a result needs it: `Integer`, `Long`, `BigInteger`. With a `Double` the
//! result is one; a `BigInteger` or `BigDecimal` beside a fraction makes a `BigDecimal`. A division of whole
//! numbers drops the rest.

mod big;
mod decimal;

pub(crate) use big::{affordable, big, cost_of_printing};
pub(crate) use decimal::Decimal;
pub(crate) use tollgate_java::print_double;

use crate::node::Operator;
use crate::value::{Special, Value};
use big::{BITS_PER_COST, MAX_COST};
use num_bigint::BigInt;
use num_traits::{Signed as _, ToPrimitive as _, Zero as _};
use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

/// Steps that calculating with two numbers takes are the product of both costs: it is quadratic at worst.
pub(crate) fn cost(value: &Value) -> u32 {
    let bits = match value {
        Value::Special(Special::Big(big)) => big.bits(),
        // Its zeros have to be written out.
        Value::Special(Special::Decimal(decimal)) => decimal
            .unscaled
            .bits()
            .max(decimal.scale.unsigned_abs().saturating_mul(4)),
        _ => return 1,
    };
    1 + u32::try_from(bits / BITS_PER_COST)
        .unwrap_or(u32::MAX)
        .min(MAX_COST)
}

/// `doubleValue()` of a number.
pub(crate) fn to_double(value: &Value) -> Option<f64> {
    Some(match value {
        Value::Int(it) => f64::from(*it),
        Value::Long(it) => *it as f64,
        Value::Double(it) => *it,
        Value::Special(Special::Big(big)) => big.to_string().parse().unwrap_or(f64::NAN),
        Value::Special(Special::Decimal(decimal)) => decimal.to_double(),
        _ => return None,
    })
}

/// `longValue()`: what doesn't fit is cut off as Java does.
pub(crate) fn to_long(value: &Value) -> Option<i64> {
    Some(match value {
        Value::Int(it) => i64::from(*it),
        Value::Long(it) => *it,
        Value::Double(it) => *it as i64,
        Value::Special(Special::Big(big)) => low_bits(big),
        Value::Special(Special::Decimal(decimal)) => low_bits(&decimal.whole()?),
        _ => return None,
    })
}

/// `intValue()`.
pub(crate) fn to_int(value: &Value) -> Option<i32> {
    match value {
        Value::Double(it) => Some(*it as i32),
        other => to_long(other).map(|long| long as i32),
    }
}

fn low_bits(big: &BigInt) -> i64 {
    let bits: BigInt = big & BigInt::from(u64::MAX);
    bits.to_u64().unwrap_or_default() as i64
}

fn whole(value: &Value) -> Option<BigInt> {
    match value {
        Value::Int(it) => Some(BigInt::from(*it)),
        Value::Long(it) => Some(BigInt::from(*it)),
        Value::Special(Special::Big(big)) => Some((**big).clone()),
        _ => None,
    }
}

/// An `Integer` or a `Long`.
pub(crate) fn long(value: &Value) -> Option<i64> {
    match value {
        Value::Int(it) => Some(i64::from(*it)),
        Value::Long(it) => Some(*it),
        _ => None,
    }
}

/// A result in the wider class of the two, or wider where it doesn't fit.
fn wrap(result: i64, a: &Value, b: &Value) -> Value {
    if matches!((a, b), (Value::Int(_), Value::Int(_))) {
        return Value::whole(result);
    }
    Value::Long(result)
}

fn of_big(big: BigInt) -> Result<Value, String> {
    affordable(&big)?;
    Ok(Value::Special(Special::Big(Arc::new(big))))
}

fn of_decimal(decimal: Decimal) -> Result<Value, String> {
    affordable(&decimal.unscaled)?;
    Ok(Value::Special(Special::Decimal(Rc::new(decimal))))
}

fn is_double(value: &Value) -> bool {
    matches!(value, Value::Double(_))
}

/// Whether either is of a class that makes the other a `BigDecimal`.
fn decimals(a: &Value, b: &Value) -> bool {
    let decimal = |it: &Value| matches!(it, Value::Special(Special::Decimal(_)));
    let big = |it: &Value| matches!(it, Value::Special(Special::Big(_)));
    decimal(a) || decimal(b) || (is_double(a) && big(b)) || (big(a) && is_double(b))
}

/// A number as the reference turns it into a `BigDecimal`: by way of a double, unless it is long.
fn exact(value: &Value) -> Result<Decimal, String> {
    Ok(match value {
        Value::Special(Special::Decimal(decimal)) => (**decimal).clone(),
        Value::Special(Special::Big(big)) => Decimal {
            unscaled: (**big).clone(),
            scale: 0,
        },
        other => {
            let double = to_double(other).unwrap_or(f64::NAN);
            Decimal::of_double(double).ok_or("infinite or no number, beside a long one")?
        }
    })
}

/// Calculates with two numbers; null where one isn't, or a division is by zero.
pub(crate) fn calculate(a: &Value, operator: Operator, b: &Value) -> Result<Value, String> {
    if !a.is_number() || !b.is_number() {
        return Ok(Value::Null);
    }
    let divides = matches!(operator, Operator::Divide | Operator::Modulo);
    if divides && is_zero(b) {
        return Ok(Value::Null);
    }
    if decimals(a, b) {
        let (x, y) = (exact(a)?, exact(b)?);
        return match operator {
            Operator::Add => of_decimal(x.add(&y, false)?),
            Operator::Subtract => of_decimal(x.add(&y, true)?),
            Operator::Multiply => of_decimal(x.multiply(&y)?),
            Operator::Divide => of_decimal(x.divide(&y)?),
            _ => Err("a decimal number of this length has no modulo".to_owned()),
        };
    }
    if is_double(a) || is_double(b) {
        let (x, y) = (
            to_double(a).unwrap_or(f64::NAN),
            to_double(b).unwrap_or(f64::NAN),
        );
        return Ok(Value::Double(match operator {
            Operator::Add => x + y,
            Operator::Subtract => x - y,
            Operator::Multiply => x * y,
            Operator::Divide => x / y,
            _ => x % y,
        }));
    }
    if let (Some(x), Some(y)) = (long(a), long(b)) {
        let result = match operator {
            Operator::Add => x.checked_add(y),
            Operator::Subtract => x.checked_sub(y),
            // The reference overlooks this one overflow.
            Operator::Multiply if x == i64::MIN && y == -1 => Some(i64::MIN),
            Operator::Multiply => x.checked_mul(y),
            Operator::Divide => Some(x.wrapping_div(y)),
            _ => Some(x.wrapping_rem(y)),
        };
        if let Some(result) = result {
            return Ok(wrap(result, a, b));
        }
    }
    let (Some(x), Some(y)) = (whole(a), whole(b)) else {
        return Ok(Value::Null);
    };
    match operator {
        Operator::Add => of_big(x + y),
        Operator::Subtract => of_big(x - y),
        Operator::Multiply => of_big(x * y),
        Operator::Divide => of_big(x / y),
        _ if y.is_negative() => Err("the modulus of a long number is not positive".to_owned()),
        _ => {
            let rest = x % &y;
            of_big(if rest.is_negative() { rest + y } else { rest })
        }
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Special(Special::Big(big)) => big.is_zero(),
        Value::Special(Special::Decimal(decimal)) => decimal.unscaled.is_zero(),
        other => to_double(other) == Some(0.0),
    }
}

/// Compares two numbers; what isn't a number equals everything, as in the reference.
pub(crate) fn compare(a: &Value, b: &Value) -> Result<Ordering, String> {
    if decimals(a, b) {
        return Ok(exact(a)?.compare(&exact(b)?));
    }
    if is_double(a) || is_double(b) {
        let (x, y) = (to_double(a), to_double(b));
        return Ok(x.partial_cmp(&y).unwrap_or(Ordering::Equal));
    }
    if let (Some(x), Some(y)) = (long(a), long(b)) {
        return Ok(x.cmp(&y));
    }
    Ok(whole(a).cmp(&whole(b)))
}
