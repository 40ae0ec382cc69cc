//! Sequences of steps, and the steps that need no code of their own.

use super::Reader;
use super::setting::setting;
use super::spec::{self, Shape, Spec};
use crate::place::Place;
use crate::workflow::{Action, Next, Path};
use crate::yaml::Node;
use tollgate_expression::{Expr, Type, did_you_mean};

impl Reader<'_> {
    /// Compiles a list of steps; `after` is where the last leads. Gives where to begin.
    pub(super) fn sequence(&mut self, list: Option<&Node>, after: Next) -> Next {
        let items = list.map(Node::items).unwrap_or_default();
        if let Some(list) = list
            && items.is_empty()
            && !list.is_null()
            && !matches!(list.kind, crate::yaml::Kind::List(_))
        {
            let message = format!("a list of steps expected, this is {}", list.what());
            self.problems.error(list.place, message, "");
        }
        let ids: Vec<u32> = items
            .iter()
            .map(|item| self.reserve(item.place, ""))
            .collect();
        for (index, item) in items.iter().enumerate() {
            let next = ids.get(index + 1).map_or(after, |id| Next::Step(*id));
            if let Some(entry) = self.only(item, "a step") {
                self.steps[ids[index] as usize].place = entry.place;
                self.step(ids[index], &entry.key, &entry.value, entry.place, next);
            }
        }
        ids.first().map_or(after, |id| Next::Step(*id))
    }

    pub(super) fn step(&mut self, id: u32, word: &str, node: &Node, place: Place, next: Next) {
        let Some(spec) = spec::find(word) else {
            let help = did_you_mean(word, spec::words());
            self.problems
                .error(place, format!("no step `{word}` is known"), help);
            return;
        };
        if !spec.allowed(self.kind.channel()) {
            let message = format!(
                "`{word}` can't stand in a workflow of type {}",
                self.kind.word()
            );
            self.problems.error(place, message, "");
        }
        if !spec.confirmed {
            self.problems.warn(
                place,
                format!("how `{word}` is written is our reading of the vendor's step"),
                "compare its settings and outputs with an exported workflow",
            );
        }
        for key in &spec.required {
            if node.get(key).is_none() {
                self.problems
                    .error(place, format!("{word} has no `{key}`"), "it must be there");
            }
        }
        let name = node.text_of("name").unwrap_or_default();
        self.steps[id as usize].word = spec.word;
        self.steps[id as usize].name = name.to_owned();
        if spec.shape == Shape::Own {
            self.own_step(id, spec, node, next);
        } else {
            let (action, paths) = self.shaped_step(spec, node, next);
            self.finish(id, action, paths);
        }
    }

    /// A step that is read by its shape alone.
    fn shaped_step(&mut self, spec: &'static Spec, node: &Node, next: Next) -> (Action, Vec<Path>) {
        match spec.shape {
            Shape::Own => (Action::Pass, self.straight(node, next)),
            Shape::Say(setting) => (self.say(node, setting), self.straight(node, next)),
            Shape::Transfer => {
                let before = self.audio(node, "preTransferAudio");
                let failed = self.audio(node, "failureTransferAudio");
                let (inputs, outputs) =
                    self.fields(node, &["preTransferAudio", "failureTransferAudio"]);
                let action = Action::Transfer {
                    inputs,
                    outputs,
                    before,
                    failed,
                };
                (action, self.outputs(node, &spec.paths, next))
            }
            Shape::Platform => {
                let (inputs, outputs) = self.fields(node, &[]);
                (
                    Action::Platform { inputs, outputs },
                    self.outputs(node, &spec.paths, next),
                )
            }
            Shape::Tell => {
                let (inputs, _) = self.fields(node, &[]);
                (Action::Tell(inputs), self.straight(node, next))
            }
            Shape::End => {
                let reason = node.get("exitReason");
                let reason = reason.and_then(|r| self.value(r, Type::STRING, "exitReason"));
                let action = Action::End {
                    word: spec.word,
                    reason,
                };
                (action, self.straight(node, next))
            }
        }
    }

    pub(super) fn finish(&mut self, id: u32, action: Action, paths: Vec<Path>) {
        let step = &mut self.steps[id as usize];
        step.action = action;
        step.paths = paths;
    }

    fn own_step(&mut self, id: u32, spec: &'static Spec, node: &Node, next: Next) {
        match spec.word {
            "decision" | "switch" | "loop" | "loopAnythingElse" | "nextLoop" | "exitLoop"
            | "updateData" | "setParticipantData" | "getParticipantData" | "wait" => {
                self.control(id, spec, node, next);
            }
            "collectInput" | "askForIntent" | "askForSlot" | "askForBoolean" | "waitForInput" => {
                self.question(id, spec, node, next);
            }
            _ => self.call(id, spec, node, next),
        }
    }

    /// The only way out of a step that has none by name.
    pub(super) fn straight(&mut self, node: &Node, next: Next) -> Vec<Path> {
        if let Some(outputs) = node.get("outputs") {
            for entry in outputs.entries() {
                let message = format!("this step has no output `{}`", entry.key);
                self.problems
                    .error(entry.place, message, "put the steps after it");
            }
        }
        vec![Path {
            name: "".into(),
            next,
        }]
    }

    /// The ways out by name; one that the file doesn't use leads to what comes next.
    pub(super) fn outputs(&mut self, node: &Node, names: &[&'static str], next: Next) -> Vec<Path> {
        let outputs = node.get("outputs");
        for entry in outputs.map(Node::entries).unwrap_or_default() {
            if !names.contains(&entry.key.as_str()) {
                let message = format!("there is no output `{}`", entry.key);
                self.problems.error(
                    entry.place,
                    message,
                    did_you_mean(&entry.key, names.iter().copied()),
                );
            }
        }
        names
            .iter()
            .map(|name| {
                let output = outputs.and_then(|outputs| outputs.get(name));
                Path {
                    name: (*name).into(),
                    next: self.way_out(name, output, next),
                }
            })
            .collect()
    }

    /// A way out for a bot's misunderstanding that is missing or disabled is the workflow's own.
    pub(super) fn way_out(&mut self, name: &str, output: Option<&Node>, next: Next) -> Next {
        let enabled = |output: &&Node| output.boolean_of("enabled") != Some(false);
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

    pub(super) fn audio(&mut self, node: &Node, key: &str) -> Option<Expr> {
        let kind = setting(key).unwrap_or(Type::AUDIO);
        node.get(key).and_then(|inner| self.value(inner, kind, key))
    }

    fn say(&mut self, node: &Node, key: &'static str) -> Action {
        let kind = setting(key).unwrap_or(Type::STRING);
        let mut said = Vec::new();
        if let Some(inner) = node.get(key)
            && let Some(expr) = self.value(inner, kind, key)
        {
            said.push(expr);
        }
        let keys =
            format!("{key} name timeout subject outputs none messageAttachments communications");
        self.known(node, &keys);
        Action::Say(said)
    }
}
