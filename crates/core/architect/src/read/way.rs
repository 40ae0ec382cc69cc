//! Ways out of steps.

use super::Reader;
use super::spec::StepType;
use crate::workflow::{Next, Path};
use crate::yaml::{Entry, Node};
use std::sync::Arc;
use tollgate_expression::did_you_mean;

/// The way out of a step that has none by name in the vendor's reference, where its answer matters.
const ONLY: &str = "done";

impl Reader<'_> {
    /// Whether the file writes a way out of the step, or takes outputs of its failure.
    pub(super) fn writes_ways(&self, spec: &'static StepType, node: &Node) -> bool {
        !spec.ways.is_empty()
            && (node.get("outputs").is_some() || node.get("failureOutputs").is_some())
    }

    /// The only way out of a step that has none by name.
    pub(super) fn straight(&mut self, spec: &StepType, node: &Node, next: Next) -> Vec<Path> {
        if spec.ways.is_empty() {
            for entry in self.mapping(node, "outputs") {
                self.unknown_way(entry, std::iter::empty(), next);
            }
        }
        vec![Path {
            name: "".into(),
            next,
        }]
    }

    /// The ways out by name; one that the file doesn't use leads to what comes next.
    pub(super) fn outputs(
        &mut self,
        id: u32,
        spec: &'static StepType,
        node: &Node,
        next: Next,
    ) -> Vec<Path> {
        let outputs = node.get("outputs");
        let mut paths = Vec::new();
        for way in &spec.ways {
            let output = outputs.and_then(|outputs| outputs.get(way.name));
            if output.is_none() && !way.always {
                continue;
            }
            paths.push(Path {
                name: way.name.into(),
                next: self.way_out(way.name, output.filter(|_| way.written), next),
            });
        }
        for entry in self.mapping(node, "outputs") {
            let written = spec.ways.iter().filter(|way| way.written);
            let mut names = written.map(|way| way.name);
            if names.clone().any(|name| name == entry.key) {
                continue;
            }
            if spec.names_ways {
                self.named_ways(entry, next, &mut paths);
            } else {
                self.unknown_way(entry, &mut names, next);
            }
        }
        if paths.is_empty() {
            paths.push(Path {
                name: ONLY.into(),
                next,
            });
        }
        let not_here = paths
            .iter()
            .position(|path| Some(&*path.name) == spec.not_here);
        self.steps[id as usize].not_here = not_here.unwrap_or(0) as u16;
        paths
    }

    /// A way that the file names, or a list of such: `intents: [{intent: {name, actions}}]`.
    fn named_ways(&mut self, entry: &Entry, next: Next, paths: &mut Vec<Path>) {
        let mut way = |reader: &mut Self, name: &str, node: &Node| {
            let name = Arc::from(name);
            let next = reader.way_out(&name, Some(node), next);
            paths.push(Path { name, next });
        };
        if entry.value.items().is_empty() {
            return way(self, &entry.key, &entry.value);
        }
        for item in entry.value.items() {
            if let Some(one) = self.only(item, "a way out") {
                let name = one.value.text_of("name").unwrap_or(&one.key).to_owned();
                way(self, &name, &one.value);
            }
        }
    }

    /// Checks what stands in a way out that isn't known; no run takes it.
    pub(super) fn unknown_way<'n>(
        &mut self,
        entry: &Entry,
        names: impl Iterator<Item = &'n str>,
        next: Next,
    ) {
        let names: Vec<&str> = names.collect();
        let help = match names.is_empty() {
            true => "put the steps after it".to_owned(),
            false => did_you_mean(&entry.key, names.into_iter()),
        };
        let message = format!("there is no output `{}`", entry.key);
        self.left_out(entry.place, message, help);
        let first = self.sequence(entry.value.get("actions"), next);
        self.gaps.beyond.push(first);
    }

    /// A way out for a bot's misunderstanding that is missing or disabled is the workflow's own.
    pub(super) fn way_out(&mut self, name: &str, output: Option<&Node>, next: Next) -> Next {
        let enabled = |output: &&Node| self.truth_of(output, "enabled") != Some(false);
        match output.filter(enabled) {
            Some(output) => self.output(output, next),
            None if matches!(name, "maxNoInputs" | "maxNoMatches") => Next::Misunderstood,
            None => next,
        }
    }

    /// `{actions: […]}`.
    pub(super) fn output(&mut self, node: &Node, next: Next) -> Next {
        self.known(node, "actions enabled name none");
        self.sequence(node.get("actions"), next)
    }
}
