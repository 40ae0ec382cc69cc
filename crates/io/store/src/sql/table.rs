//! Data tables.

mod row;

use super::list::{Select, by_id, one_id};
use super::{Store, audit, check, current, found, free};
use crate::backend::{Row as DbRow, Tx, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::seam::{
    By, EntityId, Expected, Page, PageRequest, Row, Table, TableBody, TableQuery, TableSort,
    Version,
};
use serde_json::json;

const COLUMNS: &str = "id, name, description, row_schema, version, created, modified";

impl Store {
    /// Makes one.
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
        let mut tx = self.write().await?;
        let outcome = create(&mut tx, made, by).await;
        tx.finish(outcome).await
    }

    /// One by id.
    pub async fn table(&self, id: &EntityId) -> StoreResult<Table> {
        let row = self
            .first(&by_id(COLUMNS, "data_table"), one_id(id))
            .await?;
        found(row, Entity::Table, id, read)
    }

    /// One by name, whatever its case.
    pub async fn table_named(&self, name: &str) -> StoreResult<Table> {
        let sql = format!("SELECT {COLUMNS} FROM data_table WHERE name_key = $1");
        let row = self.first(&sql, values![check::key(name)]).await?;
        found(row, Entity::Table, name, read)
    }

    /// A page of them.
    pub async fn list_tables(&self, query: &TableQuery) -> StoreResult<Page<Table>> {
        let order = match query.sort.key {
            TableSort::Name => "name_key",
            TableSort::Id => "id",
            TableSort::Modified => "modified",
        };
        Select::new(COLUMNS, "data_table")
            .name("name_key", query.name.as_ref())
            .page(self, (order, "id", query.sort.descending), query.page, read)
            .await
    }

    /// Replaces what is written.
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
        let mut tx = self.write().await?;
        let outcome = change(&mut tx, id, expected, body, by).await;
        tx.finish(outcome).await
    }

    /// Removes one.
    ///
    /// # Errors
    /// `NotFound`, `Stale`; `InUse` while it has rows, unless `with_rows`.
    pub async fn delete_table(
        &self,
        id: &EntityId,
        expected: Expected,
        with_rows: bool,
        by: &By,
    ) -> StoreResult<()> {
        let mut tx = self.write().await?;
        let outcome = delete(&mut tx, id, expected, with_rows, by).await;
        tx.finish(outcome).await
    }

    /// Adds a row.
    ///
    /// # Errors
    /// `NotFound` for the table; `Conflict` for a key that is taken; `Full` past
    /// [`crate::limits::ROWS_PER_TABLE`].
    pub async fn insert_row(&self, table: &EntityId, row: Row, by: &By) -> StoreResult<Row> {
        row::check_key(&row.key)?;
        let mut tx = self.write().await?;
        let outcome = row::insert(&mut tx, table, row, by).await;
        tx.finish(outcome).await
    }

    /// Replaces a row.
    ///
    /// # Errors
    /// `NotFound` for table or row.
    pub async fn update_row(&self, table: &EntityId, row: Row, by: &By) -> StoreResult<Row> {
        let mut tx = self.write().await?;
        let outcome = row::update(&mut tx, table, row, by).await;
        tx.finish(outcome).await
    }

    /// One row.
    ///
    /// # Errors
    /// `NotFound` for table or row.
    pub async fn row(&self, table: &EntityId, key: &str) -> StoreResult<Row> {
        let sql = "SELECT row_key, value FROM data_row WHERE table_id = $1 AND row_key = $2";
        let row = self.first(sql, values![table, key]).await?;
        found(row, Entity::Row, key, row::read)
    }

    /// A page of rows, by key.
    ///
    /// # Errors
    /// `NotFound` for the table.
    pub async fn list_rows(&self, table: &EntityId, page: PageRequest) -> StoreResult<Page<Row>> {
        self.table(table).await?;
        Select::new("row_key, value", "data_row")
            .compare("table_id", "=", Some(table))
            .page(self, ("row_key", "table_id", false), page, row::read)
            .await
    }

    /// Removes a row.
    ///
    /// # Errors
    /// `NotFound` for table or row.
    pub async fn delete_row(&self, table: &EntityId, key: &str, by: &By) -> StoreResult<()> {
        let mut tx = self.write().await?;
        let outcome = row::delete(&mut tx, table, key, by).await;
        tx.finish(outcome).await
    }
}

async fn get(tx: &mut Tx, id: &EntityId) -> StoreResult<Table> {
    let row = tx.first(&by_id(COLUMNS, "data_table"), one_id(id)).await?;
    found(row, Entity::Table, id, read)
}

async fn create(tx: &mut Tx, made: Table, by: &By) -> StoreResult<Table> {
    free(
        tx,
        Entity::Table,
        "id",
        "SELECT 1 FROM data_table WHERE id = $1",
        one_id(&made.id),
    )
    .await?;
    name_free(tx, &made).await?;
    let sql = format!(
        "INSERT INTO data_table (name_key, row_count, {COLUMNS}) VALUES ($1, 0, $2, $3, $4, $5, $6, $7, $8)"
    );
    let row = values![
        check::key(&made.body.name),
        &made.id,
        &made.body.name,
        &made.body.description,
        &made.body.schema,
        made.version,
        made.created,
        made.modified,
    ];
    tx.execute(&sql, row).await?;
    audit::note(
        tx,
        by,
        "create",
        Entity::Table,
        made.id.as_str(),
        told(&made),
    )
    .await?;
    Ok(made)
}

async fn change(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    body: TableBody,
    by: &By,
) -> StoreResult<Table> {
    let mut it = get(tx, id).await?;
    current(Entity::Table, expected, it.version)?;
    it.body = body;
    it.version = it.version.next();
    it.modified = by.at;
    name_free(tx, &it).await?;
    let row = values![
        id,
        &it.body.name,
        check::key(&it.body.name),
        &it.body.description,
        &it.body.schema,
        it.version,
        it.modified,
    ];
    tx.execute(
        "UPDATE data_table SET name = $2, name_key = $3, description = $4, row_schema = $5, version = $6, \
         modified = $7 WHERE id = $1",
        row,
    )
    .await?;
    audit::note(tx, by, "update", Entity::Table, id.as_str(), told(&it)).await?;
    Ok(it)
}

async fn delete(
    tx: &mut Tx,
    id: &EntityId,
    expected: Expected,
    with_rows: bool,
    by: &By,
) -> StoreResult<()> {
    let it = get(tx, id).await?;
    current(Entity::Table, expected, it.version)?;
    let rows = row::rows(tx, id).await?;
    if rows > 0 && !with_rows {
        return Err(StoreError::InUse {
            entity: Entity::Table,
            by: Entity::Row,
            id: id.clone(),
        });
    }
    tx.execute("DELETE FROM data_table WHERE id = $1", one_id(id))
        .await?;
    let mut detail = told(&it);
    detail["rows"] = rows.into();
    audit::note(tx, by, "delete", Entity::Table, id.as_str(), detail).await
}

async fn name_free(tx: &mut Tx, it: &Table) -> StoreResult<()> {
    let taken = "SELECT 1 FROM data_table WHERE name_key = $1 AND id <> $2";
    free(
        tx,
        Entity::Table,
        "name",
        taken,
        values![check::key(&it.body.name), &it.id],
    )
    .await
}

fn check_body(body: &TableBody) -> StoreResult<()> {
    check::name("name", &body.name)?;
    check::text("description", &body.description)
}

fn told(it: &Table) -> serde_json::Value {
    json!({"name": it.body.name, "version": it.version.0})
}

fn read(row: &mut DbRow) -> StoreResult<Table> {
    Ok(Table {
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
