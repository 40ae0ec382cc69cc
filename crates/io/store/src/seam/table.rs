//! Data tables and their rows.

use super::{JsonText, NameFilter, PageRequest, Sort, WallTime};
use crate::id::{EntityId, Version};

/// What an update of a data table replaces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TableBody {
    /// The name, unique among data tables whatever its case: workflows look a table up by name.
    pub name: String,
    /// Notes of the author's.
    pub description: String,
    /// The JSON schema that each row has to fit.
    pub schema: JsonText,
    /// The id of the division that it was given; empty where it was given none.
    pub division: String,
}

/// A stored data table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// The id.
    pub id: EntityId,
    /// What an update replaces.
    pub body: TableBody,
    /// How often the table was written. Rows don't raise it.
    pub version: Version,
    /// When the table was made.
    pub created: WallTime,
    /// When the table, other than its rows, was last changed.
    pub modified: WallTime,
}

/// A row of a data table. Checking it against the schema is the caller's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The key, 1 to [`crate::limits::ROW_KEY_CHARS`] characters; its case matters.
    pub key: String,
    /// The whole row as JSON, the key included.
    pub value: JsonText,
}

/// What a list of data tables is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TableSort {
    /// The name, whatever its case.
    #[default]
    Name,
    /// The id.
    Id,
    /// The time of the last change.
    Modified,
}

/// Which data tables a list has; a filter that is `None` lets all pass.
#[derive(Clone, Debug, Default)]
pub struct TableQuery {
    /// A filter on the name.
    pub name: Option<NameFilter>,
    /// The divisions, as tables have them, one of which a table must have; empty: any.
    pub divisions: Vec<String>,
    /// The order of the list.
    pub sort: Sort<TableSort>,
    /// Which page of the list.
    pub page: PageRequest,
}
