//! What is wrong with a file, and where.

use std::fmt;

/// Where a field or a table stands in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// Path of the field, such as `limit[2].allowed`, the tables of an array counted from 1.
    pub field: String,
}

impl Place {
    /// What is wrong there.
    #[must_use]
    pub fn problem(&self, message: String) -> Problem {
        Problem {
            line: self.line,
            column: self.column,
            field: self.field.clone(),
            message,
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// Path of the field, such as `limit[2].allowed`, the tables of an array counted from 1; empty for
    /// text that isn't TOML.
    pub field: String,
    /// What was expected and what was found.
    pub message: String,
}

/// `file:line:column: field: message`, a line each, as compilers and editors have it.
pub struct Listing<'a> {
    /// How the file is called.
    pub file: &'a str,
    /// What is wrong with it.
    pub problems: &'a [Problem],
}

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}:{}:{}: ", self.file, problem.line, problem.column)?;
            if !problem.field.is_empty() {
                write!(f, "{}: ", problem.field)?;
            }
            f.write_str(&problem.message)?;
        }
        Ok(())
    }
}
