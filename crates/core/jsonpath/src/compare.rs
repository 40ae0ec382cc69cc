//! Whether a candidate passes a filter.
//!
//! As in the reference, the right side is taken as it is: a literal is a text, whatever it spells. A text is
//! compared with a text, with a number as the number it spells, with a boolean by its truth (only `true` is
//! true); numbers and booleans with their like. Null, and the text `null`, lie below everything else and equal
//! each other; but no ordering holds between null and a value. Objects and arrays equal only themselves, and
//! differ from nothing. A side that is missing makes every comparison false, `!=` included.

use crate::decimal::Decimal;
use crate::filter::{Filter, Operand, Order};
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

impl Filter {
    /// Whether the candidate passes.
    pub(crate) fn accepts(&self, candidate: &Value, document: &Value) -> bool {
        match self {
            Filter::All(all) => all.iter().all(|f| f.accepts(candidate, document)),
            Filter::Any(any) => any.iter().any(|f| f.accepts(candidate, document)),
            Filter::Not(inner) => !inner.accepts(candidate, document),
            Filter::Exists(operand) => {
                let found = operand.value(candidate, document);
                found.is_some_and(|found| !found.is_null())
            }
            Filter::Matches(operand, pattern) => {
                let found = operand.value(candidate, document);
                found.is_some_and(|found| !found.is_null() && pattern.is_match(&text(&found)))
            }
            Filter::Compare(left, order, right) => {
                let left_value = left.value(candidate, document);
                let right_value = right.value(candidate, document);
                let (Some(l), Some(r)) = (left_value, right_value) else {
                    return false;
                };
                // A literal on the left: the path decides all the same.
                match (left, right) {
                    (Operand::Text(_), Operand::Candidate(_) | Operand::Document(_)) => {
                        order.mirrored().holds(&r, &l)
                    }
                    _ => order.holds(&l, &r),
                }
            }
            Filter::Among(left, list, wanted) => {
                let Some(left) = left.value(candidate, document) else {
                    return false;
                };
                let mut values = list.iter().filter_map(|it| it.value(candidate, document));
                values.any(|value| Order::Equal.holds(&left, &value)) == *wanted
            }
        }
    }
}

impl Operand {
    fn value<'a>(&'a self, candidate: &'a Value, document: &'a Value) -> Option<Cow<'a, Value>> {
        match self {
            Operand::Candidate(path) => path.one(candidate),
            Operand::Document(path) => path.one(document),
            Operand::Text(text) => Some(Cow::Borrowed(text)),
        }
    }
}

impl Order {
    fn mirrored(self) -> Order {
        match self {
            Order::Less => Order::Greater,
            Order::LessOrEqual => Order::GreaterOrEqual,
            Order::Greater => Order::Less,
            Order::GreaterOrEqual => Order::LessOrEqual,
            same => same,
        }
    }

    fn holds(self, left: &Value, right: &Value) -> bool {
        let ordered = !matches!(self, Order::Equal | Order::NotEqual);
        if ordered && left.is_null() != right.is_null() {
            return false;
        }
        match (compare(left, right), self) {
            (Compared::Not, _) => false,
            (Compared::NoNumber, order) => order == Order::NotEqual,
            (Compared::As(o), Order::Equal) => o.is_eq(),
            (Compared::As(o), Order::NotEqual) => o.is_ne(),
            (Compared::As(o), Order::Less) => o.is_lt(),
            (Compared::As(o), Order::LessOrEqual) => o.is_le(),
            (Compared::As(o), Order::Greater) => o.is_gt(),
            (Compared::As(o), Order::GreaterOrEqual) => o.is_ge(),
        }
    }
}

enum Compared {
    As(Ordering),
    /// The kinds can't be compared.
    Not,
    /// A text that spells no number, with a number.
    NoNumber,
}

fn compare(left: &Value, right: &Value) -> Compared {
    if std::ptr::eq(left, right) {
        return Compared::As(Ordering::Equal);
    }
    Compared::As(match (nullish(left), nullish(right)) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => match (left, right) {
            (Value::String(l), Value::String(r)) => l.encode_utf16().cmp(r.encode_utf16()),
            (Value::Number(l), Value::Number(r)) => return numeric(&l.to_string(), &r.to_string()),
            (Value::Number(l), Value::String(r)) => return numeric(&l.to_string(), r),
            (Value::Bool(l), Value::Bool(r)) => l.cmp(r),
            (Value::Bool(l), Value::String(r)) => l.cmp(&r.eq_ignore_ascii_case("true")),
            _ => return Compared::Not,
        },
    })
}

fn nullish(value: &Value) -> bool {
    value.is_null() || value.as_str() == Some("null")
}

fn numeric(left: &str, right: &str) -> Compared {
    match (Decimal::parse(left), Decimal::parse(right)) {
        (Some(left), Some(right)) => Compared::As(left.cmp(&right)),
        _ => Compared::NoNumber,
    }
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(s) => Cow::Borrowed(s),
        other => Cow::Owned(other.to_string()),
    }
}
