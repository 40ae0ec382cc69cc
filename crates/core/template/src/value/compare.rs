//! Java's `equals`, and Velocity's `==`.

use super::{ListKind, Special, Value, print};
use crate::bounds::{MAX_NESTING, Meter};
use crate::number;
use std::rc::Rc;

type Same = Result<bool, String>;

impl Value {
    /// Java's `equals`: numbers of different classes differ.
    pub(crate) fn same(&self, other: &Value, meter: &mut Meter) -> Same {
        same(self, other, meter, 0)
    }

    /// Velocity's `==`: numbers by value, the same classes by `equals`, others by what they print.
    pub(crate) fn equals(&self, other: &Value, meter: &mut Meter) -> Same {
        if self.is_number() && other.is_number() {
            return Ok(number::compare(self, other)?.is_eq());
        }
        if self.is_null() || other.is_null() {
            return Ok(self.is_null() && other.is_null());
        }
        if let (Value::Text(a), Value::Text(b)) = (self, other) {
            return Ok(a == b);
        }
        if same_class(self, other) {
            return self.same(other, meter);
        }
        let (mut left, mut right) = (String::new(), String::new());
        print(self, &mut left, meter)?;
        print(other, &mut right, meter)?;
        meter.work(left.len() + right.len())?;
        Ok(left == right)
    }
}

/// Whether one's class is the other's or above it.
fn same_class(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            let array_list = |kind| matches!(kind, ListKind::Plain | ListKind::Json);
            a.0.kind == b.0.kind || (array_list(a.0.kind) && array_list(b.0.kind))
        }
        (Value::Map(a), Value::Map(b)) => a.0.kind == b.0.kind,
        (Value::Special(a), Value::Special(b)) => {
            std::mem::discriminant(a) == std::mem::discriminant(b)
        }
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

fn same(a: &Value, b: &Value, meter: &mut Meter, depth: u32) -> Same {
    meter.step()?;
    if depth > MAX_NESTING {
        return Err(format!("a value nests more than {MAX_NESTING} deep"));
    }
    Ok(match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Long(a), Value::Long(b)) => a == b,
        (Value::Double(a), Value::Double(b)) => {
            a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
        }
        (Value::Text(a), Value::Text(b)) => {
            meter.work(a.len().min(b.len()))?;
            a == b
        }
        (Value::List(a), Value::List(b)) => {
            if Rc::ptr_eq(&a.0, &b.0) {
                return Ok(true);
            }
            let listed = |kind| matches!(kind, ListKind::Plain | ListKind::Json | ListKind::Part);
            let (x, y) = (a.0.items.borrow(), b.0.items.borrow());
            if !listed(a.0.kind) || !listed(b.0.kind) || x.len() != y.len() {
                return Ok(false);
            }
            for (x, y) in x.iter().zip(y.iter()) {
                if !same(x, y, meter, depth + 1)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Map(a), Value::Map(b)) => {
            if Rc::ptr_eq(&a.0, &b.0) {
                return Ok(true);
            }
            let (x, y) = (a.0.entries.borrow(), b.0.entries.borrow());
            if x.len() != y.len() {
                return Ok(false);
            }
            'each: for (key, value) in x.iter() {
                for (other, held) in y.iter() {
                    if same(key, other, meter, depth + 1)? {
                        if same(value, held, meter, depth + 1)? {
                            continue 'each;
                        }
                        return Ok(false);
                    }
                }
                return Ok(false);
            }
            true
        }
        (Value::Special(a), Value::Special(b)) => return special(a, b, meter, depth),
        _ => false,
    })
}

fn special(a: &Special, b: &Special, meter: &mut Meter, depth: u32) -> Same {
    Ok(match (a, b) {
        (Special::Big(a), Special::Big(b)) => a == b,
        (Special::Decimal(a), Special::Decimal(b)) => {
            a.scale == b.scale && a.unscaled == b.unscaled
        }
        (Special::Char(a), Special::Char(b)) => a == b,
        (Special::Entry(a), Special::Entry(b)) => {
            same(&a.key, &b.key, meter, depth + 1)? && same(&a.value, &b.value, meter, depth + 1)?
        }
        (Special::Scope(a), Special::Scope(b)) => Rc::ptr_eq(a, b),
        (Special::Tool(a), Special::Tool(b)) => a == b,
        _ => false,
    })
}
