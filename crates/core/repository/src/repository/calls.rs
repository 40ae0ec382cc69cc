//! Whether what workflows call is there: data actions with those inputs and outputs, and other workflows.
//!
//! A data action is found by its name, in any letters, as the service finds it. Of several with one name one that
//! Terraform deploys from the same folder as the workflow is meant, and of these one of the call's category. The
//! category alone is no reason to refuse: it is the integration's name, which differs between organisations.

mod workflow;

use super::Repository;
use crate::actions::DataAction;
use crate::finding::{Finding, Level, Rule};
use crate::flows::Flow;
use std::collections::{BTreeMap, BTreeSet};
use tollgate_architect::Workflow;
use tollgate_architect::workflow::{Action, DataCall, Step};
use tollgate_expression::meant;

/// Findings of one workflow's calls.
struct Calls<'r> {
    repository: &'r Repository,
    flow: &'r Flow,
    actions: &'r BTreeMap<String, Vec<&'r DataAction>>,
    flows: &'r BTreeMap<String, Vec<&'r Flow>>,
    /// How many actions have names that aren't known.
    unnamed: usize,
    /// The names of workflows that aren't valid, in small letters of ASCII.
    invalid: &'r BTreeSet<String>,
    findings: Vec<Finding>,
}

/// The findings of each workflow's calls, in the order of the workflows.
pub(super) fn check(repository: &Repository) -> Vec<Vec<Finding>> {
    let mut actions: BTreeMap<String, Vec<&DataAction>> = BTreeMap::new();
    let unnamed = repository.actions.iter().filter(|one| one.name.is_none());
    let unnamed = unnamed.count();
    for action in &repository.actions {
        if let Some(name) = &action.name {
            actions.entry(name.to_lowercase()).or_default().push(action);
        }
    }
    let mut flows: BTreeMap<String, Vec<&Flow>> = BTreeMap::new();
    let mut invalid = BTreeSet::new();
    for flow in &repository.flows {
        let name = &flow.item.name;
        match flow.workflow {
            Some(_) => flows.entry(name.to_lowercase()).or_default().push(flow),
            None => drop(invalid.insert(name.to_ascii_lowercase())),
        }
    }
    let checked = repository.flows.iter().map(|flow| {
        let mut calls = Calls {
            repository,
            flow,
            actions: &actions,
            flows: &flows,
            unnamed,
            invalid: &invalid,
            findings: Vec::new(),
        };
        let workflow = flow.workflow.as_ref();
        let steps = workflow.map(Workflow::steps).unwrap_or_default();
        for step in steps.iter().filter(|step| step.reached) {
            calls.step(step);
        }
        calls.findings
    });
    checked.collect()
}

impl Calls<'_> {
    fn step(&mut self, step: &Step) {
        match &step.action {
            Action::CallData(call) => self.data(step, call),
            Action::CallWorkflow(call) => self.workflow(step, call),
            Action::Transfer { inputs, .. }
            | Action::Platform { inputs, .. }
            | Action::Tell(inputs) => {
                for input in inputs {
                    self.target(step, input);
                }
            }
            _ => {}
        }
    }

    fn find(
        &mut self,
        step: &Step,
        (level, rule): (Level, Rule),
        field: String,
        message: String,
        help: String,
    ) {
        self.findings.push(Finding {
            file: self.flow.item.file.clone(),
            place: Some(step.place),
            level,
            rule,
            field,
            message: format!("{}: {message}", step.title()),
            help,
        });
    }

    /// Says something of a step as a whole.
    fn say(&mut self, step: &Step, kind: (Level, Rule), message: String, help: &str) {
        self.find(step, kind, String::new(), message, help.to_owned());
    }

    /// Says that something isn't in the folder, unless the organisation is known to have it.
    fn absent(&mut self, step: &Step, rule: Rule, what: &str, name: &str, near: String) {
        if self.repository.elsewhere.contains(&name.to_lowercase()) {
            return;
        }
        let level = if self.repository.closed {
            Level::Error
        } else {
            Level::Warning
        };
        let mut help = Vec::new();
        if !near.is_empty() {
            help.push(near);
        }
        if rule == Rule::CallAction && self.unnamed > 0 {
            let unnamed = self.unnamed;
            help.push(format!("the names of {unnamed} actions here aren't known"));
        }
        if help.is_empty() {
            help.push("if the organisation has it, name it in a --known file".to_owned());
        }
        let message = format!("{what} isn't in this folder");
        self.say(step, (level, rule), message, &help.join("; "));
    }

    /// Whether a name has a placeholder in it that stands as it is written; then nothing can be said of it.
    fn is_open(&mut self, step: &Step, rule: Rule, name: &str) -> bool {
        let open = name.contains("{{");
        if open {
            let message = format!("`{name}` isn't known, so that this call isn't checked");
            let help = "a placeholder stands as it is written";
            self.say(step, (Level::Note, rule), message, help);
        }
        open
    }

    fn data(&mut self, step: &Step, call: &DataCall) {
        if self.is_open(step, Rule::CallAction, &call.action) {
            return;
        }
        let named = self.actions.get(&call.action.to_lowercase());
        let Some(named) = named else {
            let known = self.actions.values();
            let known = known.filter_map(|all| all[0].name.as_deref());
            let near = self.near(&call.action, known);
            let what = format!("data action `{}`", call.action);
            self.absent(step, Rule::CallAction, &what, &call.action, near);
            return;
        };
        let of_category = |action: &DataAction| {
            let category = action.category.as_deref();
            category.is_some_and(|category| category.eq_ignore_ascii_case(&call.category))
        };
        // Of those that are deployed together with the workflow the first, if there are any.
        let meant = named
            .iter()
            .copied()
            .min_by_key(|action| (action.root != self.flow.root, !of_category(action)));
        let Some(action) = meant else {
            return;
        };
        if let Some(category) = &action.category
            && !of_category(action)
            && !call.category.contains("{{")
        {
            let message = format!(
                "data action `{}` is of the category `{category}` here, and called as one of `{}`",
                call.action, call.category
            );
            let help = "the category is the integration's name";
            self.say(step, (Level::Warning, Rule::CallAction), message, help);
        }
        self.inputs(step, call, action);
        self.outputs(step, call, action);
    }

    /// The name that is near to one that isn't there, as a question; nothing if none is.
    fn near<'n>(&self, name: &str, known: impl Iterator<Item = &'n str>) -> String {
        let known = known.filter(|name| !name.contains("{{"));
        meant(name, known).unwrap_or_default()
    }

    fn inputs(&mut self, step: &Step, call: &DataCall, action: &DataAction) {
        let Some(names) = &action.inputs else {
            return;
        };
        for input in call.inputs.iter().filter(|input| !names.has(&input.name)) {
            let near = self.near(&input.name, names.all.iter().map(String::as_str));
            let help = or_list(near, "inputs", &names.listed());
            let message = format!(
                "data action `{}` has no input `{}`",
                call.action, input.name
            );
            let field = format!("inputs.{}", input.name);
            self.find(step, (Level::Error, Rule::CallInput), field, message, help);
        }
        for required in &names.required {
            let given = call.inputs.iter().find(|input| *input.name == **required);
            if given.is_some_and(|input| !input.value.is_not_set()) {
                continue;
            }
            let message = format!("data action `{}` needs the input `{required}`", call.action);
            let help = "each call fails without".to_owned();
            let field = format!("inputs.{required}");
            self.find(step, (Level::Error, Rule::CallInput), field, message, help);
        }
    }

    fn outputs(&mut self, step: &Step, call: &DataCall, action: &DataAction) {
        let Some(names) = &action.outputs else {
            return;
        };
        let taken = call
            .outputs
            .iter()
            .filter(|output| output.path == "success");
        for output in taken {
            let field = format!("successOutputs.{}", output.name);
            if !names.has(&output.name) {
                let near = self.near(&output.name, names.all.iter().map(String::as_str));
                let help = or_list(near, "outputs", &names.listed());
                let message = format!(
                    "data action `{}` has no output `{}`",
                    call.action, output.name
                );
                self.find(step, (Level::Error, Rule::CallOutput), field, message, help);
                continue;
            }
            let kind = names.type_of(&output.name);
            if let Some(kind) = kind.filter(|kind| !kind.fits(output.kind)) {
                let message = format!(
                    "output `{}` of data action `{}` is {kind} by its contract, and goes into a variable that is {}",
                    output.name, call.action, output.kind
                );
                let help = "Architect doesn't offer such a variable".to_owned();
                self.find(
                    step,
                    (Level::Warning, Rule::CallOutput),
                    field,
                    message,
                    help,
                );
            }
        }
    }
}

/// The name that is near, if one is; else the names that there are.
fn or_list(near: String, what: &str, listed: &str) -> String {
    if near.is_empty() {
        format!("its {what}: {listed}")
    } else {
        near
    }
}
