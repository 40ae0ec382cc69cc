//! Reads tables field by field and remembers everything that is wrong.
//!
//! A getter gives `None` in two cases, and only the second is a problem: the field is absent, or it is
//! not what was expected. Callers go on with a default either way; the problems decide at the end.

mod field;
mod json;

use crate::findings::{Findings, Placed};
use crate::likeness::nearest;
use std::cell::{Cell, RefCell};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One table being read.
pub struct Section<'f, 't> {
    findings: &'f Findings<'t>,
    table: &'f DeTable<'t>,
    path: String,
    at: usize,
    known: RefCell<Vec<&'static str>>,
    any_name: Cell<bool>,
}

impl<'f, 't> Section<'f, 't> {
    /// A table that lies at byte `at` of the text, under `path`.
    #[must_use]
    pub fn new(
        findings: &'f Findings<'t>,
        table: &'f DeTable<'t>,
        path: String,
        at: usize,
    ) -> Self {
        Self {
            findings,
            table,
            path,
            at,
            known: RefCell::default(),
            any_name: Cell::new(false),
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn value(&self, key: &'static str) -> Option<&'f Spanned<DeValue<'t>>> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        let value = self.table.get(key)?;
        self.findings.note(self.path_of(key), value.span().start);
        Some(value)
    }

    /// Whether the field is there, whatever its value.
    pub fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// The name under which the file has a field that was renamed: its old one, which `warn` is told, or its new
    /// one. Where both are there, the old one is an unknown field.
    pub fn renamed(
        &self,
        old: &'static str,
        new: &'static str,
        warn: impl FnOnce(String),
    ) -> &'static str {
        match self.table.get(old) {
            Some(value) if !self.table.contains_key(new) => {
                self.findings.note(self.path_of(new), value.span().start);
                warn(format!("{} is called {new} now", self.path_of(old)));
                old
            }
            _ => new,
        }
    }

    /// The table's own place.
    pub fn here<T>(&self, value: T) -> Placed<T> {
        Placed {
            value,
            at: self.at,
            field: self.path.clone(),
        }
    }

    /// Reports a field that is missing; its place is the table's.
    pub fn missing(&self, key: &str, expected: &str) {
        // A table has its own way to be written, which `expected` says.
        let message = if expected.starts_with("a table") {
            format!("missing; add {expected}")
        } else {
            format!("missing; add {key} = {expected}")
        };
        let path = self.path_of(key);
        self.findings
            .add_unless(path.clone(), self.at, path, message);
    }

    /// Reports a field that mustn't be there, if it is; whatever its value.
    pub fn refuse(&self, key: &'static str, message: impl FnOnce() -> String) {
        if let Some(value) = self.value(key) {
            let at = value.span().start;
            self.findings.add(at, self.path_of(key), message());
        }
    }

    /// Notes that this table isn't read as it was meant: fields that name one of its kind aren't at fault.
    pub fn spoil(&self) {
        let kind = self.path.rsplit_once('[').map_or("", |(kind, _)| kind);
        self.findings.spoil(kind.to_owned());
    }

    /// Reports a field whose value was read but can't stand.
    pub fn reject<T>(&self, placed: &Placed<T>, message: String) {
        self.findings.add(placed.at, placed.field.clone(), message);
    }

    /// Reports a field whose value can't stand, unless one of the root's tables `cause` isn't read as it was
    /// meant.
    pub(crate) fn reject_unless<T>(&self, cause: &str, placed: &Placed<T>, message: String) {
        let (at, field) = (placed.at, placed.field.clone());
        self.findings
            .add_unless(cause.to_owned(), at, field, message);
    }

    /// Reports a value that isn't what was expected, so that there is none.
    fn expected<T>(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> Option<T> {
        let message = format!("expected {expected}, found {}", show(value.get_ref()));
        self.findings
            .add(value.span().start, self.path_of(key), message);
        None
    }

    /// A table.
    pub fn section(&self, key: &'static str) -> Option<Section<'f, 't>> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            return self.expected(key, value, "a table");
        };
        let path = self.path_of(key);
        Some(Section::new(self.findings, table, path, value.span().start))
    }

    /// The tables of an array, `[[key]]`; none if it is absent.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'f, 't>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            let path = self.path_of(key);
            self.expected::<()>(key, value, &format!("a list of tables; write [[{path}]]"));
            self.findings.spoil(path);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (index, item) in array.iter().enumerate() {
            match item.get_ref().as_table() {
                Some(table) => {
                    let path = format!("{}[{}]", self.path_of(key), index + 1);
                    self.findings.note(path.clone(), item.span().start);
                    sections.push(Section::new(self.findings, table, path, item.span().start));
                }
                None => {
                    self.expected::<()>(key, item, "a table");
                    self.findings.spoil(self.path_of(key));
                }
            }
        }
        sections
    }

    /// Each table of a table whose names are the file's own choice.
    pub fn named_sections(&self) -> Vec<(String, Section<'f, 't>)> {
        self.any_name.set(true);
        let mut sections = Vec::new();
        for (key, value) in self.table {
            let name = key.get_ref().as_ref();
            match value.get_ref().as_table() {
                Some(table) => {
                    let (path, at) = (self.path_of(name), value.span().start);
                    let section = Section::new(self.findings, table, path, at);
                    sections.push((name.to_owned(), section));
                }
                None => {
                    self.expected::<()>(name, value, "a table such as { env = \"NAME\" }");
                }
            }
        }
        sections
    }

    /// Leaves the fields that weren't asked for alone: whoever reads this section wants a part of it.
    pub fn leave_the_rest(&self) {
        self.any_name.set(true);
    }

    /// To be called when every field was asked for: the rest are unknown.
    pub fn finish(self) {
        if self.any_name.get() {
            return;
        }
        let known = self.known.borrow();
        for key in self.table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let mut message = format!("no such field; known here: {}", known.join(", "));
                if let Some(meant) = nearest(name, known.iter().copied()) {
                    message += &format!("; did you mean {meant}?");
                    self.findings.spoil(self.path_of(meant));
                }
                self.findings
                    .add(key.span().start, self.path_of(name), message);
            }
        }
    }
}

/// A value as an error shows it. Texts are cut: one in the wrong place may be long, or a secret.
fn show(value: &DeValue<'_>) -> String {
    const SHOWN: usize = 24;
    match value {
        DeValue::String(text) if text.chars().count() <= SHOWN => format!("{text:?}"),
        DeValue::String(_) => "a longer text".to_owned(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
