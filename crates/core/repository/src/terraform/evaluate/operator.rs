//! Numbers as they are written, and operators between two values.

use crate::terraform::value::Value;
use hcl_edit::Number;
use hcl_edit::expr::BinaryOperator;
use std::rc::Rc;

/// The value of a number.
pub(super) fn literal(number: &Number) -> Value {
    let parsed = number.to_string().parse();
    parsed.map_or_else(|_| Value::unknown("a number that is none"), Value::Number)
}

/// What an operator makes of two values; none where they are of kinds that it doesn't take.
pub(super) fn binary(operator: BinaryOperator, left: &Value, right: &Value) -> Option<Value> {
    use BinaryOperator as Op;
    if let Some(unknown) = left.first_unknown().or_else(|| right.first_unknown()) {
        return Some(Value::Unknown(Rc::clone(unknown)));
    }
    let numbers = || Some((left.to_number()?, right.to_number()?));
    let flags = || Some((left.to_bool()?, right.to_bool()?));
    let number = |calculate: fn(f64, f64) -> f64| {
        numbers().map(|(left, right)| Value::number(calculate(left, right)))
    };
    let flag = |compare: fn(f64, f64) -> bool| {
        numbers().map(|(left, right)| Value::Bool(compare(left, right)))
    };
    match operator {
        Op::Eq => Some(Value::Bool(left == right)),
        Op::NotEq => Some(Value::Bool(left != right)),
        Op::Less => flag(|left, right| left < right),
        Op::LessEq => flag(|left, right| left <= right),
        Op::Greater => flag(|left, right| left > right),
        Op::GreaterEq => flag(|left, right| left >= right),
        Op::Plus => number(|left, right| left + right),
        Op::Minus => number(|left, right| left - right),
        Op::Mul => number(|left, right| left * right),
        Op::Div => number(|left, right| left / right),
        Op::Mod => number(|left, right| left % right),
        Op::And => flags().map(|(left, right)| Value::Bool(left && right)),
        Op::Or => flags().map(|(left, right)| Value::Bool(left || right)),
    }
}
