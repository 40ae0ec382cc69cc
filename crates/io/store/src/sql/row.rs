//! Rows of data tables.

use super::list::Select;
use super::record::{absent, conflict, there};
use super::{audit, check};
use crate::backend::{Row as Found, Tx, values};
use crate::error::{Entity, StoreError, StoreResult};
use crate::id::EntityId;
use crate::limits;
use crate::seam::{Author, Page, PageRequest, Row, Table};
use crate::store::Store;
use serde_json::json;

impl Store {
    /// Adds a row to a data table.
    ///
    /// # Errors
    /// `NotFound` for the table; `Conflict` for a key that is taken; `Full` past
    /// [`limits::ROWS_PER_TABLE`].
    pub async fn insert_row(&self, table: &EntityId, row: Row, by: &Author) -> StoreResult<Row> {
        check::row_key(&row.key)?;
        self.change(async |tx| {
            if rows(tx, table).await? >= u64::from(limits::ROWS_PER_TABLE) {
                return Err(full());
            }
            let taken = "SELECT 1 FROM data_row WHERE table_id = $1 AND row_key = $2";
            if tx.first(taken, values![table, &row.key]).await?.is_some() {
                return Err(conflict(Entity::Row, "key"));
            }
            let sql = "INSERT INTO data_row (table_id, row_key, value) VALUES ($1, $2, $3)";
            tx.execute(sql, values![table, &row.key, &row.value])
                .await?;
            count(tx, table, 1).await?;
            note(tx, by, "create", table, &row.key).await?;
            Ok(row)
        })
        .await
    }

    /// Replaces a row of a data table.
    ///
    /// # Errors
    /// `NotFound` for table or row.
    pub async fn update_row(&self, table: &EntityId, row: Row, by: &Author) -> StoreResult<Row> {
        self.change(async |tx| {
            there::<Table>(tx, table).await?;
            let sql = "UPDATE data_row SET value = $3 WHERE table_id = $1 AND row_key = $2";
            let values = values![table, &row.key, &row.value];
            one_row(tx.execute(sql, values).await?, &row.key)?;
            note(tx, by, "update", table, &row.key).await?;
            Ok(row)
        })
        .await
    }

    /// The row of a data table that has this key.
    ///
    /// # Errors
    /// `NotFound` for table or row.
    pub async fn row(&self, table: &EntityId, key: &str) -> StoreResult<Row> {
        let sql = "SELECT row_key, value FROM data_row WHERE table_id = $1 AND row_key = $2";
        match self.first(sql, values![table, key]).await? {
            Some(mut row) => read(&mut row),
            None => Err(absent(Entity::Row, key)),
        }
    }

    /// A page of a data table's rows, ordered by key; the last first if `descending`.
    ///
    /// # Errors
    /// `NotFound` for the table.
    pub async fn list_rows(
        &self,
        table: &EntityId,
        descending: bool,
        page: PageRequest,
    ) -> StoreResult<Page<Row>> {
        self.get::<Table>(table).await?;
        Select::new(
            "row_key, value",
            "data_row",
            ("row_key", "table_id", descending),
            page,
        )
        .compare("table_id", "=", Some(table))
        .page(self, read)
        .await
    }

    /// Rows of a data table in the order of their keys, those behind the key `after`: at most
    /// [`limits::ROWS_READ`], and none at the end.
    ///
    /// # Errors
    /// The store's own.
    pub async fn rows_after(&self, table: &EntityId, after: &str) -> StoreResult<Vec<Row>> {
        let sql = "SELECT row_key, value FROM data_row WHERE table_id = $1 AND row_key > $2 \
                   ORDER BY row_key LIMIT $3";
        let mut most = limits::ROWS_READ;
        loop {
            match self.read(sql, values![table, after, most]).await {
                // Each row alone has few enough bytes for an answer.
                Err(error) if error.asks_for_fewer() && most > 1 => most = (most / 4).max(1),
                found => return found?.iter_mut().map(read).collect(),
            }
        }
    }

    /// Removes a row of a data table.
    ///
    /// # Errors
    /// `NotFound` for table or row.
    pub async fn delete_row(&self, table: &EntityId, key: &str, by: &Author) -> StoreResult<()> {
        self.change(async |tx| {
            there::<Table>(tx, table).await?;
            let sql = "DELETE FROM data_row WHERE table_id = $1 AND row_key = $2";
            one_row(tx.execute(sql, values![table, key]).await?, key)?;
            count(tx, table, -1).await?;
            note(tx, by, "delete", table, key).await
        })
        .await
    }
}

/// How many rows a data table has. They are counted as they come and go, because counting a hundred
/// thousand takes a while.
pub(super) async fn rows(tx: &mut Tx, table: &EntityId) -> StoreResult<u64> {
    let sql = "SELECT row_count FROM data_table WHERE id = $1";
    match tx.first(sql, values![table]).await? {
        Some(mut row) => row.take(),
        None => Err(absent(Entity::Table, table)),
    }
}

/// The error of a data table that would have more rows than fit.
pub(super) fn full() -> StoreError {
    StoreError::Full {
        entity: Entity::Row,
        limit: limits::ROWS_PER_TABLE.into(),
    }
}

async fn count(tx: &mut Tx, table: &EntityId, change: i64) -> StoreResult<()> {
    let sql = "UPDATE data_table SET row_count = row_count + $2 WHERE id = $1";
    tx.execute(sql, values![table, change]).await?;
    Ok(())
}

fn one_row(changed: u64, key: &str) -> StoreResult<()> {
    if changed == 0 {
        return Err(absent(Entity::Row, key));
    }
    Ok(())
}

async fn note(
    tx: &mut Tx,
    by: &Author,
    action: &str,
    table: &EntityId,
    key: &str,
) -> StoreResult<()> {
    let detail = json!({"key": key});
    audit::note(tx, by, action, Entity::Row, table.as_str(), detail).await
}

fn read(row: &mut Found) -> StoreResult<Row> {
    Ok(Row {
        key: row.take()?,
        value: row.take()?,
    })
}
