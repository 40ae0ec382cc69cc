//! Menus, and the steps that ask a person something.

use super::Reader;
use super::spec::Spec;
use crate::expr::Expr;
use crate::flow::{Action, ChoiceKey, MenuChoice, Next, Path, Prompting, QuestionKind};
use crate::kind::Type;
use crate::value::Value;
use crate::yaml::Node;

const MENU_KEYS: &[&str] = &[
    "name",
    "refId",
    "audio",
    "choices",
    "settingsMenu",
    "settingsSpeechRec",
    "description",
    "variables",
];

const CHOICE_KEYS: &[&str] = &[
    "dtmf",
    "globalDtmf",
    "globalSpeechRecTerms",
    "speechRecTerms",
    "defaultMenuChoice",
];

impl Reader<'_> {
    pub(super) fn menu(&mut self, task: u32, node: &Node) {
        self.known(node, MENU_KEYS);
        let Next::Step(id) = self.tasks[task as usize].entry else {
            return;
        };
        let before = self.task.replace(task);
        let audio = self.audio(node, "audio");
        let settings = node.get("settingsMenu");
        let mut setting = |key: &str, kind| {
            let value = settings.and_then(|settings| settings.get(key))?;
            let value = self.value(value, kind, key)?;
            (!matches!(value, Expr::Constant(Value::NotSet))).then_some(value)
        };
        let timeout = setting("menuSelectionTimeout", Type::DURATION);
        let repeats = setting("repeatCount", Type::INTEGER);
        let (mut choices, mut paths) = (Vec::new(), Vec::new());
        for item in node.get("choices").map(Node::items).unwrap_or_default() {
            if let Some((choice, path)) = self.choice(item, id) {
                choices.push(choice);
                paths.push(path);
            }
        }
        // What the menu does when nobody chooses: by default choice, or by leaving.
        paths.push(Path {
            name: "no choice".into(),
            next: Next::Return,
        });
        let name = self.tasks[task as usize].name.clone();
        self.steps[id as usize].name = name;
        let action = Action::Menu {
            audio,
            timeout,
            repeats,
            choices,
        };
        self.finish(id, action, paths);
        self.task = before;
    }

    fn choice(&mut self, item: &Node, menu: u32) -> Option<(MenuChoice, Path)> {
        let entry = self.only(item, "a choice")?;
        let node = &entry.value;
        let Some(kind) = entry.key.strip_prefix("menu") else {
            let message = format!("`{}` is no choice of a menu", entry.key);
            self.problems.error(
                entry.place,
                message,
                "such as menuTask, menuDisconnect, menuTransferToAcd",
            );
            return None;
        };
        let key = ChoiceKey {
            digit: self.digit(node),
            terms: terms(node),
        };
        let default = node
            .get("defaultMenuChoice")
            .and_then(Node::boolean)
            .unwrap_or(false);
        let name = node
            .get("name")
            .and_then(Node::text)
            .unwrap_or(kind)
            .to_owned();
        // What a choice does when it is done leads back to the menu.
        let next = match kind {
            "Task" | "ReusableTask" => self.choice_task(node, menu)?,
            "SubMenu" => {
                let inner = self.needed(node, "menu")?;
                let reference = inner.get("refId").or_else(|| inner.get("name"))?;
                let task = self.target(reference)?;
                self.jump_step(task, entry.place)
            }
            "RepeatMenu" | "Repeat" => Next::Step(menu),
            _ => {
                let mut word = kind.to_owned();
                if let Some(first) = word.get(..1) {
                    word = first.to_lowercase() + &kind[1..];
                }
                let id = self.reserve(entry.place, "");
                let bare = without(node, CHOICE_KEYS);
                self.step(id, &word, &bare, entry.place, Next::Step(menu));
                Next::Step(id)
            }
        };
        Some((
            MenuChoice { key, default },
            Path {
                name: name.into(),
                next,
            },
        ))
    }

    /// A step that goes into a menu, so that going back finds the one before it.
    fn jump_step(&mut self, task: u32, place: crate::place::Place) -> Next {
        let id = self.reserve(place, "jumpToMenu");
        self.finish(id, Action::Jump(task), Vec::new());
        Next::Step(id)
    }

    fn choice_task(&mut self, node: &Node, menu: u32) -> Option<Next> {
        self.known(
            node,
            &[
                "name",
                "task",
                "targetTaskRef",
                "dtmf",
                "globalDtmf",
                "globalSpeechRecTerms",
                "speechRecTerms",
                "defaultMenuChoice",
                "refId",
            ],
        );
        let task = match node.get("targetTaskRef") {
            Some(reference) => self.target(reference)?,
            None => {
                let inner = self.needed(node, "task")?;
                self.known(inner, &["name", "refId", "actions", "variables"]);
                let name = node.get("name").and_then(Node::text).unwrap_or_default();
                let reference = inner.get("refId").and_then(Node::text);
                let task = self.new_task(name, reference, inner, false);
                self.declare_variables(inner.get("variables"), Some(task));
                self.compile_actions(task, inner.get("actions"));
                task
            }
        };
        let id = self.reserve(node.place, "callTask");
        let action = Action::CallTask {
            task,
            inputs: Vec::new(),
            outputs: Vec::new(),
        };
        let back = Path {
            name: "default".into(),
            next: Next::Step(menu),
        };
        self.finish(id, action, vec![back]);
        Some(Next::Step(id))
    }

    fn digit(&mut self, node: &Node) -> Option<char> {
        let dtmf = node.get("dtmf")?;
        let text = dtmf.text()?;
        let digit = match text.strip_prefix("digit_") {
            Some(digit) if digit.len() == 1 => digit.chars().next().filter(char::is_ascii_digit),
            Some("star") => Some('*'),
            Some("pound") => Some('#'),
            _ => None,
        };
        if digit.is_none() {
            self.problems.error(
                dtmf.place,
                format!("`{text}` is no key"),
                "digit_0 … digit_9, digit_star, digit_pound",
            );
        }
        digit
    }

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

    pub(super) fn question(&mut self, id: u32, spec: &'static Spec, node: &Node, next: Next) {
        if spec.word == "collectInput" {
            self.collect_input(id, spec, node, next);
            return;
        }
        self.known(
            node,
            &[
                "name",
                "question",
                "noInput",
                "noMatch",
                "slot",
                "customValidation",
                "confirmationMode",
                "confirmation",
                "voiceEndOfInputTimeout",
                "outputs",
                "inputData",
                "noConfirmation",
                "noMatchConfirmation",
                "noInputConfirmation",
            ],
        );
        if let Some(validation) = node
            .get("customValidation")
            .filter(|v| v.get("noValue").is_none())
        {
            self.problems.error(
                validation.place,
                "customValidation isn't supported",
                "check the slot in a decision after the step",
            );
        }
        if let Some(mode) = node.get("confirmationMode")
            && mode.get("lit").and_then(Node::text) != Some("never")
            && mode.get("noValue").is_none()
        {
            self.problems.warn(
                mode.place,
                "slots are never confirmed here",
                "the question's answer is taken as it is",
            );
        }
        let prompting = self.prompting(node);
        let (kind, paths) = match spec.word {
            "askForIntent" => (QuestionKind::Intent, self.intent_paths(node, next)),
            "askForSlot" => {
                let Some(kind) = self.slot(node) else {
                    return;
                };
                (kind, self.outputs(node, spec.paths, next))
            }
            "askForBoolean" => (QuestionKind::Boolean, self.outputs(node, spec.paths, next)),
            _ => {
                let target = node.get("inputData").and_then(|data| data.get("var"));
                let slot = target
                    .and_then(|target| self.variable(target))
                    .map(|(slot, _)| slot);
                (
                    QuestionKind::Text { slot },
                    self.outputs(node, spec.paths, next),
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

    fn slot(&mut self, node: &Node) -> Option<QuestionKind> {
        let slot = node.get("slot")?;
        let entity = slot.get("name").unwrap_or(slot).text()?.to_owned();
        let name = format!("Slot.{entity}");
        let Some((variable, kind)) = self.scope().find(&name) else {
            self.problems.error(
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
        })
    }

    /// One path for each intent, then those of other outcomes.
    fn intent_paths(&mut self, node: &Node, next: Next) -> Vec<Path> {
        let outputs = node.get("outputs");
        let mut paths = Vec::new();
        let listed = outputs.and_then(|outputs| outputs.get("intents"));
        for item in listed.map(Node::items).unwrap_or_default() {
            let Some(intent) = self.needed(item, "intent") else {
                continue;
            };
            let name = intent
                .get("name")
                .and_then(Node::text)
                .unwrap_or_default()
                .to_owned();
            if !self.nlu.intents.iter().any(|known| known.name == name) {
                let names: Vec<String> = self.nlu.intents.iter().map(|i| i.name.clone()).collect();
                let help = crate::place::did_you_mean(&name, names.iter().map(String::as_str));
                self.problems
                    .error(intent.place, format!("no intent `{name}`"), help);
            }
            if intent.get("enabled").and_then(Node::boolean) == Some(false) {
                continue;
            }
            paths.push(Path {
                name: name.into(),
                next: self.output(intent, next),
            });
        }
        const OTHERS: [&str; 4] = ["noIntent", "knowledge", "maxNoInputs", "maxNoMatches"];
        for entry in outputs.map(Node::entries).unwrap_or_default() {
            if entry.key != "intents" && !OTHERS.contains(&entry.key.as_str()) {
                let help = crate::place::did_you_mean(&entry.key, OTHERS.into_iter());
                self.problems.error(
                    entry.place,
                    format!("there is no output `{}`", entry.key),
                    help,
                );
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

    fn collect_input(&mut self, id: u32, spec: &'static Spec, node: &Node, next: Next) {
        self.known(
            node,
            &[
                "name",
                "inputData",
                "digits",
                "interDigitTimeout",
                "noEntryTimeout",
                "inputAudio",
                "acceptJustStar",
                "acceptJustPound",
                "verificationType",
                "outputs",
                "noEntryAudio",
            ],
        );
        let target = node.get("inputData").and_then(|data| data.get("var"));
        let target = target.and_then(|target| self.variable(target));
        let digits = node
            .get("digits")
            .map(|digits| digits.get("range").unwrap_or(digits));
        let number = |key: &str| {
            digits
                .and_then(|d| d.get(key))
                .and_then(Node::text)?
                .parse()
                .ok()
        };
        let exact: Option<u32> = number("exact");
        let bounds = exact
            .map(|n| (n, n))
            .or_else(|| number("min").zip(number("max")));
        let Some((min, max)) = bounds.filter(|(min, max)| min <= max && *max <= 40) else {
            let place = digits.map_or(node.place, |digits| digits.place);
            self.problems.error(
                place,
                "how many digits?",
                "range: {min: 1, max: 3} or exact: 4; at most 40",
            );
            return;
        };
        let timeout = self.audio(node, "noEntryTimeout");
        let prompting = Prompting {
            question: self.audio(node, "inputAudio"),
            no_input: self.audio(node, "noEntryAudio"),
            no_match: None,
        };
        let paths = self.outputs(node, spec.paths, next);
        let Some((slot, kind)) = target else {
            return;
        };
        if !Type::STRING.fits(kind) {
            self.problems.error(
                node.place,
                format!("digits are string, the variable is {kind}"),
                "",
            );
        }
        let action = Action::Question {
            kind: QuestionKind::Digits { min, max, slot },
            prompting,
            timeout: timeout.filter(|t| !matches!(t, Expr::Constant(Value::NotSet))),
        };
        self.finish(id, action, paths);
    }
}

/// Words that choose a choice by speech, of every language.
fn terms(node: &Node) -> Vec<String> {
    let mut terms = Vec::new();
    for language in node
        .get("speechRecTerms")
        .map(Node::entries)
        .unwrap_or_default()
    {
        let listed = language
            .value
            .get("terms")
            .map(Node::items)
            .unwrap_or_default();
        terms.extend(
            listed
                .iter()
                .filter_map(Node::text)
                .map(crate::flow::normal),
        );
    }
    terms.extend(
        node.get("name")
            .and_then(Node::text)
            .map(crate::flow::normal),
    );
    terms
}

/// The mapping without some of its keys.
fn without(node: &Node, keys: &[&str]) -> Node {
    let entries = node
        .entries()
        .iter()
        .filter(|entry| !keys.contains(&entry.key.as_str()));
    Node {
        place: node.place,
        kind: crate::yaml::Kind::Map(entries.cloned().collect()),
    }
}
