//! All of a folder, read; and the check of all its parts against each other.

mod calls;
mod names;

use crate::actions::{self, DataAction};
use crate::files::Files;
use crate::finding::Finding;
use crate::flows::{self, Flow};
use crate::report::{Item, Report};
use crate::terraform;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_architect::{Substitutions, Workflow};

/// How a folder is read.
#[derive(Clone, Default, Debug)]
pub struct Options {
    /// Values for placeholders of workflows that Terraform doesn't deploy.
    pub substitutions: Substitutions,
    /// Values for the variables of the folders that Terraform runs in.
    pub variables: BTreeMap<String, String>,
    /// Names of data actions and workflows that the organisation has besides the folder's.
    pub known: BTreeSet<String>,
    /// Whether a call of something that is neither in the folder nor known is an error.
    pub closed: bool,
}

/// A folder's workflows and data actions.
#[derive(Debug)]
pub struct Repository {
    pub(crate) flows: Vec<Flow>,
    pub(crate) actions: Vec<DataAction>,
    /// Lower-case names of what the organisation has besides the folder's.
    pub(crate) elsewhere: BTreeSet<String>,
    pub(crate) closed: bool,
    others: Vec<Finding>,
}

/// Reads a folder.
#[must_use]
pub fn read(files: &dyn Files, options: &Options) -> Repository {
    let configuration = terraform::read(files, &options.variables);
    let elsewhere = configuration.looked_up.iter().chain(&options.known);
    Repository {
        flows: flows::read(files, &configuration.flows, &options.substitutions),
        actions: actions::read(files, &configuration.actions),
        elsewhere: elsewhere.map(|name| name.to_lowercase()).collect(),
        closed: options.closed,
        others: configuration.findings,
    }
}

impl Repository {
    /// The workflows, each judged by itself; with those that are valid, compiled.
    pub fn workflows(&self) -> impl Iterator<Item = (&Item, Option<&Workflow>)> {
        let flows = self.flows.iter();
        flows.map(|flow| (&flow.item, flow.workflow.as_ref()))
    }

    /// The data actions, each judged by itself.
    pub fn actions(&self) -> impl Iterator<Item = &Item> {
        self.actions.iter().map(|action| &action.item)
    }

    /// What was found in `.tf` files that belongs to none of them.
    #[must_use]
    pub fn others(&self) -> &[Finding] {
        &self.others
    }

    /// Checks that all parts fit together.
    #[must_use]
    pub fn check(self) -> Report {
        let calls = calls::check(&self);
        let names = names::check(&self);
        let flows = self.flows.into_iter().zip(calls).map(|(flow, calls)| {
            let mut item = flow.item;
            item.findings.extend(calls);
            item
        });
        let actions = self.actions.into_iter().map(|action| action.item);
        let mut items: Vec<Item> = flows.chain(actions).collect();
        for item in &mut items {
            item.findings.sort();
            item.findings.dedup();
        }
        items.sort_by(|a, b| (&a.file, &a.address).cmp(&(&b.file, &b.address)));
        let mut others = self.others;
        others.extend(names);
        Report { items, others }
    }
}
