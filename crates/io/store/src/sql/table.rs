//! Data tables. Their rows have a file of their own.

use super::check;
use super::list::Select;
use super::record::{self, Column, Record, columns, found, select, versioned};
use super::row;
use crate::backend::{Row, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::{EntityId, Version};
use crate::seam::{By, Expected, Page, Table, TableBody, TableQuery, TableSort};
use crate::store::Store;
use serde_json::json;

impl Record for Table {
    const ENTITY: Entity = Entity::Table;
    const TABLE: &'static str = "data_table";
    const COLUMNS: &'static str = "id, name, description, row_schema, version, created, modified";
    const UNIQUE: &'static [&'static str] = &["name_key"];

    fn read(row: &mut Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.id()?,
            body: TableBody {
                name: row.text()?,
                description: row.text()?,
                schema: row.json()?,
            },
            version: row.version()?,
            created: row.time()?,
            modified: row.time()?,
        })
    }

    fn columns(&self) -> Vec<Column> {
        columns! {
            id: &self.id,
            name: &self.body.name,
            name_key: check::key(&self.body.name),
            description: &self.body.description,
            row_schema: &self.body.schema,
            version: self.version,
            created: self.created,
            modified: self.modified,
        }
    }

    versioned! {}

    fn detail(&self) -> serde_json::Value {
        json!({"name": self.body.name, "version": self.version.0})
    }
}

impl Store {
    /// Makes a data table without rows.
    ///
    /// # Errors
    /// `Conflict` for a taken id or name.
    pub async fn create_table(&self, id: EntityId, body: TableBody, by: &By) -> StoreResult<Table> {
        check_body(&body)?;
        let made = Table {
            id,
            body,
            version: Version::FIRST,
            created: by.at,
            modified: by.at,
        };
        let no_rows = columns! { row_count: 0_i64 };
        self.change(async |tx| record::create_with(tx, made, no_rows, by).await)
            .await
    }

    /// The data table with this id.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn table(&self, id: &EntityId) -> StoreResult<Table> {
        self.get(id).await
    }

    /// The data table of this name, whatever its case.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn table_named(&self, name: &str) -> StoreResult<Table> {
        let sql = select::<Table>("name_key = $1");
        found(self.first(&sql, values![check::key(name)]).await?, name)
    }

    /// A page of data tables.
    pub async fn list_tables(&self, query: &TableQuery) -> StoreResult<Page<Table>> {
        let order = match query.sort.key {
            TableSort::Name => "name_key",
            TableSort::Id => "id",
            TableSort::Modified => "modified",
        };
        Select::of::<Table>()
            .name("name_key", query.name.as_ref())
            .page(
                self,
                (order, "id", query.sort.descending),
                query.page,
                Table::read,
            )
            .await
    }

    /// Replaces a data table's name, description and schema.
    ///
    /// # Errors
    /// `NotFound`, `Stale`, `Conflict`.
    pub async fn update_table(
        &self,
        id: &EntityId,
        expected: Expected,
        body: TableBody,
        by: &By,
    ) -> StoreResult<Table> {
        check_body(&body)?;
        self.update(id, expected, by, |table: &mut Table| table.body = body)
            .await
    }

    /// Removes a data table.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `InUse` while the table has rows, unless `with_rows`.
    pub async fn delete_table(
        &self,
        id: &EntityId,
        expected: Expected,
        with_rows: bool,
        by: &By,
    ) -> StoreResult<()> {
        self.change(async |tx| {
            let table: Table = record::current(tx, id, expected).await?;
            let rows = row::rows(tx, id).await?;
            if rows > 0 && !with_rows {
                return Err(StoreError::InUse {
                    entity: Entity::Table,
                    by: Entity::Row,
                    id: id.clone(),
                });
            }
            record::remove::<Table>(tx, id).await?;
            let mut detail = table.detail();
            detail["rows"] = rows.into();
            super::audit::note(tx, by, "delete", Entity::Table, id.as_str(), detail).await
        })
        .await
    }
}

fn check_body(body: &TableBody) -> StoreResult<()> {
    check::name("name", &body.name)?;
    check::text("description", &body.description)
}
