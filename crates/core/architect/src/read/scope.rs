//! The variables that an expression may name.

use crate::workflow::{Builtin, Variable, WorkflowKind, builtin, builtins};
use std::collections::BTreeMap;
use tollgate_expression::{Scope, Type, Value};

/// The variables that expressions of one task see.
pub(super) struct Names<'a> {
    /// What the workflow is: its kind decides which built-in variables it has.
    pub(super) kind: WorkflowKind,
    pub(super) variables: &'a [Variable],
    pub(super) globals: &'a BTreeMap<String, u32>,
    pub(super) locals: Option<&'a BTreeMap<String, u32>>,
}

impl Names<'_> {
    /// The built-in variable of this very name, if this kind of workflow has it.
    fn has(&self, name: &str) -> Option<&'static Builtin> {
        Builtin::find(name).filter(|known| self.kind.is_among(known.kinds))
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
        Builtin::find_with_property(name)?;
        builtin(name, self.kind).err()
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.names_declared();
        let builtins = builtins().filter(|known| self.kind.is_among(known.kinds));
        names.extend(builtins.map(|known| known.name.to_owned()));
        names
    }
}
