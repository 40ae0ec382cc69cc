//! What two values come to by an operator that computes.

use crate::bounds::{DURATIONS, INTEGERS, MAX_TEXT};
use crate::operator::Operator;
use crate::time;
use crate::value::{Money, Value};
use rust_decimal::{Decimal, MathematicalOps};
use std::sync::Arc;

const TOO_LARGE: &str = "the result is too large";
const BY_ZERO: &str = "division by zero";

pub(crate) fn compute(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    match (left, right) {
        (Value::String(l), Value::String(r)) => bounded(format!("{l}{r}")).map(Value::String),
        (Value::Audio(l), Value::Audio(r)) => bounded(joined(l, r)).map(Value::Audio),
        (Value::Audio(_) | Value::Entity(_), Value::Audio(_) | Value::Entity(_)) => {
            bounded(joined(&left.heard(), &right.heard())).map(Value::Audio)
        }
        (Value::Integer(l), Value::Integer(r))
            if !matches!(operator, Operator::Divide | Operator::Power) =>
        {
            Ok(Value::Integer(integers(operator, *l, *r)?))
        }
        (Value::Duration(l), Value::Duration(r)) => {
            in_durations(millis(operator, *l, *r)?).map(Value::Duration)
        }
        (Value::DateTime(l), Value::Duration(r)) | (Value::Duration(l), Value::DateTime(r)) => {
            let sum = time::in_range(millis(operator, *l, *r)?);
            Ok(Value::DateTime(sum.ok_or(TOO_LARGE)?))
        }
        (Value::Currency(l), Value::Currency(r)) => {
            l.same_code(r)?;
            money(decimals(operator, amount(l)?, amount(r)?)?, l)
        }
        (Value::Currency(l), factor) => money(decimals(operator, amount(l)?, number(factor)?)?, l),
        (factor, Value::Currency(r)) => money(decimals(operator, number(factor)?, amount(r)?)?, r),
        (l, r) => decimals(operator, number(l)?, number(r)?).map(Value::Decimal),
    }
}

/// What is heard one after the other, with a blank between.
pub(crate) fn joined(left: &str, right: &str) -> String {
    let apart = left.ends_with(char::is_whitespace) || right.starts_with(char::is_whitespace);
    let between = if apart || left.is_empty() || right.is_empty() {
        ""
    } else {
        " "
    };
    format!("{left}{between}{right}")
}

/// The text, if it isn't too long.
pub(crate) fn bounded(text: String) -> Result<Arc<str>, String> {
    if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT {
        return Err(format!("a text of more than {MAX_TEXT} characters"));
    }
    Ok(text.into())
}

/// The amount of money, if it has one.
pub(crate) fn amount(money: &Money) -> Result<Decimal, String> {
    money
        .amount
        .ok_or_else(|| "an amount that is NOT_SET".to_owned())
}

pub(crate) fn in_integers(number: i64) -> Result<i64, String> {
    let found = Some(number).filter(|number| INTEGERS.contains(number));
    found.ok_or_else(|| TOO_LARGE.to_owned())
}

pub(crate) fn in_durations(millis: i64) -> Result<i64, String> {
    let found = Some(millis).filter(|millis| DURATIONS.contains(millis));
    found.ok_or_else(|| "the duration is too long".to_owned())
}

fn money(amount: Decimal, like: &Money) -> Result<Value, String> {
    Ok(Value::Currency(Arc::new(Money {
        amount: Some(amount),
        code: like.code.clone(),
    })))
}

fn number(value: &Value) -> Result<Decimal, String> {
    let number = value.number();
    number.ok_or_else(|| format!("expected a number, found `{}`", value.shown()))
}

fn integers(operator: Operator, left: i64, right: i64) -> Result<i64, String> {
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::BitAnd => Some(left & right),
        Operator::BitOr => Some(left | right),
        Operator::Remainder if right != 0 => left.checked_rem(right),
        _ => return Err(BY_ZERO.to_owned()),
    };
    in_integers(result.ok_or(TOO_LARGE)?)
}

/// Durations and points in time, which are milliseconds.
fn millis(operator: Operator, left: i64, right: i64) -> Result<i64, String> {
    let result = match operator {
        Operator::Subtract => left.checked_sub(right),
        _ => left.checked_add(right),
    };
    result.ok_or_else(|| TOO_LARGE.to_owned())
}

fn decimals(operator: Operator, left: Decimal, right: Decimal) -> Result<Decimal, String> {
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide if !right.is_zero() => {
            left.checked_div(right).map(|found| found.normalize())
        }
        Operator::Remainder if !right.is_zero() => left.checked_rem(right),
        Operator::Power => return power(left, right),
        _ => return Err(BY_ZERO.to_owned()),
    };
    result.ok_or_else(|| TOO_LARGE.to_owned())
}

/// A number raised to the power of another: exact for whole and half powers, which have exact ways.
fn power(base: Decimal, exponent: Decimal) -> Result<Decimal, String> {
    let whole = exponent.fract().is_zero();
    if base.is_zero() && exponent.is_sign_negative() && !exponent.is_zero() {
        return Err(BY_ZERO.to_owned());
    }
    if base.is_sign_negative() && !base.is_zero() && !whole {
        return Err("a negative number has no such power".to_owned());
    }
    let found = if whole {
        let exponent = i64::try_from(exponent.trunc()).ok();
        exponent.and_then(|exponent| base.checked_powi(exponent))
    } else if exponent == Decimal::new(5, 1) {
        base.sqrt()
    } else {
        base.checked_powd(exponent)
    };
    let found = found.ok_or_else(|| TOO_LARGE.to_owned())?;
    Ok(found.normalize())
}
