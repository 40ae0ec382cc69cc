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
    /// The workflow can't run.
    Error,
    /// Something that isn't known here. The workflow runs, and fails where it would need it.
    Unsupported,
    /// The workflow runs, but perhaps not as its author thinks.
    Warning,
}

impl Severity {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Unsupported => "unsupported",
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
    /// The placeholder that has no value, where that is the problem: where a value is given differs by what runs the
    /// workflow.
    pub unfilled: Option<String>,
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

/// Problems kept of one file: the worst of them, and how many more there are.
const MAX_PROBLEMS: usize = 200;

/// Everything wrong with one file, in the order of the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Problems {
    kept: Vec<Problem>,
    more: usize,
}

impl Problems {
    /// Notes what keeps the file from being used.
    pub fn error(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.push(Severity::Error, place, message.into(), help.into());
    }

    /// Notes what isn't known here: a slip, or the vendor knows more.
    pub fn unsupported(
        &mut self,
        place: Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Severity::Unsupported, place, message.into(), help.into());
    }

    /// Notes what works but may surprise.
    pub fn warn(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.push(Severity::Warning, place, message.into(), help.into());
    }

    /// Notes a placeholder that has no value.
    pub(crate) fn unfilled(&mut self, place: Place, name: &str) {
        self.keep(Problem {
            place,
            severity: Severity::Warning,
            message: format!("placeholder {{{{{name}}}}} has no value"),
            help: format!("it stands as written; give one with --set {name}=…"),
            unfilled: Some(name.to_owned()),
        });
    }

    fn push(&mut self, severity: Severity, place: Place, message: String, help: String) {
        self.keep(Problem {
            place,
            severity,
            message,
            help,
            unfilled: None,
        });
    }

    fn keep(&mut self, problem: Problem) {
        if self.kept.len() < MAX_PROBLEMS {
            self.kept.push(problem);
            return;
        }
        self.more += 1;
        let mildest = self.kept.iter_mut().max_by_key(|kept| kept.severity);
        if let Some(mildest) = mildest.filter(|mildest| mildest.severity > problem.severity) {
            *mildest = problem;
        }
    }

    /// Brings the problems into the order of the file, each once; the last tells how many more there are.
    pub fn sort(&mut self) {
        self.kept.sort();
        self.kept.dedup();
        let more = std::mem::take(&mut self.more);
        if let Some(last) = self.kept.last().filter(|_| more > 0) {
            self.kept.push(Problem {
                place: last.place,
                severity: Severity::Warning,
                message: format!("there are {more} more problems, none of them worse"),
                help: "mend these first".to_owned(),
                unfilled: None,
            });
        }
    }

    /// Whether any of them keeps the workflow from running.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many of them are so bad.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.kept
            .iter()
            .filter(|problem| problem.severity == severity)
            .count()
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.kept
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.kept.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
