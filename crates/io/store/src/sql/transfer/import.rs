//! How an import's rows become a data table's.
//!
//! The rows are set aside first, some at a time, beside the writers. When all of them are there, one transaction
//! makes them the table's and ends the transfer: readers see the table as it was or as it is to be, and a node that
//! dies leaves one or the other. That transaction is a few statements whatever there is to import, so the store's one
//! writer isn't held up by the reading of a file.

use super::claim::{end_well, is_held};
use crate::backend::{Mode, Tx, Value, values};
use crate::error::{Entity, Invalid, StoreResult};
use crate::id::EntityId;
use crate::limits;
use crate::seam::{Expected, ImportBase, ImportedRows, JsonText, Row, Table, TransferClaim};
use crate::sql::record::{absent, current};
use crate::sql::{audit, check, row};
use crate::store::Store;
use serde_json::json;

/// Rows in one statement.
const TOGETHER: usize = 100;

impl Store {
    /// Sets rows of an import aside; one whose key is there already is written anew. False if the claim is lost;
    /// nothing is changed then.
    ///
    /// # Errors
    /// `Invalid` for more than [`limits::ROWS_AT_ONCE`] rows, and for a key that no row can have.
    pub async fn set_rows_aside(&self, claim: &TransferClaim, rows: &[Row]) -> StoreResult<bool> {
        if rows.len() > limits::ROWS_AT_ONCE {
            return Err(Invalid::new("rows", "are more than 1000 at once").into());
        }
        for row in rows {
            check::row_key(&row.key)?;
        }
        self.within(Mode::Job, async |tx| {
            if !is_held(tx, claim).await? {
                return Ok(false);
            }
            for rows in rows.chunks(TOGETHER) {
                insert(tx, &claim.transfer, rows).await?;
            }
            Ok(true)
        })
        .await
    }

    /// Makes the rows that were set aside the data table's, and ends the transfer well, with what `report` says of
    /// it. None if the claim is lost; nothing is changed then.
    ///
    /// # Errors
    /// `NotFound` and `Stale` for the table: its schema may be another one now; `Full` where it would have more than
    /// [`limits::ROWS_PER_TABLE`] rows.
    pub async fn end_import(
        &self,
        claim: &TransferClaim,
        base: &ImportBase,
        report: impl FnOnce(ImportedRows) -> JsonText,
    ) -> StoreResult<Option<ImportedRows>> {
        self.change(async |tx| {
            if !is_held(tx, claim).await? {
                return Ok(None);
            }
            current::<Table>(tx, &base.table, Expected::Version(base.version)).await?;
            let done = apply(tx, claim, base).await?;
            if !end_well(tx, claim, report(done), base.by.at).await? {
                return Ok(None);
            }
            let detail = json!({
                "replaces": base.replaces, "written": done.written, "deleted": done.deleted,
                "transfer": claim.transfer.as_str(),
            });
            let table = base.table.as_str();
            audit::note(tx, &base.by, "import", Entity::Table, table, detail).await?;
            Ok(Some(done))
        })
        .await
    }
}

async fn insert(tx: &mut Tx, id: &EntityId, rows: &[Row]) -> StoreResult<()> {
    let places = (0..rows.len()).map(|row| format!("($1, ${}, ${})", row * 2 + 2, row * 2 + 3));
    let sql = format!(
        "INSERT INTO transfer_row (transfer_id, row_key, value) VALUES {} \
         ON CONFLICT (transfer_id, row_key) DO UPDATE SET value = excluded.value",
        places.collect::<Vec<_>>().join(", ")
    );
    let mut values: Vec<Value> = values![id];
    for row in rows {
        values.extend(values![&row.key, &row.value]);
    }
    tx.execute(&sql, values).await?;
    Ok(())
}

async fn apply(tx: &mut Tx, claim: &TransferClaim, base: &ImportBase) -> StoreResult<ImportedRows> {
    let both = || values![&base.table, &claim.transfer];
    let deleted = if base.replaces {
        let sql = "DELETE FROM data_row WHERE table_id = $1 AND NOT EXISTS \
                   (SELECT 1 FROM transfer_row r WHERE r.transfer_id = $2 AND r.row_key = data_row.row_key)";
        tx.execute(sql, both()).await?
    } else {
        0
    };
    // SQLite takes an ON CONFLICT behind a SELECT only where that has a WHERE.
    let sql = "INSERT INTO data_row (table_id, row_key, value) \
               SELECT $1, row_key, value FROM transfer_row WHERE transfer_id = $2 \
               ON CONFLICT (table_id, row_key) DO UPDATE SET value = excluded.value";
    let written = tx.execute(sql, both()).await?;
    let sql = "UPDATE data_table SET row_count = (SELECT COUNT(*) FROM data_row WHERE table_id = $1) \
               WHERE id = $1 RETURNING row_count";
    let Some(mut row) = tx.first(sql, values![&base.table]).await? else {
        return Err(absent(Entity::Table, &base.table));
    };
    if row.take::<u64>()? > u64::from(limits::ROWS_PER_TABLE) {
        return Err(row::full());
    }
    Ok(ImportedRows { written, deleted })
}
