//! What is wrong with schemas, rows and files.

use std::fmt;

/// What is wrong with a schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchemaFault {
    /// The field, from `schema` on.
    pub field: String,
    /// What is wrong with it, and what to do.
    pub why: String,
}

impl SchemaFault {
    pub(crate) fn new(field: impl Into<String>, why: impl Into<String>) -> Self {
        let (field, why) = (field.into(), why.into());
        Self { field, why }
    }
}

impl fmt::Display for SchemaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.why)
    }
}

/// What is wrong with a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowFault {
    /// The column.
    pub column: String,
    /// What is wrong with its value.
    pub why: String,
}

impl RowFault {
    pub(crate) fn new(column: impl Into<String>, why: impl Into<String>) -> Self {
        let (column, why) = (column.into(), why.into());
        Self { column, why }
    }
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.column, self.why)
    }
}

/// What is wrong with a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The line in which the row begins, from 1.
    pub line: u64,
    /// The column, if it is one column's.
    pub column: Option<String>,
    /// What is wrong.
    pub why: String,
}

impl Fault {
    pub(crate) fn new(line: u64, why: impl Into<String>) -> Self {
        let (column, why) = (None, why.into());
        Self { line, column, why }
    }

    pub(crate) fn of_row(line: u64, fault: RowFault) -> Self {
        Self {
            line,
            column: Some(fault.column),
            why: fault.why,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "line {}, column {column:?}: {}", self.line, self.why),
            None => write!(f, "line {}: {}", self.line, self.why),
        }
    }
}
