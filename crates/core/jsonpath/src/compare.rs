//! Whether a candidate passes a filter.
//!
//! The kind of the left value decides, as in the reference: a number is compared with the number that the
//! right text spells, a text with the text, a boolean with the text's truth (only `true` is true); null
//! equals the text `null` and nothing else. Objects and arrays equal nothing and differ from nothing. A
//! side that is missing makes every comparison false, `!=` included.

use crate::filter::{Filter, Operand, Order};
use serde_json::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

impl Filter {
    /// Whether the candidate passes.
    pub(crate) fn accepts(&self, candidate: &Value, document: &Value) -> bool {
        let value = |operand: &Operand| operand.value(candidate, document);
        match self {
            Filter::All(all) => all.iter().all(|f| f.accepts(candidate, document)),
            Filter::Any(any) => any.iter().any(|f| f.accepts(candidate, document)),
            Filter::Not(inner) => !inner.accepts(candidate, document),
            Filter::Exists(operand) => value(operand).is_some_and(|v| !v.is_null()),
            Filter::Matches(operand, pattern) => {
                value(operand).is_some_and(|v| !v.is_null() && pattern.is_match(&text(&v)))
            }
            Filter::Compare(left, order, right) => match (value(left), value(right)) {
                // A literal on the left: the path decides all the same.
                (Some(l), Some(r)) if matches!(left, Operand::Text(_)) => {
                    order.mirrored().holds(&r, &text(&l))
                }
                (Some(l), Some(r)) => order.holds(&l, &text(&r)),
                _ => false,
            },
            Filter::Among(left, list, wanted) => value(left).is_some_and(|l| {
                let found = list
                    .iter()
                    .filter_map(value)
                    .any(|r| Order::Equal.holds(&l, &text(&r)));
                found == *wanted
            }),
        }
    }
}

impl Operand {
    fn value(&self, candidate: &Value, document: &Value) -> Option<Value> {
        match self {
            Operand::Candidate(path) => path.read(candidate).ok(),
            Operand::Document(path) => path.read(document).ok(),
            Operand::Text(text) => Some(Value::String(text.clone())),
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

    fn holds(self, left: &Value, right: &str) -> bool {
        let ordering = match left {
            Value::Array(_) | Value::Object(_) => return false,
            Value::Null => match self {
                Order::Equal => return right == "null",
                Order::NotEqual => return right != "null",
                _ => return false,
            },
            Value::Bool(b) => Some(b.cmp(&right.eq_ignore_ascii_case("true"))),
            // Anything that is there differs from null, and the reference puts it above.
            Value::Number(_) if right == "null" => Some(Ordering::Greater),
            Value::Number(n) => numeric(&n.to_string(), right),
            Value::String(s) => Some(s.encode_utf16().cmp(right.encode_utf16())),
        };
        match (ordering, self) {
            (None, order) => order == Order::NotEqual,
            (Some(o), Order::Equal) => o.is_eq(),
            (Some(o), Order::NotEqual) => o.is_ne(),
            (Some(o), Order::Less) => o.is_lt(),
            (Some(o), Order::LessOrEqual) => o.is_le(),
            (Some(o), Order::Greater) => o.is_gt(),
            (Some(o), Order::GreaterOrEqual) => o.is_ge(),
        }
    }
}

/// Whole numbers exactly, others as floating point; `None` where a text spells no number.
fn numeric(left: &str, right: &str) -> Option<Ordering> {
    if let (Ok(l), Ok(r)) = (left.parse::<i128>(), right.parse::<i128>()) {
        return Some(l.cmp(&r));
    }
    let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite());
    number(left)?.partial_cmp(&number(right)?)
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(s) => Cow::Borrowed(s),
        other => Cow::Owned(other.to_string()),
    }
}
