//! An expression as it is evaluated: names are slots, functions are found, types are known.

use crate::function::Function;
use crate::kind::Type;
use crate::operator::Operator;
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
    /// `not x`.
    Not(Box<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
    /// An operation on two values.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `If(condition, value if true, value if false)`: the other value is not evaluated.
    If(Box<[Expr; 3]>),
    /// A function, its arguments, and the type of its result for these.
    Call(&'static Function, Vec<Expr>, Type),
}

impl Expr {
    /// The expression that says whether two others have one value.
    #[must_use]
    pub fn same(left: Expr, right: Expr) -> Expr {
        Expr::Binary(Operator::Equal, Box::new(left), Box::new(right))
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
            Expr::Property(inner, _) | Expr::Not(inner) | Expr::Negate(inner) => inner.walk(see),
            Expr::Index(left, right) | Expr::Binary(_, left, right) => {
                left.walk(see);
                right.walk(see);
            }
            Expr::If(parts) => parts.iter().for_each(|part| part.walk(see)),
            Expr::Call(_, parts, _) => parts.iter().for_each(|part| part.walk(see)),
            Expr::Constant(_) | Expr::Variable(_) | Expr::Builtin(_) => {}
        }
    }
}
