//! Settings that must be known before a run.
//!
//! The vendor's editor takes a constant there, and so does a compiled workflow. A file may calculate one from other
//! constants, which is done when it is read. Anything else is told, with what holds in its place, and so is a flag
//! that is neither true nor false.

use super::Reader;
use super::shape::says_nothing;
use crate::yaml::Node;
use tollgate_expression::{Expr, Value, World};

/// The most work that a constant may take to calculate.
const MAX_WORK: u64 = 10_000;

/// A world before any run: whatever an expression asks of it makes that no constant.
#[derive(Default)]
struct NoWorld {
    work: u64,
    asked: std::cell::Cell<bool>,
}

impl World for NoWorld {
    fn variable(&self, _: u32) -> Value {
        self.asked.set(true);
        Value::NotSet
    }

    fn builtin(&self, _: &str) -> Value {
        self.asked.set(true);
        Value::NotSet
    }

    fn wall(&self) -> i64 {
        self.asked.set(true);
        0
    }

    fn random(&mut self) -> u64 {
        self.asked.set(true);
        0
    }

    fn work(&mut self, amount: u64) -> Result<(), String> {
        self.work = self.work.saturating_add(amount);
        match self.work > MAX_WORK {
            true => Err("too much work".to_owned()),
            false => Ok(()),
        }
    }
}

/// The value of an expression that has the same one in every run.
pub(super) fn constant(expr: &Expr) -> Option<Value> {
    let mut world = NoWorld::default();
    let value = expr.evaluate(&mut world).ok();
    value.filter(|_| !world.asked.get())
}

impl Reader<'_> {
    /// A value that must be constant; `otherwise` is what holds where it is none.
    pub(super) fn constant(
        &mut self,
        node: &Node,
        expr: &Expr,
        key: &str,
        otherwise: &str,
    ) -> Option<Value> {
        let value = constant(expr);
        if value.is_none() {
            let message = format!("`{key}` must be constant");
            self.problems
                .warn(node.place, message, format!("{otherwise} holds here"));
        }
        value
    }

    /// A key that is true or false.
    pub(super) fn truth_of(&mut self, node: &Node, key: &str) -> Option<bool> {
        let node = node.get(key).filter(|node| !says_nothing(node))?;
        let written = node.written();
        let truth = written.boolean();
        if truth.is_none() {
            self.problems.warn(
                node.place,
                format!("`{key}` is {}", written.shown()),
                "write true or false; it counts as not there",
            );
        }
        truth
    }
}
