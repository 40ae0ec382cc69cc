//! Names in the configuration and in workflow files that only action files can confirm.
//!
//! A slip in one of them would be silent, or found by the first call: a limit that never holds, an answer that
//! is never kept, a workflow that takes its failure path. With a store an action may come from there, so that
//! a `[[cache]]` or a workflow that names one which no file has isn't at fault then: that is only told.
//!
//! Where an integration's files can't all be read, what they would have named isn't known; nothing is said of
//! names that they may have.

use crate::action::file_integration_id;
use crate::files::FilesRead;
use crate::{Catalog, CatalogAction, Fault, WorkflowFiles};
use std::collections::BTreeSet;
use tollgate_architect::workflow::{Action, Step};
use tollgate_config::{CacheRule, Config, Integration, did_you_mean};

/// Looks names up, and gathers what it doesn't find.
pub(crate) struct Names<'a> {
    config: &'a Config,
    catalog: &'a Catalog,
    /// Integrations whose files couldn't all be read.
    incomplete: &'a BTreeSet<String>,
    pub(crate) faults: Vec<Fault>,
    /// Names that the store may have.
    pub(crate) unconfirmed: Vec<Fault>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(config: &'a Config, read: &'a FilesRead) -> Self {
        Self {
            config,
            catalog: &read.catalog,
            incomplete: &read.incomplete,
            faults: Vec::new(),
            unconfirmed: Vec::new(),
        }
    }

    pub(crate) fn resolve(&mut self, workflows: &WorkflowFiles) {
        for (at, integration) in self.config.integrations.iter().enumerate() {
            if !self.incomplete.contains(&integration.name) {
                self.of_integration(at, integration);
            }
        }
        for (at, rule) in self.config.caches.iter().enumerate() {
            self.of_rule(at, rule);
        }
        for (name, file) in &workflows.files {
            self.of_workflow(workflows, name, file);
        }
    }

    /// Actions with limits or a cost of their own.
    fn of_integration(&mut self, at: usize, integration: &Integration) {
        let id = file_integration_id(&integration.name);
        let own = |entry: &&CatalogAction| entry.integration == id;
        let mut routes: Vec<_> = integration.routes.by_action.iter().collect();
        // Their routes are in the order of the file.
        routes.sort_by_key(|(_, route)| **route);
        for (nth, (name, _)) in routes.into_iter().enumerate() {
            let mut actions = self.catalog.actions().map(AsRef::as_ref).filter(own);
            let found = actions.find(|entry| entry.name == *name);
            let field = format!("integration[{}].action[{}].name", at + 1, nth + 1);
            if let Some(entry) = found {
                if entry.is_composite() {
                    let message = format!(
                        "{name:?} is a composite, which makes no call of its own: give its limits to the actions \
                         that it calls"
                    );
                    self.faults.push(Fault::of(self.config, &field, message));
                }
                continue;
            }
            let names = self.catalog.actions().map(AsRef::as_ref).filter(own);
            let folder = integration.folder.as_ref();
            let folder = folder.map_or(String::new(), |it| format!(" in {}", it.display()));
            let (of, meant) = (&integration.name, meant(name, names));
            let message = format!("{of} has no action {name:?}{folder}{meant}");
            self.faults.push(Fault::of(self.config, &field, message));
        }
    }

    fn of_rule(&mut self, at: usize, rule: &CacheRule) {
        let (config, catalog) = (self.config, self.catalog);
        let integration = rule.integration.as_ref();
        let reaches = |entry: &&CatalogAction| {
            let of = catalog.integration(&entry.integration);
            integration.is_none_or(|name| of.is_some_and(|of| of.name == *name))
        };
        let within = || catalog.actions().map(AsRef::as_ref).filter(reaches);
        let name = &rule.action;
        let mut found = false;
        for entry in within().filter(|entry| entry.name == *name) {
            found = true;
            self.of_kept(at, rule, entry);
        }
        let is_incomplete = match integration {
            Some(name) => self.incomplete.contains(name),
            None => !self.incomplete.is_empty(),
        };
        if found || is_incomplete {
            return;
        }
        let field = format!("cache[{}].action", at + 1);
        let message = format!("there is no action {name:?}{}", meant(name, within()));
        self.not_found(Fault::of(config, &field, message));
    }

    /// An action whose answers are kept.
    fn of_kept(&mut self, at: usize, rule: &CacheRule, entry: &CatalogAction) {
        let name = &rule.action;
        if entry.secure {
            let field = format!("cache[{}].action", at + 1);
            let message =
                format!("{name:?} is secure, and a secure action's answers are never kept");
            self.faults.push(Fault::of(self.config, &field, message));
        }
        let definition = entry.action.as_ref().ok().map(|it| it.definition());
        let inputs = definition.and_then(|it| it.pointer("/contract/input/inputSchema/properties"));
        let Some(inputs) = inputs.and_then(|it| it.as_object()) else {
            return;
        };
        for (nth, input) in rule.inputs.iter().flatten().enumerate() {
            if !inputs.contains_key(input) {
                let field = format!("cache[{}].inputs[{}]", at + 1, nth + 1);
                let known = did_you_mean(input, inputs.keys().map(String::as_str));
                let message = format!("{name:?} has no input {input:?}{known}");
                self.faults.push(Fault::of(self.config, &field, message));
            }
        }
    }

    /// The actions that a workflow's steps call, found as its runs find them.
    fn of_workflow(&mut self, workflows: &WorkflowFiles, name: &str, file: &str) {
        let Some(workflow) = workflows.library.get(name) else {
            return;
        };
        for step in workflow.steps().iter().filter(|step| step.reached) {
            let Action::CallData(call) = &step.action else {
                continue;
            };
            let (category, action) = (&*call.category, &*call.action);
            let is_incomplete = |name: &String| name.eq_ignore_ascii_case(category);
            if self.catalog.action_named(category, action).is_some()
                || self.incomplete.iter().any(is_incomplete)
            {
                continue;
            }
            self.not_found(no_action(self.catalog, (category, action), step, file));
        }
    }

    /// An action that no file has.
    fn not_found(&mut self, fault: Fault) {
        if self.config.store.is_none() {
            self.faults.push(fault);
            return;
        }
        let message = format!(
            "{}: of the files; the store may have it, and isn't looked at",
            fault.message
        );
        self.unconfirmed.push(Fault { message, ..fault });
    }
}

/// A step of a workflow in that file calls an action that isn't there. `of`: the action's category and name.
pub(crate) fn no_action(
    catalog: &Catalog,
    (category, action): (&str, &str),
    step: &Step,
    file: &str,
) -> Fault {
    let entries = catalog.actions().map(AsRef::as_ref);
    let of_category =
        entries.filter(|entry: &&CatalogAction| entry.category.eq_ignore_ascii_case(category));
    let message = format!(
        "there is no action {action:?} in the category {category:?}{}",
        meant(action, of_category)
    );
    Fault {
        file: file.to_owned(),
        place: Some((step.place.line as usize, step.place.column as usize)),
        field: step.title(),
        message,
    }
}

/// `; did you mean "…"?` of an action's name, if there is one like it.
fn meant<'a>(name: &str, entries: impl Iterator<Item = &'a CatalogAction>) -> String {
    did_you_mean(name, entries.map(|entry| entry.name.as_str()))
}
