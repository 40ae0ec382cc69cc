//! What is wrong with a text, and where each value stands.

use crate::problem::{Place, Problem};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The text of a file, and what was found wrong with it.
pub struct Findings<'t> {
    text: &'t str,
    found: RefCell<Vec<Finding>>,
    spoiled: RefCell<BTreeSet<String>>,
    asked: RefCell<BTreeMap<String, usize>>,
}

/// A problem, and whether another explains it.
struct Finding {
    at: usize,
    problem: Problem,
    /// The path of the field or of the tables whose own fault would be the cause.
    cause: Option<String>,
}

impl<'t> Findings<'t> {
    /// Nothing found yet.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            found: RefCell::default(),
            spoiled: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    /// Adds a problem at a byte of the text.
    pub fn add(&self, at: usize, field: String, message: String) {
        let problem = self.place(at, field).problem(message);
        self.push(at, problem, None);
    }

    /// Adds a problem that isn't told if `cause` is spoiled, before or after: it follows from that.
    pub(crate) fn add_unless(&self, cause: String, at: usize, field: String, message: String) {
        let problem = self.place(at, field).problem(message);
        self.push(at, problem, Some(cause));
    }

    fn push(&self, at: usize, problem: Problem, cause: Option<String>) {
        let finding = Finding { at, problem, cause };
        self.found.borrow_mut().push(finding);
    }

    /// Notes that a field, or the tables of a path, couldn't be read as they were meant.
    pub(crate) fn spoil(&self, path: String) {
        self.spoiled.borrow_mut().insert(path);
    }

    /// Notes where a field or a table stands that was asked for.
    pub(crate) fn note(&self, path: String, at: usize) {
        self.asked.borrow_mut().insert(path, at);
    }

    /// The line and column of a byte of the text, for a field.
    fn place(&self, at: usize, field: String) -> Place {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            field,
        }
    }

    /// Where each field and table stands that was asked for.
    pub(crate) fn places(&self) -> Places {
        let starts: Vec<usize> = self
            .text
            .match_indices('\n')
            .map(|(at, _)| at + 1)
            .collect();
        let line_and_column = |at: usize| {
            let line = starts.partition_point(|start| *start <= at);
            let start = line.checked_sub(1).map_or(0, |before| starts[before]);
            let column = self.text.get(start..at).map_or(0, |it| it.chars().count());
            (line + 1, column + 1)
        };
        let asked = self.asked.borrow();
        let asked = asked.iter();
        Places(
            asked
                .map(|(path, at)| (path.clone(), line_and_column(*at)))
                .collect(),
        )
    }

    /// All of them, in the order of the text, but those that only follow from another.
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        let spoiled = self.spoiled.into_inner();
        let mut found = self.found.into_inner();
        found.retain(|it| {
            it.cause
                .as_ref()
                .is_none_or(|cause| !spoiled.contains(cause))
        });
        found.sort_by_key(|finding| finding.at);
        found.into_iter().map(|finding| finding.problem).collect()
    }
}

/// Where the fields and tables of a text stand, for faults that are found after it was read: by their paths,
/// the line and the column, both counted from 1.
#[derive(Clone, Debug, Default)]
pub struct Places(BTreeMap<String, (usize, usize)>);

impl Places {
    /// The place of a field, such as `limit[2].allowed`, or else of the table that would have it; the text's
    /// begin if there is none.
    #[must_use]
    pub fn of(&self, field: &str) -> Place {
        let ends = field.rmatch_indices(['.', '[']).map(|(end, _)| end);
        let mut paths = std::iter::once(field.len())
            .chain(ends)
            .map(|end| &field[..end]);
        let found = paths.find_map(|path| self.0.get(path).copied());
        let (line, column) = found.unwrap_or((1, 1));
        Place {
            line,
            column,
            field: field.to_owned(),
        }
    }

    /// Whether the text has the field.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }
}

/// A value and the place to complain about it.
#[derive(Clone, Debug)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// The byte of the text it starts at.
    pub at: usize,
    /// The path of its field.
    pub field: String,
}
