//! Data tables and their rows.

use super::{
    By, EntityId, Expected, JsonText, NameFilter, Page, PageRequest, Sort, Version, WallTime,
};
use crate::error::StoreResult;
use async_trait::async_trait;

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

/// Data tables.
#[async_trait]
pub trait Tables {
    /// Makes one.
    ///
    /// # Errors
    /// `Conflict` for a taken id or name.
    async fn create_table(&self, id: EntityId, body: TableBody, by: &By) -> StoreResult<Table>;
    /// One by id.
    async fn table(&self, id: &EntityId) -> StoreResult<Table>;
    /// One by name, whatever its case.
    async fn table_named(&self, name: &str) -> StoreResult<Table>;
    /// A page of them.
    async fn list_tables(&self, query: &TableQuery) -> StoreResult<Page<Table>>;
    /// Replaces what is written.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `Conflict`.
    async fn update_table(
        &self,
        id: &EntityId,
        expected: Expected,
        body: TableBody,
        by: &By,
    ) -> StoreResult<Table>;
    /// Removes one.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `InUse` while it has rows, unless `with_rows`.
    async fn delete_table(
        &self,
        id: &EntityId,
        expected: Expected,
        with_rows: bool,
        by: &By,
    ) -> StoreResult<()>;

    /// Adds a row.
    ///
    /// # Errors
    /// `NotFound` for the table; `Conflict` for a key that is taken; `Full` past
    /// [`crate::limits::ROWS_PER_TABLE`].
    async fn insert_row(&self, table: &EntityId, row: Row, by: &By) -> StoreResult<Row>;
    /// Replaces a row.
    ///
    /// # Errors
    /// `NotFound` for table or row.
    async fn update_row(&self, table: &EntityId, row: Row, by: &By) -> StoreResult<Row>;
    /// One row.
    ///
    /// # Errors
    /// `NotFound` for table or row.
    async fn row(&self, table: &EntityId, key: &str) -> StoreResult<Row>;
    /// A page of rows, by key.
    ///
    /// # Errors
    /// `NotFound` for the table.
    async fn list_rows(&self, table: &EntityId, page: PageRequest) -> StoreResult<Page<Row>>;
    /// Removes a row.
    ///
    /// # Errors
    /// `NotFound` for table or row.
    async fn delete_row(&self, table: &EntityId, key: &str, by: &By) -> StoreResult<()>;
}
