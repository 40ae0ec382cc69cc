//! What is wrong with a text, and where each value stands.

use crate::problem::Problem;
use std::cell::RefCell;

/// The text of a file, and what was found wrong with it.
pub struct Findings<'t> {
    text: &'t str,
    problems: RefCell<Vec<(usize, Problem)>>,
}

impl<'t> Findings<'t> {
    /// Nothing found yet.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            problems: RefCell::default(),
        }
    }

    /// Adds a problem at a byte of the text.
    pub fn add(&self, at: usize, field: String, message: String) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        self.problems.borrow_mut().push((
            at,
            Problem {
                line,
                column,
                field,
                message,
            },
        ));
    }

    /// All of them, in the order of the text.
    #[must_use]
    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|(at, _)| *at);
        problems.into_iter().map(|(_, problem)| problem).collect()
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
