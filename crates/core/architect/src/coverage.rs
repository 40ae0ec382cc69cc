//! Which branches were taken.

use crate::workflow::Workflow;
use std::collections::{BTreeMap, BTreeSet};

/// Branches taken, by workflow. Only steps with more than one way out have branches.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coverage(BTreeMap<String, BTreeSet<(u32, u16)>>);

impl Coverage {
    pub(crate) fn note(&mut self, workflow: &str, step: u32, path: u16) {
        match self.0.get_mut(workflow) {
            Some(taken) => {
                taken.insert((step, path));
            }
            None => {
                self.0
                    .insert(workflow.to_owned(), BTreeSet::from([(step, path)]));
            }
        }
    }

    /// Adds what another run took.
    pub fn add(&mut self, other: Coverage) {
        for (workflow, taken) in other.0 {
            self.0.entry(workflow).or_default().extend(taken);
        }
    }

    /// How many branches of this workflow were taken.
    #[must_use]
    pub fn taken(&self, workflow: &Workflow) -> usize {
        let Some(taken) = self.0.get(&workflow.name) else {
            return 0;
        };
        let branches = workflow.branches();
        branches.filter(|branch| taken.contains(branch)).count()
    }

    /// Whether it holds a branch that `other` doesn't.
    #[must_use]
    pub fn adds_to(&self, other: &Coverage) -> bool {
        self.0
            .iter()
            .any(|(workflow, taken)| match other.0.get(workflow) {
                Some(known) => !taken.is_subset(known),
                None => !taken.is_empty(),
            })
    }

    /// Whether it holds every branch that `other` does.
    #[must_use]
    pub fn holds(&self, other: &Coverage) -> bool {
        !other.adds_to(self)
    }

    /// The branches of this workflow that were never taken, each with its place and name.
    #[must_use]
    pub fn missed(&self, workflow: &Workflow) -> Vec<String> {
        let taken = self.0.get(&workflow.name);
        let missed = workflow
            .branches()
            .filter(|branch| !taken.is_some_and(|t| t.contains(branch)));
        missed
            .map(|(step, path)| workflow.describe_branch(step, path))
            .collect()
    }
}
