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
use tollgate_meter::{Exhausted, Meter};

impl Filter {
    /// Whether the candidate passes.
    pub(crate) fn accepts(
        &self,
        candidate: &Value,
        document: &Value,
        meter: &Meter,
    ) -> Result<bool, Exhausted> {
        meter.steps(1)?;
        let value = |operand| Operand::value(operand, candidate, document, meter);
        Ok(match self {
            Filter::All(all) => {
                for filter in all {
                    if !filter.accepts(candidate, document, meter)? {
                        return Ok(false);
                    }
                }
                true
            }
            Filter::Any(any) => {
                for filter in any {
                    if filter.accepts(candidate, document, meter)? {
                        return Ok(true);
                    }
                }
                false
            }
            Filter::Not(inner) => !inner.accepts(candidate, document, meter)?,
            Filter::Exists(operand) => value(operand)?.is_some_and(|found| !found.is_null()),
            Filter::Matches(operand, pattern) => match value(operand)? {
                Some(found) if !found.is_null() => {
                    pattern.is_match(&text(&found, meter)?, meter)?
                }
                _ => false,
            },
            Filter::Compare(left, order, right) => {
                let (Some(l), Some(r)) = (value(left)?, value(right)?) else {
                    return Ok(false);
                };
                meter.work(written(&l) + written(&r))?;
                // A literal on the left: the path decides all the same.
                match (left, right) {
                    (Operand::Text(_), Operand::Candidate(_) | Operand::Document(_)) => {
                        order.mirrored().holds(&r, &l)
                    }
                    _ => order.holds(&l, &r),
                }
            }
            Filter::Among(left, list, wanted) => {
                let Some(left) = value(left)? else {
                    return Ok(false);
                };
                let mut among = false;
                for operand in list {
                    let Some(right) = value(operand)? else {
                        continue;
                    };
                    meter.work(written(&left) + written(&right))?;
                    if Order::Equal.holds(&left, &right) {
                        among = true;
                        break;
                    }
                }
                among == *wanted
            }
        })
    }
}

/// Bytes of a text or of a number, which is all that a comparison looks through.
#[inline]
fn written(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Number(number) => number.as_str().len(),
        _ => 0,
    }
}

impl Operand {
    #[inline]
    fn value<'a>(
        &'a self,
        candidate: &'a Value,
        document: &'a Value,
        meter: &Meter,
    ) -> Result<Option<Cow<'a, Value>>, Exhausted> {
        match self {
            Operand::Candidate(path) => path.one(candidate, meter),
            Operand::Document(path) => path.one(document, meter),
            Operand::Text(text) => Ok(Some(Cow::Borrowed(text))),
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
            (Value::String(l), Value::String(r)) if l == r => Ordering::Equal,
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

fn text<'a>(value: &'a Value, meter: &Meter) -> Result<Cow<'a, str>, Exhausted> {
    Ok(match value {
        Value::String(s) => Cow::Borrowed(s),
        other => {
            let bytes = meter.hold_copy(other)?;
            let text = other.to_string();
            meter.release(bytes);
            Cow::Owned(text)
        }
    })
}
