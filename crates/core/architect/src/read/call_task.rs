//! Calls of the workflow's own tasks.

use super::Reader;
use crate::place::Place;
use crate::workflow::{Action, Next, Path, Statement};
use crate::yaml::{Entry, Node};
use std::collections::BTreeSet;
use tollgate_expression::{Type, did_you_mean};

impl Reader<'_> {
    /// A task of this workflow: its variables are set from `inputs`, read into `var:`s after it, and each
    /// of `outputs` with `actions` is the path that `endTask` names.
    pub(super) fn call_task(&mut self, id: u32, node: &Node, next: Next) {
        let Some(task) = node
            .get("targetTaskRef")
            .and_then(|target| self.target(target))
        else {
            return;
        };
        let inputs = self.task_inputs(task, node);
        let outputs = self.task_outputs(task, node);
        let paths = self.task_paths(node, next);
        let action = Action::CallTask {
            task,
            inputs,
            outputs,
        };
        self.finish(id, action, paths);
    }

    fn task_inputs(&mut self, task: u32, node: &Node) -> Vec<Statement> {
        let mut inputs = Vec::new();
        for Entry { key, value, place } in self.mapping(node, "inputs") {
            let Some((slot, kind)) = self.task_variable(task, key, *place) else {
                continue;
            };
            if let Some(value) = self.value(value, kind, key) {
                inputs.push(Statement { slot, value });
            }
        }
        inputs
    }

    /// The task's variables that are read at its end, and the variables that take them.
    fn task_outputs(&mut self, task: u32, node: &Node) -> Vec<(u32, u32)> {
        let mut outputs = Vec::new();
        for Entry { key, value, place } in self.mapping(node, "outputVariables") {
            let target = self.taker(value, key);
            let source = self.task_variable(task, key, *place);
            if let (Some((from, from_kind)), Some((to, to_kind))) = (source, target) {
                if !from_kind.fits(to_kind) {
                    let message = format!("{key} is {from_kind}, the variable {to_kind}");
                    self.problems.error(*place, message, "");
                }
                outputs.push((from, to));
            }
        }
        outputs
    }

    /// The ways out that `endTask` may name, then the one for all other ends.
    fn task_paths(&mut self, node: &Node, next: Next) -> Vec<Path> {
        let (mut paths, mut default) = (Vec::new(), None);
        for Entry { key, value, place } in self.mapping(node, "outputs") {
            if key.eq_ignore_ascii_case("default") {
                default = default.or(Some(value));
            } else {
                self.task_ways.push((key.to_lowercase(), *place));
                paths.push(Path {
                    name: key.to_lowercase().into(),
                    next: self.output(value, next),
                });
            }
        }
        paths.push(Path {
            name: "default".into(),
            next: default.map_or(next, |output| self.output(output, next)),
        });
        paths
    }

    /// Warns of ways out of called tasks that no task's end names.
    pub(super) fn check_task_ways(&mut self) {
        let ends = self.steps.iter().filter_map(|step| match &step.action {
            Action::EndTask(Some(way)) => Some(way.to_lowercase()),
            _ => None,
        });
        let ends: BTreeSet<String> = ends.collect();
        for (way, place) in std::mem::take(&mut self.task_ways) {
            if !ends.contains(&way) {
                let help = did_you_mean(&way, ends.iter().map(String::as_str));
                self.problems
                    .warn(place, format!("no endTask leaves by `{way}`"), help);
            }
        }
    }

    fn task_variable(&mut self, task: u32, name: &str, place: Place) -> Option<(u32, Type)> {
        let lower = name.to_lowercase();
        let slot = self.locals[task as usize].get(&lower).copied();
        let Some(slot) = slot else {
            let names: Vec<String> = self.locals[task as usize].keys().cloned().collect();
            let help = did_you_mean(name, names.iter().map(String::as_str));
            self.problems
                .error(place, format!("the task has no variable `{name}`"), help);
            return None;
        };
        Some((slot, self.variables[slot as usize].kind))
    }
}
