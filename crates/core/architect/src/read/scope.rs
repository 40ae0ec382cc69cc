//! The variables that an expression may name.

use crate::workflow::{Builtin, Variable, WorkflowKind, builtins_of};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_expression::{Scope, Type, Value};

/// The variables that expressions of one task see.
pub(super) struct Names<'a> {
    /// What the workflow is: its kind decides which built-in variables it has.
    pub(super) kind: WorkflowKind,
    pub(super) variables: &'a [Variable],
    pub(super) globals: &'a BTreeMap<String, u32>,
    pub(super) locals: Option<&'a BTreeMap<String, u32>>,
    /// Constants that were named, though only workflows of other kinds are known to have them.
    pub(super) strange: RefCell<BTreeSet<&'static str>>,
}

impl Names<'_> {
    /// The built-in variable of this very name, if this kind of workflow has it. A constant is what it is in every
    /// kind.
    fn has(&self, name: &str) -> Option<&'static Builtin> {
        let known = Builtin::find(name)?;
        if self.kind.is_among(known.kinds) {
            return Some(known);
        }
        if known.value.is_empty() {
            return None;
        }
        self.strange.borrow_mut().insert(known.name);
        Some(known)
    }

    pub(super) fn find(&self, name: &str) -> Option<(u32, Type)> {
        let lower = name.to_lowercase();
        let local = self.locals.and_then(|locals| locals.get(&lower));
        let slot = *local.or_else(|| self.globals.get(&lower))?;
        Some((slot, self.variables[slot as usize].kind))
    }

    /// The names of the declared variables.
    pub(super) fn names_declared(&self) -> Vec<String> {
        let slots = self
            .globals
            .values()
            .chain(self.locals.into_iter().flat_map(|l| l.values()));
        slots
            .map(|slot| self.variables[*slot as usize].name.clone())
            .collect()
    }
}

impl Scope for Names<'_> {
    fn variable(&self, name: &str) -> Option<(u32, Type)> {
        self.find(name)
    }

    fn builtin(&self, name: &str) -> Option<Type> {
        self.has(name).map(|known| known.kind)
    }

    fn constant(&self, name: &str) -> Option<Value> {
        self.has(name)?.constant(name)
    }

    fn elsewhere(&self, name: &str) -> Option<String> {
        let (known, _) = Builtin::find_with_property(name)?;
        known.elsewhere(self.kind)
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.names_declared();
        names.extend(builtins_of(self.kind).map(|known| known.name.to_owned()));
        names
    }
}
