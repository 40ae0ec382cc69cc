//! Lists and maps, and how they let go of what they hold.

use super::{Entry, Scope, Special, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

/// Which of Java's classes a list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListKind {
    /// `ArrayList`.
    Plain,
    /// An array of JSON.
    Json,
    /// `String[]`: of fixed size.
    Array,
    /// Keys, values or entries of a map: without an order to index.
    View,
    /// Part of a list.
    Part,
}

/// Which of Java's classes a map is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MapKind {
    /// `LinkedHashMap`.
    Plain,
    /// An object of JSON.
    Json,
}

#[derive(Debug)]
pub(crate) struct ListCell {
    pub(crate) kind: ListKind,
    pub(crate) items: RefCell<Vec<Value>>,
    /// How often it grew or shrank; a loop over it notices.
    pub(crate) changes: Cell<u32>,
}

#[derive(Debug)]
pub(crate) struct MapCell {
    pub(crate) kind: MapKind,
    pub(crate) entries: RefCell<Vec<(Value, Value)>>,
    /// How often it grew or shrank; a loop over it notices.
    pub(crate) changes: Cell<u32>,
}

/// Counts a change.
pub(crate) fn changed(changes: &Cell<u32>) {
    changes.set(changes.get().wrapping_add(1));
}

impl MapKind {
    /// The name of the class in Java.
    pub(super) fn class(self) -> &'static str {
        match self {
            MapKind::Plain => "java.util.LinkedHashMap",
            MapKind::Json => "net.minidev.json.JSONObject",
        }
    }
}

impl ListKind {
    /// The name of the class in Java.
    pub(super) fn class(self) -> &'static str {
        match self {
            ListKind::Plain => "java.util.ArrayList",
            ListKind::Json => "net.minidev.json.JSONArray",
            ListKind::Array => "[Ljava.lang.String;",
            ListKind::View => "java.util.Collection",
            ListKind::Part => "java.util.ArrayList$SubList",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            ListKind::Array => "an array",
            _ => "a list",
        }
    }
}

impl Drop for ListCell {
    fn drop(&mut self) {
        let items = self.items.get_mut();
        if items.iter().any(holds) {
            release(std::mem::take(items));
        }
    }
}

impl Drop for MapCell {
    fn drop(&mut self) {
        let entries = self.entries.get_mut();
        if entries
            .iter()
            .any(|(key, value)| holds(key) || holds(value))
        {
            let entries = std::mem::take(entries).into_iter();
            release(entries.flat_map(|(key, value)| [key, value]).collect());
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if holds(&self.key) || holds(&self.value) {
            release(vec![
                std::mem::take(&mut self.key),
                std::mem::take(&mut self.value),
            ]);
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        // Nearly all hold nothing: no list of what they hold is made.
        if holds(&self.replaced) || self.parent.is_some() || !self.storage.get_mut().is_empty() {
            let mut held = Vec::new();
            take_scope(self, &mut held);
            release(held);
        }
    }
}

fn holds(value: &Value) -> bool {
    match value {
        Value::List(_) | Value::Map(_) => true,
        Value::Special(special) => matches!(special, Special::Entry(_) | Special::Scope(_)),
        _ => false,
    }
}

/// Lets go of values and what only they hold, without descending into them.
fn release(mut values: Vec<Value>) {
    while let Some(value) = values.pop() {
        match value {
            Value::List(mut list) => {
                if let Some(cell) = Rc::get_mut(&mut list.0) {
                    values.append(cell.items.get_mut());
                }
            }
            Value::Map(mut map) => {
                if let Some(cell) = Rc::get_mut(&mut map.0) {
                    let entries = std::mem::take(cell.entries.get_mut());
                    values.extend(entries.into_iter().flat_map(|(key, value)| [key, value]));
                }
            }
            Value::Special(Special::Entry(mut entry)) => {
                if let Some(entry) = Rc::get_mut(&mut entry) {
                    values.push(std::mem::take(&mut entry.key));
                    values.push(std::mem::take(&mut entry.value));
                }
            }
            Value::Special(Special::Scope(mut scope)) => {
                if let Some(scope) = Rc::get_mut(&mut scope) {
                    take_scope(scope, &mut values);
                }
            }
            _ => {}
        }
    }
}

/// Moves what a loop holds to `values`.
fn take_scope(scope: &mut Scope, values: &mut Vec<Value>) {
    let stored = std::mem::take(scope.storage.get_mut());
    values.extend(stored.into_iter().flat_map(|(key, value)| [key, value]));
    values.push(std::mem::take(&mut scope.replaced));
    let parent = scope.parent.take();
    values.extend(parent.map(|it| Value::Special(Special::Scope(it))));
}

/// Whether `holder` is `value` or somewhere inside it; and how many values were looked at.
pub(crate) fn reaches(value: &Value, holder: &Value) -> (bool, u32) {
    let Some(wanted) = address(holder) else {
        return (false, 0);
    };
    let mut seen = BTreeSet::new();
    let mut left = vec![value.clone()];
    let mut looked = 0_u32;
    while let Some(value) = left.pop() {
        looked = looked.saturating_add(1);
        let Some(address) = address(&value) else {
            if let Value::Special(Special::Entry(entry)) = &value {
                left.extend([entry.key.clone(), entry.value.clone()]);
            }
            continue;
        };
        if address == wanted {
            return (true, looked);
        }
        if !seen.insert(address) {
            continue;
        }
        match &value {
            Value::List(list) => {
                left.extend(list.0.items.borrow().iter().filter(|it| holds(it)).cloned())
            }
            Value::Map(map) => {
                let entries = map.0.entries.borrow();
                let inside = entries.iter().flat_map(|(key, value)| [key, value]);
                left.extend(inside.filter(|it| holds(it)).cloned());
            }
            Value::Special(Special::Scope(scope)) => {
                let stored = scope.storage.borrow();
                let inside = stored.iter().flat_map(|(key, value)| [key, value]);
                left.extend(inside.filter(|it| holds(it)).cloned());
                left.push(scope.replaced.clone());
                let parent = scope.parent.clone();
                left.extend(parent.map(|it| Value::Special(Special::Scope(it))));
            }
            _ => {}
        }
    }
    (false, looked)
}

fn address(value: &Value) -> Option<usize> {
    match value {
        Value::List(list) => Some(Rc::as_ptr(&list.0).addr()),
        Value::Map(map) => Some(Rc::as_ptr(&map.0).addr()),
        Value::Special(Special::Scope(scope)) => Some(Rc::as_ptr(scope).addr()),
        _ => None,
    }
}
