//! The variables that an expression may name.

use crate::workflow::{Variable, builtin, builtin_names};
use std::collections::BTreeMap;
use tollgate_expression::{Scope, Type};

/// The variables that expressions of one task see.
pub(super) struct Names<'a> {
    pub(super) variables: &'a [Variable],
    pub(super) globals: &'a BTreeMap<String, u32>,
    pub(super) locals: Option<&'a BTreeMap<String, u32>>,
}

impl Names<'_> {
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
        builtin(name)
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.names_declared();
        names.extend(builtin_names().map(str::to_owned));
        names
    }
}
