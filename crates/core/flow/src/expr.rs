//! The expression language: read, typed and resolved when the file is read, evaluated while it runs.
//!
//! **What this decides.** What an expression means for given variables: its type, the errors it can
//! have before anything runs, and its value. **What it does not:** which variables there are
//! ([`Scope`]), or what time it is and what chance says ([`World`]).
//!
//! **`NOT_SET`.** A function of which a needed argument is `NOT_SET` is `NOT_SET`, but for those whose
//! job is to see it (`If`, `IsSet`, `IsNotSetOrEmpty`, `ToDisplayString`, `MakeList`, …). `==` and
//! `!=` compare it like any value; `<` and its kin, and arithmetic, pass it on. `and` and `or` know
//! three values: a `NOT_SET` beside a `true` in an `or` doesn't matter. A condition that is `NOT_SET`
//! counts as no.
//!
//! **Bounds.** [`MAX_CHARACTERS`] of an expression, [`MAX_DEPTH`] of its nesting and [`MAX_LINKS`] of its
//! chains, [`MAX_TEXT`] bytes of
//! a text and [`MAX_ITEMS`] of a collection that it may build; and the work that [`World::work`] grants.

mod check;
mod eval;
pub(crate) mod function;
mod lex;
mod tree;

pub(crate) use check::{Scope, check};

use crate::kind::Type;
use crate::value::Value;
use std::sync::Arc;

/// Characters of one expression.
pub(crate) const MAX_CHARACTERS: usize = 65_536;
/// Operations one within the other, as in a long chain of `+`.
pub(crate) const MAX_LINKS: usize = 200;
/// Nesting of one expression.
pub(crate) const MAX_DEPTH: usize = 100;
/// Bytes of a text that a function builds.
pub(crate) const MAX_TEXT: usize = 1024 * 1024;
/// Items of a collection that a function builds.
pub(crate) const MAX_ITEMS: usize = 10_000;

/// Bytes of a collection or of JSON that a function builds, as they lie in memory: twice what the JSON of the
/// longest text takes.
pub(crate) const MAX_VALUE: usize = 32 * 1024 * 1024;

/// A fault of an expression, at a character of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Fault {
    pub(crate) fn new(at: usize, message: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault {
            at,
            message: message.into(),
            help: help.into(),
        }
    }
}

/// An expression, resolved and typed.
#[derive(Clone, Debug)]
pub(crate) enum Expr {
    Constant(Value),
    Variable(u32),
    /// A built-in variable, by its lower-case name.
    Builtin(Arc<str>),
    Property(Box<Expr>, Arc<str>),
    Index(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    Binary(tree::Operator, Box<Expr>, Box<Expr>),
    If(Box<[Expr; 3]>),
    Call(&'static function::Function, Vec<Expr>, Type),
}

/// What an expression sees while it runs.
pub(crate) trait World {
    fn variable(&self, slot: u32) -> Value;
    fn builtin(&self, name: &str) -> Value;
    /// Milliseconds since 1970, UTC.
    fn wall(&self) -> i64;
    fn random(&mut self) -> u64;
    /// Asks to do so much work: one for a part of an expression, one for 64 bytes of a text or a value of a
    /// list or of JSON that a function is given.
    fn work(&mut self, amount: u64) -> Result<(), String>;
}

impl Expr {
    /// Whether two expressions have one value.
    pub(crate) fn same(left: Expr, right: Expr) -> Expr {
        Expr::Binary(tree::Operator::Equal, Box::new(left), Box::new(right))
    }

    /// Whether it is written `NOT_SET`.
    pub(crate) fn is_not_set(&self) -> bool {
        matches!(self, Expr::Constant(Value::NotSet))
    }

    /// Whether it holds; `NOT_SET` doesn't.
    pub(crate) fn holds(&self, world: &mut dyn World) -> Result<bool, String> {
        eval::truth(&self.evaluate(world)?)
    }

    /// Shows this expression and all within it.
    pub(crate) fn walk(&self, see: &mut dyn FnMut(&Expr)) {
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

    /// The value, or why there is none.
    pub(crate) fn evaluate(&self, world: &mut dyn World) -> Result<Value, String> {
        eval::evaluate(self, world)
    }
}
