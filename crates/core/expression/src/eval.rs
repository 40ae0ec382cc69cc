//! What an expression comes to while a workflow runs.

use crate::arithmetic::{self, amount, in_durations, in_integers};
use crate::compare::{compare, equal};
use crate::expr::{Callee, Expr};
use crate::function::Call;
use crate::kind::Type;
use crate::operator::{Operator, Prefix};
use crate::overload::{Pick, pick};
use crate::value::{Money, Value};
use crate::world::World;
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
        Expr::Prefix(prefix, inner) => prefixed(*prefix, evaluate(inner, world)?)?,
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
        Expr::Call(callee, arguments) => call(callee, arguments, world)?,
    })
}

fn prefixed(prefix: Prefix, value: Value) -> Result<Value, String> {
    let value = value.plain();
    Ok(match (prefix, &value) {
        (_, Value::NotSet) => return Err(format!("`{}` of NOT_SET", prefix.sign())),
        (Prefix::Not, Value::Boolean(flag)) => Value::Boolean(!flag),
        (Prefix::BitNot, Value::Integer(number)) => Value::Integer(in_integers(!number)?),
        // The least number that a service may answer has no opposite.
        (Prefix::Negate, Value::Integer(number)) => {
            Value::Integer(in_integers(number.saturating_neg())?)
        }
        (Prefix::Negate, Value::Decimal(number)) => Value::Decimal(-number),
        (Prefix::Negate, Value::Duration(millis)) => {
            Value::Duration(in_durations(millis.saturating_neg())?)
        }
        (Prefix::Negate, Value::Currency(money)) => Value::Currency(Arc::new(Money {
            amount: Some(-amount(money)?),
            code: money.code.clone(),
        })),
        (Prefix::Not, other) => return Err(wrong("a boolean", other)),
        (_, other) => return Err(wrong("a number", other)),
    })
}

fn call(callee: &Callee, arguments: &[Expr], world: &mut dyn World) -> Result<Value, String> {
    let mut values = Vec::with_capacity(arguments.len());
    for argument in arguments {
        values.push(evaluate(argument, world)?);
    }
    world.work(values.iter().map(Value::weight).sum())?;
    let function = callee.function;
    let named = |why: String| format!("{}: {why}", function.name);
    let (overload, result) = match callee.overload {
        Some(overload) => (overload, callee.result),
        None => {
            let kinds: Vec<Type> = values.iter().map(Value::kind).collect();
            match pick(&function.overloads, &kinds) {
                Pick::One(overload, result) => (overload, result),
                _ => {
                    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
                    return Err(named(format!("({}) doesn't fit", kinds.join(", "))));
                }
            }
        }
    };
    overload.admit(&mut values).map_err(named)?;
    let mut call = Call {
        arguments: &values,
        result,
        world,
    };
    let value = (function.run)(&mut call).map_err(named)?;
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
    format!("expected {wanted}, found `{}`", value.shown())
}

/// `and` and `or`: where the left side settles it, the right one isn't evaluated.
fn logical(
    operator: Operator,
    left: &Expr,
    right: &Expr,
    world: &mut dyn World,
) -> Result<Value, String> {
    let settles = operator == Operator::Or;
    let mut side = |expr: &Expr| match evaluate(expr, world)? {
        Value::NotSet => Err(format!("NOT_SET beside `{}`", operator.sign())),
        value => boolean(&value),
    };
    if side(left)? == settles {
        return Ok(Value::Boolean(settles));
    }
    Ok(Value::Boolean(side(right)?))
}

fn item(list: &Value, index: &Value) -> Result<Value, String> {
    let at = match index {
        Value::String(name) => return property(list, name),
        Value::Integer(at) => *at,
        Value::NotSet => return Err("the index is NOT_SET".to_owned()),
        other => return Err(wrong("an integer as index", other)),
    };
    let found = |count: usize| {
        let found = usize::try_from(at).ok().filter(|at| *at < count);
        found.ok_or_else(|| format!("item {at} of a collection of {count}"))
    };
    match list {
        Value::NotSet => Err("an item of NOT_SET".to_owned()),
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
    let (left, right) = (left.plain(), right.plain());
    let order =
        |holds: fn(std::cmp::Ordering) -> bool| Ok(Value::Boolean(holds(compare(&left, &right)?)));
    match operator {
        Operator::Equal => Ok(Value::Boolean(equal(&left, &right))),
        Operator::NotEqual => Ok(Value::Boolean(!equal(&left, &right))),
        _ if left.is_not_set() || right.is_not_set() => {
            Err(format!("NOT_SET beside `{}`", operator.sign()))
        }
        Operator::Less => order(std::cmp::Ordering::is_lt),
        Operator::LessOrEqual => order(std::cmp::Ordering::is_le),
        Operator::Greater => order(std::cmp::Ordering::is_gt),
        Operator::GreaterOrEqual => order(std::cmp::Ordering::is_ge),
        _ => arithmetic::compute(operator, &left, &right),
    }
}

/// A property's value: of a thing, of JSON or of an amount.
fn property(value: &Value, name: &str) -> Result<Value, String> {
    Ok(match value {
        Value::NotSet => Value::NotSet,
        Value::Entity(entity) => {
            let found = entity.properties.get(&name.to_lowercase());
            found.cloned().unwrap_or_default()
        }
        Value::Json(json) => match &**json {
            serde_json::Value::Object(object) => match object.get(name) {
                None | Some(serde_json::Value::Null) => Value::NotSet,
                Some(inner) => Value::Json(Arc::new(inner.clone())),
            },
            other => return Err(format!("`.{name}` of {other}, which is no JSON object")),
        },
        Value::Currency(money) if name.eq_ignore_ascii_case("amount") => {
            money.amount.map_or(Value::NotSet, Value::Decimal)
        }
        Value::Currency(money) => match &money.code {
            Some(code) => Value::text(code),
            None => Value::NotSet,
        },
        other => {
            let text = other.to_text().unwrap_or_default();
            return Err(format!("`.{name}` of `{text}`, which has no properties"));
        }
    })
}
