//! An expression as it is evaluated: names are slots, functions are found, types are known.

use crate::function::Function;
use crate::kind::Type;
use crate::operator::{Operator, Prefix};
use crate::overload::Overload;
use crate::value::Value;
use std::sync::Arc;

/// An expression, resolved and typed.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A value that is known.
    Constant(Value),
    /// The variable in this slot.
    Variable(u32),
    /// A built-in variable, by its lower-case name.
    Builtin(Arc<str>),
    /// A property of a value: `x.name`.
    Property(Box<Expr>, Arc<str>),
    /// An item of a collection: `x[0]`.
    Index(Box<Expr>, Box<Expr>),
    /// An operation on one value: `-x`.
    Prefix(Prefix, Box<Expr>),
    /// An operation on two values.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `If(condition, value if true, value if false)` or `?:`: the other value is not evaluated.
    If(Box<[Expr; 3]>),
    /// A function and its arguments.
    Call(Callee, Vec<Expr>),
}

/// A function as it is called.
#[derive(Clone, Copy, Debug)]
pub struct Callee {
    /// The function.
    pub function: &'static Function,
    /// The way it is called; none where only the values tell.
    pub overload: Option<&'static Overload>,
    /// The type of the result.
    pub result: Type,
}

impl Expr {
    /// The expression that says whether two others have one value.
    #[must_use]
    pub fn same(left: Expr, right: Expr) -> Expr {
        Expr::Binary(Operator::Equal, Box::new(left), Box::new(right))
    }

    /// The value, where it is written out.
    pub(crate) fn constant(&self) -> Option<Value> {
        match self {
            Expr::Constant(value) => Some(value.clone()),
            Expr::Prefix(Prefix::Negate, inner) => match inner.constant()? {
                Value::Integer(number) => Some(Value::Integer(-number)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the expression is the word `NOT_SET`.
    #[must_use]
    pub fn is_not_set(&self) -> bool {
        matches!(self, Expr::Constant(Value::NotSet))
    }

    /// Shows this expression and all within it.
    pub fn walk(&self, see: &mut dyn FnMut(&Expr)) {
        see(self);
        match self {
            Expr::Property(inner, _) | Expr::Prefix(_, inner) => inner.walk(see),
            Expr::Index(left, right) | Expr::Binary(_, left, right) => {
                left.walk(see);
                right.walk(see);
            }
            Expr::If(parts) => parts.iter().for_each(|part| part.walk(see)),
            Expr::Call(_, parts) => parts.iter().for_each(|part| part.walk(see)),
            Expr::Constant(_) | Expr::Variable(_) | Expr::Builtin(_) => {}
        }
    }
}
