//! Functions of numbers. One whose result doesn't fit is an error.

use super::call::Call;
use super::definition::Code;
use crate::kind::Base;
use crate::value::Value;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, MathematicalOps, RoundingStrategy};

pub(super) const CODE: &[(&str, Code)] = &[
    ("Abs", |call| match call.at(0) {
        Value::Integer(number) => number.checked_abs().map(Value::Integer).ok_or_else(large),
        _ => Ok(Value::Decimal(call.decimal(0)?.abs())),
    }),
    ("Ceiling", |call| whole(call.decimal(0)?.ceil())),
    ("Floor", |call| whole(call.decimal(0)?.floor())),
    ("Truncate", |call| whole(call.decimal(0)?.trunc())),
    ("Round", |call| {
        let digits = call.integer_or(1, 0)?;
        let digits = u32::try_from(digits).map_err(|_| format!("{digits} digits"))?;
        let rounded = call
            .decimal(0)?
            .round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero);
        match call.result.base {
            Base::Integer => whole(rounded),
            _ => Ok(Value::Decimal(rounded)),
        }
    }),
    ("Max", |call| {
        fold(call, |left, right| Some(left.max(right)))
    }),
    ("Min", |call| {
        fold(call, |left, right| Some(left.min(right)))
    }),
    ("Sum", |call| {
        if call.items(0)?.is_empty() {
            return typed(call, Decimal::ZERO);
        }
        fold(call, Decimal::checked_add)
    }),
    ("Average", |call| {
        let count = call.items(0)?.len();
        match fold(call, Decimal::checked_add)? {
            Value::NotSet => Ok(Value::NotSet),
            Value::Integer(sum) => Ok(Value::Decimal(Decimal::from(sum) / Decimal::from(count))),
            Value::Decimal(sum) => Ok(Value::Decimal(sum / Decimal::from(count))),
            other => Ok(other),
        }
    }),
    ("Power", |call| {
        let power = call.decimal(0)?.checked_powi(call.integer(1)?);
        power.map(Value::Decimal).ok_or_else(large)
    }),
    ("Sqrt", |call| {
        let root = call.decimal(0)?.sqrt();
        root.map(Value::Decimal)
            .ok_or_else(|| "a negative number has none".to_owned())
    }),
    ("RandomInteger", |call| {
        let (from, to) = (call.integer(0)?, call.integer(1)?);
        let width = i128::from(to) - i128::from(from) + 1;
        if width <= 0 {
            return Err(format!("there is nothing from {from} to {to}"));
        }
        let drawn = i128::from(call.world.random()) % width;
        i64::try_from(i128::from(from) + drawn)
            .map(Value::Integer)
            .map_err(|_| large())
    }),
];

fn large() -> String {
    "the number is too large".to_owned()
}

fn whole(number: Decimal) -> Result<Value, String> {
    number.to_i64().map(Value::Integer).ok_or_else(large)
}

/// The number in the type of the call's result.
fn typed(call: &Call<'_>, number: Decimal) -> Result<Value, String> {
    match call.result.base {
        Base::Integer => whole(number),
        _ => Ok(Value::Decimal(number)),
    }
}

/// The arguments, or the only argument's items, taken together; `NOT_SET` of none.
fn fold(
    call: &Call<'_>,
    join: impl Fn(Decimal, Decimal) -> Option<Decimal>,
) -> Result<Value, String> {
    let values = match call.arguments {
        [Value::Collection(items)] => items.as_slice(),
        arguments => arguments,
    };
    let mut total: Option<Decimal> = None;
    for value in values {
        let number = match value {
            Value::Integer(number) => Decimal::from(*number),
            Value::Decimal(number) => *number,
            Value::NotSet => continue,
            _ => return Err("an item is no number".to_owned()),
        };
        total = Some(match total {
            None => number,
            Some(before) => join(before, number).ok_or_else(large)?,
        });
    }
    total.map_or(Ok(Value::NotSet), |number| typed(call, number))
}
