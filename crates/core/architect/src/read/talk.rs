//! The steps that ask a person something.

use super::Reader;
use super::spec::StepType;
use crate::workflow::{Action, Next, Path, Prompting, QuestionKind};
use crate::yaml::Node;
use tollgate_expression::{Type, did_you_mean};

impl Reader<'_> {
    pub(super) fn prompting(&mut self, node: &Node) -> Prompting {
        let mut prompt = |key: &str| {
            let inner = node.get(key)?;
            self.value(inner, Type::COMMUNICATION, key)
        };
        Prompting {
            question: prompt("question"),
            no_input: prompt("noInput"),
            no_match: prompt("noMatch"),
        }
    }

    pub(super) fn question(&mut self, id: u32, spec: &'static StepType, node: &Node, next: Next) {
        if spec.word == "collectInput" {
            self.collect_input(id, spec, node, next);
            return;
        }
        let prompting = self.prompting(node);
        let (kind, paths) = match spec.word {
            "askForIntent" => (QuestionKind::Intent, self.intent_paths(node, next)),
            "askForSlot" => {
                let kind = self.slot(spec, node);
                let paths = self.outputs(id, spec, node, next);
                let Some(kind) = kind else {
                    return self.finish(id, Action::Pass, paths);
                };
                (kind, paths)
            }
            "askForBoolean" => (QuestionKind::Boolean, self.outputs(id, spec, node, next)),
            _ => {
                let slot = node
                    .get("inputData")
                    .and_then(|data| self.taker_of(data, "inputData", Type::STRING))
                    .map(|(slot, _)| slot);
                (
                    QuestionKind::Text { slot },
                    self.outputs(id, spec, node, next),
                )
            }
        };
        let action = Action::Question {
            kind,
            prompting,
            timeout: None,
        };
        self.finish(id, action, paths);
    }

    fn slot(&mut self, spec: &'static StepType, node: &Node) -> Option<QuestionKind> {
        let slot = node.get("slot")?;
        let entity = slot.get("name").unwrap_or(slot).text()?.to_owned();
        let name = format!("Slot.{entity}");
        let Some((variable, kind)) = self.scope().find(&name) else {
            self.unsupported(
                slot.place,
                format!("no variable `{name}` for the slot"),
                "declare it, or name the entity under settingsNaturalLanguageUnderstanding",
            );
            return None;
        };
        Some(QuestionKind::Slot {
            slot: variable,
            kind,
            entity: entity.into(),
            valid: self
                .setting_of(spec, node, "customValidation")
                .filter(|valid| !valid.is_not_set()),
        })
    }

    /// One path for each intent, then those of other outcomes.
    fn intent_paths(&mut self, node: &Node, next: Next) -> Vec<Path> {
        let outputs = node.get("outputs");
        let mut paths = Vec::new();
        let listed = outputs.map(|outputs| self.list(outputs, "intents"));
        for item in listed.unwrap_or_default() {
            let Some(intent) = self.needed(item, "intent") else {
                continue;
            };
            let name = intent.text_of("name").unwrap_or_default().to_owned();
            if !self.nlu.intents.iter().any(|known| known.name == name) {
                let names: Vec<String> = self.nlu.intents.iter().map(|i| i.name.clone()).collect();
                let help = did_you_mean(&name, names.iter().map(String::as_str));
                self.problems
                    .error(intent.place, format!("no intent `{name}`"), help);
            }
            if self.truth_of(intent, "enabled") == Some(false) {
                continue;
            }
            paths.push(Path {
                name: name.into(),
                next: self.output(intent, next),
            });
        }
        const OTHERS: [&str; 4] = ["noIntent", "knowledge", "maxNoInputs", "maxNoMatches"];
        for entry in self.mapping(node, "outputs") {
            if entry.key != "intents" && !OTHERS.contains(&entry.key.as_str()) {
                self.unknown_way(entry, OTHERS.into_iter(), next);
            }
        }
        // A bot without a knowledge base never answers from one; without the output it goes on.
        for name in OTHERS {
            let output = outputs.and_then(|outputs| outputs.get(name));
            let next = self.way_out(name, output, next);
            if name != "knowledge" || output.is_some() {
                paths.push(Path {
                    name: name.into(),
                    next,
                });
            }
        }
        paths
    }
}
