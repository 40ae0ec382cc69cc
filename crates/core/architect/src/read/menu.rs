//! Menus and their choices.

use super::Reader;
use super::task::named;
use crate::place::Place;
use crate::workflow::{Action, MenuChoice, Next, Path, normal};
use crate::yaml::Node;
use tollgate_expression::Type;

const MENU_KEYS: &str = "\
    name refId audio choices settingsMenu settingsSpeechRec description variables \
    defaultChildMenuRef";

const CHOICE_KEYS: &str = "\
    dtmf globalDtmf globalSpeechRecTerms speechRecTerms defaultMenuChoice refId";

impl Reader<'_> {
    pub(super) fn menu(&mut self, task: u32, node: &Node) {
        self.known(node, MENU_KEYS);
        let Next::Step(id) = self.tasks[task as usize].entry else {
            return;
        };
        let before = self.task.replace(task);
        self.with_gaps(id, |reader| reader.menu_step(id, task, node));
        self.task = before;
    }

    fn menu_step(&mut self, id: u32, task: u32, node: &Node) {
        let audio = node.get("audio");
        let audio = audio.and_then(|audio| self.value(audio, Type::AUDIO, "audio"));
        let settings = node.get("settingsMenu");
        if let Some(settings) = settings {
            self.known(settings, super::keys::MENU);
        }
        let mut setting = |key: &str, kind| {
            let value = settings.and_then(|settings| settings.get(key))?;
            let value = self.value(value, kind, key)?;
            (!value.is_not_set()).then_some(value)
        };
        let timeout = setting("menuSelectionTimeout", Type::DURATION);
        let repeats = setting("repeatCount", Type::INTEGER);
        let (mut choices, mut paths) = (Vec::new(), Vec::new());
        let default = node.get("defaultChildMenuRef");
        let default = default.and_then(Node::text).map(named);
        for item in self.list(node, "choices") {
            if let Some((mut choice, path)) = self.choice(item, id) {
                choice.default |= default.is_some() && reference(item) == default;
                self.check_twice(item, &choice, &choices);
                choices.push(choice);
                paths.push(path);
            }
        }
        // What the menu does when nobody chooses: its default choice, or the call is over.
        if !choices.iter().any(|choice| choice.default) {
            paths.push(Path {
                name: "no choice".into(),
                next: Next::Return,
            });
        }
        let name = self.tasks[task as usize].name.clone();
        self.steps[id as usize].name = name;
        let action = Action::Menu {
            audio,
            timeout,
            repeats,
            choices,
        };
        self.finish(id, action, paths);
    }

    /// Warns of a choice that an earlier one keeps from being taken.
    fn check_twice(&mut self, item: &Node, choice: &MenuChoice, before: &[MenuChoice]) {
        let key = choice
            .digit
            .filter(|key| before.iter().any(|one| one.digit == Some(*key)));
        if let Some(key) = key {
            let message = format!("two choices have the key {key}");
            self.problems
                .warn(item.place, message, "the first is taken");
        }
        if choice.default && before.iter().any(|one| one.default) {
            let message = "two choices are the default";
            self.problems
                .warn(item.place, message, "the first is taken");
        }
    }

    fn choice(&mut self, item: &Node, menu: u32) -> Option<(MenuChoice, Path)> {
        let entry = self.only(item, "a choice")?;
        let node = &entry.value;
        let Some(kind) = entry.key.strip_prefix("menu") else {
            let message = format!("no choice `{}` of a menu is known", entry.key);
            let help = "such as menuTask, menuDisconnect, menuTransferToAcd";
            self.left_out(entry.place, message, help);
            self.check_expressions(node);
            return None;
        };
        let digit = self.digit(node);
        let terms = self.terms(node);
        let mut flag = |key: &str| self.truth_of(node, key).unwrap_or(false);
        let choice = MenuChoice {
            digit,
            terms,
            default: flag("defaultMenuChoice"),
            global_key: flag("globalDtmf"),
            global_terms: flag("globalSpeechRecTerms"),
        };
        let name = node.text_of("name").unwrap_or(kind).to_owned();
        // What a choice does when it is done leads back to the menu.
        let next = match kind {
            "Task" | "ReusableTask" => self.choice_task(node, menu)?,
            "Menu" | "SubMenu" => {
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
                self.step(id, &word, &bare, Next::Step(menu));
                Next::Step(id)
            }
        };
        let name = name.into();
        Some((choice, Path { name, next }))
    }

    /// A step that goes into a menu, so that going back finds the one before it.
    fn jump_step(&mut self, task: u32, place: Place) -> Next {
        let id = self.reserve(place, "jumpToMenu");
        self.finish(id, Action::Jump(task), Vec::new());
        Next::Step(id)
    }

    fn choice_task(&mut self, node: &Node, menu: u32) -> Option<Next> {
        self.known(
            node,
            "name task targetTaskRef dtmf globalDtmf globalSpeechRecTerms speechRecTerms \
             defaultMenuChoice refId",
        );
        let task = match node.get("targetTaskRef") {
            Some(reference) => self.target(reference)?,
            None => {
                let inner = self.needed(node, "task")?;
                self.known(inner, "name refId actions variables");
                let name = node.text_of("name").unwrap_or_default();
                let reference = inner.text_of("refId");
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
        let digit = super::digits::key(text);
        if digit.is_none() {
            self.problems.error(
                dtmf.place,
                format!("`{text}` is no key"),
                "digit_0 … digit_9, digit_star, digit_pound",
            );
        }
        digit
    }

    /// Words that choose a choice by speech, of every language.
    fn terms(&mut self, node: &Node) -> Vec<String> {
        let mut terms = Vec::new();
        for language in self.mapping(node, "speechRecTerms") {
            let listed = self.list(&language.value, "terms").iter();
            terms.extend(listed.filter_map(Node::text).map(normal));
        }
        terms.extend(node.text_of("name").map(normal));
        terms
    }
}

/// What a choice is referred to by.
fn reference(item: &Node) -> Option<&str> {
    let [choice] = item.entries() else {
        return None;
    };
    let reference = choice.value.text_of("refId");
    reference.or_else(|| choice.value.text_of("name"))
}

/// The mapping without some of its keys.
fn without(node: &Node, keys: &str) -> Node {
    let entries = node.entries().iter();
    let entries = entries.filter(|entry| !keys.split_whitespace().any(|key| key == entry.key));
    Node {
        place: node.place,
        kind: crate::yaml::Kind::Map(entries.cloned().collect()),
    }
}
