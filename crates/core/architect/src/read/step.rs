//! Sequences of steps, and what all steps have in common; the shapes of those without code of their own.

use super::Reader;
use super::made::is_result;
use super::spec::{self, Does, Evidence, Stands, StepType};
use crate::workflow::{Action, Binding, Duty, Field, Next, Path};
use crate::yaml::Node;
use tollgate_expression::{Expr, Type, nearest};

/// Keys that every step may have; those of its ways out are read with these.
pub(super) const EVERY_STEP: [&str; 4] = ["name", "none", "refId", "outputs"];

impl Reader<'_> {
    /// Compiles a list of steps; `after` is where the last leads. Gives where to begin.
    pub(super) fn sequence(&mut self, list: Option<&Node>, after: Next) -> Next {
        let items = list.map(|list| self.items(list, "actions"));
        let items = items.unwrap_or_default();
        let ids: Vec<u32> = items
            .iter()
            .map(|item| self.reserve(item.place, ""))
            .collect();
        for (index, item) in items.iter().enumerate() {
            let next = ids.get(index + 1).map_or(after, |id| Next::Step(*id));
            if let Some(entry) = self.only(item, "a step") {
                self.steps[ids[index] as usize].place = entry.place;
                self.step(ids[index], &entry.key, &entry.value, next);
            }
        }
        ids.first().map_or(after, |id| Next::Step(*id))
    }

    pub(super) fn step(&mut self, id: u32, word: &str, node: &Node, next: Next) {
        self.with_gaps(id, |reader| match spec::find(word) {
            Some(spec) => reader.known_step(id, spec, node, next),
            None => reader.unknown_step(id, word, node, next),
        });
        // A step that nobody knows the whole of may lead on.
        let step = &mut self.steps[id as usize];
        if step.is_unsupported() && matches!(step.action, Action::Pass) {
            step.paths.push(Path {
                name: "".into(),
                next,
            });
        }
    }

    /// Checks what stands in a step that isn't known; a run that comes to it fails there.
    fn unknown_step(&mut self, id: u32, word: &str, node: &Node, next: Next) {
        let place = self.steps[id as usize].place;
        let near = match nearest(word, spec::step_types().map(|step| step.word)) {
            Some(near) => format!("did you mean {near}?"),
            None => "docs/flows.md lists what is known".to_owned(),
        };
        self.unsupported(place, format!("no step `{word}` is known"), near);
        let step = &mut self.steps[id as usize];
        step.word = "unknown step";
        word.clone_into(&mut step.name);
        let mut paths = Vec::new();
        for output in self.mapping(node, "outputs") {
            paths.push(Path {
                name: output.key.as_str().into(),
                next: self.sequence(output.value.get("actions"), next),
            });
        }
        self.steps[id as usize].paths = paths;
        for entry in node.entries().iter().filter(|entry| entry.key != "outputs") {
            self.check_expressions(&entry.value);
        }
    }

    fn known_step(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        self.say_what_is_known(id, spec);
        let place = self.steps[id as usize].place;
        for key in &spec.needed {
            let message = format!("{} has no `{key}`", spec.word);
            match spec.evidence {
                _ if node.get(key).is_some() => {}
                Evidence::Seen => self.problems.error(place, message, "it must be there"),
                // The vendor may write it otherwise.
                _ => self.unsupported(place, message, "a run fails there"),
            }
        }
        self.must_map(
            node,
            &format!("`{}`", spec.word),
            "its settings stand below it",
        );
        self.check_keys(spec, node);
        let name = node.text_of("name").unwrap_or_default();
        let step = &mut self.steps[id as usize];
        step.word = spec.word;
        name.clone_into(&mut step.name);
        match spec.does {
            Does::Control => self.control(id, spec, node, next),
            Does::Ask => self.question(id, spec, node, next),
            Does::Call => self.call(id, spec, node, next),
            Does::Say(setting) => self.say(id, spec, node, setting, next),
            Does::LookUp | Does::Nothing => self.look_up(id, spec, node, next),
            Does::Tell => self.tell(id, spec, node, next),
            Does::Transfer => self.transfer(id, spec, node, next),
            Does::End(reason) => self.end(id, spec, node, reason, next),
            Does::Choice => {
                let message = format!("`{}` is a choice of a menu", spec.word);
                self.problems
                    .error(place, message, "write it among a menu's choices");
            }
        }
    }

    /// Tells where the step is known from, and whether it may stand here.
    fn say_what_is_known(&mut self, id: u32, spec: &'static StepType) {
        let place = self.steps[id as usize].place;
        let word = spec.word;
        let here = format!("in a workflow of type {}", self.kind.word());
        match spec.kinds.allow(self.kind) {
            Stands::Yes => {}
            Stands::Unseen(help) => {
                let message = format!("`{word}` isn't known to stand {here}");
                self.problems.warn(place, message, help);
            }
            Stands::No(help) => {
                let message = format!("`{word}` can't stand {here}");
                self.problems.error(place, message, help);
            }
        }
        match spec.evidence {
            Evidence::Seen => {}
            Evidence::Sdk | Evidence::Help => self.problems.warn(
                place,
                format!("how `{word}` is written is our reading of the vendor's step"),
                "compare its settings and outputs with an exported workflow",
            ),
            Evidence::Withdrawn => self.problems.warn(
                place,
                format!("the vendor has withdrawn `{word}`"),
                "it works here",
            ),
        }
    }

    /// Names the step's settings that aren't known, and those that have no effect.
    fn check_keys(&mut self, spec: &'static StepType, node: &Node) {
        let fails = spec.ways.iter().any(|way| way.name == "failure");
        for entry in node.entries() {
            let key = entry.key.as_str();
            if EVERY_STEP.contains(&key) || fails && key == "failureOutputs" {
                continue;
            }
            match spec.setting(key) {
                Some(setting) if setting.used => {}
                Some(setting) => {
                    let value = &entry.value;
                    let unset = value.is_null() || value.get("noValue").is_some();
                    let written = value.written().text();
                    let idle = setting.idle.is_some_and(|idle| written == Some(idle));
                    if !unset && !idle && self.ignored.insert((spec.word, setting.name)) {
                        let message = format!("`{key}` of `{}` has no effect here", spec.word);
                        self.problems.warn(entry.place, message, "");
                    }
                    self.check_expressions(&entry.value);
                }
                None if spec.open => self.problems.warn(
                    entry.place,
                    format!("`{key}` isn't a setting known here"),
                    "it is passed on as it is",
                ),
                None => {
                    self.unknown_key(entry, spec.settings.iter().map(|setting| setting.name));
                }
            }
        }
    }

    pub(super) fn finish(&mut self, id: u32, action: Action, paths: Vec<Path>) {
        let step = &mut self.steps[id as usize];
        step.action = action;
        step.paths = paths;
    }

    fn say(
        &mut self,
        id: u32,
        spec: &'static StepType,
        node: &Node,
        key: &'static str,
        next: Next,
    ) {
        let said = self.setting_of(spec, node, key);
        if !self.writes_ways(spec, node) {
            let paths = self.straight(spec, node, next);
            return self.finish(id, Action::Say(said.into_iter().collect()), paths);
        }
        let (_, outputs) = self.fields(spec, node, &[key]);
        self.platform(id, spec, node, said, (Vec::new(), outputs), next);
    }

    fn look_up(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        let fields = self.fields(spec, node, &[]);
        self.miss_results(id, spec, node);
        self.platform(id, spec, node, None, fields, next);
    }

    /// The platform is asked, and the step is left by its answer.
    fn platform(
        &mut self,
        id: u32,
        spec: &'static StepType,
        node: &Node,
        before: Option<Expr>,
        (inputs, outputs): (Vec<Field>, Vec<Binding>),
        next: Next,
    ) {
        let duty = match spec.does {
            Does::LookUp => Duty::Answer,
            Does::Nothing => Duty::Vendor,
            _ => Duty::Tell,
        };
        let action = Action::Platform {
            duty,
            before,
            inputs,
            outputs,
        };
        let paths = self.outputs(id, spec, node, next);
        self.finish(id, action, paths);
    }

    /// Tells of results that the step gives to no variable.
    fn miss_results(&mut self, id: u32, spec: &'static StepType, node: &Node) {
        let place = self.steps[id as usize].place;
        let results = spec.settings.iter().filter(|setting| setting.used);
        for result in results.map(|setting| setting.name) {
            if is_result(result) && node.get(result).is_none() && !spec.needed.contains(&result) {
                let message = format!("what `{}` finds goes nowhere", spec.word);
                let help = format!("write {result}: {{var: …}} or noValue: true");
                self.problems.warn(place, message, help);
            }
        }
    }

    /// The platform is told, and asked only where the file does something with its answer.
    fn tell(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        let (inputs, outputs) = self.fields(spec, node, &[]);
        if outputs.is_empty() && !self.writes_ways(spec, node) {
            let paths = self.straight(spec, node, next);
            return self.finish(id, Action::Tell(inputs), paths);
        }
        self.platform(id, spec, node, None, (inputs, outputs), next);
    }

    fn transfer(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        const SAID: [&str; 2] = ["preTransferAudio", "failureTransferAudio"];
        let [before, failed] = SAID.map(|key| self.setting_of(spec, node, key));
        let (inputs, outputs) = self.fields(spec, node, &SAID);
        let action = Action::Transfer {
            inputs,
            outputs,
            before,
            failed,
        };
        let paths = self.outputs(id, spec, node, next);
        self.finish(id, action, paths);
    }

    fn end(
        &mut self,
        id: u32,
        spec: &'static StepType,
        node: &Node,
        reason: &'static str,
        next: Next,
    ) {
        let (inputs, _) = self.fields(spec, node, &[reason]);
        let action = Action::End {
            inputs,
            word: spec.word,
            reason: self.setting_of(spec, node, reason),
        };
        let paths = self.straight(spec, node, next);
        self.finish(id, action, paths);
    }

    /// The value of a setting, of the type that the table gives it.
    pub(super) fn setting_of(
        &mut self,
        spec: &'static StepType,
        node: &Node,
        key: &str,
    ) -> Option<Expr> {
        let inner = node.get(key)?;
        let kind = spec.setting(key).and_then(|setting| setting.kind);
        self.value(inner, kind.unwrap_or(Type::ANY), key)
    }
}
