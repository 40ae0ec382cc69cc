//! What an expression comes to while a workflow runs.

use crate::bounds::MAX_TEXT;
use crate::compare::{compare, equal, number};
use crate::expr::Expr;
use crate::function::{Call, Function};
use crate::kind::{Kind, Type};
use crate::operator::Operator;
use crate::time;
use crate::value::{Money, Value};
use crate::world::World;
use rust_decimal::Decimal;
use std::sync::Arc;

impl Expr {
    /// The value, or why there is none.
    ///
    /// # Errors
    /// What went wrong, for people: a value that doesn't fit, a result that is too large, no work left.
    pub fn evaluate(&self, world: &mut dyn World) -> Result<Value, String> {
        evaluate(self, world)
    }

    /// Whether the condition holds; `NOT_SET` doesn't.
    ///
    /// # Errors
    /// As [`Expr::evaluate`]; and the value is no boolean.
    pub fn holds(&self, world: &mut dyn World) -> Result<bool, String> {
        truth(&self.evaluate(world)?)
    }
}

fn evaluate(expr: &Expr, world: &mut dyn World) -> Result<Value, String> {
    world.work(1)?;
    Ok(match expr {
        Expr::Constant(value) => value.clone(),
        Expr::Variable(slot) => world.variable(*slot),
        Expr::Builtin(name) => world.builtin(name),
        Expr::Property(inner, name) => property(&evaluate(inner, world)?, name)?,
        Expr::Index(list, index) => {
            let list = evaluate(list, world)?;
            let index = evaluate(index, world)?;
            item(&list, &index)?
        }
        Expr::Not(inner) => match evaluate(inner, world)? {
            Value::NotSet => Value::NotSet,
            value => Value::Boolean(!boolean(&value)?),
        },
        Expr::Negate(inner) => negated(evaluate(inner, world)?)?,
        Expr::If(parts) => {
            let [condition, yes, no] = parts.as_ref();
            let condition = evaluate(condition, world)?;
            let chosen = if truth(&condition)? { yes } else { no };
            evaluate(chosen, world)?
        }
        Expr::Binary(operator @ (Operator::And | Operator::Or), left, right) => {
            logical(*operator, left, right, world)?
        }
        Expr::Binary(operator, left, right) => {
            let left = evaluate(left, world)?;
            let right = evaluate(right, world)?;
            world.work(left.weight() + right.weight())?;
            binary(*operator, left, right)?
        }
        Expr::Call(function, arguments, result) => call(function, arguments, *result, world)?,
    })
}

fn negated(value: Value) -> Result<Value, String> {
    Ok(match value {
        Value::NotSet => Value::NotSet,
        Value::Integer(number) => {
            Value::Integer(number.checked_neg().ok_or("the number is too large")?)
        }
        Value::Decimal(number) => Value::Decimal(-number),
        Value::Duration(millis) => {
            Value::Duration(millis.checked_neg().ok_or("the duration is too long")?)
        }
        other => return Err(wrong("a number", &other)),
    })
}

fn call(
    function: &Function,
    arguments: &[Expr],
    result: Type,
    world: &mut dyn World,
) -> Result<Value, String> {
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        values.push(evaluate(argument, world)?);
    }
    if function.strict && values.iter().any(Value::is_not_set) {
        return Ok(Value::NotSet);
    }
    world.work(values.iter().map(Value::weight).sum())?;
    let mut call = Call {
        arguments: &values,
        result,
        world,
    };
    let value = (function.run)(&mut call);
    let value = value.map_err(|why| format!("{}: {why}", function.name))?;
    call.world.work(value.weight())?;
    Ok(value)
}

/// Whether a condition holds; `NOT_SET` doesn't.
fn truth(value: &Value) -> Result<bool, String> {
    if value.is_not_set() {
        return Ok(false);
    }
    boolean(value)
}

fn boolean(value: &Value) -> Result<bool, String> {
    match value {
        Value::Boolean(flag) => Ok(*flag),
        Value::Json(json) => json.as_bool().ok_or_else(|| wrong("a boolean", value)),
        other => Err(wrong("a boolean", other)),
    }
}

fn wrong(wanted: &str, value: &Value) -> String {
    let text = value.to_text().unwrap_or_else(|| "NOT_SET".into());
    let shown: String = text.chars().take(60).collect();
    format!("expected {wanted}, found `{shown}`")
}

fn logical(
    operator: Operator,
    left: &Expr,
    right: &Expr,
    world: &mut dyn World,
) -> Result<Value, String> {
    // The value that settles it, whatever the other side is.
    let settles = operator == Operator::Or;
    let left = evaluate(left, world)?;
    if !left.is_not_set() && boolean(&left)? == settles {
        return Ok(Value::Boolean(settles));
    }
    let right = evaluate(right, world)?;
    if !right.is_not_set() && boolean(&right)? == settles {
        return Ok(Value::Boolean(settles));
    }
    if left.is_not_set() || right.is_not_set() {
        return Ok(Value::NotSet);
    }
    Ok(Value::Boolean(!settles))
}

fn item(list: &Value, index: &Value) -> Result<Value, String> {
    let at = match index {
        Value::NotSet => return Ok(Value::NotSet),
        Value::Integer(at) => *at,
        other => return Err(wrong("an integer as index", other)),
    };
    let found = |count: usize| {
        usize::try_from(at)
            .ok()
            .filter(|at| *at < count)
            .ok_or_else(|| format!("item {at} of a collection of {count}"))
    };
    match list {
        Value::NotSet => Ok(Value::NotSet),
        Value::Collection(items) => Ok(items[found(items.len())?].clone()),
        Value::Json(json) => match &**json {
            serde_json::Value::Array(items) => {
                Ok(Value::Json(Arc::new(items[found(items.len())?].clone())))
            }
            _ => Err(wrong("a JSON list", list)),
        },
        other => Err(wrong("a collection", other)),
    }
}

fn binary(operator: Operator, left: Value, right: Value) -> Result<Value, String> {
    match operator {
        Operator::Equal => return Ok(Value::Boolean(equal(&left, &right))),
        Operator::NotEqual => return Ok(Value::Boolean(!equal(&left, &right))),
        _ if left.is_not_set() || right.is_not_set() => return Ok(Value::NotSet),
        Operator::Less => return Ok(Value::Boolean(compare(&left, &right)?.is_lt())),
        Operator::LessOrEqual => return Ok(Value::Boolean(compare(&left, &right)?.is_le())),
        Operator::Greater => return Ok(Value::Boolean(compare(&left, &right)?.is_gt())),
        Operator::GreaterOrEqual => return Ok(Value::Boolean(compare(&left, &right)?.is_ge())),
        _ => {}
    }
    arithmetic(operator, &left, &right)
}

fn arithmetic(operator: Operator, left: &Value, right: &Value) -> Result<Value, String> {
    let whole = |l: &i64, r: &i64| integers(operator, *l, *r);
    let fine = |l: Decimal, r: &Value| {
        let r = number(r).ok_or_else(|| wrong("a number", r))?;
        decimals(operator, l, r)
    };
    Ok(match (left, right) {
        (Value::String(l), Value::String(r)) if operator == Operator::Add => {
            if l.len() + r.len() > MAX_TEXT {
                return Err(format!("a text of more than {MAX_TEXT} bytes"));
            }
            Value::String(format!("{l}{r}").into())
        }
        (Value::Integer(l), Value::Integer(r)) if operator != Operator::Divide => {
            Value::Integer(whole(l, r)?)
        }
        (Value::Duration(l), Value::Duration(r) | Value::Integer(r)) => {
            Value::Duration(whole(l, r)?)
        }
        (Value::DateTime(l), Value::DateTime(r)) => Value::Duration(whole(l, r)?),
        (Value::DateTime(l), Value::Duration(r)) | (Value::Duration(l), Value::DateTime(r)) => {
            Value::DateTime(time::in_range(whole(l, r)?).ok_or(TOO_LARGE)?)
        }
        (Value::Currency(l), right) => {
            let amount = match right {
                Value::Currency(r) if l.code != r.code => {
                    return Err(format!("{} and {} are different money", l.code, r.code));
                }
                Value::Currency(r) => decimals(operator, l.amount, r.amount)?,
                factor => fine(l.amount, factor)?,
            };
            Value::Currency(Arc::new(Money {
                amount,
                code: l.code.clone(),
            }))
        }
        (left, right) => {
            let l = number(left).ok_or_else(|| wrong("a number", left))?;
            Value::Decimal(fine(l, right)?)
        }
    })
}

const TOO_LARGE: &str = "the result is too large";
const BY_ZERO: &str = "division by zero";

fn integers(operator: Operator, left: i64, right: i64) -> Result<i64, String> {
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide if right != 0 => left.checked_div(right),
        Operator::Remainder if right != 0 => left.checked_rem(right),
        _ => return Err(BY_ZERO.to_owned()),
    };
    result.ok_or_else(|| TOO_LARGE.to_owned())
}

fn decimals(operator: Operator, left: Decimal, right: Decimal) -> Result<Decimal, String> {
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide if !right.is_zero() => left.checked_div(right),
        Operator::Remainder if !right.is_zero() => left.checked_rem(right),
        _ => return Err(BY_ZERO.to_owned()),
    };
    result.ok_or_else(|| TOO_LARGE.to_owned())
}

/// A property's value: of an entity, JSON, an amount or a collection.
fn property(value: &Value, name: &str) -> Result<Value, String> {
    Ok(match value {
        Value::NotSet => Value::NotSet,
        Value::Collection(items) if name.eq_ignore_ascii_case("length") => {
            Value::Integer(items.len() as i64)
        }
        Value::Entity(entity) => {
            let lower = name.to_lowercase();
            match (entity.properties.get(&lower), entity.kind) {
                (Some(value), _) => value.clone(),
                (None, Kind::PhoneNumber) if lower == "dialable" => {
                    entity.properties.get("e164").cloned().unwrap_or_default()
                }
                (None, _) => Value::NotSet,
            }
        }
        Value::Json(json) => match &**json {
            serde_json::Value::Object(object) => match object.get(name) {
                None | Some(serde_json::Value::Null) => Value::NotSet,
                Some(inner) => Value::Json(Arc::new(inner.clone())),
            },
            other => return Err(format!("`.{name}` of {other}, which is no JSON object")),
        },
        Value::Currency(money) if name.eq_ignore_ascii_case("amount") => {
            Value::Decimal(money.amount)
        }
        Value::Currency(money) => Value::text(&money.code),
        other => {
            let text = other.to_text().unwrap_or_default();
            return Err(format!("`.{name}` of `{text}`, which has no properties"));
        }
    })
}
