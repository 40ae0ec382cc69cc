//! What can be seen of a run.

use super::{Frame, PendingEffect, Round, Run, State, Tell};
use crate::coverage::Coverage;
use crate::workflow::Workflow;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tollgate_expression::Value;

impl Run {
    /// The workflow it runs.
    #[must_use]
    pub fn workflow(&self) -> &Arc<Workflow> {
        &self.workflow
    }

    /// Steps taken so far.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.steps + self.child.as_ref().map_or(0, |child| child.steps())
    }

    /// Variables marked as outputs, by name.
    #[must_use]
    pub fn outputs(&self) -> Map<String, Json> {
        let variables = self.workflow.variables.iter().zip(&self.variables);
        let outputs = variables.filter(|(variable, _)| variable.output);
        outputs
            .map(|(variable, value)| (variable.name.clone(), value.to_json()))
            .collect()
    }

    /// Every variable, by its name in lower case.
    #[must_use]
    pub fn all_variables(&self) -> Map<String, Json> {
        let variables = self.workflow.variables.iter().zip(&self.variables);
        variables
            .map(|(variable, value)| (variable.name.to_lowercase(), value.to_json()))
            .collect()
    }

    /// A variable's value by name, also one that is no output; for tests and transcripts.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Value> {
        let found = self
            .workflow
            .variables
            .iter()
            .position(|v| v.name.eq_ignore_ascii_case(name));
        found.map(|slot| &self.variables[slot])
    }

    /// The participant data.
    #[must_use]
    pub fn participant(&self) -> &BTreeMap<Arc<str>, Arc<str>> {
        &self.participant
    }

    /// From now on notes which branches it takes.
    pub fn watch(&mut self) {
        self.coverage.get_or_insert_default();
    }

    /// The branches taken since [`Run::watch`], those of workflows it called included.
    pub fn take_coverage(&mut self) -> Coverage {
        let mut taken = self
            .coverage
            .as_mut()
            .map(|c| std::mem::take(&mut **c))
            .unwrap_or_default();
        if let Some(child) = &mut self.child {
            taken.add(child.take_coverage());
        }
        taken
    }

    /// Bytes this run takes, but for the workflow, which is shared: its parts and what they have reserved.
    /// The allocator adds its own, some 16 bytes for each part.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let heap = |values: &[Value]| values.iter().map(Value::heap_bytes).sum::<usize>();
        let builtins = self.builtins.iter();
        let builtins = builtins.map(|(name, value)| name.len() + value.heap_bytes());
        let participant = self.participant.iter();
        // An entry's two pointers and its part of the tree's node, at its worst the whole node.
        let node = if self.participant.is_empty() { 0 } else { 368 };
        let participant = participant.map(|(name, value)| name.len() + value.len() + 64);
        let frames = self.frames.iter();
        let frames = frames.map(|frame| {
            frame.saved.capacity() * size_of::<Value>()
                + heap(&frame.saved)
                + frame.loops.capacity() * size_of::<Round>()
        });
        size_of::<Run>()
            + self.variables.capacity() * size_of::<Value>()
            + heap(&self.variables)
            + self.builtins.capacity() * size_of::<(Box<str>, Value)>()
            + builtins.sum::<usize>()
            + node
            + participant.sum::<usize>()
            + self.frames.capacity() * size_of::<Frame>()
            + frames.sum::<usize>()
            + self.loops.capacity() * size_of::<Round>()
            + self.menus.capacity() * size_of::<u32>()
            + self.told.capacity() * size_of::<Tell>()
            + match &self.state {
                State::Pending(_) => size_of::<PendingEffect>(),
                _ => 0,
            }
            + self.child.as_ref().map_or(0, |child| child.bytes())
    }
}
