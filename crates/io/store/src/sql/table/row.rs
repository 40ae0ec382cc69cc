//! Rows of a data table.

use crate::backend::{Row as DbRow, Tx, values};
use crate::error::{Entity, Invalid, StoreError, StoreResult};
use crate::limits;
use crate::seam::{By, EntityId, Row};
use crate::sql::list::one_id;
use crate::sql::{audit, found, free};
use serde_json::json;

/// Rows of a table. Counted as they come and go, because counting a hundred thousand takes a while.
pub(in crate::sql) async fn rows(tx: &mut Tx, table: &EntityId) -> StoreResult<u64> {
    let row = tx
        .first(
            "SELECT row_count FROM data_table WHERE id = $1",
            one_id(table),
        )
        .await?;
    found(row, Entity::Table, table, DbRow::count)
}

async fn count(tx: &mut Tx, table: &EntityId, change: i64) -> StoreResult<()> {
    let sql = "UPDATE data_table SET row_count = row_count + $2 WHERE id = $1";
    tx.execute(sql, values![table, change]).await?;
    Ok(())
}

pub(in crate::sql) async fn insert(
    tx: &mut Tx,
    table: &EntityId,
    row: Row,
    by: &By,
) -> StoreResult<Row> {
    if rows(tx, table).await? >= u64::from(limits::ROWS_PER_TABLE) {
        return Err(StoreError::Full {
            entity: Entity::Row,
            limit: limits::ROWS_PER_TABLE.into(),
        });
    }
    let taken = "SELECT 1 FROM data_row WHERE table_id = $1 AND row_key = $2";
    free(tx, Entity::Row, "key", taken, values![table, &row.key]).await?;
    let sql = "INSERT INTO data_row (table_id, row_key, value) VALUES ($1, $2, $3)";
    tx.execute(sql, values![table, &row.key, &row.value])
        .await?;
    count(tx, table, 1).await?;
    note_row(tx, by, "create", table, &row.key).await?;
    Ok(row)
}

pub(in crate::sql) async fn update(
    tx: &mut Tx,
    table: &EntityId,
    row: Row,
    by: &By,
) -> StoreResult<Row> {
    super::get(tx, table).await?;
    let sql = "UPDATE data_row SET value = $3 WHERE table_id = $1 AND row_key = $2";
    let changed = tx
        .execute(sql, values![table, &row.key, &row.value])
        .await?;
    one_row(changed, &row.key)?;
    note_row(tx, by, "update", table, &row.key).await?;
    Ok(row)
}

pub(in crate::sql) async fn delete(
    tx: &mut Tx,
    table: &EntityId,
    key: &str,
    by: &By,
) -> StoreResult<()> {
    super::get(tx, table).await?;
    let sql = "DELETE FROM data_row WHERE table_id = $1 AND row_key = $2";
    one_row(tx.execute(sql, values![table, key]).await?, key)?;
    count(tx, table, -1).await?;
    note_row(tx, by, "delete", table, key).await
}

fn one_row(changed: u64, key: &str) -> StoreResult<()> {
    if changed == 0 {
        return Err(StoreError::NotFound {
            entity: Entity::Row,
            id: key.to_owned(),
        });
    }
    Ok(())
}

async fn note_row(
    tx: &mut Tx,
    by: &By,
    action: &str,
    table: &EntityId,
    key: &str,
) -> StoreResult<()> {
    audit::note(
        tx,
        by,
        action,
        Entity::Row,
        table.as_str(),
        json!({"key": key}),
    )
    .await
}

pub(in crate::sql) fn check_key(key: &str) -> StoreResult<()> {
    if !(1..=limits::ROW_KEY_CHARS).contains(&key.chars().count()) || key.contains('\0') {
        return Err(Invalid::new("key", "must have 1 to 256 characters, none of them NUL").into());
    }
    Ok(())
}

pub(in crate::sql) fn read(row: &mut DbRow) -> StoreResult<Row> {
    Ok(Row {
        key: row.text()?,
        value: row.json()?,
    })
}
