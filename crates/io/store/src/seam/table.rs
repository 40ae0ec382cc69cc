//! Data tables and their rows.

use super::{JsonText, NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};

/// What is written of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableBody {
    /// Name, unique among tables whatever its case: flows look it up by that.
    pub name: String,
    /// Free text.
    pub description: String,
    /// JSON schema of a row.
    pub schema: JsonText,
}

/// A stored table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// Its id.
    pub id: EntityId,
    /// What was written.
    pub body: TableBody,
    /// Its version. Rows don't raise it.
    pub version: Version,
    /// When it was made.
    pub created: WallTime,
    /// When it was last changed.
    pub modified: WallTime,
}

/// One row: its key, and the whole of it as JSON. Checking it against the schema is the caller's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The key, 1 to [`crate::limits::ROW_KEY_CHARS`] characters, case and all.
    pub key: String,
    /// The row.
    pub value: JsonText,
}

/// Order of a list of tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TableSort {
    /// By name, whatever its case.
    #[default]
    Name,
    /// By id.
    Id,
    /// By time of the last change.
    Modified,
}

/// Which tables.
#[derive(Clone, Debug, Default)]
pub struct TableQuery {
    /// By name.
    pub name: Option<NameFilter>,
    /// Order.
    pub sort: Sort<TableSort>,
    /// Part.
    pub page: PageRequest,
}
