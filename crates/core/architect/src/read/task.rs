//! Tasks, states, bots and menus: declared first, compiled after, and where the workflow starts.

use super::Reader;
use crate::workflow::{Channel, Next, Task};
use crate::yaml::{Entry, Node};

/// The lists that hold them, and the key of an item.
const LISTS: [(&str, &str); 4] = [
    ("tasks", "task"),
    ("states", "state"),
    ("bots", "bot"),
    ("menus", "menu"),
];

/// Choices that are menus of their own.
const MENUS: [&str; 2] = ["menuSubMenu", "menuMenu"];

const TASK_KEYS: &str = "name refId variables actions description";

impl Reader<'_> {
    pub(super) fn declare_tasks(&mut self) {
        let root = self.root;
        for (list, key) in LISTS {
            let items = self.list(root, list);
            for item in items {
                let Some(entry) = self.only(item, key) else {
                    continue;
                };
                if entry.key != key {
                    let message = format!("`{}` within {list}", entry.key);
                    self.problems
                        .error(entry.place, message, format!("write {key}:"));
                    continue;
                }
                self.declare_task(&entry.value, key == "menu");
            }
        }
        if let Some(actions) = root.get("startUpTaskActions") {
            let task = self.new_task("start-up task", None, actions, false);
            self.make_variables(task, actions);
        }
    }

    fn declare_task(&mut self, node: &Node, menu: bool) {
        let name = node.text_of("name").unwrap_or_default();
        let reference = node.text_of("refId");
        if !menu {
            self.known(node, TASK_KEYS);
        }
        let task = self.new_task(name, reference, node, menu);
        self.declare_variables(node.get("variables"), Some(task));
        self.make_variables(task, node);
        if menu {
            self.declare_submenus(node);
        }
    }

    /// Menus within menus have references of their own.
    fn declare_submenus(&mut self, node: &Node) {
        let choices = self.list(node, "choices");
        for choice in choices {
            if let [Entry { key, value, .. }] = choice.entries()
                && MENUS.contains(&key.as_str())
                && let Some(inner) = value.get("menu")
            {
                self.declare_task(inner, true);
            }
        }
    }

    pub(super) fn new_task(
        &mut self,
        name: &str,
        reference: Option<&str>,
        node: &Node,
        menu: bool,
    ) -> u32 {
        let id = self.tasks.len() as u32;
        // A menu is one step, so that what leads to it can be compiled before it is.
        let entry = if menu {
            Next::Step(self.reserve(node.place, "menu"))
        } else {
            Next::Return
        };
        self.tasks.push(Task {
            name: name.to_owned(),
            entry,
            variables: Vec::new(),
            menu,
        });
        self.locals.push(Default::default());
        if let Some(reference) = reference
            && !self.reference_ids.insert(reference.to_owned())
        {
            let message = format!("refId `{reference}` is there twice");
            self.problems.error(
                node.place,
                message,
                "give each task, menu and state its own",
            );
        }
        for text in [reference, Some(name)].into_iter().flatten() {
            self.references.entry(text.to_owned()).or_insert(id);
        }
        id
    }

    pub(super) fn compile_tasks(&mut self) {
        let root = self.root;
        let mut next = 0;
        for (list, key) in LISTS {
            let items = self.list(root, list);
            for item in items {
                if let [entry] = item.entries()
                    && entry.key == key
                {
                    self.compile_task(&entry.value, key == "menu", &mut next);
                }
            }
        }
        if let Some(actions) = root.get("startUpTaskActions") {
            self.compile_actions(next, Some(actions));
        }
    }

    /// Compiles the task at `next` and its submenus, in the order in which they were declared.
    fn compile_task(&mut self, node: &Node, menu: bool, next: &mut u32) {
        let task = *next;
        *next += 1;
        if menu {
            self.menu(task, node);
            let choices = self.list(node, "choices");
            for choice in choices {
                if let [Entry { key, value, .. }] = choice.entries()
                    && MENUS.contains(&key.as_str())
                    && let Some(inner) = value.get("menu")
                {
                    self.compile_task(inner, true, next);
                }
            }
        } else {
            self.compile_actions(task, node.get("actions"));
        }
    }

    pub(super) fn compile_actions(&mut self, task: u32, actions: Option<&Node>) {
        let before = self.task.replace(task);
        let loops = std::mem::take(&mut self.open_loops);
        let entry = self.sequence(actions, Next::Return);
        self.open_loops = loops;
        self.task = before;
        let variables = self.locals[task as usize].values().copied().collect();
        let compiled = &mut self.tasks[task as usize];
        compiled.entry = entry;
        compiled.variables = variables;
    }

    pub(super) fn start(&mut self) -> Option<u32> {
        let root = self.root;
        if let Some(reference) = root.get("startUpRef") {
            return self.target(reference);
        }
        if root.get("startUpTaskActions").is_some() {
            return (self.tasks.len() as u32).checked_sub(1).and_then(|_| {
                let found = self
                    .tasks
                    .iter()
                    .position(|task| task.name == "start-up task");
                found.map(|index| index as u32)
            });
        }
        if self.tasks.len() == 1 && self.kind.channel() != Channel::Every {
            return Some(0);
        }
        self.problems.error(
            root.place,
            "`startUpRef` is missing",
            "name the task, menu or state to begin with",
        );
        None
    }
}

/// What a reference such as `/inboundCall/tasks/task[Name_12]` or `./choices/menuTask[Name_12]` names.
pub(super) fn named(reference: &str) -> &str {
    let open = reference.rfind('[');
    let inner = open.and_then(|open| reference[open + 1..].strip_suffix(']'));
    inner.unwrap_or(reference).trim_matches(['"', '\''])
}
