//! The values a template sees, and the variables of one rendering over them.

use crate::node::Slot;
use crate::value::{Special, Tool, Value};
use std::collections::BTreeMap;

/// The values a template sees, by name. What `#set` changes is the rendering's own.
#[derive(Debug, Clone, Default)]
pub struct Context(BTreeMap<String, Value>);

impl Context {
    /// A context without values.
    #[must_use]
    pub fn new() -> Context {
        Context::default()
    }

    /// Names a value; one of this name before is replaced. The tools' names (`esc`, `math`, …) stay theirs.
    pub fn insert(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    /// The names in it, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The variables of one rendering: the context's, with what the template set over them.
pub(crate) struct Variables<'a> {
    context: &'a Context,
    names: &'a [String],
    slots: Vec<Variable<'a>>,
    /// Elements that are null hide what their name is set to, for as long as their loop's body runs.
    hidden: Vec<(Slot, bool)>,
}

#[derive(Clone)]
enum Variable<'a> {
    /// Not looked up yet.
    Unread,
    /// Looked up, and not there.
    Unset,
    Given(&'a Value),
    Set(Value),
}

const NULL: &Value = &Value::Null;

impl<'a> Variables<'a> {
    pub(crate) fn new(context: &'a Context, names: &'a [String]) -> Self {
        Self {
            context,
            names,
            slots: vec![Variable::Unread; names.len()],
            hidden: Vec::new(),
        }
    }

    pub(crate) fn get(&mut self, slot: Slot) -> &Value {
        if !self.hidden.is_empty() && self.hidden.contains(&(slot, true)) {
            return NULL;
        }
        let Some(variable) = self.slots.get_mut(slot as usize) else {
            return NULL;
        };
        if matches!(variable, Variable::Unread) {
            let name = &self.names[slot as usize];
            *variable = match (Tool::named(name), self.context.0.get(name)) {
                (Some(tool), _) => Variable::Set(Value::Special(Special::Tool(tool))),
                (None, Some(value)) => Variable::Given(value),
                (None, None) => Variable::Unset,
            };
        }
        match variable {
            Variable::Given(value) => value,
            Variable::Set(value) => value,
            Variable::Unread | Variable::Unset => NULL,
        }
    }

    /// Whether nothing has set a name whose value was asked for, not even to null.
    pub(crate) fn is_unset(&self, slot: Slot) -> bool {
        let variable = self.slots.get(slot as usize);
        matches!(variable, None | Some(Variable::Unread | Variable::Unset))
    }

    /// Gives back what the template had set before.
    pub(crate) fn set(&mut self, slot: Slot, value: Value) -> Value {
        if value.is_null() {
            for hidden in self.hidden.iter_mut().filter(|it| it.0 == slot) {
                hidden.1 = true;
            }
        }
        let Some(variable) = self.slots.get_mut(slot as usize) else {
            return Value::Null;
        };
        match std::mem::replace(variable, Variable::Set(value)) {
            Variable::Set(before) => before,
            Variable::Given(_) | Variable::Unread | Variable::Unset => Value::Null,
        }
    }

    /// Back to what a name stood for before a loop; where that was null, the name is unset, and what hides
    /// its value does so no longer.
    pub(crate) fn restore(&mut self, slot: Slot, value: Value) {
        if value.is_null() {
            for hidden in self.hidden.iter_mut().filter(|it| it.0 == slot) {
                hidden.1 = false;
            }
            if let Some(variable) = self.slots.get_mut(slot as usize) {
                *variable = Variable::Unset;
            }
        } else {
            self.set(slot, value);
        }
    }

    /// Hides a name; `active` is what it was when it was last shown.
    pub(crate) fn hide(&mut self, slot: Slot, active: bool) {
        self.hidden.push((slot, active));
    }

    /// Shows the name hidden last; whether it still was.
    pub(crate) fn show(&mut self) -> bool {
        self.hidden.pop().is_some_and(|(_, active)| active)
    }
}
