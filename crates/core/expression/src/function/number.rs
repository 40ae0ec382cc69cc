//! Functions of numbers, amounts and durations. One whose result doesn't fit is an error.

use super::call::Call;
use super::definition::Code;
use crate::arithmetic::{amount, in_durations, in_integers};
use crate::kind::Base;
use crate::value::{Money, Value};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use std::sync::Arc;

pub(super) const CODE: &[(&str, Code)] = &[
    ("Average", |call| {
        let values = values(call);
        let total = total(call, values)?;
        let count = values.iter().filter(|value| part(value).is_some()).count();
        typed(call, (total / Decimal::from(count.max(1))).normalize())
    }),
    ("Ceiling", |call| rounded(call, |number, _| number.ceil())),
    ("Floor", |call| rounded(call, |number, _| number.floor())),
    ("Random", |call| {
        let drawn = Decimal::from(call.world.random() >> 11);
        Ok(Value::Decimal(drawn / Decimal::from(1_u64 << 53)))
    }),
    ("RandomInt", |call| {
        let (from, to) = (call.integer(0)?, call.integer(1)?);
        let width = i128::from(to) - i128::from(from) + 1;
        if width <= 0 {
            return Err(format!("there is nothing from {from} to {to}"));
        }
        let drawn = i128::from(call.world.random()) % width;
        let number = i64::try_from(i128::from(from) + drawn);
        number.map(Value::Integer).map_err(|_| large())
    }),
    ("Round", |call| {
        rounded(call, |number, places| {
            number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)
        })
    }),
    ("Sum", |call| {
        let total = total(call, values(call))?;
        typed(call, total)
    }),
];

fn large() -> String {
    "the number is too large".to_owned()
}

/// The first argument with its number rounded, to the places that a second one tells.
fn rounded(call: &Call<'_>, round: fn(Decimal, u32) -> Decimal) -> Result<Value, String> {
    let places = match call.at(1) {
        Value::Integer(places) => u32::try_from(*places).map_err(|_| format!("{places} places"))?,
        _ => 0,
    };
    match call.at(0) {
        Value::Currency(money) => Ok(Value::Currency(Arc::new(Money {
            amount: Some(round(amount(money)?, places)),
            code: money.code.clone(),
        }))),
        Value::Integer(number) => Ok(Value::Integer(*number)),
        _ => Ok(Value::Decimal(round(call.decimal(0)?, places))),
    }
}

/// The arguments, or the only argument's items.
fn values<'a>(call: &Call<'a>) -> &'a [Value] {
    match call.arguments {
        [Value::Collection(items)] => items,
        arguments => arguments,
    }
}

/// The number in a value; none in one that is `NOT_SET`, or whose amount is.
fn part(value: &Value) -> Option<Decimal> {
    match value {
        Value::Duration(millis) => Some(Decimal::from(*millis)),
        Value::Currency(money) => money.amount,
        value => value.number(),
    }
}

fn money(value: &Value) -> Option<&Money> {
    match value {
        Value::Currency(money) => Some(money),
        _ => None,
    }
}

/// The numbers of the values together.
fn total(call: &Call<'_>, values: &[Value]) -> Result<Decimal, String> {
    let amounts = values.iter().filter_map(money);
    let others = amounts.clone().skip(1);
    amounts
        .zip(others)
        .try_for_each(|(one, next)| one.same_code(next))?;
    let start = if call.result.base == Base::Integer {
        Decimal::ZERO
    } else {
        Decimal::new(0, 1)
    };
    let mut numbers = values.iter().filter_map(part);
    let sum = numbers.try_fold(start, Decimal::checked_add);
    sum.ok_or_else(large)
}

/// The number in the type of the call's result; an amount has the code of the values.
fn typed(call: &Call<'_>, number: Decimal) -> Result<Value, String> {
    let whole = || number.round().to_i64().ok_or_else(large);
    Ok(match call.result.base {
        Base::Integer => Value::Integer(in_integers(whole()?)?),
        Base::Duration => Value::Duration(in_durations(whole()?)?),
        Base::Currency => {
            let mut amounts = values(call).iter().filter_map(money);
            Value::Currency(Arc::new(Money {
                amount: Some(number),
                code: amounts.find_map(|money| money.code.clone()),
            }))
        }
        _ => Value::Decimal(number),
    })
}
