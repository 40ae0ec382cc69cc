//! What can be seen of a run.

use super::{Frame, Open, Round, Run, State, Tell};
use crate::coverage::Coverage;
use crate::flow::Flow;
use crate::value::Value;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Run {
    /// The flow it runs.
    #[must_use]
    pub fn flow(&self) -> &Arc<Flow> {
        &self.flow
    }

    /// Steps taken so far.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.steps + self.child.as_ref().map_or(0, |child| child.steps())
    }

    /// Variables marked as outputs, by name.
    #[must_use]
    pub fn outputs(&self) -> Map<String, Json> {
        let variables = self.flow.variables.iter().zip(&self.variables);
        let outputs = variables.filter(|(variable, _)| variable.output);
        outputs
            .map(|(variable, value)| (variable.name.clone(), value.to_json()))
            .collect()
    }

    pub(crate) fn all_variables(&self) -> Map<String, Json> {
        let variables = self.flow.variables.iter().zip(&self.variables);
        variables
            .map(|(variable, value)| (variable.name.to_lowercase(), value.to_json()))
            .collect()
    }

    /// A variable's value by name, also one that is no output; for tests and transcripts.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&Value> {
        let found = self
            .flow
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

    /// The branches taken since [`Run::watch`], those of flows it called included.
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

    /// Bytes this run takes, but for the flow, which is shared: an estimate from its parts.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let values = self.variables.iter().chain(self.builtins.values());
        let text = |text: &str| text.len() + 16;
        size_of::<Run>()
            + values
                .map(|value| size_of::<Value>() + value.heap_bytes())
                .sum::<usize>()
            + self.builtins.keys().map(|name| text(name)).sum::<usize>()
            + self
                .participant
                .iter()
                .map(|(k, v)| text(k) + text(v) + 32)
                .sum::<usize>()
            + self
                .frames
                .iter()
                .map(|f| size_of::<Frame>() + f.saved.len() * size_of::<Value>())
                .sum::<usize>()
            + self.loops.len() * size_of::<Round>()
            + self.told.len() * size_of::<Tell>()
            + if matches!(self.state, State::Open(_)) {
                size_of::<Open>()
            } else {
                0
            }
            + self.child.as_ref().map_or(0, |child| child.bytes())
    }
}
