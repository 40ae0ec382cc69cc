//! Where in a file something is, and what is wrong there.

use std::fmt;

/// A place in a file: line and column, both from 1, counted in characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The flow can't run.
    Error,
    /// The flow runs, but perhaps not as its author thinks.
    Warning,
}

impl Severity {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing wrong with a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// How bad.
    pub severity: Severity,
    /// What, in one line.
    pub message: String,
    /// What to do; empty where the message says it all.
    pub help: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}: {}",
            self.place,
            self.severity.as_str(),
            self.message
        )?;
        if !self.help.is_empty() {
            write!(f, " ({})", self.help)?;
        }
        Ok(())
    }
}

/// Problems kept of one file; what comes after is counted by the last of them.
const MAX_PROBLEMS: usize = 200;

/// Everything wrong with one file, in the order of the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn error(
        &mut self,
        place: Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Severity::Error, place, message.into(), help.into());
    }

    pub(crate) fn warn(
        &mut self,
        place: Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Severity::Warning, place, message.into(), help.into());
    }

    fn push(&mut self, severity: Severity, place: Place, message: String, help: String) {
        if self.0.len() < MAX_PROBLEMS {
            self.0.push(Problem {
                place,
                severity,
                message,
                help,
            });
        }
    }

    pub(crate) fn sort(&mut self) {
        self.0.sort();
        self.0.dedup();
    }

    /// Whether any of them keeps the flow from running.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Of `known`, the name nearest to `name`, if it is near enough to be what was meant.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().collect();
    let bound = (wanted.len() / 3).max(1);
    known
        .map(|candidate| (distance(&wanted, candidate), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Help text for a name that isn't known.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(name, known.clone()) {
        return format!("did you mean {near}?");
    }
    let all: Vec<&str> = known.collect();
    match all.len() {
        0 => String::new(),
        1..=24 => format!("known: {}", all.join(", ")),
        _ => "docs/flows.md lists what is known".to_owned(),
    }
}

/// Edits from one to the other, neighbours swapped counted as one; letters' case aside.
fn distance(wanted: &[char], candidate: &str) -> usize {
    let other: Vec<char> = candidate.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=wanted.len()).collect();
    for line in 0..other.len() {
        let mut next = vec![line + 1];
        for column in 0..wanted.len() {
            let differs = usize::from(other[line] != wanted[column]);
            let mut least = (row[column] + differs)
                .min(row[column + 1] + 1)
                .min(next[column] + 1);
            let swapped = line > 0
                && column > 0
                && other[line] == wanted[column - 1]
                && other[line - 1] == wanted[column];
            if swapped {
                least = least.min(before[column - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[wanted.len()]
}
