//! Workflows that a workflow calls: run here where the library has them, else asked for.

use super::{Effect, End, MAX_DEPTH, Misses, Progress, Run, State};
use crate::workflow::{Channel, WorkflowCall};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use tollgate_expression::{Value, World};

impl Run {
    /// The workflow runs here if the library has it; else it is asked for.
    pub(super) fn call_workflow(&mut self, id: u32, call: &WorkflowCall) -> Result<(), String> {
        let inputs = self.inputs(&call.inputs)?;
        let Some(workflow) = self.library.get(&*call.workflow).cloned() else {
            let effect = Effect::CallWorkflow {
                kind: call.kind,
                workflow: Arc::clone(&call.workflow),
                inputs,
            };
            self.open(id, effect, None, Misses::default());
            return Ok(());
        };
        let (callers, kind) = (&workflow.callers, self.workflow.kind);
        let every = kind.channel() == Channel::Every;
        if !callers.is_empty() && !callers.contains(&kind) && !every {
            let (name, kind) = (&call.workflow, kind.word());
            return Err(format!(
                "{name} isn't compatible with workflows of type {kind}"
            ));
        }
        if self.depth >= MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} workflows within workflows"));
        }
        let mut variables = inputs;
        variables.remove("inputText");
        let given = super::Inputs {
            variables,
            interaction: Map::new(),
            participant: Default::default(),
            wall_at_origin: self.wall_at_origin,
            library: Arc::clone(&self.library),
            ids: Arc::clone(&self.ids),
        };
        let seed = self.random.next();
        let child = Run::new(workflow, &given, self.now, seed);
        let mut child = child.map_err(|why| why.to_string())?;
        child.builtins = self.builtins.clone();
        child.participant = std::mem::take(&mut self.participant);
        child.depth = self.depth + 1;
        child.last_effect = self.last_effect;
        child.steps = self.steps;
        child.coverage = self.coverage.as_ref().map(|_| Default::default());
        self.child = Some(Box::new(child));
        self.state = State::Child(id);
        Ok(())
    }

    /// What the called workflow wants; none once it is over and this one goes on.
    pub(super) fn child_next(&mut self, step: u32) -> Option<Progress> {
        let child = self.child.as_mut()?;
        let end = match child.next(self.now) {
            Progress::Ended(end) => end,
            other => return Some(other),
        };
        let mut outputs = child.outputs();
        self.last_effect = child.last_effect;
        self.steps = child.steps;
        self.participant = std::mem::take(&mut child.participant);
        if let Value::String(intent) = World::builtin(&**child, "session.lastcompletedintent") {
            outputs.insert("intent".to_owned(), Json::String(intent.to_string()));
        }
        let covered = child.take_coverage();
        if let Some(coverage) = &mut self.coverage {
            coverage.add(covered);
        }
        self.child = None;
        match end {
            End::Step {
                step: "endTask" | "exitBotFlow",
                reason,
            } => {
                if let Some(reason) = reason {
                    outputs.insert("exitReason".to_owned(), Json::String(reason.to_string()));
                }
                self.answered(step, 0, &outputs);
            }
            End::Failed(_) => self.answered(step, 1, &Map::new()),
            other => self.state = State::Ended(other),
        }
        None
    }
}
